"""The slope of the loss along a direction, by power series: an oracle that knows no rule of ours.

A variable is moved along a direction, `v + t d`, and the forward pass is run on power series in t,
cut off after the linear term.  FLINT alone multiplies, divides and takes functions of the series;
the coefficient of t is the slope, enclosed in balls.  Forward mode, so it shares nothing with the
reverse pass, neither its rules nor its order.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property, lru_cache
from typing import Any

import numpy as np
from flint import arb, arb_series
from numpy.typing import NDArray

from engine.expression import Expr
from engine.numeric import Batch, Environment, Field
from engine.program import Program, Target
from engine.sampling import Group
from engine.seeding import Stream
from engine.shapes import concrete
from engine.symbolic.balls import (
    BITS,
    COARSE,
    Compared,
    TooWide,
    ball,
    ball_field,
    compare,
    precision,
)

TERMS = 2  # the value and the slope
REACH = 8  # a direction's entries are whole eighths from -1 to 1, none of them zero


class Series:
    """A power series in t up to its linear term, as NumPy's object arrays see it."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __add__(self, other: Any) -> Series:
        return Series(self.value + (other.value if type(other) is Series else _lifted(other)))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Series:
        return Series(self.value - (other.value if type(other) is Series else _lifted(other)))

    def __rsub__(self, other: Any) -> Series:
        return Series(_lifted(other) - self.value)

    def __mul__(self, other: Any) -> Series:
        return Series(self.value * (other.value if type(other) is Series else _lifted(other)))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Series:
        return Series(self.value / (other.value if type(other) is Series else _lifted(other)))

    def __rtruediv__(self, other: Any) -> Series:
        return Series(_lifted(other) / self.value)

    def __pow__(self, other: Any) -> Series:
        if isinstance(other, int):
            return Series(self.value**other)
        return Series((self.value.log() * _lifted(other)).exp())

    def __neg__(self) -> Series:
        return Series(-self.value)

    def __abs__(self) -> Series:
        return self * (2 * self.positive() - 1)

    def __gt__(self, other: Any) -> bool:
        return bool(self.constant > _lifted(other)[0])

    def __le__(self, other: Any) -> bool:
        return bool(self.constant <= _lifted(other)[0])

    def __lt__(self, other: Any) -> bool:
        return bool(self.constant < _lifted(other)[0])

    def __ge__(self, other: Any) -> bool:
        return bool(self.constant >= _lifted(other)[0])

    def __eq__(self, other: object) -> bool:
        return bool(self.constant == _lifted(other)[0])

    __hash__ = None  # type: ignore[assignment]  # series are compared by value, never looked up

    def __float__(self) -> float:
        return float(self.constant.mid())

    @property
    def constant(self) -> Any:
        """The value at t = 0."""
        return self.value[0]

    def positive(self) -> Series:
        """1 where the value is positive, 0 where it is not; neither has a slope."""
        undecided = not (self.constant > 0 or self.constant <= 0)
        return Series(_constant(arb("nan") if undecided else arb(int(self.constant > 0))))

    def exp(self) -> Series:
        return Series(self.value.exp())

    def log(self) -> Series:
        return Series(self.value.log())

    def sqrt(self) -> Series:
        return Series(self.value.sqrt())

    def sin(self) -> Series:
        return Series(self.value.sin())

    def cos(self) -> Series:
        return Series(self.value.cos())

    def tan(self) -> Series:
        return Series(self.value.tan())

    def tanh(self) -> Series:
        return 1 - 2 / ((2 * self).exp() + 1)

    def asin(self) -> Series:
        return Series(self.value.asin())

    def acos(self) -> Series:
        return Series(self.value.acos())

    def atan(self) -> Series:
        return Series(self.value.atan())


def _constant(value: Any) -> Any:
    return arb_series([value], TERMS)


@lru_cache(maxsize=64)
def _whole(value: int) -> Any:
    """A whole number of fewer than COARSE bits, exact at every precision, as a series."""
    return _constant(ball(value))


def _lifted(value: Any) -> Any:
    """A number, or a series, as a series."""
    if isinstance(value, Series):
        return value.value
    if isinstance(value, int) and value.bit_length() < COARSE:
        return _whole(value)
    if isinstance(value, Fraction | int):
        return _constant(ball(value))
    return _constant(arb(value) if isinstance(value, float) else value)


@cache
def series_field(bits: int) -> Field:
    """The field of series whose coefficients have so many bits; used inside `precision(bits)`."""
    return Field(f"series{bits}", np.dtype(object), lambda value: Series(_constant(ball(value))))


@dataclass(frozen=True, eq=False)
class Slopes:
    """The slopes of a program's loss at the points of a group.

    What a direction does not move is evaluated once for all directions.
    """

    program: Program
    group: Group

    def along(self, target: Target, key: Expr, stream: Stream) -> Compared:
        """Whether a derivative predicts the slope along a direction that the stream chooses.

        `key` has the target's shape; for one entry of it the direction is along that entry.
        """
        towards = direction(self.program, self.group, target, stream)

        def sides(bits: int) -> tuple[Batch, Batch]:
            with precision(bits):
                found = self.slope(target.variable, towards, bits)
                return self.predicted(target, key, towards, bits), found

        fine = sides(BITS)
        with precision(BITS):
            outcome = compare(*fine)
        if not isinstance(outcome, TooWide):
            return outcome
        coarse = sides(COARSE)  # a slope can be zero, whose terms then say how near it is known
        with precision(BITS):
            return compare(*fine, coarse)

    def slope(self, name: str, towards: NDArray[Any], bits: int = BITS) -> Batch:
        """d loss(v + t d) / dt at t = 0 for the quantity `name`, at every point, in balls.

        `towards` is d, an array (1, *shape) of fractions.  A defined quantity is moved where it is
        defined.  To be called inside `precision(bits)`.
        """
        field = series_field(bits)
        after = self.program.following(name)
        entering = {self.program.loss, name}.union(*(each.value.names for each in after))
        env = self._at_rest(field, entering - {each.name for each in after})
        env = env.bound(name, _moved(env.values[name], towards, field))
        for statement in after:
            env = env.bound(statement.name, env.evaluate(statement.value))
        losses = env.values[self.program.loss].data.reshape(-1)
        slopes = np.empty(len(losses), dtype=object)
        slopes[:] = [loss.value[1] for loss in losses]
        return Batch(slopes, (), ball_field(bits))

    def predicted(
        self, target: Target, key: Expr, towards: NDArray[Any], bits: int = BITS
    ) -> Batch:
        """The slope along a direction that follows from a derivative, in balls.

        To be called inside `precision(bits)`.
        """
        field = ball_field(bits)
        value = self._at_rest(field, key.names).evaluate(key).data
        weights = towards if target.entry is None else np.array([Fraction(1)], dtype=object)
        terms = value * field.array(weights).reshape((1, *value.shape[1:]))
        return Batch(terms.reshape(len(value), -1).sum(axis=1), (), field)

    def _at_rest(self, field: Field, names: Set[str]) -> Environment:
        """The quantities of these names in a field, with all that they are computed from."""
        env = self._known.get(field.name) or self.group.inputs(field)
        for statement in self.program.preceding(names):
            if statement.name not in env.values:
                env = env.bound(statement.name, env.evaluate(statement.value))
        self._known[field.name] = env
        return env

    @cached_property
    def _known(self) -> dict[str, Environment]:
        """What has been evaluated so far, by the names of fields."""
        return {}


def _moved(value: Batch, towards: NDArray[Any], field: Field) -> Batch:
    shape = (1, *value.data.shape[1:])
    step = np.empty(towards.size, dtype=object)
    step[:] = [Series(arb_series([0, ball(each)], TERMS)) for each in towards.flat]
    return Batch(value.data + step.reshape(shape), value.shape, field)


def direction(program: Program, group: Group, target: Target, stream: Stream) -> NDArray[Any]:
    """A direction to move a target in, as an array (1, *shape): one entry, or all entries drawn."""
    shape = concrete(program.shapes[target.variable], group.sizes)
    steps = [Fraction(each, REACH) for each in range(-REACH, REACH + 1) if each]
    entries = np.empty(int(np.prod(shape, dtype=int)), dtype=object)
    entries[:] = [stream.choice(steps) for _ in range(len(entries))]
    if target.entry is not None:
        entries[:] = Fraction(0)
        row, column = target.entry
        columns = shape[1] if len(shape) > 1 else 1
        entries[(row - 1) * columns + column - 1] = Fraction(1)
    return entries.reshape((1, *shape))
