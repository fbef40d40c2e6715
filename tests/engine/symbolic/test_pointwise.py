"""Values at points, without a program: precision, functions beside the table, complex values."""

from __future__ import annotations

from fractions import Fraction

import pytest

from engine.expression import Const, Expr, Var, apply, const
from engine.symbolic.foreign import Foreign
from engine.symbolic.pointwise import Agreed, Apart, Comparing, Nowhere, Outcome
from engine.symbolic.principal import Principal

X, STEP, UNIT = Var("x"), Var("floor(x)"), Var("i")
E = apply("exp", const(1))
TINY = Const(Fraction(1, 10**60))


def compared(left: Expr, right: Expr, **foreign: Foreign) -> Outcome:
    comparing = Comparing(left, right, frozenset(), foreign)
    return comparing.further() or comparing.outcome()


@pytest.mark.parametrize(
    ("left", "right", "outcome"),
    [
        (X + X, 2 * X, Agreed),
        (X * (1 + TINY), X, Apart),
        (TINY.apply("sin"), TINY, Apart),
        (E ** const(1000) + 1, E ** const(1000), Apart),
        ((X * 128 * Var("pi")).apply("sin"), const(0), Apart),
        ((X * X).apply("log"), 2 * X.apply("log"), Apart),
        (X.apply("sqrt") ** 2, X, Agreed),
        (1 / (X - X), X, Nowhere),
    ],
)
def test_real_values(left: Expr, right: Expr, outcome: type[Outcome]) -> None:
    assert isinstance(compared(left, right), outcome)


def test_a_function_beside_the_table_has_values_and_is_no_variable() -> None:
    comparing = Comparing(STEP, X, frozenset(), {"floor(x)": Foreign("floor", (X,))})
    apart = comparing.further()
    assert isinstance(apart, Apart)
    assert set(apart.point) == {"x"}
    assert apart.left == "0"


@pytest.mark.parametrize(
    ("left", "right", "outcome"),
    [
        (UNIT * UNIT, const(-1), Agreed),
        (const(-4).apply("sqrt"), 2 * UNIT, Agreed),
        (const(-4).apply("sqrt"), -2 * UNIT, Apart),
        ((UNIT * X).apply("exp"), X.apply("cos") + UNIT * X.apply("sin"), Agreed),
        (const(0).apply("log"), UNIT, Nowhere),
    ],
)
def test_principal_values(left: Expr, right: Expr, outcome: type[Outcome]) -> None:
    found = Principal(left, right, units=frozenset(("i",))).outcome()
    assert isinstance(found, outcome)
