"""Equations in which the unknown stands once, solved from the outside inwards.

    solved(expr, "x") -> the expressions that x may be where `expr` is zero, or None

Every step undoes one operator.  Where the other side decides how many solutions there are, such as
for x^2 = c, its sign is that of a ball.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TypeAlias

from flint import arb

from engine.expression import Apply, Const, Expr, Var, const
from engine.symbolic.balls import BITS, precision
from engine.symbolic.pointwise import real_number

Solutions: TypeAlias = list[Expr]
ONE = const(1)


def solved(expr: Expr, name: str) -> Solutions | None:
    """All real x with `expr` zero; None where x stands more than once, or a step is not known."""
    found: Solutions = []
    open_: list[tuple[Expr, Expr]] = [(expr, const(0))]
    while open_:
        side, value = open_.pop()
        if side == Var(name):
            found.append(value)
            continue
        step = _undone(side, value, name) if isinstance(side, Apply) else None
        if step is None:
            return None
        inner, values = step
        open_ += [(inner, each) for each in values]
    return found


def _undone(side: Apply, value: Expr, name: str) -> tuple[Expr, Solutions] | None:
    """What an operator of `name` is applied to, and what that may be."""
    holding = [place for place, arg in enumerate(side.args) if name in arg.names]
    if len(holding) != 1 or _sign(value) is None:
        return None
    place = holding[0]
    others = [arg for n, arg in enumerate(side.args) if n != place]
    rule = _RULES.get((side.op, place) if others else (side.op, 0))
    values = rule(value, *others) if rule else None
    return None if values is None else (side.args[place], values)


def _sign(expr: Expr) -> int | None:
    """The sign of a constant; None where it has none, or a ball does not tell."""
    if isinstance(expr, Const):
        return (expr.value > 0) - (expr.value < 0)
    with precision(2 * BITS):
        value: arb = real_number(expr)
        return 1 if value > 0 else -1 if value < 0 else 0 if value == 0 else None


def _divided(value: Expr, factor: Expr) -> Solutions | None:
    return [value / factor] if _sign(factor) else None


def _reciprocal(value: Expr, above: Expr) -> Solutions | None:
    if not _sign(above):
        return None
    return [above / value] if _sign(value) else []


def _root(value: Expr, exponent: Expr) -> Solutions | None:
    """What has this power: two numbers for an even exponent."""
    if not isinstance(exponent, Const) or exponent.value <= 0 or exponent.value.denominator != 1:
        return None
    root = value.apply("pow", Const(Fraction(1) / exponent.value))
    if exponent.value % 2:
        return [root]
    return {0: [value], 1: [root, -root]}.get(_sign(value) or 0, [])


def _exponent(value: Expr, base: Expr) -> Solutions | None:
    if _sign(base) != 1 or not _sign(base - 1):
        return None
    return [value.apply("log") / base.apply("log")] if _sign(value) == 1 else []


def _square(value: Expr) -> Solutions:
    return [value * value] if _sign(value) != -1 else []


def _either(value: Expr) -> Solutions:
    return {0: [value], 1: [value, -value]}.get(_sign(value) or 0, [])


def _between(low: Expr, high: Expr, inverse: Callable[[Expr], Expr]) -> Callable[[Expr], Solutions]:
    """The inverse of a function with values between two numbers."""
    return lambda value: [inverse(value)] if _sign(value - low) == 1 == _sign(high - value) else []


# By operator and place of the operand that is looked for: from the value and the other operand.
_RULES: Mapping[tuple[str, int], Callable[..., Solutions | None]] = {
    ("neg", 0): lambda value: [-value],
    ("add", 0): lambda value, other: [value - other],
    ("add", 1): lambda value, other: [value - other],
    ("sub", 0): lambda value, other: [value + other],
    ("sub", 1): lambda value, other: [other - value],
    ("mul", 0): _divided,
    ("mul", 1): _divided,
    ("div", 0): lambda value, below: [value * below] if _sign(below) else None,
    ("div", 1): _reciprocal,
    ("pow", 0): _root,
    ("pow", 1): _exponent,
    ("exp", 0): lambda value: [value.apply("log")] if _sign(value) == 1 else [],
    ("log", 0): lambda value: [value.apply("exp")],
    ("sqrt", 0): _square,
    ("abs", 0): _either,
    ("sigmoid", 0): _between(const(0), ONE, lambda c: (c / (1 - c)).apply("log")),
    ("tanh", 0): _between(-ONE, ONE, lambda c: ((1 + c) / (1 - c)).apply("log") / 2),
}
