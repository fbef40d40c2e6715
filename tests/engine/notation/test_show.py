"""Formulas as people write them, in every notation."""

from __future__ import annotations

import pytest

from engine.notation import Scope, Spelling, Style, parse_expr, show

SCOPE = Scope(
    symbols={
        "X": ("n", "m"), "w": ("n", 1), "x": ("n", 1), "a": (1, "m"), "y": (1, "m"), "b": (),
        "yhat": (), "dz": (), "t": (),
        "z": (), "s": (), "lambda": (), "a3": (), "a2": (2, 1), "W2": (2, 3),
        "W3": (1, 2), "W4": ("n", "n"),
    },
    dimensions=frozenset({"n", "m"}),
    example_axis=1,
)  # fmt: skip

ROWS = (
    (
        "(1/m) X (a - y)^T",
        "1 / m * (X @ (a - y).T)",
        "(1/m) X (a − y)ᵀ",
        r"\frac{1}{m} X (a - y)^{\top}",
    ),
    (
        "X (a - y)^T / m",
        "X @ (a - y).T / m",
        "X (a − y)ᵀ / m",
        r"\frac{X (a - y)^{\top}}{m}",
    ),
    (
        "-(t/yhat) 1{z > 0} x",
        "-(t / yhat) * (z > 0) * x",
        "−(t/ŷ) 𝟏{z > 0} x",
        r"-\frac{t}{\hat{y}} \mathbf{1}\{z > 0\} x",
    ),
    (
        "2 (yhat - t) (1 - yhat^2) s (1 - s) b^2",
        "2 * (yhat - t) * (1 - yhat ** 2) * s * (1 - s) * b ** 2",
        "2 (ŷ − t) (1 − ŷ²) s (1 − s) b²",
        r"2 (\hat{y} - t) (1 - \hat{y}^{2}) s (1 - s) b^{2}",
    ),
    (
        "W2^T ((a3 - b) W3^T * a2 * (1 - a2))",
        "W2.T @ ((a3 - b) * W3.T * a2 * (1 - a2))",
        "W2ᵀ ((a3 − b) W3ᵀ ⊙ a2 ⊙ (1 − a2))",
        r"W^{[2]\top} ((a^{[3]} - b) W^{[3]\top} \odot a^{[2]} \odot (1 - a^{[2]}))",
    ),
    (
        "(a3 - b) sum_j W3_{1j} a2_{j} (1 - a2_{j}) W2_{j1}",
        "(a3 - b) * sum(W3[0, j - 1] * a2[j - 1, 0] * (1 - a2[j - 1, 0]) * W2[j - 1, 0]"
        " for j in range(1, 3))",
        "(a3 − b) Σ_j W3_{1j} a2_{j} (1 − a2_{j}) W2_{j1}",
        r"(a^{[3]} - b) \sum_{j=1}^{2} W^{[3]}_{1j} a^{[2]}_{j} (1 - a^{[2]}_{j}) W^{[2]}_{j1}",
    ),
    (
        "sum(X, axis=1, keepdims=True)/m",
        "np.sum(X, axis=1, keepdims=True) / m",
        "(Σ_j X_{:,j})/m",
        r"\frac{\sum_{j} X_{:,j}}{m}",
    ),
    (
        "-sum(a * (1 - y))",
        "-np.sum(a * (1 - y))",
        "−Σ_i a_{i} (1 − y_{i})",
        r"-\sum_{i} a_{i} (1 - y_{i})",
    ),
    (
        "(1/m) sum(W4 X, axis=0, keepdims=True)",
        "1 / m * np.sum(W4 @ X, axis=0, keepdims=True)",
        "(1/m) Σ_i (W4 X)_{i,:}",
        r"\frac{1}{m} \sum_{i} (W^{[4]} X)_{i,:}",
    ),
    (
        "X - max(X, axis=0, keepdims=True) * softmax(X, axis=1)",
        "X - np.max(X, axis=0, keepdims=True) * softmax(X, axis=1)",
        "X − max_i(X) ⊙ softmax_j(X)",
        r"X - \max_{i}(X) \odot \operatorname{softmax}_{j}(X)",
    ),
    ("dz x", "dz * x", "dz x", r"dz \, x"),
    (
        "where(1{z > 0}, z, s - 1)",
        "np.where(z > 0, z, s - 1)",
        "where(𝟏{z > 0}, z, s − 1)",
        r"\begin{cases} z & \text{if } z > 0 \\ s - 1 & \text{otherwise} \end{cases}",
    ),
    (
        "lambda ||w||^2 + sqrt(b)",
        "lam * np.linalg.norm(w) ** 2 + np.sqrt(b)",
        "λ ‖w‖² + sqrt(b)",
        r"\lambda \lVert w \rVert^{2} + \sqrt{b}",
    ),
    ("-y/a - 1/2", "-y / a - 1 / 2", "−y/a − 1/2", r"\frac{-y}{a} - \frac{1}{2}"),
    ("b * 2 * 3", "b * 2 * 3", "b · 2 · 3", r"b \cdot 2 \cdot 3"),
    ("W4 @ (1 - W4)", "W4 @ (1 - W4)", "W4 @ (1 − W4)", r"W^{[4]} @ (1 - W^{[4]})"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_notation(row: tuple[str, str, str, str]) -> None:
    expr = parse_expr(row[0], SCOPE)
    assert (show(expr), show(expr, "numpy"), show(expr, "unicode"), show(expr, "latex")) == row


def test_numpy_is_code() -> None:
    for row in ROWS:
        compile(row[1], "<formula>", "eval")


def test_an_example_is_printed_as_one_where_the_style_says_so() -> None:
    expr = parse_expr("sum_{i=1}^{m} (a^(i) - y^(i)) X^(i)", SCOPE)
    style = Style(example_axis=1)
    assert show(expr, "latex", style) == r"\sum_{i=1}^{m} (a^{(i)} - y^{(i)}) X^{(i)}"
    assert parse_expr(show(expr, "latex", style), SCOPE) == expr


def test_a_name_can_have_its_own_spelling() -> None:
    style = Style({"a3": Spelling("a3", "ŷ", r"\hat{y}", "yhat")})
    assert show(parse_expr("a3 - b", SCOPE), "latex", style) == r"\hat{y} - b"


def test_mathml() -> None:
    assert show(parse_expr("(1/m) a2^T", SCOPE), "mathml") == (
        '<math xmlns="http://www.w3.org/1998/Math/MathML">'
        "<mfrac><mrow><mn>1</mn></mrow><mrow><mi>m</mi></mrow></mfrac><mo>\u2062</mo>"
        "<msup><mrow><mrow><mo>(</mo><msup><mi>a</mi><mrow><mo>[</mo><mn>2</mn><mo>]</mo></mrow>"
        "</msup><mo>)</mo></mrow></mrow><mi>⊤</mi></msup></math>"
    )
