"""Conditions on one number, by the numbers that fulfil them; an oracle samples exact fractions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.expression import Expr, Var, apply, const
from engine.symbolic.regions import (
    Apart,
    Condition,
    Joined,
    Negated,
    Relation,
    Same,
    Sign,
    same_region,
)

X = Var("x")
ROOT = const(2).apply("sqrt")


def all_of(*parts: Condition) -> Joined:
    return Joined("and", parts)


def any_of(*parts: Condition) -> Joined:
    return Joined("or", parts)


BETWEEN = all_of(Sign(X + 2, ">"), Sign(2 - X, ">"))
OUTSIDE = any_of(Sign(X - 2, ">"), Sign(-X - 2, ">"))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Sign(X * X - 4, ">"), OUTSIDE),
        (Sign(2 - X.apply("abs"), ">"), BETWEEN),
        (Negated(Sign(X * X - 4, ">=")), BETWEEN),
        (Sign(X**3 - 8, "="), Sign(X - 2, "=")),  # the other roots are not real
        (Sign(1 / X, ">="), Sign(X, ">")),  # 1/x has no value at 0
        (Sign(X**4, ">="), Sign(X * X, ">=")),
        (Sign(apply("maximum", X, -X) - 2, "="), any_of(Sign(X - 2, "="), Sign(X + 2, "="))),
        (any_of(), Sign(X * X + 1, "=")),
        (all_of(), Sign(X * X + 1, "!=")),
    ],
)
def test_the_same_numbers(left: Condition, right: Condition) -> None:
    assert same_region(left, right) == Same(0)
    assert same_region(right, left) == Same(0)


@pytest.mark.parametrize(
    ("left", "right", "point"),
    [
        (Sign(X - 2, ">"), Sign(X - 2, ">="), "2"),
        (BETWEEN, Sign(X - 2, "!="), "-3"),
        (Sign(X * X - 2, "="), Sign(X - 2, "="), "-1.41421356237310"),
        (Sign(X - ROOT, ">"), Sign(X - const(Fraction(7, 5)), ">"), "45/32"),
        (any_of(), Sign(X - 5, "="), "5"),
    ],
)
def test_a_number_that_one_alone_admits(left: Condition, right: Condition, point: str) -> None:
    found = same_region(left, right)
    assert isinstance(found, Apart)
    assert found.point == point
    assert same_region(right, left) == Apart(point, not found.left)


def test_zeros_that_are_no_fractions_agree_to_many_bits() -> None:
    roots = any_of(Sign(X - ROOT, "="), Sign(X + ROOT, "="))
    assert same_region(Sign(X * X - 2, "="), roots) == Same(2)


def test_positive_numbers_alone() -> None:
    assert same_region(OUTSIDE, Sign(X - 2, ">"), positive=True) == Same(0)


@pytest.mark.parametrize(
    "condition",
    [
        Sign(X - Var("y"), ">"),
        Sign(X.apply("exp") + X - 2, "="),
        Sign(X - (-ROOT).apply("log"), "="),  # not real
        all_of(*(Sign((X - n).apply("abs") - 1, ">") for n in range(5))),  # 32 cases
    ],
)
def test_what_is_not_decided(condition: Condition) -> None:
    assert same_region(condition, Sign(X, ">")) is None


# Random conditions with whole zeros, against their truth at all halves in reach.

HOLD: dict[Relation, Callable[[Fraction], bool]] = {
    "=": lambda value: value == 0,
    "!=": lambda value: value != 0,
    ">": lambda value: value > 0,
    ">=": lambda value: value >= 0,
}
RELATIONS: tuple[Relation, ...] = ("=", "!=", ">", ">=")
SIGNS = st.tuples(st.lists(st.integers(-3, 3), min_size=1, max_size=3), st.sampled_from(RELATIONS))


def _sign(zeros: list[int], relation: Relation) -> Sign:
    product: Expr = const(1)
    for zero in zeros:
        product = product * (X - zero)
    return Sign(product, relation)


@given(st.lists(SIGNS, min_size=1, max_size=3), SIGNS, st.booleans())
def test_conditions_hold_where_they_are_true(
    parts: list[tuple[list[int], Relation]], other: tuple[list[int], Relation], negated: bool
) -> None:
    def holds(zeros: list[int], relation: Relation, x: Fraction) -> bool:
        value = Fraction(1)
        for zero in zeros:
            value *= x - zero
        return HOLD[relation](value)

    places = [Fraction(n, 2) for n in range(-9, 10)]
    one = [all(holds(*part, x) for part in parts) != negated for x in places]
    two = [holds(*other, x) for x in places]
    left: Condition = all_of(*(_sign(*part) for part in parts))
    found = same_region(Negated(left) if negated else left, _sign(*other))
    assert (found == Same(0)) == (one == two)
