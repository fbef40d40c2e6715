"""Forward programs for the tests of the engine, built without the parser."""

from __future__ import annotations

from collections.abc import Callable

from engine.expression import Expr, Var, apply
from engine.program import Program, Role, Statement, Symbol
from engine.shapes import Shape

Given = dict[str, tuple[Shape, Role]]
Steps = list[tuple[str, Callable[[dict[str, Expr]], Expr]]]


def sigmoid(x: Expr) -> Expr:
    return x.apply("sigmoid")


def log(x: Expr) -> Expr:
    return x.apply("log")


def cross_entropy(y: Expr, a: Expr) -> Expr:
    return -(y * log(a) + (1 - y) * log(1 - a))


def program(given: Given, steps: Steps) -> Program:
    """The program with these symbols and statements; the last statement is the loss."""
    symbols = tuple(Symbol(name, shape, role) for name, (shape, role) in given.items())
    known: dict[str, Expr] = {symbol.name: symbol.var for symbol in symbols}
    known |= {str(dim): Var(str(dim)) for symbol in symbols for dim in symbol.shape if dim != 1}
    statements = []
    for name, rule in steps:
        statement = Statement(name, rule(known))
        statements.append(statement)
        known[name] = statement.var
    return Program(symbols, tuple(statements), steps[-1][0])


LOGISTIC = program(
    {
        "x": (("n", 1), "data"),
        "w": (("n", 1), "parameter"),
        "b": ((), "parameter"),
        "y": ((), "label"),
    },
    [
        ("z", lambda v: v["w"].T @ v["x"] + v["b"]),
        ("a", lambda v: sigmoid(v["z"])),
        ("L", lambda v: cross_entropy(v["y"], v["a"])),
    ],
)

BATCH = program(
    {
        "X": (("n", "m"), "data"),
        "w": (("n", 1), "parameter"),
        "b": ((), "parameter"),
        "y": ((1, "m"), "label"),
    },
    [
        ("z", lambda v: v["w"].T @ v["X"] + v["b"]),
        ("a", lambda v: sigmoid(v["z"])),
        ("J", lambda v: (1 / v["m"]) * cross_entropy(v["y"], v["a"]).sum()),
    ],
)

ROWS = program(
    {
        "X": (("m", "n"), "data"),
        "W": (("n", "k"), "parameter"),
        "b": ((1, "k"), "parameter"),
        "Y": (("m", "k"), "label"),
    },
    [
        ("Z", lambda v: v["X"] @ v["W"] + v["b"]),
        ("A", lambda v: sigmoid(v["Z"])),
        ("J", lambda v: (1 / v["m"]) * cross_entropy(v["Y"], v["A"]).sum()),
    ],
)

NETWORK = program(
    {
        "x": ((3, 1), "data"),
        "W1": ((3, 3), "parameter"),
        "W2": ((2, 3), "parameter"),
        "W3": ((1, 2), "parameter"),
        "y": ((), "label"),
    },
    [
        ("z1", lambda v: v["W1"] @ v["x"]),
        ("a1", lambda v: sigmoid(v["z1"])),
        ("z2", lambda v: v["W2"] @ v["a1"]),
        ("a2", lambda v: sigmoid(v["z2"])),
        ("z3", lambda v: v["W3"] @ v["a2"]),
        ("a3", lambda v: sigmoid(v["z3"])),
        ("L", lambda v: cross_entropy(v["y"], v["a3"])),
    ],
)

CHAIN = program(
    {"w": ((), "parameter"), "x": ((), "data"), "b": ((), "parameter"), "y": ((), "label")},
    [
        ("z", lambda v: v["w"] * v["x"] ** 2 + v["b"]),
        ("s", lambda v: sigmoid(v["z"])),
        ("yhat", lambda v: v["s"].apply("tanh")),
        ("L", lambda v: (v["yhat"] - v["y"]) ** 2),
    ],
)

RECTIFIED = program(
    {
        "x": (("n", 1), "data"),
        "w": (("n", 1), "parameter"),
        "b": ((), "parameter"),
        "y": ((), "label"),
    },
    [
        ("z", lambda v: v["w"].T @ v["x"] + v["b"]),
        ("yhat", lambda v: v["z"].apply("relu")),
        ("L", lambda v: -v["y"] * log(v["yhat"])),
    ],
)

NORM = program(
    {"x": ((1, "n"), "data"), "W": (("n", "m"), "parameter"), "y": ((1, "m"), "label")},
    [
        ("s", lambda v: sigmoid(v["x"])),
        ("yhat", lambda v: v["s"] @ v["W"]),
        ("L", lambda v: (v["yhat"] - v["y"]).apply("norm") ** 2),
    ],
)

FORK = program(
    {"w": ((), "parameter"), "x": ((), "data"), "y": ((), "label")},
    [
        ("u", lambda v: v["w"] * v["x"]),
        ("v", lambda v: v["u"].apply("tanh")),
        ("yhat", lambda v: v["v"] + v["w"]),
        ("L", lambda v: (v["yhat"] - v["y"]) ** 2),
    ],
)

QUADRATIC = program(
    {"x": (("n", 1), "data"), "A": (("n", "n"), "parameter")},
    [("f", lambda v: v["x"].T @ v["A"] @ v["x"])],
)

RIDGE = program(
    {
        "X": (("m", "n"), "data"),
        "w": (("n", 1), "parameter"),
        "y": (("m", 1), "label"),
        "lambda": ((), "constant"),
    },
    [
        (
            "J",
            lambda v: (
                (1 / v["m"]) * (v["X"] @ v["w"] - v["y"]).apply("norm") ** 2
                + v["lambda"] * v["w"].apply("norm") ** 2
            ),
        )
    ],
)

SUM_OVER = program(
    {"u": (("n", 1), "data"), "y": ((), "label")},
    [
        (
            "q",
            lambda v: apply(
                "sum_over",
                apply("entry", v["u"], Var("i"), v["y"].constant(1)) ** 2,
                index="i",
                size="n",
            ),
        ),
        ("L", lambda v: (v["q"] - v["y"]) ** 2),
    ],
)

PROGRAMS = {
    "logistic": LOGISTIC,
    "batch": BATCH,
    "rows": ROWS,
    "network": NETWORK,
    "chain": CHAIN,
    "rectified": RECTIFIED,
    "norm": NORM,
    "fork": FORK,
    "quadratic": QUADRATIC,
    "ridge": RIDGE,
    "sum over an index": SUM_OVER,
}
