"""Pairs of mistakes: fingerprints of passes with two mistakes, for when one explains nothing.

A pair is kept as two numbers and a fingerprint, not as values: there are many pairs for every
question and hardly any is ever looked up.  A look-up that finds one carries it out again, at all
points: for fingerprints a few numbers will do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, islice
from math import prod
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.shapes import Shape
from grader.diagnosis.column import Column, fingerprints
from grader.diagnosis.ground import Ground
from grader.diagnosis.plan import Plan, apart, combined
from grader.diagnosis.stack import Sheet, paired, values
from grader.diagnosis.table import Entry, Match, distinct, matched, near

MOST_PAIRS = 3000
MOST_MISSHAPEN = 10  # plans that do not keep to the shapes
FEWEST, FEW = 2, 4  # points for fingerprints
ENOUGH = 8  # numbers of a gradient for a fingerprint
TOGETHER = 1500  # rows of a stack: a walk costs more than its rows

_Pair: TypeAlias = tuple[int, int]


@dataclass(frozen=True)
class _File:
    prints: NDArray[np.float64]
    numbers: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Pairs:
    """The fingerprints of `plans` by two, on one ground; made when first asked.

    The first `fitting` plans keep to the shapes of the program.  Those after them do not; they are
    joined with fitting ones only, each in a stack of its own.
    """

    ground: Ground
    plans: Sequence[Plan]
    fitting: int

    def matches(self, column: Column) -> Iterator[Match]:
        """Every pair of which `column` is a multiple."""
        file = self._files.get(column.shape)
        if file is None or not column.usable:
            return
        first, last = near(file.prints, self._shortened(column))
        for one, two in file.numbers[first:last]:
            yield from self._confirmed(column, int(one), int(two))

    def _shortened(self, column: Column) -> Column:
        """The column at the points of the fingerprints."""
        numbers = column.numbers.reshape(self.ground.points, -1)[: self._few.points]
        return Column(column.shape, numbers.reshape(-1))

    def _confirmed(self, column: Column, *pair: int) -> Iterator[Match]:
        both = combined(*(self.plans[number] for number in pair))
        if both is None:
            return
        for form, found in values(self.ground, both).items():
            if found.shape == column.shape:
                yield from matched(column, Entry(both, form, self.ground.column(found)))

    @cached_property
    def _few(self) -> Ground:
        """As many points as make the gradient enough numbers."""
        target = self.ground.env.values[self.ground.layout.target.variable]
        points = -(-ENOUGH // prod(map(int, target.shape)))
        return self.ground.first(min(max(points, FEWEST), FEW))

    @cached_property
    def _files(self) -> dict[Shape, _File]:
        found: dict[Shape, tuple[list[NDArray[np.float64]], list[_Pair]]] = {}
        for sheet in self._sheets():
            columns, rows = distinct(sheet, ())
            prints, pairs = found.setdefault(sheet.shape, ([], []))
            prints.append(fingerprints(columns))
            pairs.extend(sheet.rows[row] for row in rows)
        return {shape: _sorted(*file) for shape, file in found.items()}

    def _sheets(self) -> Iterator[Sheet[_Pair]]:
        for chunk in self._chunks():
            yield from paired(self._few, self.plans, chunk).sheets()

    def _chunks(self) -> Iterator[list[_Pair]]:
        fitting = range(self.fitting)
        pairs = islice(self._joined(combinations(fitting, 2)), MOST_PAIRS)
        while chunk := list(islice(pairs, TOGETHER)):
            yield chunk
        for odd in range(self.fitting, len(self.plans))[:MOST_MISSHAPEN]:
            chunk = list(islice(self._joined((one, odd) for one in fitting), TOGETHER))
            if chunk:
                yield chunk

    def _joined(self, pairs: Iterable[_Pair]) -> Iterator[_Pair]:
        """Those of two plans that can be combined."""
        return (pair for pair in pairs if apart(self.plans[pair[0]], self.plans[pair[1]]))


def _sorted(prints: list[NDArray[np.float64]], pairs: list[_Pair]) -> _File:
    every = np.concatenate(prints)
    order = np.argsort(every)
    return _File(every[order], np.array(pairs, dtype=np.int32).reshape(-1, 2)[order])
