"""Whether a decimal is a real number rightly rounded, decided by balls without a tolerance.

A decimal of k digits is, when the number lies within half a unit of its last digit.  Precision is
doubled until the ball around the number lies on one side of that.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from flint import arb

from engine.expression import Expr
from engine.instance import Instance
from engine.numeric import Batch, forward
from engine.program import Program
from engine.symbolic.balls import BITS, MOST_BITS, ball, ball_field, precision


@lru_cache(maxsize=256)
def enclosed(program: Program, instance: Instance, expr: Expr, bits: int = BITS) -> Batch:
    """The value of `expr` at an instance, in balls of a precision."""
    with precision(bits):
        return forward(program, instance.group.inputs(ball_field(bits))).evaluate(expr)


def rounded(program: Program, instance: Instance, expr: Expr, digits: int) -> tuple[Decimal, ...]:
    """The entries of a value, row by row, each the nearest decimal of so many digits.

    A tie that no precision tells apart is rounded up.
    """
    count = enclosed(program, instance, expr).data.size
    return tuple(_nearest(program, instance, expr, place, digits) for place in range(count))


def _nearest(program: Program, instance: Instance, expr: Expr, place: int, digits: int) -> Decimal:
    bits, whole = BITS, None
    while whole is None and bits <= MOST_BITS:
        entry = enclosed(program, instance, expr, bits).data.reshape(-1)[place]
        with precision(bits):
            scaled = entry * ball(Fraction(10**digits)) + ball(Fraction(1, 2))
            whole = scaled.floor().unique_fmpz()
            middle = scaled.mid().floor().unique_fmpz()
        bits *= 2
    return Decimal(int(middle if whole is None else whole)).scaleb(-digits)


def is_rounded(
    program: Program, instance: Instance, expr: Expr, place: int, decimal: Fraction, digits: int
) -> bool:
    """Whether `decimal` is an entry of a value to so many digits; both neighbours of a tie are."""
    half = Fraction(1, 2 * 10**digits)
    bits = BITS
    while bits <= MOST_BITS:
        entry = enclosed(program, instance, expr, bits).data.reshape(-1)[place]
        with precision(bits):
            distance: arb = abs(entry - ball(decimal))
            if distance <= ball(half):
                return True
            if distance > ball(half):
                return False
        bits *= 2
    return True
