"""Whether a decimal is a real number rightly rounded, decided by balls without a tolerance.

A decimal of k digits is, when the number lies within half a unit of its last digit.  Precision is
doubled until the ball around the number lies on one side of that.
"""

from __future__ import annotations

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
