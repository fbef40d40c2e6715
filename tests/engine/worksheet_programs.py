"""Forward programs of the worksheet, and a few harder ones, built without the parser."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from engine.expression import Expr, apply, const
from engine.program import Domain, Program, Role, Statement, Symbol
from engine.shapes import Shape


def symbol(name: str, shape: Shape, role: Role, domain: Domain = "real") -> Symbol:
    """A symbol without aliases."""
    return Symbol(name, shape, role, domain)


def program(symbols: list[Symbol], *statements: tuple[str, Expr]) -> Program:
    """A program whose last statement is the loss."""
    return Program(
        tuple(symbols),
        tuple(Statement(name, value) for name, value in statements),
        statements[-1][0],
    )


def cross_entropy(a: Expr, y: Expr) -> Expr:
    """-(y log a + (1 - y) log(1 - a)), entry by entry."""
    return -(y * a.apply("log") + (1 - y) * (1 - a).apply("log"))


def logistic_single() -> Program:
    """S1: one example."""
    x, w = symbol("x", ("n", 1), "data"), symbol("w", ("n", 1), "parameter")
    b, y = symbol("b", (), "parameter"), symbol("y", (), "label", "binary")
    z = Statement("z", w.var.T @ x.var + b.var)
    a = Statement("a", z.var.apply("sigmoid"))
    return program([x, w, b, y], ("z", z.value), ("a", a.value), ("L", cross_entropy(a.var, y.var)))


def logistic_batch() -> Program:
    """S2: a batch in columns, the mean of the losses."""
    x, w = symbol("X", ("n", "m"), "data"), symbol("w", ("n", 1), "parameter")
    b, y = symbol("b", (), "parameter"), symbol("y", (1, "m"), "label", "binary")
    z = Statement("z", w.var.T @ x.var + b.var)
    a = Statement("a", z.var.apply("sigmoid"))
    loss = cross_entropy(a.var, y.var).apply("mean", axis=None, keepdims=False)
    return program([x, w, b, y], ("z", z.value), ("a", a.value), ("J", loss))


def network(activation: str = "sigmoid", widths: tuple[int, ...] = (3, 3, 2, 1)) -> Program:
    """S3: a network of sigmoid (or other) layers on one example, with cross-entropy."""
    symbols = [symbol("x", (widths[0], 1), "data")]
    statements: list[tuple[str, Expr]] = []
    below = symbols[0].var
    for layer, (inner, outer) in enumerate(pairwise(widths), 1):
        weight = symbol(f"W{layer}", (outer, inner), "parameter")
        bias = symbol(f"b{layer}", (outer, 1), "parameter")
        z = Statement(f"z{layer}", weight.var @ below + bias.var)
        last = layer == len(widths) - 1
        a = Statement(f"a{layer}", z.var.apply("sigmoid" if last else activation))
        symbols += [weight, bias]
        statements += [("z" + str(layer), z.value), ("a" + str(layer), a.value)]
        below = a.var
    y = symbol("y", (), "label", "binary")
    return program([*symbols, y], *statements, ("L", cross_entropy(below, y.var)))


def univariate() -> Program:
    """S4: L = (tanh(sigmoid(w x^2 + b)) - y)^2."""
    x, y = symbol("x", (), "data"), symbol("y", (), "label")
    w, b = symbol("w", (), "parameter"), symbol("b", (), "parameter")
    z = Statement("z", w.var * x.var**2 + b.var)
    s = Statement("s", z.var.apply("sigmoid"))
    yhat = Statement("yhat", s.var.apply("tanh"))
    return program(
        [x, w, b, y],
        ("z", z.value),
        ("s", s.value),
        ("yhat", yhat.value),
        ("L", (yhat.var - y.var) ** 2),
    )


def multivariate() -> Program:
    """S5: L = -y log(ReLU(w^T x + b)), which needs z > 0."""
    x, w = symbol("x", ("n", 1), "data"), symbol("w", ("n", 1), "parameter")
    b, y = symbol("b", (), "parameter"), symbol("y", (), "label", "positive")
    z = Statement("z", w.var.T @ x.var + b.var)
    yhat = Statement("yhat", z.var.apply("relu"))
    return program(
        [x, w, b, y], ("z", z.value), ("yhat", yhat.value), ("L", -y.var * yhat.var.apply("log"))
    )


def scalar_matrix() -> Program:
    """S6: L = ||sigmoid(x) W - y||^2."""
    x, w = symbol("x", (1, "n"), "data"), symbol("W", ("n", "m"), "parameter")
    y = symbol("y", (1, "m"), "label")
    s = Statement("s", x.var.apply("sigmoid"))
    yhat = Statement("yhat", s.var @ w.var)
    loss = (yhat.var - y.var).apply("norm") ** 2
    return program([x, w, y], ("s", s.value), ("yhat", yhat.value), ("L", loss))


def rectified_batch() -> Program:
    """A batch in rows through a rectified layer, with a mask and the mean squared error."""
    x = symbol("X", ("m", "d"), "data")
    w, b = symbol("W", ("d", "k"), "parameter"), symbol("b", (1, "k"), "parameter")
    mask, y = symbol("M", ("m", "k"), "constant", "mask"), symbol("Y", ("m", "k"), "label")
    z = Statement("Z", x.var @ w.var + b.var)
    a = Statement("A", z.var.apply("relu") * mask.var)
    loss = ((a.var - y.var) ** 2).apply("mean", axis=None, keepdims=False)
    return program([x, w, b, mask, y], ("Z", z.value), ("A", a.value), ("J", loss))


def softmax_batch() -> Program:
    """A softmax over classes along the rows of a batch, one-hot labels, summed cross-entropy."""
    x, w = symbol("X", ("m", "d"), "data"), symbol("W", ("d", "k"), "parameter")
    y = symbol("Y", ("m", "k"), "label", "one-hot")
    z = Statement("Z", x.var @ w.var)
    p = Statement("P", z.var.apply("softmax", axis=1))
    loss = -(y.var * p.var.apply("log")).sum()
    return program([x, w, y], ("Z", z.value), ("P", p.value), ("L", loss))


def hinge() -> Program:
    """A hinge loss with labels of either sign and a leaky unit."""
    x, w = symbol("x", ("n", 1), "data"), symbol("w", ("n", 1), "parameter")
    y = symbol("y", (), "label", "sign")
    z = Statement("z", w.var.T @ x.var)
    a = Statement("a", apply("leaky_relu", z.var, const(Fraction(1, 10))))
    loss = apply("maximum", const(0), 1 - y.var * a.var)
    return program([x, w, y], ("z", z.value), ("a", a.value), ("L", loss))


def rectified_logarithms() -> Program:
    """The sum of the logarithms of a rectified layer: every unit must be active."""
    x, w = symbol("X", ("n", 4), "data"), symbol("W", (3, "n"), "parameter")
    z = Statement("Z", w.var @ x.var)
    loss = z.var.apply("relu").apply("log").sum()
    return program([x, w], ("Z", z.value), ("L", loss))


def deep(layers: int = 6) -> Program:
    """Many tanh layers of width four."""
    return network("tanh", (4,) * layers + (1,))


ALL = (
    logistic_single,
    logistic_batch,
    network,
    univariate,
    multivariate,
    scalar_matrix,
    rectified_batch,
    softmax_batch,
    hinge,
    rectified_logarithms,
    deep,
)
