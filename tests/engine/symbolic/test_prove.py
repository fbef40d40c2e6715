"""The bounded proof: identities it must prove, and claims it must never prove."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random

import pytest

from engine.expression import Expr, Var, apply, const
from engine.gradient import gradient
from engine.program import Domain, Program, Statement, Symbol, Target
from engine.reverse import Formulas, Reverse
from engine.sampling import sample
from engine.shapes import Shape
from engine.symbolic.balls import Agreement, Refuted, equal_at
from engine.symbolic.prove import NotProved, Proved, prove
from tests.engine.worksheet_programs import (
    ALL,
    deep,
    hinge,
    logistic_batch,
    logistic_single,
    multivariate,
    network,
    scalar_matrix,
    softmax_batch,
    univariate,
)

Make = Callable[[], Program]
WORKSHEET = [make for make in ALL if make is not deep]


def _targets() -> list[object]:
    cases = []
    for make in WORKSHEET:
        program = make()
        adjoints = Reverse(program, Formulas()).adjoints()
        names = [name for name in program.shapes if name in adjoints and name != program.loss]
        cases += [pytest.param(make, name, id=f"{make.__name__}-{name}") for name in names]
    return cases


@pytest.mark.parametrize(("make", "name"), _targets())
def test_the_walk_and_the_readable_gradient_are_proved_equal(make: Make, name: str) -> None:
    program = make()
    walked = Reverse(program, Formulas()).adjoints()[name].filled(program.shapes[name])
    readable = gradient(program, Target(name))
    assert isinstance(prove(program, walked, readable), Proved)
    assert isinstance(prove(program, walked * (1 + Fraction(1, 10**9)), readable), NotProved)


def _free(**domains: tuple[Shape, Domain]) -> Program:
    """A program that only declares symbols, with a loss that does not matter."""
    symbols = tuple(
        Symbol(name, shape, "data", domain) for name, (shape, domain) in domains.items()
    )
    return Program(symbols, (Statement("L", symbols[0].var.sum()),), "L")


SCALARS = _free(
    x=((), "real"),
    u=((), "real"),
    p=((), "positive"),
    t=((), "binary"),
    s=((), "binary"),
    r=((), "sign"),
)
X, U, P, T, S, R = (Var(name) for name in "xuptsr")


def f(name: str, *args: Expr) -> Expr:
    return apply(name, *args)


IDENTITIES: dict[str, tuple[Expr, Expr]] = {
    "square-of-a-sum": ((X + U) ** 2, X**2 + 2 * X * U + U**2),
    "fractions": (1 / X + 1 / U, (X + U) / (X * U)),
    "sigmoid-reflected": (f("sigmoid", X), 1 - f("sigmoid", -X)),
    "sigmoid-derivative": (
        f("sigmoid", X) * (1 - f("sigmoid", X)),
        f("exp", -X) / (1 + f("exp", -X)) ** 2,
    ),
    "tanh-by-sigmoid": (f("tanh", X), 2 * f("sigmoid", 2 * X) - 1),
    "tanh-of-a-half": (f("tanh", X / 2), 2 * f("sigmoid", X) - 1),
    "tanh-derivative": (1 - f("tanh", X) ** 2, f("sech", X) ** 2),
    "exp-of-a-sum": (f("exp", X + U), f("exp", X) * f("exp", U)),
    "exp-of-a-third": (f("exp", X / 3) ** 3, f("exp", X)),
    "nested-exponential": (f("exp", f("sigmoid", X)) * f("exp", -f("sigmoid", X)), const(1)),
    "log-of-exp": (f("log", f("exp", X)), X),
    "exp-of-log": (f("exp", f("log", P)), P),
    "exp-of-twice-log": (f("exp", 2 * f("log", P)), P**2),
    "log-of-a-product": (f("log", P * f("exp", X)), f("log", P) + X),
    "log-of-sigmoid": (f("log", f("sigmoid", X)), -f("softplus", -X)),
    "softplus-reflected": (f("softplus", X) - f("softplus", -X), X),
    "root-squared": (f("sqrt", X**2 + U**2) ** 2, X**2 + U**2),
    "root-in-a-denominator": (X / f("sqrt", P), X * f("sqrt", P) / P),
    "half-power": (P ** const(Fraction(1, 2)), f("sqrt", P)),
    "root-of-a-square": (f("sqrt", P**2), P),
    "indicator-squared": (f("greater", X, const(0)) ** 2, f("greater", X, const(0))),
    "relu-signs": (f("sign", f("relu", X)), f("greater", X, const(0))),
    "relu-squared": (f("greater", f("relu", X) ** 2, const(0)), f("greater", X, const(0))),
    "equal-to-the-larger": (X * f("equal", U, f("maximum", X, U)) * f("greater", X, U), 0 * X),
    "equal-times-difference": (
        (T - S) * f("equal", T, S) * X,
        0 * X,
    ),
    "abs-of-a-difference-of-labels": (
        f("abs", T - S),
        (T - S) * f("sign", T - S),
    ),
    "larger-of-two-either-way": (f("maximum", T, S * X), f("maximum", S * X, T)),
    "indicators-complete": (f("greater", X, U) + f("greater", U, X), const(1)),
    "relu-as-choice": (f("relu", X), apply("where", f("greater", X, const(0)), X, const(0))),
    "relu-as-maximum": (f("relu", X), f("maximum", X, const(0))),
    "relu-difference": (f("relu", X) - f("relu", -X), X),
    "relu-of-a-relu": (f("relu", f("relu", X)), f("relu", X)),
    "abs-by-sign": (f("abs", X), X * f("sign", X)),
    "abs-squared": (f("abs", X) ** 2, X**2),
    "indicator-of-scaled": (f("greater", 3 * P * X, const(0)), f("greater", X, const(0))),
    "sine-and-cosine": (f("sin", X) ** 2 + f("cos", X) ** 2, const(1)),
    "odd-sine": (f("sin", -X), -f("sin", X)),
    "binary-label": (T**2, T),
    "binary-label-either": (T * (1 - T), const(0)),
    "sign-label": (R**2, const(1)),
    "sign-label-fourth": (X / R, X * R),
}
FALSE: dict[str, tuple[Expr, Expr]] = {
    "another-constant": (X, X * const(Fraction(1000001, 1000000))),
    "sign": (X - U, U - X),
    "sigmoid-derivative": (f("sigmoid", X), f("sigmoid", X) * (1 - f("sigmoid", X))),
    "relu-forgotten": (f("relu", X), X),
    "indicator-flipped": (f("greater", X, const(0)), f("greater", const(0), X)),
    "abs-forgotten": (f("abs", X), X),
    "root-of-a-square": (f("sqrt", X**2), X),
    "label-not-binary": (X**2, X),
    "sign-label-is-one": (R, const(1)),
    "exp-of-a-product": (f("exp", X * U), f("exp", X) * f("exp", U)),
    "log-of-a-sum": (f("log", P + 1), f("log", P)),
    "undefined-everywhere": (X / (X - X), const(0)),
    "condition-not-binary": (apply("where", X, P, U), X * P + (1 - X) * U),
    "root-of-a-square-is-larger": (
        f("greater", f("sqrt", X**2), X) + f("greater", X, f("sqrt", X**2)),
        const(1),
    ),
    "sine-of-an-arc": (
        f("greater", f("arcsin", f("sin", X)), X) + f("greater", X, f("arcsin", f("sin", X))),
        const(1),
    ),
    "sign-of-a-relu": (f("sign", f("relu", X)), 2 * f("greater", f("relu", X), const(0)) - 1),
    "relu-squared-is-positive": (f("greater", f("relu", X) ** 2, const(0)), const(1)),
    "root-of-a-relu-is-positive": (
        f("greater", f("sqrt", f("relu", X)), const(0)) + f("equal", X, X),
        const(2),
    ),
    "largest-is-never-equal": (f("equal", X, f("maximum", X, U)), const(0)),
    "largest-is-never-reached": (f("greater_equal", X, f("maximum", X, U)), const(0)),
    "label-against-label": (f("greater", T, T**2) + f("greater", T**2, T), const(1)),
    "labels-differ": (f("greater", T, S) + f("greater", S, T), const(1)),
    "wrong-angle": (f("sin", 2 * X), 2 * f("sin", X)),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_identities_are_proved(name: str) -> None:
    left, right = IDENTITIES[name]
    assert isinstance(prove(SCALARS, left, right), Proved)


@pytest.mark.parametrize("name", IDENTITIES)
def test_what_is_proved_also_agrees_in_balls(name: str) -> None:
    assert isinstance(equal_at(SCALARS, sample(SCALARS, "prove"), *IDENTITIES[name]), Agreement)


@pytest.mark.parametrize("name", FALSE)
def test_what_is_false_is_never_proved(name: str) -> None:
    left, right = FALSE[name]
    assert isinstance(prove(SCALARS, left, right), NotProved)


def drawn(random: Random, depth: int) -> Expr:
    """A random expression of functions that jump, or have kinks."""
    if depth == 0:
        return random.choice((X, U, T, S, R, const(0), const(1), const(-2)))
    name, arity = random.choice(CHOICES)
    parts = [drawn(random, random.randrange(depth)) for _ in range(arity)]
    if name == "where":
        parts[0] = f("greater", parts[0], X)
    return apply(name, *parts)


CHOICES = (
    *((name, 2) for name in ("greater", "greater_equal", "equal", "maximum", "sub", "mul")),
    *((name, 1) for name in ("sign", "abs", "relu")),
    ("where", 3),
)


@pytest.mark.parametrize("seed", range(150))
def test_no_proof_contradicts_balls(seed: int) -> None:
    random = Random(seed)
    left, right = drawn(random, 3), drawn(random, 2)
    points = sample(SCALARS, "contradictions")
    for pair in ((left, right), (left, const(0)), (left * left, left), (left, left.apply("abs"))):
        if isinstance(prove(SCALARS, *pair), Proved):
            assert not isinstance(equal_at(SCALARS, points, *pair), Refuted), (seed, pair)


def test_the_largest_entry_of_a_window_is_not_equal_nowhere() -> None:
    x = Var("x", (6, 1))
    symbols = (Symbol("x", (6, 1), "data"),)
    largest = apply("maxpool", x, shape=(2,))
    program = Program(symbols, (Statement("y", largest), Statement("L", largest.sum())), "L")
    hit = f("equal", x, apply("upsample", Var("y", (3, 1)), shape=(2,)))
    assert isinstance(prove(program, hit, 3 * hit), NotProved)
    assert isinstance(prove(program, hit * (1 - hit), 0 * hit), Proved)


def test_identities_of_arrays() -> None:
    shapes = _free(X=(("n", "m"), "real"), W=(("m", "k"), "real"), v=(("n", 1), "real"))
    x, w, v = Var("X", ("n", "m")), Var("W", ("m", "k")), Var("v", ("n", 1))
    ones = apply("ones", shape=("n", 1))
    for left, right in (
        ((x @ w).T, w.T @ x.T),
        (ones.T @ x, x.sum(axis=0, keepdims=True)),
        (v.T @ v, apply("norm", v) ** 2),
        (apply("dot", v, v), apply("trace", v @ v.T)),
        (apply("diag", v) @ ones, v),
        (apply("mean", x, axis=None, keepdims=False) * Var("n") * Var("m"), x.sum()),
        (apply("softmax", v + 1, axis=None), apply("softmax", v, axis=None)),
        (apply("softmax", x, axis=1).sum(axis=1, keepdims=True), ones),
    ):
        outcome = prove(shapes, left, right)
        assert isinstance(outcome, Proved), (left, right, outcome)
    assert isinstance(prove(shapes, x @ w, x @ w + 1), NotProved)


def test_one_hot_labels_sum_to_one_and_exclude_each_other() -> None:
    program = softmax_batch()
    y, p = program.var("Y"), program.var("P")
    assert isinstance(prove(program, y * y.sum(axis=1, keepdims=True), y), Proved)
    first, second = (apply("slice", y, const(place), axis=1) for place in (1, 2))
    assert isinstance(prove(program, first * second, 0 * first), Proved)
    assert isinstance(prove(program, p * p.sum(axis=1, keepdims=True), p), Proved)
    rows = [apply("slice", y, const(place), axis=0) for place in (1, 2)]
    assert isinstance(prove(program, rows[0] * rows[1], 0 * rows[0]), NotProved)


LONG_WAYS: dict[str, tuple[Make, str, Callable[[Program], Expr]]] = {
    "logistic-inputs-only": (
        logistic_single,
        "w",
        lambda p: (
            ((p.var("w").T @ p.var("x") + p.var("b")).apply("sigmoid") - p.var("y")) * p.var("x")
        ),
    ),
    "logistic-through-a": (
        logistic_single,
        "w",
        lambda p: (
            (-p.var("y") / p.var("a") + (1 - p.var("y")) / (1 - p.var("a")))
            * p.var("a")
            * (1 - p.var("a"))
            * p.var("x")
        ),
    ),
    "logistic-batch-inputs-only": (
        logistic_batch,
        "w",
        lambda p: (
            p.var("X")
            @ ((p.var("w").T @ p.var("X") + p.var("b")).apply("sigmoid") - p.var("y")).T
            / Var("m")
        ),
    ),
    "univariate-inputs-only": (
        univariate,
        "b",
        lambda p: (
            2
            * (p.var("s").apply("tanh") - p.var("y"))
            / (p.var("s").apply("exp") + (-p.var("s")).apply("exp")) ** 2
            * 4
            * p.var("z").apply("sigmoid")
            * (-p.var("z")).apply("sigmoid")
        ),
    ),
    "scalar-matrix-derivative-of-sigmoid": (
        scalar_matrix,
        "x",
        lambda p: (
            2
            * ((p.var("s") @ p.var("W") - p.var("y")) @ p.var("W").T)
            * p.var("x").apply("sigmoid")
            * (-p.var("x")).apply("sigmoid")
        ),
    ),
    "multivariate-without-indicator": (
        multivariate,
        "w",
        lambda p: -(p.var("y") / p.var("yhat")) * p.var("x"),
    ),
    "multivariate-with-z": (
        multivariate,
        "w",
        lambda p: -p.var("y") * p.var("x") / (p.var("w").T @ p.var("x") + p.var("b")),
    ),
    "network-with-z3": (
        network,
        "a2",
        lambda p: p.var("W3").T * (p.var("z3").apply("sigmoid") - p.var("y")),
    ),
}


@pytest.mark.parametrize("name", LONG_WAYS)
def test_answers_written_another_way_are_proved(name: str) -> None:
    make, target, answer = LONG_WAYS[name]
    program = make()
    assert isinstance(prove(program, answer(program), gradient(program, Target(target))), Proved)


def test_an_indicator_that_no_domain_forces_must_not_be_left_out() -> None:
    program = hinge()
    reference = gradient(program, Target("w"))
    without = -program.var("y") * program.var("x")
    assert isinstance(prove(program, without, reference), NotProved)
    assert isinstance(equal_at(program, sample(program, "hinge"), without, reference), Refuted)


def test_a_component_of_a_matrix() -> None:
    program = network()
    w, a = program.var("W3"), program.var("a3")
    component = (a - program.var("y")) * apply("entry", w, const(1), const(2))
    reference = apply("entry", gradient(program, Target("a2")), const(2), const(1))
    assert isinstance(prove(program, component, reference), Proved)
    beyond = apply("entry", w, const(1), const(7))
    assert prove(program, beyond, reference) == NotProved("an index lies outside the sizes")


def test_the_work_is_bounded_and_a_spent_budget_is_no_refutation() -> None:
    program = deep()
    reference = gradient(program, Target("W1"))
    outcome = prove(program, reference * 1, reference, budget=1000)
    assert isinstance(outcome, NotProved) and "budget" in outcome.reason


def test_a_proof_names_its_sizes() -> None:
    program = logistic_batch()
    reference = gradient(program, Target("w"))
    assert prove(program, reference, reference) == Proved({"m": 2, "n": 3})
    assert prove(program, reference, reference, sizes={"m": 4, "n": 2}) == Proved({"m": 4, "n": 2})
