"""A program at given numbers: one assignment of small rationals to everything that is given.

What can be computed with sums, products and quotients is exact; everything else is a real number
that balls enclose (`engine.symbolic.balls`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import UnknownSymbol
from engine.expression import Expr
from engine.numeric import EXACT, FLOAT, Batch, Environment
from engine.program import Program, Symbol
from engine.sampling import (
    CANDIDATES,
    Group,
    Inspection,
    normalised_axis,
)
from engine.seeding import Stream
from engine.shapes import canonical, concrete

ROUNDS = ((1, 3), (2, 4), (4, 6), (4, 3), (8, 4))  # denominator and largest numerator
SIZES = (2, 3)  # of symbolic dimensions in turn: small enough for a hand, and seldom square
LEAST = 0.01  # no entry of a result is nearer to zero, unless it is zero


@dataclass(frozen=True)
class Given:
    """The numbers of one given quantity, row by row."""

    name: str
    shape: tuple[int, ...]
    entries: tuple[Fraction, ...]


@dataclass(frozen=True)
class Instance:
    """Numbers for everything that a program is given, and for its sizes."""

    sizes: tuple[tuple[str, int], ...]
    given: tuple[Given, ...]

    @property
    def group(self) -> Group:
        """The instance as a group of one sample point."""
        return Group(dict(self.sizes), {each.name: _array(each) for each in self.given})


def _array(given: Given) -> NDArray[Any]:
    array = np.empty(len(given.entries), dtype=object)
    array[:] = given.entries
    return array.reshape((1, *given.shape))


def exact_value(program: Program, instance: Instance, expr: Expr) -> Batch | None:
    """The value of `expr` in fractions; None where it is not made of rational operations."""
    env = instance.group.inputs(EXACT)
    for statement in program.statements:
        value = _rational(env, statement.value)
        env = env if value is None else env.bound(statement.name, value)
    return _rational(env, expr)


def _rational(env: Environment, expr: Expr) -> Batch | None:
    try:
        value = env.evaluate(expr)
    except (TypeError, AttributeError, UnknownSymbol):  # a fraction has no exp, no log, no sqrt
        return None
    return value if all(isinstance(each, Fraction | int) for each in value.data.flat) else None


def instances(program: Program, stream: Stream) -> Iterator[Instance]:
    """Small whole numbers first, then halves and quarters, away from kinks and saturation."""
    names = sorted(program.dimensions | {s.name for s in program.symbols if s.role == "dimension"})
    sizes = {name: SIZES[place % len(SIZES)] for place, name in enumerate(names)}
    for denominator, largest in ROUNDS:
        drawn = {
            symbol.name: _drawn(program, symbol, sizes, stream, denominator, largest)
            for symbol in program.symbols
            if symbol.role != "dimension"
        }
        batches = {name: each.batch for name, each in drawn.items()}
        inspection = Inspection(Environment(batches, sizes))
        with np.errstate(all="ignore"):
            inspection.run(program)
        for place in np.flatnonzero(inspection.good()):
            given = tuple(each.given(name, int(place)) for name, each in drawn.items())
            yield Instance(tuple(sorted(sizes.items())), given)


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Candidates for one symbol: an array (CANDIDATES, *shape) of places among the options."""

    options: tuple[Fraction, ...]
    places: NDArray[np.intp]

    @property
    def batch(self) -> Batch:
        """All candidates in float64."""
        numbers = FLOAT.array(self.options)
        return Batch(numbers[self.places], canonical(self.places.shape[1:]))

    def given(self, name: str, candidate: int) -> Given:
        """One candidate, exact."""
        places = self.places[candidate].reshape(-1)
        return Given(name, self.places.shape[1:], tuple(self.options[each] for each in places))


def _drawn(
    program: Program,
    symbol: Symbol,
    sizes: dict[str, int],
    stream: Stream,
    denominator: int,
    largest: int,
) -> _Drawn:
    """Candidates for one symbol."""
    shape = (CANDIDATES, *concrete(symbol.shape, sizes))
    options = _options(symbol.domain, denominator, largest)
    places = _below(stream, len(options), shape)
    axis = normalised_axis(program, symbol)
    if symbol.domain == "one-hot" or (symbol.domain == "probability" and axis is not None):
        return _distributed(shape, 1 + (axis or 0), symbol.domain == "one-hot", stream)
    return _Drawn(options, places)


def _below(stream: Stream, bound: int, shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Whole numbers in 0..bound-1; of 65536 values a few more fall on the small ones."""
    count = int(np.prod(shape))
    raw = np.frombuffer(stream.octets(2 * count), dtype="<u2")
    return (raw % bound).astype(np.intp).reshape(shape)


def _options(domain: str, denominator: int, largest: int) -> tuple[Fraction, ...]:
    """What an entry of a domain can be."""
    positive = tuple(Fraction(each, denominator) for each in range(1, largest + 1))
    match domain:
        case "binary" | "mask":
            return Fraction(0), Fraction(1)
        case "sign":
            return Fraction(-1), Fraction(1)
        case "probability":
            return Fraction(1, 4), Fraction(1, 2), Fraction(3, 4)
        case "positive" | "one-hot":
            return positive
    return (*(-each for each in positive), *positive)


def _distributed(shape: tuple[int, ...], axis: int, one_hot: bool, stream: Stream) -> _Drawn:
    """Entries that sum to one along an axis: one of them 1, or all positive."""
    classes = shape[axis]
    others = (*shape[:axis], *shape[axis + 1 :], 1)
    hot = _below(stream, classes, others) == np.arange(classes)
    pair = (Fraction(0), Fraction(1)) if one_hot else _shares(classes)
    return _Drawn(pair, np.moveaxis(hot.astype(np.intp), -1, axis))


def _shares(classes: int) -> tuple[Fraction, Fraction]:
    """Probabilities of which one, the second here, is twice as large as all others."""
    return Fraction(1, classes + 1), Fraction(2, classes + 1)
