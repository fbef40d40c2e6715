"""Pairs of mistakes: fingerprints of passes with two mistakes, for when one explains nothing.

A pair is kept as two numbers and a fingerprint, not as values: there are many pairs for every
question and hardly any is ever looked up.  A look-up that finds one carries it out again, at all
points: for fingerprints a few will do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, islice

import numpy as np
from numpy.typing import NDArray

from engine.shapes import Shape
from grader.diagnosis.column import Column, fingerprints
from grader.diagnosis.ground import Ground
from grader.diagnosis.plan import Plan, combined
from grader.diagnosis.stack import Sheet, Stack, values
from grader.diagnosis.table import Entry, Match, distinct, matched, near

MOST_PAIRS = 3000
MOST_MISSHAPEN = 10  # plans that do not keep to the shapes
FEW = 4  # points for fingerprints
TOGETHER = 1000  # rows of a stack: a walk costs more than its rows


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
        numbers = column.numbers.reshape(self.ground.points, -1)[:FEW]
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
        return self.ground.first(FEW)

    @cached_property
    def _files(self) -> dict[Shape, _File]:
        found: dict[Shape, tuple[list[NDArray[np.float64]], list[tuple[int, int]]]] = {}
        for numbers, sheet in self._sheets():
            columns, rows = distinct(sheet, ())
            prints, pairs = found.setdefault(sheet.shape, ([], []))
            prints.append(fingerprints(columns))
            pairs.extend(numbers[id(sheet.plans[row])] for row in rows)
        return {shape: _sorted(*file) for shape, file in found.items()}

    def _sheets(self) -> Iterator[tuple[dict[int, tuple[int, int]], Sheet]]:
        for chunk in self._chunks():
            numbers = {id(plan): pair for pair, plan in chunk}
            for sheet in Stack(self._few, tuple(plan for _, plan in chunk)).sheets():
                yield numbers, sheet

    def _chunks(self) -> Iterator[list[tuple[tuple[int, int], Plan]]]:
        fitting = range(self.fitting)
        pairs = islice(self._joined(combinations(fitting, 2)), MOST_PAIRS)
        while chunk := list(islice(pairs, TOGETHER)):
            yield chunk
        for odd in range(self.fitting, len(self.plans))[:MOST_MISSHAPEN]:
            chunk = list(islice(self._joined((one, odd) for one in fitting), TOGETHER))
            if chunk:
                yield chunk

    def _joined(self, pairs: Iterable[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], Plan]]:
        for one, two in pairs:
            plan = combined(self.plans[one], self.plans[two])
            if plan is not None:
                yield (one, two), plan


def _sorted(prints: list[NDArray[np.float64]], pairs: list[tuple[int, int]]) -> _File:
    every = np.concatenate(prints)
    order = np.argsort(every)
    return _File(every[order], np.array(pairs, dtype=np.int32).reshape(-1, 2)[order])
