"""Equations in which the unknown stands once: every solution is found, and is one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.expression import Expr, Var, const, substitute
from engine.symbolic.balls import BITS, precision
from engine.symbolic.inverse import solved
from engine.symbolic.pointwise import real_number

X = Var("x")


def number(expr: Expr) -> float:
    with precision(BITS):
        return float(real_number(expr))


@pytest.mark.parametrize(
    ("expr", "solutions"),
    [
        (X.apply("exp") - 1, [0.0]),
        (X.apply("exp") + 1, []),
        (X**4 - 16, [2.0, -2.0]),
        (X**4, [0.0]),
        (X**4 + 1, []),
        ((X - 1) ** 3 + 8, [-1.0]),
        (X.apply("sqrt") + 1, []),
        (X.apply("abs") - 2, [2.0, -2.0]),
        (6 / X - 3, [2.0]),
        (6 / X, []),
        (const(2).apply("pow", X) - 8, [3.0]),
        (X.apply("tanh") - 2, []),
        (X.apply("sigmoid") - const("1/2"), [0.0]),
        (3 - (X + 1).apply("log"), [19.085536923187668]),
    ],
)
def test_solutions(expr: Expr, solutions: list[float]) -> None:
    found = solved(expr, "x")
    assert found is not None
    assert sorted(map(number, found)) == pytest.approx(sorted(solutions))


@pytest.mark.parametrize(
    "expr",
    [X + X.apply("exp"), X.apply("sin"), X ** const("1/2"), X * (const(2) - 2), X / const(0)],
)
def test_what_is_not_solved(expr: Expr) -> None:
    assert solved(expr, "x") is None


STEPS: tuple[Callable[[Expr], Expr], ...] = (
    lambda u: u + 3,
    lambda u: 2 - u,
    lambda u: u * const("5/2"),
    lambda u: u / -4,
    lambda u: 1 / (u.apply("exp") + 1),
    lambda u: u.apply("exp"),
    lambda u: (u.apply("abs") + 1).apply("log"),
    lambda u: u**3,
    lambda u: u**2,
    lambda u: u.apply("tanh"),
)


@given(st.lists(st.sampled_from(STEPS), min_size=1, max_size=4), st.sampled_from((-2, -1, 1, 2)))
def test_a_number_is_among_the_solutions_for_its_own_value(
    steps: list[Callable[[Expr], Expr]], place: int
) -> None:
    expr: Expr = X
    for step in steps:
        expr = step(expr)
    value = substitute(expr, {"x": const(place)})
    with precision(BITS):
        if not abs(real_number(value)) < 1000:
            return
    found = solved(expr - value, "x")
    if found is not None:  # a sign too close to zero to be told
        assert any(number(each) == pytest.approx(place, abs=1e-6) for each in found)
