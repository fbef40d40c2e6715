"""Mistakes by name, on exercises of their own: what a learner writes, and what it is called."""

from __future__ import annotations

from functools import cache

import pytest

from engine.gradient import gradient
from engine.notation import parse_program
from engine.program import Program, Symbol, Target
from engine.question import Derivative
from grader.grade import grade

PROGRAMS: dict[str, tuple[tuple[Symbol, ...], tuple[str, ...]]] = {
    "recurrent": (
        (
            Symbol("h0", ("k", 1), "data"),
            *(Symbol(f"x{t}", ("n", 1), "data") for t in (1, 2)),
            Symbol("W", ("k", "k"), "parameter"),
            Symbol("U", ("k", "n"), "parameter"),
            Symbol("y", ("k", 1), "label"),
        ),
        (
            "h1 = tanh(W h0 + U x1)",
            "h2 = tanh(W h1 + U x2)",
            "L = norm(h2 - y)^2",
        ),
    ),
    "kernel": (
        (
            Symbol("x", (4, 1), "data"),
            Symbol("w", (2, 1), "parameter"),
            Symbol("y", (), "label"),
        ),
        ("s = sum_{i=1}^{3} (w_1 x_i + w_2 x_{i+1})", "L = (s - y)^2"),
    ),
    "centred": (
        (
            Symbol("X", ("m", "n"), "data"),
            Symbol("g", (1, "n"), "parameter"),
            Symbol("Y", ("m", "n"), "label"),
        ),
        (
            "mu = mean(X, axis=0, keepdims=True)",
            "C = X - mu",
            "v = mean(C^2, axis=0, keepdims=True)",
            "H = C / sqrt(v)",
            "L = sum(Y * (g * H))",
        ),
    ),
    "ridge": (
        (
            Symbol("X", ("m", "n"), "data"),
            Symbol("w", ("n", 1), "parameter"),
            Symbol("b", (), "parameter"),
            Symbol("y", ("m", 1), "label"),
            Symbol("lambda", (), "constant", "positive"),
        ),
        ("r = X w + b - y", "J = 1/m norm(r)^2 + lambda norm(w)^2"),
    ),
    "scaled": (
        (
            Symbol("Q", ("m", "k"), "parameter"),
            Symbol("K", ("n", "k"), "parameter"),
            Symbol("d", (), "constant", "positive"),
            Symbol("Y", ("m", "n"), "label"),
        ),
        ("S = Q K^T / sqrt(d)", "A = softmax(S, axis=1)", "L = sum(Y * log(A))"),
    ),
    "layers": (
        (
            Symbol("x", ("n", 1), "data"),
            Symbol("W1", ("h", "n"), "parameter"),
            Symbol("W2", (1, "h"), "parameter"),
            Symbol("b2", (), "parameter"),
            Symbol("y", (), "label"),
        ),
        ("z1 = W1 x", "a1 = tanh(z1)", "z2 = W2 a1 + b2", "L = (z2 - y)^2"),
    ),
    "neurons": (
        (
            Symbol("x", (3, 1), "data"),
            Symbol("W1", (3, 3), "parameter"),
            Symbol("W2", (2, 3), "parameter"),
            Symbol("y", (2, 1), "label"),
        ),
        ("a1 = sigmoid(W1 x)", "z2 = W2 a1", "L = norm(z2 - y)^2"),
    ),
    "peak": (
        (Symbol("x", ("n", 1), "data"), Symbol("y", (), "label")),
        ("p = max(x)", "L = (p - y)^2"),
    ),
    "gated": (
        (Symbol("u", ("m", 1), "data"), Symbol("y", ("m", 1), "label", "sign")),
        ("J = 1/m sum(max(0, 1 - y * u))",),
    ),
    "squared": (
        (Symbol("x", (), "data"), Symbol("w", (), "parameter"), Symbol("y", (), "label")),
        ("z = w x", "a = sigmoid(z)", "L = (a - y)^2"),
    ),
    "counts": (  # a hidden quantity and its size have one name
        (
            Symbol("x", (1, "n"), "data"),
            Symbol("U", ("n", "h"), "parameter"),
            Symbol("w", ("h", 1), "parameter"),
            Symbol("y", (), "label"),
        ),
        ("h = tanh(x U)", "z = h w", "L = exp(z) - y z"),
    ),
    "attended": (
        (
            Symbol("q", ("d", 1), "data"),
            Symbol("K", ("n", "d"), "data"),
            Symbol("V", ("n", "c"), "data"),
            Symbol("g", ("c", 1), "constant"),
        ),
        ("s = K q", "a = softmax(s)", "o = V^T a", "L = sum(g * o)"),
    ),
    "doubled": (
        (Symbol("x", (), "data"), Symbol("w", (), "parameter"), Symbol("p", (), "constant")),
        ("s = sin(w x)", "u = 3 s + x", "v = cos(u)", "L = 2 (v + x) / p"),
    ),
    "forked": (
        (Symbol("x", (), "data"), Symbol("w", (), "parameter"), Symbol("y", (), "label")),
        ("u = sigmoid(w x)", "v = tanh(w)", "L = u - v"),
    ),
}

ANSWERS = (
    # shared parameters
    ("recurrent.W", "(2 (h2 - y) * (1 - h2^2)) h1^T", "truncated-to-last-step"),
    ("recurrent.U", "(2 (h2 - y) * (1 - h2^2)) x2^T", "truncated-to-last-step"),
    ("kernel.w_1", "2 (s - y) x_1", "convolution-positions"),
    # normalisation
    ("centred.X", "g * Y / sqrt(v)", "batch-statistics-constant"),
    (
        "centred.X",
        "(g * Y - mean(g * Y, axis=0, keepdims=True)) / sqrt(v)",
        "normalisation-path-wrong",
    ),
    # regularisers
    ("ridge.w", "2/m X^T r", "regulariser-wrong"),
    ("ridge.w", "2/m X^T r + lambda w", "regulariser-wrong"),
    ("ridge.w", "2/m X^T r - 2 lambda w", "regulariser-wrong"),
    ("ridge.w", "2/m X^T r + lambda norm(w)^2", "regulariser-wrong"),
    ("ridge.b", "2/m sum(r) + 2 lambda b", "regulariser-wrong"),
    # products
    ("ridge.w", "2/m X^{-1} r + 2 lambda w", "inverse-for-transpose"),
    ("layers.W1", "(2 (z2 - y) (1 - a1^2)) x^T", "weights-left-out"),
    ("layers.z1", "2 (z2 - y) (1 - a1^2)", "weights-left-out"),
    ("layers.W1", "(2 (z2 - y) W2^T * (1 - a1^2)) a1^T", "wrong-layer-activation"),
    ("layers.z1", "2 (z2 - y) W2^T * (1 + a1^2)", "tanh-derivative"),
    ("layers.z1", "2 (z2 - y) W2^T * sigma(z1) * (1 - sigma(z1))", "sigmoid-derivative"),
    # scales
    ("scaled.Q", "(Y - A * sum(Y, axis=1, keepdims=True)) K", "scale-at-wrong-node"),
    ("scaled.Q", "(Y - A * sum(Y, axis=1, keepdims=True)) K / d", "scale-at-wrong-node"),
    ("scaled.S", "Y * (1 - A)", "softmax-jacobian-diagonal"),
    # one entry, in parts that do not fit
    ("neurons.a1_1", "2 W2 (z2 - y)", "missing-transpose-weights"),
    # terms
    ("forked.w", "u (1 - u) x + (1 - v^2)", "sign-of-one-term"),
    ("forked.w", "u (1 - u) x", "path-dropped"),
    ("ridge.w", "2/m X^T (X w - y) + 2 lambda w", "term-lost"),
    ("ridge.w", "2/m X^T (X w + b + y) + 2 lambda w", "sign-of-one-term"),
    ("ridge.w", "2/m X^T r + 2 w", "regulariser-wrong"),
    ("ridge.w", "2 X^T r + 2 lambda w", "missing-batch-mean"),
    ("scaled.S", "-A * sum(Y, axis=1, keepdims=True)", "term-lost"),
    ("layers.W1", "(W2^T * (1 - a1^2)) x^T", "upstream-left-out"),
    ("neurons.a1_1", "2 sum_j (z2_j - y_j) W2_j2", "wrong-variable"),
    ("layers.z1", "2 (z2 - y) W2^T * (1 - a1^2) + a1", "extra-term"),
    ("ridge.w", "2/m X^T r + 2 lambda w - 3 w", "extra-term"),
    ("peak.x", "2 (p - y) / n", "max-gradient-shared"),
    # gates
    ("gated.u", "-(1{u < 1} * y) / m", "indicator-on-wrong-quantity"),
    ("gated.u", "-(1{1 - y * u < 0} * y) / m", "indicator-on-wrong-quantity"),
    ("gated.u", "-(relu(1 - y * u) * y) / m", "relu-as-own-derivative"),
    # the other term of a regularised loss, and multiples of the regulariser
    ("ridge.w", "2/m X^T (y - X w - b) + 2 lambda w", "sign-flip"),
    ("ridge.w", "2/m^2 X^T r + 2 lambda w", "repeated-batch-mean"),
    ("ridge.w", "2/m X^T r + (lambda/m) w", "regulariser-wrong"),
    ("ridge.w", "2/m X^T r + lambda", "regulariser-wrong"),
    # slips in the written formula; two weights exchanged
    ("layers.W1", "(2 (z2 - y) W2^T * (1 - a1^2)) x", "missing-transpose-activations"),
    # the loss as it is, the argument for the output
    ("squared.w", "(a - y)^2 a (1 - a) x", "loss-not-differentiated"),
    ("squared.w", "(z - y) x", "argument-for-output"),
    # the prediction of another loss; the power rule for an exponential
    ("counts.w", "(z - y) h^T", "shortcut-for-wrong-pair"),
    ("counts.w", "(z exp(z - 1) - y) h^T", "log-exp-division-rule"),
    # parts that do not fit, in a program where h is a size, too
    ("counts.x", "((exp(z) - y) w^T * (1 - h^2)) U", "missing-transpose-weights"),
    # parts that do not fit, one of them a number
    ("attended.K", "(a * (V g - a^T V g)) q", "missing-transpose-activations"),
    ("attended.s", "a @ (V g - a^T V g)", "matmul-for-elementwise"),
    ("attended.q", "(a * (V g - a^T V g)) K^T", "wrong-matmul-order"),
    ("attended.s", "a * (V * g - a^T V g)", "elementwise-for-matmul"),
    # constants
    ("doubled.x", "(1 - 3 sin(u) cos(w x) w - sin(u)) / p", "factor-two"),
    ("doubled.v", "2 p", "scale-at-wrong-node"),
    # the outer derivative at what came out of the inner function
    ("doubled.w", "-6 sin(s) cos(w x) x / p", "outer-derivative-at-wrong-point"),
)
PAIRS = (
    (
        "recurrent.W",
        "2 ((h2 - y) * (1 - h2)) h1^T + 2 ((W^T ((h2 - y) * (1 - h2))) * (1 - h1)) h0^T",
        {"tanh-derivative"},  # at both steps
    ),
    ("layers.W1", "2 (z2 - y) x^T", {"weights-left-out", "activation-derivative-skipped"}),
    ("layers.W1", "((z2 - y) W2^T * (1 - a1)) x^T", {"factor-two", "tanh-derivative"}),
    ("layers.W1", "(2 (y - z2) W2^T) x^T", {"sign-flip", "activation-derivative-skipped"}),
    (
        "recurrent.W",
        "(2 (h2 - y)) h1^T + ((W^T (2 (h2 - y))) * (1 - h1)) h0^T",
        {"activation-derivative-skipped", "tanh-derivative"},
    ),
)


@cache
def question(name: str) -> Derivative:
    """The derivative question of `program.target`."""
    source, _, what = name.partition(".")
    variable, _, entry = what.partition("_")
    symbols, lines = PROGRAMS[source]
    loss = lines[-1].split(" = ")[0]
    program: Program = parse_program(symbols, lines, loss)
    target = Target(variable, (int(entry), 1) if entry else None)
    return Derivative(
        id=name,
        name=what,
        prompt="",
        program=program,
        target=target,
        reference=gradient(program, target),
    )


@pytest.mark.parametrize(("name", "text", "slug"), ANSWERS)
def test_a_mistake_has_its_name(name: str, text: str, slug: str) -> None:
    verdict = grade(question(name), text)
    assert verdict.outcome == "incorrect", verdict
    assert slug in [each.slug for each in verdict.diagnosis], verdict


@pytest.mark.parametrize(("name", "text", "slugs"), PAIRS)
def test_two_mistakes_have_both_names(name: str, text: str, slugs: set[str]) -> None:
    verdict = grade(question(name), text)
    assert verdict.outcome == "incorrect", verdict
    assert slugs <= {each.slug for each in verdict.diagnosis}, verdict


def test_a_transposed_gradient_that_a_missing_transpose_gives_is_called_both() -> None:
    slugs = [each.slug for each in grade(question("layers.W2"), "2 (z2 - y) a1").diagnosis]
    assert slugs[0] == "transposed-result"
    assert "missing-transpose-activations" in slugs
