"""What people write and what it means: each row is a text and the canonical text of its meaning."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.expression import Var
from engine.notation import Ambiguous, Read, Scope, Unreadable, read, read_again, show

SCOPE = Scope(
    symbols={
        "X": ("n", "m"), "w": ("n", 1), "x": ("n", 1), "b": (), "s": (), "lambda": (), "alpha": (),
        "z": (1, "m"), "a": (1, "m"), "y": (1, "m"), "c": (1, "k"), "A": ("m", "k"), "K": ("n",
        "n"),
        "W1": ("h", "n"), "W2": (1, "h"), "z1": ("h", "m"), "a1": ("h", "m"),
        "v": (2, 1), "V": (2, 3), "u": (1, 3),
    },
    aliases={"yhat": "a", "N": "m"},
    dimensions=frozenset({"n", "m", "h", "k"}),
    functions={"g": "tanh"},
    definitions={"dL/dz": Var("a", (1, "m")) - Var("y", (1, "m"))},
    example_axis=1,
)  # fmt: skip

ROWS = {
    "products by shape": (
        ("(1/m) X (a - y)^T", "(1/m) X (a - y)^T"),
        ("X (a - y)^T (1/m)", "(1/m) X (a - y)^T"),
        ("1/m X a^T", "(1/m) X a^T"),
        ("1/2m w", "(1/(2 m)) w"),
        ("1/2 m w", "(1/2) m w"),
        ("1/m · X·aᵀ", "(1/m) X a^T"),
        ("X/m a^T", "(X/m) a^T"),
        ("2/m*X@a.T", "((2/m) X) a^T"),
        ("X*s", "X * s"),
        ("s @ X", "s X"),
        ("w^T x + b", "w^T x + b"),
        ("2λw", "2 lambda w"),
        ("xs^2", "s^2 x"),
        ("-(y/a) z^T s", "s (-(y/a)) z^T"),
    ),
    "element-wise": (
        ("a ⊙ y", "a * y"),
        (r"a \odot y \circ z", "a * y * z"),
        ("W2^T (a-y) * (1-a1^2)", "W2^T (a - y) * (1 - a1^2)"),
        ("W2^T (a - y) ⊙ a1 (1 - a1)", "W2^T (a - y) * (a1 * (1 - a1))"),
        ("(a-y)/(a(1-a))", "(a - y)/(a * (1 - a))"),
        ("diag(sigmoid(w)(1-sigmoid(w)))", "diag(sigmoid(w) * (1 - sigmoid(w)))"),
        ("np.multiply(a, y)", "a * y"),
        ("x .* w", "x * w"),
    ),
    "transposes and derivatives": (
        ("w'X", "w^T X"),
        (r"w^{\top}X", "w^T X"),
        ("w^Tx", "w^T x"),
        ("w.t() @ X", "w^T X"),
        ("transpose(w) X", "w^T X"),
        ("σ'(z)", "sigmoid(z) * (1 - sigmoid(z))"),
        (r"\sigma^{\prime}(z)", "sigmoid(z) * (1 - sigmoid(z))"),
        ("g'(z1)", "1 - tanh(z1)^2"),
        ("ReLU′(z1)", "1{z1 > 0}"),
        ("exp'(s)", "exp(s)"),
    ),
    "functions": (
        (r"\tanh^{2}(z)", "tanh(z)^2"),
        ("sin 2s", "sin(2 s)"),
        ("log s b", "log(s) b"),
        ("slog(b)", "s log(b)"),
        ("e^{-s} b", "exp(-s) b"),
        ("e² b", "exp(2) b"),
        ("torch.sigmoid(z)", "sigmoid(z)"),
        (r"\operatorname{tanh}(z)", "tanh(z)"),
        (r"\sqrt{s}", "sqrt(s)"),
        ("max(0, z)", "maximum(0, z)"),
        ("np.max(z)", "max(z)"),
        ("np.max(X, 0)", "max(X, axis=0)"),
        (".5 s", "(1/2) s"),
        ("½(a-y)^2", "(1/2) (a - y)^2"),
        ("step(z)", "1{z > 0}"),
        ("np.square(a-y)", "(a - y)^2"),
        ("-s^2", "-s^2"),
        ("s**-1", "s^(-1)"),
    ),
    "indicators": (
        ("1{z>0}", "1{z > 0}"),
        ("(z > 0)", "1{z > 0}"),
        ("𝟙[z>0]", "1{z > 0}"),
        (r"\mathbf 1[z>0]", "1{z > 0}"),
        (r"\mathbf{1}_{z>0}", "1{z > 0}"),
        ("I(z>0)", "1{z > 0}"),
        ("(z > 0).astype(float)", "1{z > 0}"),
        ("0 < z", "1{z > 0}"),
        ("1{y = 0}", "1{y == 0}"),
        (r"\mathbb{1}_{\{z>0\}}", "1{z > 0}"),
        ("np.where(z>0, 1, 0)", "where(1{z > 0}, 1, 0)"),
    ),
    "reductions and norms": (
        ("X.sum(axis=1, keepdims=True)", "sum(X, axis=1, keepdims=True)"),
        ("np.sum(X, 1)", "sum(X, axis=1)"),
        ("torch.sum(X, dim=0, keepdim=True)", "sum(X, axis=0, keepdims=True)"),
        ("(a-y).mean()", "mean(a - y)"),
        ("X.dot((a-y).T)", "X (a - y)^T"),
        ("‖a-y‖_2^2", "||a - y||^2"),
        (r"\|a-y\|_2^2", "||a - y||^2"),
        ("||w||^2", "||w||^2"),
        ("|s||b|", "abs(s) abs(b)"),
        ("mean(A, axis=0) + c", "reshape(mean(A, axis=0), (1, k)) + c"),
        ("W1 np.mean(X, axis=1)", "W1 reshape(mean(X, axis=1), (n, 1))"),
    ),
    "sums, entries, examples": (
        (r"\frac1m \sum_{i=1}^{m} (a^{(i)} - y^{(i)}) X^{(i)}",
         "(1/m) sum_i (a_{:,i} - y_{:,i}) X_{:,i}"),
        ("Σ_i (a_i − y_i) + s", "sum(a - y) + s"),
        ("Σ_{i,j} X_{ij} + s", "sum(X) + s"),
        ("Σ_j X_{:,j}", "sum(X, axis=1, keepdims=True)"),
        ("mean_j(X)", "mean(X, axis=1, keepdims=True)"),
        ("sum_j V_1j u_j", "sum_j V_{1j} u_{j}"),
        ("V_{12} v_2 u_3", "V_{12} v_{2} u_{3}"),
        ("V[0, 1]", "V_{12}"),
        ("V[:, 1]", "V_{:,2}"),
        ("(w.T @ x)[0]", "w^T x"),
        ("W^{[1]}_{1,2}", "W1_{12}"),
        (r"\sum_{j=1}^{n} x_j X_j", "sum_j x_{j} X_{j,:}"),  # no example: j runs to n
        ("sum_j c_j A_j", "sum_j c_{j} A_{:,j}"),
        ("Σᵢ₌₁ᵐ a⁽ⁱ⁾ x", "sum_i a_{:,i} x"),
        (r"\sum (a_i - y_i) X_i", "sum_i (a_{i} - y_{i}) X_{:,i}"),  # the one index there is
    ),
    "ones and identities": (
        ("1^T A", "ones(m, 1)^T A"),
        (r"\mathbf{1}^T A", "ones(m, 1)^T A"),
        ("X 1", "X ones(m, 1)"),
        ("np.ones((m, 1))", "ones(m, 1)"),
        (r"\mathbf{1} - a", "1 - a"),
        ("(I - K) w", "(eye(n, n) - K) w"),
        ("(I_n - K) w", "(eye(n, n) - K) w"),
        ("a 11^T", "(a ones(m, 1)) ones(m, 1)^T"),
        ("(I - 11^T/m) A", "A - 1 ones(m, 1)^T A / m"),
        (r"X (I_m - \tfrac1m \mathbf{1}\mathbf{1}^T)", "X - (1/m) X ones(m, 1) ones(m, 1)^T"),
        ("I w", "w"),
    ),
    "layers of a function": (
        ("g^{[1]}'(z1)", "1 - tanh(z1)^2"),
        ("g^{[1]'}(z1)", "1 - tanh(z1)^2"),
        (r"g^{[1]\prime}(z1)", "1 - tanh(z1)^2"),
        ("g'^{[1]}(z1)", "1 - tanh(z1)^2"),
        ("g^2(z1)", "tanh(z1)^2"),
    ),
    "names": (
        ("W^{[1]} x", "W1 x"),
        ("W_1 x", "W1 x"),
        ("W_{1}x", "W1 x"),
        ("W₁x", "W1 x"),
        ("W^{[1]T}", "W1^T"),
        (r"W^{(1)\top} z1", "W1^T z1"),
        (r"\hat y", "a"),
        ("ŷ", "a"),
        ("y\u0302", "a"),
        ("y_hat", "a"),
        (r"\alpha s", "alpha s"),
        ("s/N", "s/m"),
        (r"\frac{\partial L}{\partial z} X^T", "(a - y) X^T"),
        ("∂L/∂z X^T", "(a - y) X^T"),
        ("dL/dz @ X.T", "(a - y) X^T"),
    ),
    "statements": (
        ("dw = X (a-y)^T", "X (a - y)^T"),
        (r"\nabla_w J = X (a-y)^T", "X (a - y)^T"),
        ("∂L/∂w = ∂L/∂z X^T = (a-y) X^T", "(a - y) X^T"),
        ("q w where q = σ(s)", "sigmoid(s) w"),
        ("dP = a - y; X dP^T", "X (a - y)^T"),
        ("dP = a - y\nX dP^T", "X (a - y)^T"),
        ("q = 2\nr = q w", "2 w"),
        ("X\n(a-y)^T\n/ m", "X (a - y)^T / m"),
        ("$X (a-y)^T$", "X (a - y)^T"),
        ("a - y.", "a - y"),
        ("a - y (prediction minus label)", "a - y"),
        ("2 lambda_ w", "2 lambda w"),
    ),
    "NumPy and PyTorch": (
        ("X.sum(0)", "sum(X, axis=0)"),
        ("torch.mm(X, a.t())", "X a^T"),
        ("X @ a.reshape(-1, 1)", "X reshape(a, (m, 1))"),
        ("X @ a.ravel()", "X reshape(reshape(a, m), (m, 1))"),
        ("np.sum(X, axis=1)[:, None]", "reshape(sum(X, axis=1), (n, 1))"),
        ("np.ones_like(w)", "ones(n, 1)"),
        ("torch.eye(n)", "eye(n, n)"),
        ("w / X.shape[1]", "w/m"),
        ("w / len(X)", "w/n"),
        ("w / X.size", "w/(n m)"),
        ("X.transpose(1, 0) @ w", "X^T w"),
        ("np.float64(s) * np.array(w)", "s w"),
        ("return X @ a.T  # the gradient", "X a^T"),
        ("np.einsum('ij,kj->ik', X, a)", "X a^T"),
        ("np.einsum('ij,ik->jk', X, w)", "X^T w"),
        ("np.einsum('ij,ij->', K, K)", "sum_j (sum_i K_{ij} K_{ij})"),
        ("np.einsum('i,j->ij', w, a)", "outer(w, a)"),
        ("np.einsum('ij->ji', X)", "X^T"),
        ("1 if s > 0 else 0", "where(1{s > 0}, 1, 0)"),
        ("e**(-s)", "exp(-s)"),
        ("sigmoid_prime(z)", "sigmoid(z) * (1 - sigmoid(z))"),
        ("1/cosh(s)^2", "1/(1/sech(s))^2"),
        ("np.minimum(s, 0)", "-maximum(-s, 0)"),
    ),
    "norms": (
        ("||w||_1", "sum(abs(w))"),
        (r"\|w\|_{\infty}", "max(abs(w))"),
        (r"\lVert K \rVert_F^2", "||K||^2"),
    ),
    "layers, examples and indices": (
        ("W_1x", "W1 x"),
        ("W^1 x", "W1 x"),
        ("W¹x", "W1 x"),
        ("x^tw", "x^T w"),
        ("sum_i X_1^{(i)} a^{(i)}", "sum_i X_{1i} a_{:,i}"),
        (r"\sum^{m}_{i=1} a_i", "sum_{i=1}^{m} a_{i}"),
        (r"\max_{i} (X)", "max(X, axis=0, keepdims=True)"),
        (r"\operatorname{softmax}_j(X)", "softmax(X, axis=1)"),
        ("sum(a[i] for i in range(m))", "sum_{i=1}^{m} a_{i}"),
    ),
    "other keyboards": (
        ("w‘X", "w^T X"),
        ("a — y", "a - y"),
        ("２ｓ", "2 s"),
        ("𝑎 − 𝑦", "a - y"),
        ("Х a^Т", "X a^T"),
        ("¾ s", "(3/4) s"),
        ("s\u00a0w\u200b", "s w"),
        ("𝕀[z > 0]", "1{z > 0}"),
    ),
    "derivations": (
        ("let q = a - y in X q^T", "X (a - y)^T"),
        ("let q = a - y; X q^T", "X (a - y)^T"),
        ("X q^T where q = r and r = a - y", "X (a - y)^T"),
        ("dw ← X a^T", "X a^T"),
        ("dz = a - y ⇒ dw = X dz^T", "X (a - y)^T"),
        ("dw = dL/dz X^T\n   = (a - y) X^T", "(a - y) X^T"),
        ("\\begin{align} dw &= dL/dz X^T \\\\ &= (a - y) X^T \\end{align}", "(a - y) X^T"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "meaning"), [row for rows in ROWS.values() for row in rows], ids=lambda text: text
)
def test_meaning(text: str, meaning: str) -> None:
    outcome = read(text, SCOPE)
    assert isinstance(outcome, Read), outcome
    assert show(outcome.expr) == meaning


def test_all_links_of_an_equality_chain_are_kept() -> None:
    outcome = read("dw = dL/dz X^T = (a - y) X^T", SCOPE)
    assert isinstance(outcome, Read)
    assert [link and show(link) for link in outcome.links] == [None, "(a - y) X^T", "(a - y) X^T"]


def test_an_element_wise_reading_is_remarked_on() -> None:
    outcome = read("a (1 - a)", SCOPE)
    assert isinstance(outcome, Read) and outcome.notes


def test_authors_write_every_element_wise_sign() -> None:
    assert isinstance(read("a (1 - a)", SCOPE, strict=True), Unreadable)


def test_two_readings_that_differ_are_asked_back() -> None:
    outcome = read("K (1 - K)", SCOPE)
    assert isinstance(outcome, Ambiguous)
    assert [show(each.expr) for each in outcome.readings] == ["K @ (1 - K)", "K * (1 - K)"]


VECTORS = Scope(
    {"s": ("k", 1), "g": ("k", 1), "X": ("k", "n"), "r": ("k", 1)},
    dimensions=frozenset({"k", "n"}),
    wanted=("k", 1),
)


def test_an_outer_product_that_could_be_one_entry_by_entry_is_asked_back() -> None:
    outcome = read("(diag(s) - s ⊗ s) g", VECTORS)
    assert isinstance(outcome, Ambiguous)
    assert isinstance(read("s ⊗ g", VECTORS), Read)  # the outer product is no column


def test_a_fraction_in_brackets_is_a_factor_where_that_alone_conforms() -> None:
    outcome = read("X^T (s)/(1 + g)", replace(VECTORS, wanted=("n", 1)))
    assert isinstance(outcome, Read) and outcome.notes
    assert show(outcome.expr) == "X^T (s/(1 + g))"


CLASSES = Scope(
    {"p": ("k", 1), "y": ("k", 1), "x": ("n", 1)},
    dimensions=frozenset({"k", "n"}),
    wanted=("k", 1),
    one_hot=frozenset({"y"}),
)


@pytest.mark.parametrize("text", ["p_k - y_k", "p_k - 1{k = y}", "-(1{y = j} - p_j)"])
def test_a_component_form_says_the_whole(text: str) -> None:
    outcome = read(text, CLASSES)
    assert isinstance(outcome, Read) and outcome.entry is not None
    assert outcome.entry.shape == () and outcome.expr.shape == ("k", 1)
    assert show(outcome.expr) in ("p - y", "-(y - p)")


def test_an_index_that_runs_elsewhere_is_a_conflict_of_shapes() -> None:
    outcome = read("x_i", CLASSES)
    assert isinstance(outcome, Unreadable)
    assert outcome.problem.message == "the index i runs to n, but the answer has k entries"


def test_in_the_matlab_dialect_a_star_is_a_matrix_product() -> None:
    scope = Scope({"K": ("n", "n"), "x": ("n", 1)}, dimensions=frozenset("n"), matlab=True)
    outcome = read("K*x", scope)
    assert isinstance(outcome, Read) and show(outcome.expr) == "K x"


def test_a_surface_tree_can_be_read_in_another_scope() -> None:
    conflict = read("X (a - y)", SCOPE)
    assert isinstance(conflict, Unreadable) and conflict.syntax is not None
    turned = Scope({"X": ("n", "m"), "a": ("m", 1), "y": ("m", 1)}, dimensions=frozenset("nm"))
    again = read_again(conflict.syntax, turned)
    assert isinstance(again, Read)
    assert show(again.expr) == "X (a - y)"


def test_what_the_exercise_multiplies_entry_by_entry_may_stand_side_by_side() -> None:
    shapes = dict.fromkeys("uvw", ("n", 1))
    scope = Scope(shapes, entrywise=frozenset({frozenset("uv")}))
    outcome = read("v u", scope)
    assert isinstance(outcome, Read)
    assert outcome.expr == Var("v", ("n", 1)) * Var("u", ("n", 1))
    assert isinstance(read("u w", scope), Unreadable)
    assert isinstance(read("v u", Scope(shapes)), Unreadable)
