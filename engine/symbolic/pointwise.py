"""Expressions in numbers alone, compared as real functions at exact rational points.

    compare(left, right, positive) -> Agreed | Apart | Nowhere

The values are balls, so that there is no tolerance: balls that are apart prove a difference, balls
that agree to NEEDED bits at every point are agreement, anything wider is evaluated again at twice
the precision.

What a real function is, where the usual conventions leave a choice:

* An odd root of a negative number is real: (-8)^(1/3) is -2.
* A side that passes through a number that is not real on its way to a real value has that value:
  sqrt(x)^2 is x, e^(log(x)) is x, for x < 0 as well.
* Where one side is real and the other is not, they differ: log(x^2) is not 2 log(x).
* A variable to whose power a negative number is raised is a whole number: (-1)^n.
* Where neither is real, or a side divides by zero, nothing is compared.

Functions that are no rows of the operator table, such as floor or the gamma function, occur as
variables; `foreign` says what each of them stands for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeAlias

from flint import acb, arb, ctx, fmpq

from engine.expression import Apply, Const, Expr, Var, walk
from engine.operators import operator
from engine.seeding import Stream
from engine.symbolic.balls import BITS, COARSE, MOST_BITS, NEEDED, precision
from engine.symbolic.foreign import Foreign, complex_value, real_value
from engine.symbolic.kernels import Element, Kernels, Unprovable

CONSTANT = "pi"
ENOUGH = 8  # points at which both sides have a value
CANDIDATES = 30
ROOM = 12  # generators for kernels in a proof
LONG = 40  # bits of a number that is written out
LARGE = 2**40
MOST_SPENT = 20_000  # bits of all evaluations of a comparison
SPARE = 60  # bits that are lost on the way
KEPT = 512  # coordinates; more of balls
DENOMINATOR = 64  # of the first points, which are shown most often
FINE = 2**19  # of the others, so that no period and no step of a text falls on all of them
SHOWN = 2
# Magnitudes at which points lie: some below 1, some above, so that arcs, roots and logarithms of
# logarithms have values at some of them.
SIGNS = (0b000, 0b101, 0b010, 0b111, 0b011, 0b100, 0b110, 0b001)
RANGES = ((0.25, 0.9), (1.1, 2.5), (0.1, 0.6), (2.5, 6.0), (6.0, 14.0), (0.5, 1.5), (15.0, 50.0))

Point: TypeAlias = Mapping[str, Fraction]


@dataclass(frozen=True)
class Agreed:
    """The sides agree to `bits` bits at `points` points."""

    points: int
    bits: int


@dataclass(frozen=True)
class Apart:
    """The sides surely differ at `point`; a side without a real value is None there."""

    point: Point
    left: str | None
    right: str | None


@dataclass(frozen=True)
class Nowhere:
    """Values on both sides were found at no point; the flags tell which side had any."""

    left: bool
    right: bool


TOO_WIDE = Apart({}, None, None)

Outcome: TypeAlias = Agreed | Apart | Nowhere


class NoNumber(Exception):
    """The expression is no function of numbers."""


# Real and complex arithmetic.


def _power(base: Any, exponent: Any) -> Any:
    return base**exponent


def _rational_power(base: arb, exponent: Fraction) -> arb:
    """base^exponent; an odd root of a negative number is real."""
    if exponent.denominator == 1:
        return base ** int(exponent)
    if exponent == Fraction(1, 2):
        return base.sqrt()
    size = number(exponent)
    if exponent.denominator % 2 == 0 or not base < 0:
        return base**size
    root = (-base) ** size
    return root if exponent.numerator % 2 == 0 else -root


def _positive(x: arb) -> arb:
    """1 where x > 0, 0 where x < 0, no value where that is undecided."""
    return arb(1) if x > 0 else arb(0) if x < 0 else arb("nan")


def _at_least(x: arb) -> arb:
    return arb(1) if x >= 0 else arb(0) if x < 0 else arb("nan")


def _chosen(condition: arb, yes: arb, no: arb) -> arb:
    return yes if condition == 1 else no if condition == 0 else arb("nan")


def _same(x: Any) -> Any:
    return x


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "neg": lambda x: -x,
    "mul": lambda x, y: x * y,
    "matmul": lambda x, y: x * y,
    "dot": lambda x, y: x * y,
    "outer": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": _power,
    "exp": lambda x: x.exp(),
    "log": lambda x: x.log(),
    "sqrt": lambda x: x.sqrt(),
    "abs": abs,
    "norm": abs,
    "sin": lambda x: x.sin(),
    "cos": lambda x: x.cos(),
    "tan": lambda x: x.tan(),
    "cot": lambda x: x.cot(),
    "sec": lambda x: x.sec(),
    "csc": lambda x: x.csc(),
    "arcsin": lambda x: x.asin(),
    "arccos": lambda x: x.acos(),
    "arctan": lambda x: x.atan(),
    "tanh": lambda x: x.tanh(),
    "sech": lambda x: x.sech(),
    "sigmoid": lambda x: 1 / (1 + (-x).exp()),
    "softplus": lambda x: (1 + x.exp()).log(),
    "transpose": _same,
    "sum": _same,
    "mean": _same,
    "trace": _same,
}
REAL_ONLY: dict[str, Callable[..., arb]] = {
    "sign": lambda x: x.sgn() if x > 0 or x < 0 else arb("nan"),
    "relu": lambda x: x * _positive(x),
    "leaky_relu": lambda x, slope: x if x > 0 else x * slope if x < 0 else arb("nan"),
    "maximum": lambda x, y: x.max(y),
    "greater": lambda x, y: _positive(x - y),
    "greater_equal": lambda x, y: _at_least(x - y),
    "where": _chosen,
}
ALL = FUNCTIONS | REAL_ONLY


@lru_cache(maxsize=4 * KEPT)
def _number(value: Fraction, bits: int) -> arb:
    return arb(fmpq(value.numerator, value.denominator))


def number(value: Fraction) -> arb:
    """The ball around a rational number, at the precision in force."""
    return arb(fmpq(value.numerator, value.denominator))


@dataclass(frozen=True)
class _Reals:
    """Real arithmetic at one point; the precision in force is `bits`."""

    values: Mapping[str, arb]
    bits: int

    def with_foreign(self, foreign: Mapping[str, Foreign]) -> _Reals:
        """The same with the values of functions beside the table, inner ones first."""
        found = self
        for name, each in foreign.items():
            value = real_value(each.function, [found.value(arg) for arg in each.args])
            found = _Reals({**found.values, name: value}, self.bits)
        return found

    def value(self, expr: Expr) -> Any:
        if isinstance(expr, Apply):
            if expr.op == "pow" and isinstance(exponent := expr.args[1], Const):
                return _rational_power(self.value(expr.args[0]), exponent.value)
            return ALL[expr.op](*[self.value(arg) for arg in expr.args])
        if isinstance(expr, Var):
            return self.values[expr.name]
        if isinstance(expr, Const):
            return _number(expr.value, self.bits)
        raise NoNumber(repr(expr))


def real_number(expr: Expr) -> arb:
    """The value of a constant expression at the precision in force; not finite where none is."""
    value: arb = _Reals({CONSTANT: arb.pi()}, ctx.prec).value(expr)
    return value


@dataclass(frozen=True)
class Complexes:
    """Principal values at one point, for a side that is not real on its way."""

    values: Mapping[str, arb | acb]

    def with_foreign(self, foreign: Mapping[str, Foreign]) -> Complexes:
        """The same with the values of functions beside the table, inner ones first."""
        found = self
        for name, each in foreign.items():
            value = complex_value(each.function, [found.value(arg) for arg in each.args])
            found = Complexes({**found.values, name: value})
        return found

    def value(self, expr: Expr) -> Any:
        match expr:
            case Const(value=value):
                return acb(number(value))
            case Var(name=name):
                return acb(self.values[name])
            case Apply(op="pow", args=(base, Const(value=exponent))) if exponent.denominator == 1:
                return self.value(base) ** int(exponent)
            case Apply(op=op, args=args):
                return _complex(op, [self.value(arg) for arg in args])
        raise NoNumber(repr(expr))


def _complex(op: str, args: list[acb]) -> Any:
    """An operator on complex balls; those that are about reals alone need real operands."""
    if op in FUNCTIONS and op not in ("abs", "norm"):
        return FUNCTIONS[op](*args)
    if op in ("abs", "norm"):
        return acb(abs(args[0]))
    if all(each.imag == 0 for each in args):
        return acb(REAL_ONLY[op](*(each.real for each in args)))
    return acb("nan")


# Points.


@dataclass(frozen=True)
class Points:
    """Points for the variables `names`, the same for as many variables; whole numbers come last."""

    names: tuple[str, ...]
    positive: frozenset[str]
    whole: frozenset[str] = frozenset()

    @property
    def count(self) -> int:
        return CANDIDATES + ENOUGH if self.names else 1

    def point(self, turn: int) -> Point:
        """The values of the variables, exactly."""
        return {
            name: Fraction(whole_coordinate(place, turn))
            if name in self.whole
            else coordinate(place, turn, self._negative(place, turn))
            for place, name in enumerate(self.names)
        }

    def values(self, turn: int, bits: int) -> dict[str, arb]:
        """The values of the variables as balls, and pi; with `bits` bits in force."""
        values = {CONSTANT: _pi(bits)}
        for place, name in enumerate(self.names):
            if name in self.whole:
                values[name] = arb(whole_coordinate(place, turn))
            else:
                values[name] = _ball(place, turn, self._negative(place, turn), bits)
        return values

    def _negative(self, place: int, turn: int) -> bool:
        """Over the turns, up to three variables take all patterns of signs."""
        sign = SIGNS[turn % len(SIGNS)] >> place % 3 & 1
        return bool(sign) and turn < CANDIDATES and self.names[place] not in self.positive


@lru_cache(maxsize=KEPT)
def coordinate(place: int, turn: int, negative: bool) -> Fraction:
    """The value of the variable number `place` at a point."""
    if turn >= CANDIDATES:
        return Fraction(2 + (3 * turn + place) % 7)
    low, high = RANGES[turn % len(RANGES)]
    share = int.from_bytes(Stream("gradbook.pointwise/1", place, turn).octets(4), "big") / 2**32
    unit = DENOMINATOR if turn < SHOWN else FINE
    size = Fraction(2 * round((low + (high - low) * share) * unit) + 1, 2 * unit)
    return -size if negative else size


def whole_coordinate(place: int, turn: int) -> int:
    """The value of a variable that is a whole number at a point."""
    return 2 + (3 * turn + 2 * place) % 11


@lru_cache(maxsize=8 * KEPT)
def _ball(place: int, turn: int, negative: bool, bits: int) -> arb:
    return number(coordinate(place, turn, negative))


@lru_cache(maxsize=16)
def _pi(bits: int) -> arb:
    return arb.pi()


# The comparison.


@dataclass
class Comparing:
    """A comparison of two expressions, point by point."""

    left: Expr
    right: Expr
    positive: frozenset[str] = frozenset()
    foreign: Mapping[str, Foreign] = field(default_factory=dict)
    agreed: list[int] = field(default_factory=list)
    seen_left: bool = False
    seen_right: bool = False
    turn: int = 0
    spent: int = 0  # bits of all evaluations

    def __post_init__(self) -> None:
        names = variables(self.left, self.right, self.foreign)
        self.points = Points(names, self.positive, whole_numbers(self.left, self.right))
        self.literal = _literal_bits(self.left, self.right)

    def further(self, enough: int = ENOUGH) -> Apart | None:
        """A difference, if one is found before `enough` points agree or all are looked at."""
        while (
            self.turn < self.points.count and len(self.agreed) < enough and self.spent < MOST_SPENT
        ):
            apart = self._looked_at(self.turn)
            self.turn += 1
            if apart:
                return apart
        return None

    def outcome(self) -> Outcome:
        """What is known once a difference has not been found."""
        if not self.agreed:
            return Nowhere(self.seen_left, self.seen_right)
        return Agreed(len(self.agreed), min(self.agreed))

    def _looked_at(self, turn: int) -> Apart | None:
        bits = BITS + self.literal
        while bits <= MOST_BITS + self.literal:
            self.spent += bits
            with precision(bits):
                found = self._at(turn, bits)
            if found is not TOO_WIDE:
                return found
            bits *= 2
        return None

    def _at(self, turn: int, bits: int) -> Apart | None:
        """A difference, if there is one; TOO_WIDE where more bits are needed to tell."""
        a, b = self._values(turn, bits)
        real_a, real_b = a.is_finite(), b.is_finite()
        self.seen_left |= real_a
        self.seen_right |= real_b
        if not (real_a or real_b):
            a, b = self._detour(self.left, turn, bits), self._detour(self.right, turn, bits)
            if not (a.is_finite() and b.is_finite()):
                return None
            self.seen_left = self.seen_right = True
        elif not (real_a and real_b):
            return self._one_sided(turn, bits, a, b)
        if not a.overlaps(b):
            return Apart(self.points.point(turn), digits(a), digits(b))
        agreed = min(a.rel_accuracy_bits(), b.rel_accuracy_bits()) - 1
        needed = min(NEEDED + self.literal + _size(a), MOST_BITS + self.literal - SPARE)
        if agreed < needed:
            agreed = self._near_zero(turn, a, b)
            needed = NEEDED
        if agreed < needed:
            return TOO_WIDE
        self.agreed.append(min(agreed, bits))
        return None

    def _values(self, turn: int, bits: int) -> tuple[arb, arb]:
        reals = _Reals(self.points.values(turn, bits), bits).with_foreign(self.foreign)
        return reals.value(self.left), reals.value(self.right)

    def _complex(self, expr: Expr, turn: int, bits: int) -> Any:
        complexes = Complexes(self.points.values(turn, bits)).with_foreign(self.foreign)
        return complexes.value(expr)

    def _detour(self, expr: Expr, turn: int, bits: int) -> arb:
        """The real value of a side that is not real on its way; none where it ends elsewhere."""
        value = self._complex(expr, turn, bits)
        real = value.is_finite() and value.imag.contains(0)
        return value.real if real and value.imag.rad() < 2**-NEEDED else arb("nan")

    def _near_zero(self, turn: int, a: arb, b: arb) -> int:
        """The bits of agreement where both are zero, beside the size of their terms."""
        if not (a.contains(0) and b.contains(0)):
            return 0
        radius = a.rad() + b.rad()
        if radius == 0:
            return BITS
        with precision(COARSE):
            coarse = self._values(turn, COARSE)
            size = (coarse[0].rad() + coarse[1].rad()) * arb(2) ** COARSE
            if not size > 0:
                return 0
            bits = float((size / radius).log() / arb(2).log())
            return int(bits) if math.isfinite(bits) else 0

    def _one_sided(self, turn: int, bits: int, a: arb, b: arb) -> Apart | None:
        """Where one side alone is real: a difference, unless the other one comes back to it."""
        real, other = (a, self.right) if a.is_finite() else (b, self.left)
        value = self._complex(other, turn, bits)
        if not value.is_finite():
            return None
        if not (value.real.overlaps(real) and value.imag.contains(0)):
            shown = digits(real)
            sides = (shown, None) if a.is_finite() else (None, shown)
            return Apart(self.points.point(turn), *sides)
        close = (value.real - real).rad() + value.imag.rad()
        if close * arb(2) ** NEEDED <= abs(real) + 1:
            self.agreed.append(NEEDED)
        return None


def _literal_bits(*sides: Expr) -> int:
    """The bits that long numbers add, so that a tiny part of a sum is seen beside the rest."""
    longest = max(
        (
            max(node.value.numerator.bit_length(), node.value.denominator.bit_length())
            for side in sides
            for node in walk(side)
            if isinstance(node, Const)
        ),
        default=0,
    )
    return 2 * longest if longest > LONG else 0


def _size(value: arb) -> int:
    """The bits before the point of a large value."""
    if abs(value) < LARGE:
        return 0
    exponent = float((abs(value).mid().log() / arb(2).log()).mid())
    return int(exponent) if math.isfinite(exponent) else 0


def variables(left: Expr, right: Expr, foreign: Mapping[str, Foreign]) -> tuple[str, ...]:
    """The variables of both sides and of what foreign functions are applied to."""
    names = left.names | right.names
    for each in foreign.values():
        names = names.union(*(arg.names for arg in each.args))
    return tuple(sorted(names - {CONSTANT} - foreign.keys()))


def whole_numbers(*sides: Expr) -> frozenset[str]:
    """The variables that are whole numbers: a negative number is raised to them, as in (-1)^n."""
    return frozenset().union(
        *(
            node.args[1].names
            for side in sides
            for node in walk(side)
            if isinstance(node, Apply) and node.op == "pow" and _is_negative(node.args[0])
        )
    )


def _is_negative(expr: Expr) -> bool:
    match expr:
        case Const(value=value):
            return value < 0
        case Apply(op="neg", args=(Const(value=value),)):
            return value > 0
    return False


def digits(value: arb) -> str:
    """The midpoint of a ball, in decimals."""
    return str(value.str(15, radius=False))


# A proof over the kernels.


def proved(
    left: Expr,
    right: Expr,
    positive: frozenset[str],
    budget: int,
    foreign: frozenset[str] = frozenset(),
) -> bool:
    """Whether the difference is zero as a rational function over kernels, within the budget.

    The names in `foreign` stand for values that depend on the others.
    """
    names = left.names | right.names
    algebra = Kernels(len(names) + ROOM, budget)
    values = {name: _symbol(algebra, name, positive, foreign) for name in names}
    try:
        return algebra.is_zero(_element(algebra, left, values) - _element(algebra, right, values))
    except Unprovable:
        return False


def _symbol(
    algebra: Kernels, name: str, positive: frozenset[str], foreign: frozenset[str]
) -> Element:
    if name in foreign:
        return algebra.quantity()
    return algebra.positive_symbol() if name in positive | {CONSTANT} else algebra.symbol()


def _element(algebra: Kernels, expr: Expr, values: Mapping[str, Element]) -> Element:
    match expr:
        case Const(value=value):
            return algebra.number(value)
        case Var(name=name):
            return values[name]
        case Apply(op=op, args=args):
            entry = operator(op).entry
            if entry is None:
                raise Unprovable(op)
            return algebra.lifted(entry(algebra, *(_element(algebra, a, values) for a in args)))
    raise NoNumber(repr(expr))
