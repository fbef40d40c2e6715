"""Equations by their zeros: the same factors, a factor that changes its sign, or nothing known."""

from __future__ import annotations

import pytest

from engine.expression import Expr, Var, const
from engine.symbolic.zeros import same_zeros

X, Y = Var("x"), Var("y")
ROOT = Y.apply("sqrt")


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (Y - 2 * X, 4 * X - 2 * Y, True),
        ((X - 1) ** 2, X - 1, True),
        (1 / X - 2, 1 - 2 * X, True),  # 1/x is never zero, so that x is no factor
        (X - X, const(0) * Y, True),
        (X * (X - 1), X - 1, False),
        (X * X - Y * Y, X - Y, False),
        (X - 1, X - 2, False),
        ((X * X + 1) * (X - 1), X - 1, None),  # x^2 + 1 has no real zero
        (X * ROOT - 6, 2 * ROOT - 12 / X, True),  # x is lost as a factor that is never zero
        (ROOT - X, Y - X * X, None),
        (X / const(0), X, None),
        ((1 + X + Y + Var("z") + Var("w")) ** 24, X, None),  # too large
    ],
)
def test_zeros(left: Expr, right: Expr, same: bool | None) -> None:
    assert same_zeros(left, right) is same
    assert same_zeros(right, left) is same
