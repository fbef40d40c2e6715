"""The exercises that the grader's fixtures are about: the worksheet's forward programs, by hand.

exercise("S2.w")   the derivative for w of S2's loss
asked("S3.cache")  a question of another kind
"""

from __future__ import annotations

from functools import cache

from engine.gradient import gradient
from engine.notation import parse_program
from engine.program import Program, Symbol, Target
from engine.question import (
    Cache,
    Choice,
    Derivative,
    Forward,
    Option,
    Prerequisites,
    Question,
    Shapes,
)

CROSS_ENTROPY = "-(y * log(a) + (1 - y) * log(1 - a))"


def column(name: str, dim: str | int, role: str = "data", *aliases: str) -> Symbol:
    """A column vector."""
    return Symbol(name, (dim, 1), role, aliases=aliases)  # type: ignore[arg-type]  # a role by name


def scalar(name: str, role: str, domain: str = "real") -> Symbol:
    """A scalar."""
    return Symbol(name, (), role, domain)  # type: ignore[arg-type]  # role and domain by name


def matrix(name: str, rows: str | int, columns: str | int, role: str = "parameter") -> Symbol:
    """A matrix."""
    return Symbol(name, (rows, columns), role)  # type: ignore[arg-type]  # a role by name


LABEL = scalar("y", "label", "binary")
LABELS = Symbol("y", (1, "m"), "label", "binary", ("Y",))
BIAS = scalar("b", "parameter")
ROW = Symbol("x", (1, "n"), "data")

PROGRAMS: dict[str, tuple[tuple[Symbol, ...], tuple[str, ...], dict[str, tuple[str, ...]]]] = {
    "S1": (
        (column("x", "n"), column("w", "n", "parameter"), BIAS, LABEL),
        ("z = w^T x + b", "a = sigmoid(z)", f"L = {CROSS_ENTROPY}"),
        {"a": ("yhat", "ŷ")},
    ),
    "S1row": (
        (column("x", "n"), matrix("w", 1, "n"), BIAS, LABEL),
        ("z = w x + b", "a = sigmoid(z)", f"L = {CROSS_ENTROPY}"),
        {"a": ("yhat",)},
    ),
    "S2": (
        (matrix("X", "n", "m", "data"), column("w", "n", "parameter"), BIAS, LABELS),
        ("z = w^T X + b", "a = sigmoid(z)", f"l = {CROSS_ENTROPY}", "J = mean(l)"),
        {"a": ("yhat", "A"), "z": ("Z",)},
    ),
    "S2rows": (
        (
            matrix("X", "m", "n", "data"),
            column("w", "n", "parameter"),
            BIAS,
            Symbol("y", ("m", 1), "label", "binary"),
        ),
        ("z = X w + b", "a = sigmoid(z)", f"l = {CROSS_ENTROPY}", "J = mean(l)"),
        {},
    ),
    "S3": (
        (
            column("x", 3),
            *(matrix(f"W{k}", r, c) for k, r, c in ((1, 3, 3), (2, 2, 3), (3, 1, 2))),
            column("b1", 3, "parameter"),
            column("b2", 2, "parameter"),
            scalar("b3", "parameter"),
            LABEL,
        ),
        (
            "z1 = W1 x + b1",
            "a1 = sigmoid(z1)",
            "z2 = W2 a1 + b2",
            "a2 = sigmoid(z2)",
            "z3 = W3 a2 + b3",
            "a3 = sigmoid(z3)",
            "L = -(y log(a3) + (1 - y) log(1 - a3))",
        ),
        {"a3": ("yhat",)},
    ),
    "S4": (
        (scalar("x", "data"), scalar("w", "parameter"), BIAS, scalar("y", "label")),
        ("z = w x^2 + b", "s = sigmoid(z)", "yhat = tanh(s)", "L = (yhat - y)^2"),
        {},
    ),
    "S5": (
        (column("x", "n"), column("w", "n", "parameter"), BIAS, scalar("y", "label", "positive")),
        ("z = w^T x + b", "yhat = relu(z)", "L = -y log(yhat)"),
        {},
    ),
    "S6": (
        (ROW, matrix("W", "n", "m"), Symbol("y", (1, "m"), "label")),
        ("s = sigmoid(x)", "yhat = s W", "L = norm(yhat - y)^2"),
        {},
    ),
    "relu": (
        (
            column("x", 3),
            *(matrix(f"W{k}", r, c) for k, r, c in ((1, 2, 3), (2, 2, 2), (3, 1, 2))),
            LABEL,
        ),
        (
            "a1 = relu(W1 x)",
            "a2 = relu(W2 a1)",
            "a3 = sigmoid(W3 a2)",
            "L = -(y log(a3) + (1 - y) log(1 - a3))",
        ),
        {},
    ),
    "half": (
        (scalar("x", "data"), scalar("w", "parameter"), scalar("y", "label")),
        ("r = w x - y", "L = (1/3) r^3"),
        {},
    ),
}
EXAMPLES = {"S2": 1, "S2rows": 0}


@cache
def program(name: str) -> Program:
    """The forward program called `name`, with the statements' aliases."""
    symbols, lines, aliases = PROGRAMS[name]
    loss = lines[-1].split(" = ")[0]
    plain = parse_program(symbols, lines, loss)
    statements = tuple(
        type(each)(each.name, each.value, aliases.get(each.name, ())) for each in plain.statements
    )
    return Program(plain.symbols, statements, loss)


@cache
def exercise(name: str, numerator: bool = False) -> Derivative:
    """The derivative question `program.target`, a target such as `w` or `a1_1`."""
    source, _, what = name.partition(".")
    variable, _, entry = what.partition("_")
    target = Target(variable, (int(entry), 1) if entry else None)
    own = program(source)
    return Derivative(
        id=f"test/{name}",
        name=what,
        prompt="",
        program=own,
        target=target,
        reference=gradient(own, target),
        admits_numerator_layout=numerator,
        example_axis=EXAMPLES.get(source),
    )


def _neurons(*targets: str) -> tuple[Target, ...]:
    parts = (target.partition("_") for target in targets)
    return tuple(Target(name, (int(entry), 1) if entry else None) for name, _, entry in parts)


@cache
def asked(name: str) -> Question:
    """A question of a kind other than derivative."""
    return QUESTIONS[name]


WARM_UP = (
    Option("A", "Numerical: from values of the cost", None, "That is gradient checking."),
    Option("B", "Analytical: exact, by the chain rule"),
    Option("C", "It forgets the mean", "missing-batch-mean"),
)

QUESTIONS: dict[str, Question] = {
    "W0.kind": Choice("W0/kind", "kind", "", None, WARM_UP, "B"),
    "S1.forward": Forward("S1/f", "forward", "", program("S1"), ("z", "a", "L")),
    "S2.forward": Forward("S2/f", "forward", "", program("S2"), ("z", "a", "J"), 1),
    "S3.forward": Forward("S3/f", "forward", "", program("S3"), ("z1", "a1", "z2", "a2", "L")),
    "S4.forward": Forward("S4/f", "forward", "", program("S4"), ("z", "s", "yhat", "L")),
    "S1.shapes": Shapes("S1/s", "shapes", "", program("S1"), ("x", "w", "b", "z")),
    "S2.shapes": Shapes("S2/s", "shapes", "", program("S2"), ("X", "w", "b", "z", "J")),
    "S3.shapes": Shapes("S3/s", "shapes", "", program("S3"), ("W1", "W2", "a2", "L")),
    "S5.shape": Shapes("S5/s", "shape", "", program("S5"), ("w",)),
    "S6.shape": Shapes("S6/s", "shape", "", program("S6"), ("W",)),
    "S3.before": Prerequisites(
        "S3/p",
        "before",
        "",
        program("S3"),
        Target("a1", (1, 1)),
        _neurons("a3", "z3", "a2_1", "a2_2", "z2_1", "z2_2"),
        _neurons("L", "a1_1"),
    ),
    "S4.before": Prerequisites(
        "S4/p", "before", "", program("S4"), Target("w"), _neurons("yhat", "s", "z"), _neurons("L")
    ),
    "S3.cache": Cache(
        "S3/c",
        "cache",
        "",
        program("S3"),
        Target("a2", (1, 1)),
        (("a3", "z3"),),
        ("y", "W1", "W2", "W3", "b1", "b2", "b3"),
    ),
    "S1.cache": Cache(
        "S1/c", "cache", "", program("S1"), Target("w"), (("x",), ("a", "z")), ("y", "w", "b", "n")
    ),
}
