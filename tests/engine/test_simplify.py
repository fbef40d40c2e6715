"""Tidying never changes a function: random expressions, before and after, in ball arithmetic."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import numpy as np
import pytest

from engine.canonical import canonical
from engine.expression import Expr, Var, apply, const
from engine.notation import show
from engine.numeric import Batch, Environment
from engine.rewrite import IDENTITIES
from engine.shapes import canonical as canonical_shape
from engine.shapes import concrete
from engine.simplify import simplify
from engine.symbolic.balls import ball_field, precision
from tests.engine.strategies import SYMBOLS, random_expr

SIZES = {"n": 4, "m": 5}
EXPRESSIONS = 1500
p, q, x = Var("b"), Var("y"), Var("x", ("n", 1))
M = Var("M", ("n", "m"))
average = apply("mean", M, axis=0, keepdims=True)


def environment(seed: int) -> Environment:
    """Balls around rationals between 1/8 and 2, for every symbol of the random expressions."""
    numbers, field = Random(seed), ball_field()
    values = {}
    for name, shape in SYMBOLS.items():
        sizes = concrete(shape, SIZES)
        entries = [Fraction(numbers.randint(16, 255), 128) for _ in range(int(np.prod(sizes)))]
        exact = np.array(entries, dtype=object).reshape((1, *sizes))
        values[name] = Batch(field.array(exact), canonical_shape(sizes), field)
    return Environment(values, SIZES, field)


def apart(left: Expr, right: Expr, env: Environment) -> bool:
    """Whether the two surely differ where the left one has a value."""
    try:
        a, b = env.evaluate(left).data.reshape(-1), env.evaluate(right).data.reshape(-1)
    except IndexError:  # an index beyond the sizes
        return False
    pairs = zip(np.broadcast_to(a, b.shape) if a.size == 1 else a, b, strict=True)
    return any(one.is_finite() and not one.overlaps(other) for one, other in pairs)


@pytest.mark.parametrize("block", range(10))
def test_tidying_keeps_the_function_and_the_shape(block: int) -> None:
    with precision(200):
        env = environment(block)
        for number in range(EXPRESSIONS // 10):
            seed = block * EXPRESSIONS + number
            expr = random_expr(Random(seed))
            tidy = simplify(expr)
            assert tidy.shape == expr.shape, f"random_expr(Random({seed}))"
            assert not apart(expr, tidy, env), f"random_expr(Random({seed}))"


def test_equal_normal_forms_are_equal_functions() -> None:
    """Every random expression against the ones of its shape with the same normal form."""
    seen: dict[object, Expr] = {}
    pairs = 0
    with precision(200):
        env = environment(0)
        for seed in range(EXPRESSIONS):
            expr = random_expr(Random(seed))
            for form in (expr, simplify(expr)):
                normal = canonical(form)
                if normal is None:
                    continue
                other = seen.setdefault((normal, form.shape), form)
                pairs += other != form
                assert not apart(other, form, env), f"random_expr(Random({seed}))"
    assert pairs > EXPRESSIONS / 20


@pytest.mark.parametrize(
    ("untidy", "tidy"),
    [
        (p * 1, p),
        (0 * p, const(0)),
        (p - p, const(0)),
        (p + p, 2 * p),
        (p * p**2, p**3),
        (p / q * q, p),
        (p.apply("neg").apply("neg"), p),
        (2 * q * p - 2 * p, 2 * p * (q - 1)),
        (2 * (q * (p / 2)), q * p),
        (-(q / p) * p * (1 - p) + (1 - q) / (1 - p) * p * (1 - p), p - q),
        (x.T.T, x),
        ((2 * x).T, 2 * x.T),
        (p.apply("log").apply("exp"), p),
        (apply("ones", shape=("n", 1)).sum(), Var("n")),
        (M - M.sum(axis=0, keepdims=True) / Var("n"), M - average),
        (M.sum(axis=0, keepdims=True) / Var("n"), 1 / Var("n") * M.sum(axis=0, keepdims=True)),
        ((M - average).sum(axis=0, keepdims=True), const(0).filled((1, "m"))),
        (average * apply("ones", shape=("n", "m")) + M, average + M),
    ],
)
def test_tidied_forms(untidy: Expr, tidy: Expr) -> None:
    assert simplify(untidy) == tidy


def test_zero_keeps_its_shape() -> None:
    assert simplify(x - x).shape == x.shape


def test_every_identity_is_filed_under_an_operator() -> None:
    assert all(hasattr(row.left, "op") for row in IDENTITIES)


u, v = Var("u", ("n", 1)), Var("v", ("n", 1))
SIGNS = (
    (-u + v, v - u),
    (-(1 - u), u - 1),
    (-2 * (u - v), 2 * (v - u)),
    ((-(M.T)) @ (-(u - v)), M.T @ (u - v)),
    (-(M.T @ (v * (u - 1))), M.T @ (v * (1 - u))),
    (-(u + v), -(u + v)),
    (-u / v + (1 - u) / (1 - v), -u / v + (1 - u) / (1 - v)),
    (-u / v + u, u - u / v),
)


@pytest.mark.parametrize(("expr", "written"), SIGNS, ids=str)
def test_minus_signs_stand_where_a_person_puts_them(expr: Expr, written: Expr) -> None:
    assert show(simplify(expr), "text") == show(written, "text")


def test_a_rectified_factor_needs_no_mask() -> None:
    mask = apply("greater", u, const(0))
    rectified = apply("relu", u)
    assert simplify(v * rectified * mask * rectified) == simplify(v * rectified**2)
    assert mask in simplify(v * apply("relu", v) * mask).args
