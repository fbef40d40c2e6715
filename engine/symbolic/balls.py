"""Whether two expressions are equal at the sample points, decided by ball arithmetic without a
tolerance.

A ball (midpoint and radius) surely contains the number it stands for.  Two balls that are apart
prove that the numbers differ.  Two that overlap and are both narrower than 2^-150 of their size
agree to as many bits. Anything wider is evaluated again at twice the precision.

A point at which one side has no value may be an accident, as 1/(x - 3/4) at x = 3/4, or lie inside
a whole region where that side means nothing, as sqrt(x) does for negative x.  A step aside tells:
the point is moved by less than 2^-30 in every continuous coordinate.  Where the side still has no
value, and the other has one at both places, the agreement says so.

Flint has one precision for the whole process: `precision` sets it under a lock and restores it, so
threads may compare at the same time but take turns.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache
from hashlib import sha256
from typing import Any, TypeAlias

import numpy as np
from flint import arb, ctx, fmpq
from numpy.typing import NDArray

from engine.errors import PrecisionExhausted, SamplingError, ShapeError
from engine.expression import Expr
from engine.numeric import Batch, Environment, Field, forward
from engine.program import Program
from engine.sampling import Group, Samples, draw, normalised_axis
from engine.seeding import Stream

BITS = 200  # of the first attempt
MOST_BITS = 3200
NEEDED = 150  # bits of agreement
COARSE = 64  # bits at which the size of the terms of a zero is read off
LEAST_POINTS = 4  # at which both sides must be defined
REDRAWS = 3
KEPT = 32  # values of references in a group, of 1 to 20 kB at BITS
FINER = 2  # forward values at more than BITS, of up to 1 MB, which hardly any answer needs
STEP = Fraction(1, 2**44)  # of a step aside; a coordinate is moved by up to STRIDES of them
STRIDES = 8191
CONTINUOUS = frozenset(("real", "positive", "probability"))

_TURN = threading.RLock()


class precision:  # in small letters: it reads as what it does
    """All ball arithmetic inside is done with `bits` bits; other threads wait."""

    __slots__ = ("_before", "_bits")

    def __init__(self, bits: int) -> None:
        self._bits = bits

    def __enter__(self) -> None:
        _TURN.acquire()
        self._before = ctx.prec
        ctx.prec = self._bits

    def __exit__(self, *_: object) -> None:
        ctx.prec = self._before
        _TURN.release()


def ball(value: Fraction | int) -> arb:
    """The ball around a rational number, at the precision in force."""
    return arb(fmpq(value.numerator, value.denominator))


def ball_around(decimal: str, digits: int) -> arb:
    """The ball around a decimal that is right to so many significant digits."""
    return arb(decimal) * arb(1, f"1e-{digits}")


@cache
def ball_field(bits: int = BITS) -> Field:
    """The field of balls; arithmetic in it belongs inside `precision(bits)`."""
    return Field(f"ball{bits}", np.dtype(object), ball)


@dataclass(frozen=True)
class Refuted:
    """The sides differ, surely, at `point`; its entry `entry` is counted from 1."""

    point: int
    entry: tuple[int, ...]
    left: str
    right: str
    sizes: Mapping[str, int] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Agreement:
    """The sides agree to `bits` bits at `points` points; at `undefined` more one has no value.

    At `left` of those it is the left side alone that has none, there and a step aside; at `right`,
    the right side alone.  An answer on the left that is so much smaller is another function.
    """

    bits: int
    points: int
    undefined: int = 0
    left: int = 0
    right: int = 0


@dataclass(frozen=True)
class TooWide:
    """The balls overlap, but are too wide for agreement at entry `entry` of point `point`."""

    point: int
    entry: tuple[int, ...]


@dataclass(frozen=True)
class Undefined:
    """One side has a value at too few points; `left` and `right` count where each has none."""

    left: int
    right: int
    points: int


Compared: TypeAlias = Refuted | Agreement | TooWide | Undefined
Equality: TypeAlias = Refuted | Agreement | Undefined


def compare(left: Batch, right: Batch, coarse: tuple[Batch, Batch] | None = None) -> Compared:
    """How two batches of balls of one precision relate; to be called inside that `precision`.

    `coarse` holds the same two quantities at COARSE bits; it gives the size of the terms of an
    entry that is zero, which has no relative radius.  Undefined only if no point is defined on
    both sides.
    """
    points = max(len(left.data), len(right.data))
    pairs = (_rows(left, right, points), _rows(right, left, points))
    bits = _agreed_bits(*pairs)
    if bits >= NEEDED:
        return Agreement(bits, points)
    sizes = (
        None
        if coarse is None
        else _term_sizes(_rows(*coarse, points), _rows(*coarse[::-1], points))
    )
    return _examined(*pairs, sizes, right.shape)


def _rows(batch: Batch, other: Batch, points: int) -> NDArray[Any]:
    """(points, entries), a scalar stretched to the other side's entries."""
    flat = batch.data.reshape(len(batch.data), -1)
    entries = other.data.size // len(other.data)
    if flat.shape[1] not in (1, entries) and entries != 1:
        raise ShapeError(f"{flat.shape[1]} entries cannot be compared with {entries}")
    wanted = (points, max(flat.shape[1], entries))
    return flat if flat.shape == wanted else np.broadcast_to(flat, wanted)


def _agreed_bits(left: NDArray[Any], right: NDArray[Any]) -> int:
    """The bits to which all entries agree, by their relative radii; 0 where this cannot be told."""
    bits = ctx.prec
    for a, b in zip(left.flat, right.flat, strict=True):
        if not a.overlaps(b):
            return 0
        bits = min(bits, a.rel_accuracy_bits(), b.rel_accuracy_bits())
        if bits <= NEEDED:
            return 0
    return bits - 1


def _term_sizes(left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """The size of the terms that an entry was summed from: its radius at COARSE bits shows it."""
    unit = arb(2) ** COARSE
    radius = np.frompyfunc(lambda a, b: (a.rad() + b.rad()) * unit, 2, 1)
    return np.asarray(radius(left, right))


def _examined(
    left: NDArray[Any], right: NDArray[Any], sizes: NDArray[Any] | None, shape: Sequence[Any]
) -> Compared:
    """The comparison entry by entry: a refutation, or what stands in the way of agreement."""
    found = _Found()
    for point, entry in np.ndindex(left.shape):
        a, b = left.item(point, entry), right.item(point, entry)
        if found.undefined(point, a, b):
            continue
        if not a.overlaps(b):
            return Refuted(point, _position(entry, shape), _digits(a), _digits(b))
        agreed = _entry_bits(a, b, None if sizes is None else sizes.item(point, entry))
        found.bits[point] = min(agreed, found.bits.get(point, agreed))
        if agreed < NEEDED:
            found.wide.append(TooWide(point, _position(entry, shape)))
    return found.summed_up(len(left))


@dataclass
class _Found:
    """What stands in the way of agreement; a point counts only if all its entries have values."""

    left: set[int] = field(default_factory=set)
    right: set[int] = field(default_factory=set)
    bits: dict[int, int] = field(default_factory=dict)
    wide: list[TooWide] = field(default_factory=list)

    def undefined(self, point: int, a: arb, b: arb) -> bool:
        """Whether one of the sides has no value, which is noted."""
        for side, value in ((self.left, a), (self.right, b)):
            if not value.is_finite():
                side.add(point)
        return not (a.is_finite() and b.is_finite())

    def summed_up(self, points: int) -> Compared:
        """The outcome over all points."""
        missing = self.left | self.right
        if len(missing) == points:
            return Undefined(len(self.left), len(self.right), points)
        wide = [each for each in self.wide if each.point not in missing]
        if wide:
            return wide[0]
        bits = min(bits for point, bits in self.bits.items() if point not in missing)
        return Agreement(bits, points - len(missing), len(missing))


def _entry_bits(a: arb, b: arb, size: arb | None) -> int:
    """The bits to which two overlapping balls agree."""
    bits = min(a.rel_accuracy_bits(), b.rel_accuracy_bits()) - 1
    radius = a.rad() + b.rad()
    if bits >= NEEDED or not (a.contains(0) and b.contains(0)):
        return min(int(bits), ctx.prec)
    if radius == 0:
        return int(ctx.prec)
    if size is None or not size > 0:
        return 0
    known = float((size / radius).log() / arb(2).log())
    if not known > 0:  # nothing is known of an infinite size over an infinite radius
        return 0
    return int(min(known, ctx.prec))


def _position(entry: int, shape: Sequence[Any]) -> tuple[int, ...]:
    """The indices of a flat position, counted from 1."""
    return tuple(int(place) + 1 for place in np.unravel_index(entry, tuple(shape))) if shape else ()


def _digits(value: arb) -> str:
    """The midpoint of a ball, in decimals."""
    return value.str(20, radius=False)


class Comparison:
    """Comparisons of expressions over one program at its sample points.

    Forward values are evaluated once per precision, a reference once per precision, an answer once
    per precision that it needs.  Points at which an answer has no value are made up for by new
    ones.
    """

    def __init__(self, program: Program, samples: Samples) -> None:
        self.program = program
        self.groups: tuple[Group, ...] = samples.groups
        self._digest = sha256(repr(samples.to_json()).encode()).digest()
        self._environments: dict[tuple[int, int], Environment] = {}
        self._aside: dict[tuple[int, int], Environment] = {}
        self._finer: dict[tuple[int, int, bool], Environment] = {}
        self._references: dict[tuple[Expr, int, int], Batch] = {}
        self._redraws: list[tuple[Group, ...]] = []

    def equal(
        self, answer: Expr, reference: Expr, bits: int = BITS, likely: bool = True
    ) -> Equality:
        """How `answer` relates to `reference` at the sample points.

        One that is not `likely` to be equal is tried at a single point first.  Raises
        PrecisionExhausted when balls stay too wide at MOST_BITS.
        """
        refuted = None if likely else self._at_first_point(answer, reference, bits)
        if refuted is not None:
            return refuted
        while bits <= MOST_BITS:
            outcome = self._with_redraws(answer, reference, bits)
            if not isinstance(outcome, TooWide):
                return outcome
            bits *= 2
        raise PrecisionExhausted(
            f"the answer cannot be told from the reference at {MOST_BITS} bits"
        )

    def environment(self, group: int, bits: int = BITS) -> Environment:
        """The forward values of a group as balls."""
        key = (group, bits)
        if bits > BITS:
            return self._finer_environment(group, bits, aside=False)
        if key not in self._environments:
            self._environments[key] = self._forward(self._all_groups()[group], bits)
        return self._environments[key]

    def _finer_environment(self, group: int, bits: int, aside: bool) -> Environment:
        """As `environment`, kept for the next steps of the same comparison at most."""
        key = (group, bits, aside)
        if key not in self._finer:
            if len(self._finer) == FINER:
                del self._finer[next(iter(self._finer))]
            drawn = self._all_groups()[group]
            chosen = _moved(self.program, drawn) if aside else drawn
            self._finer[key] = self._forward(chosen, bits)
        return self._finer[key]

    def _forward(self, group: Group, bits: int) -> Environment:
        with precision(bits):
            return forward(self.program, group.inputs(ball_field(bits)))

    def values(self, expr: Expr, group: int, bits: int = BITS) -> Batch:
        """The values of a reference in a group, kept for the next comparison."""
        key = (expr, group, bits)
        if bits > BITS:
            return self._evaluate(expr, self.environment(group, bits), bits)
        if key not in self._references:
            if len(self._references) == KEPT:
                del self._references[next(iter(self._references))]
            self._references[key] = self._evaluate(expr, self.environment(group, bits), bits)
        return self._references[key]

    def _at_first_point(self, answer: Expr, reference: Expr, bits: int) -> Refuted | None:
        env = self._first_point(bits)
        left = self._evaluate(answer, env, bits)
        right = self.values(reference, 0, bits)
        with precision(bits):
            outcome = compare(left, Batch(right.data[:1], right.shape, right.field))
        return self._located(outcome, 0) if isinstance(outcome, Refuted) else None

    def _first_point(self, bits: int) -> Environment:
        if (-1, bits) not in self._environments:
            env = self.environment(0, bits)
            values = {name: replace(each, data=each.data[:1]) for name, each in env.values.items()}
            self._environments[-1, bits] = Environment(values, env.sizes, env.field)
        return self._environments[-1, bits]

    def _evaluate(self, expr: Expr, env: Environment, bits: int) -> Batch:
        with precision(bits):
            try:
                return env.evaluate(expr)
            except IndexError:  # an index beyond the sizes that were drawn
                return Batch(np.array([arb("nan")], dtype=object), (), env.field)

    def _all_groups(self) -> tuple[Group, ...]:
        return self.groups + tuple(group for drawn in self._redraws for group in drawn)

    def _with_redraws(self, answer: Expr, reference: Expr, bits: int) -> Compared:
        outcomes: list[Compared] = []
        for first, last in self._turns():
            for group in range(first, last):
                outcomes.append(self._compared(answer, reference, group, bits))
                if isinstance(outcomes[-1], Refuted | TooWide):
                    return outcomes[-1]
            verdict = _merged(outcomes)
            if isinstance(verdict, Agreement):
                return self._qualified(verdict, answer, reference, range(last), bits)
        return verdict

    def _qualified(
        self, found: Agreement, answer: Expr, reference: Expr, groups: range, bits: int
    ) -> Agreement:
        """The agreement with the points at which surely only one side has a value."""
        if not found.undefined:
            return found
        sides = [self._one_sided(answer, reference, group, bits) for group in groups]
        return replace(found, left=sum(s[0] for s in sides), right=sum(s[1] for s in sides))

    def _one_sided(self, answer: Expr, reference: Expr, group: int, bits: int) -> tuple[int, int]:
        """At how many points the left side alone has no value, here and aside; and the right."""
        count = self._all_groups()[group].points
        here, aside = self.environment(group, bits), self._environment_aside(group, bits)
        defined = [
            [_defined(self._evaluate(side, env, bits), count) for env in (here, aside)]
            for side in (answer, reference)
        ]
        (left, left_aside), (right, right_aside) = defined
        only_right = ~left & ~left_aside & right & right_aside
        only_left = left & left_aside & ~right & ~right_aside
        return int(only_right.sum()), int(only_left.sum())

    def _environment_aside(self, group: int, bits: int) -> Environment:
        """The forward values at points a step aside from those of a group."""
        key = (group, bits)
        if bits > BITS:
            return self._finer_environment(group, bits, aside=True)
        if key not in self._aside:
            moved = _moved(self.program, self._all_groups()[group])
            self._aside[key] = self._forward(moved, bits)
        return self._aside[key]

    def _turns(self) -> Iterator[tuple[int, int]]:
        """The ranges of groups to look at: the samples, then each redrawing while there is need."""
        last = len(self.groups)
        yield 0, last
        for turn in range(REDRAWS):
            if not self._redrawn(turn):
                return
            first, last = last, last + len(self._redraws[turn])
            yield first, last

    def _redrawn(self, turn: int) -> bool:
        """Whether there are points of a further drawing."""
        if turn < len(self._redraws):
            return True
        try:
            drawn = draw(self.program, Stream(self._digest, "redraw", turn))
        except SamplingError:
            return False
        self._redraws.append(drawn.groups)
        return True

    def _compared(self, answer: Expr, reference: Expr, group: int, bits: int) -> Compared:
        left = self._evaluate(answer, self.environment(group, bits), bits)
        right = self.values(reference, group, bits)
        with precision(bits):
            outcome = compare(left, right)
            if isinstance(outcome, TooWide):
                outcome = compare(left, right, self._coarse(answer, reference, group))
        return self._located(outcome, group) if isinstance(outcome, Refuted) else outcome

    def _located(self, refuted: Refuted, group: int) -> Refuted:
        """The refutation with the inputs of its point."""
        chosen = self._all_groups()[group]
        return replace(refuted, sizes=chosen.sizes, inputs=chosen.point(refuted.point))

    def _coarse(self, answer: Expr, reference: Expr, group: int) -> tuple[Batch, Batch]:
        env = self.environment(group, COARSE)
        return self._evaluate(answer, env, COARSE), self.values(reference, group, COARSE)


def _defined(batch: Batch, points: int) -> NDArray[np.bool_]:
    """At which points all entries have values."""
    finite = np.frompyfunc(lambda value: value.is_finite(), 1, 1)
    flags = finite(batch.data.reshape(len(batch.data), -1)).astype(bool).all(axis=1)
    return np.broadcast_to(flags, (points,))


def _moved(program: Program, group: Group) -> Group:
    """The points of a group, each moved a little in every coordinate that is free to move."""
    free = {
        symbol.name
        for symbol in program.symbols
        if symbol.domain in CONTINUOUS
        and not (symbol.domain == "probability" and normalised_axis(program, symbol) is not None)
    }
    stride = iter(range(1, STRIDES * sum(array.size for array in group.values.values()), 1009))
    moved = np.frompyfunc(lambda value: value + next(stride) % STRIDES * STEP, 1, 1)
    values = {name: moved(array) if name in free else array for name, array in group.values.items()}
    return Group(group.sizes, values)


def _merged(outcomes: Sequence[Compared]) -> Agreement | Undefined:
    """The outcome of all groups together, none of which refutes or is too wide."""
    agreements = [each for each in outcomes if isinstance(each, Agreement)]
    undefined = [each for each in outcomes if isinstance(each, Undefined)]
    points = sum(each.points for each in agreements)
    missing = sum(each.undefined for each in agreements) + sum(each.points for each in undefined)
    if points < LEAST_POINTS:
        left, right = sum(each.left for each in undefined), sum(each.right for each in undefined)
        return Undefined(left, right, points + missing)
    return Agreement(min(each.bits for each in agreements), points, missing)


def equal_at(
    program: Program, samples: Samples, answer: Expr, reference: Expr, bits: int = BITS
) -> Equality:
    """How `answer` relates to `reference` at the sample points; see `Comparison.equal`."""
    return Comparison(program, samples).equal(answer, reference, bits)
