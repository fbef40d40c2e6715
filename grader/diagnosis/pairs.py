"""Pairs of mistakes: fingerprints of passes with two mistakes, for when one explains nothing.

A pair is kept as two numbers and a fingerprint, not as values: there are many pairs for every
question and hardly any is ever looked up.  A look-up that finds one carries it out again, at all
points: for fingerprints a few numbers will do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.shapes import Shape
from grader.diagnosis.column import Column, fingerprints
from grader.diagnosis.ground import Ground
from grader.diagnosis.plan import Departures, Plan, combined
from grader.diagnosis.stack import Sheet, Stack, values
from grader.diagnosis.table import Entry, Match, distinct, matched, near

MOST_PAIRS = 3000
MOST_MISSHAPEN = 10  # plans that do not keep to the shapes
FEWEST, FEW = 2, 4  # points for fingerprints
ENOUGH = 8  # numbers of a gradient for a fingerprint
MANY = 400  # rows that take longer than a further walk

_Prints: TypeAlias = NDArray[np.float64]
_Numbers: TypeAlias = NDArray[np.intp]
"""Pairs, each as the numbers of its two plans."""


@dataclass(frozen=True)
class _File:
    prints: _Prints
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
        numbers = column.numbers.reshape(self.ground.points, -1)[: self._points]
        return Column(column.shape, numbers.reshape(-1))

    def _confirmed(self, column: Column, *pair: int) -> Iterator[Match]:
        both = combined(*(self.plans[number] for number in pair))
        if both is None:
            return
        for form, found in values(self.ground, both).items():
            if found.shape == column.shape:
                yield from matched(column, Entry(both, form, self.ground.column(found)))

    @cached_property
    def _points(self) -> int:
        """As many points as make the gradient enough numbers."""
        target = self.ground.env.values[self.ground.layout.target.variable]
        enough = max(FEWEST, -(-ENOUGH // prod(map(int, target.shape))))
        return min(enough, FEW, self.ground.points)

    @cached_property
    def _together(self) -> tuple[Ground, ...]:
        """These points in one ground."""
        return (self.ground.at(0, self._points),)

    @cached_property
    def _one_by_one(self) -> tuple[Ground, ...]:
        """Each of these points as a ground: its forward values serve all rows as they stand."""
        return tuple(self.ground.at(point, point + 1) for point in range(self._points))

    @cached_property
    def _files(self) -> dict[Shape, _File]:
        found: dict[Shape, tuple[list[_Prints], list[_Numbers]]] = {}
        for pairs in self._chunks():
            for sheet in self._sheets(pairs):
                columns, rows = distinct(sheet, ())
                prints, numbers = found.setdefault(sheet.shape, ([], []))
                prints.append(fingerprints(columns))
                numbers.append(pairs[[sheet.rows[row] for row in rows]])
        return {shape: _sorted(*file) for shape, file in found.items()}

    def _sheets(self, pairs: _Numbers) -> Iterator[Sheet[int]]:
        """What pairs make of the gradient, a row for each."""
        members = (
            (plan, np.flatnonzero((pairs == number).any(axis=1)).tolist())
            for number, plan in enumerate(self.plans)
        )
        departures = Departures(tuple((plan, rows) for plan, rows in members if rows))
        grounds = self._one_by_one if len(pairs) > MANY else self._together
        stacks = [Stack(ground, range(len(pairs)), departures) for ground in grounds]
        wholes = [whole for whole in (stack.whole() for stack in stacks) if whole is not None]
        if wholes:
            data = np.concatenate([whole.data for whole in wholes], axis=1)
            yield from stacks[0].written(replace(wholes[0], data=data))

    def _chunks(self) -> Iterator[_Numbers]:
        """The pairs that can be combined, those together that may share a stack."""
        joined = np.triu(self._apart, 1)
        yield np.argwhere(joined[: self.fitting, : self.fitting])[:MOST_PAIRS]
        for odd in range(self.fitting, len(self.plans))[:MOST_MISSHAPEN]:
            fitting = np.flatnonzero(joined[: self.fitting, odd])
            yield np.stack([fitting, np.full_like(fitting, odd)], axis=1)

    @cached_property
    def _apart(self) -> NDArray[np.bool_]:
        """Which two plans depart at no common place."""
        places = tuple({each for plan in self.plans for each in plan.departures})
        departs = [[each in plan.departures for each in places] for plan in self.plans]
        table = np.array(departs, dtype=np.float32).reshape(len(departs), len(places))
        return np.asarray(table @ table.T == 0)


def _sorted(prints: list[_Prints], numbers: list[_Numbers]) -> _File:
    every = np.concatenate(prints)
    order = np.argsort(every)
    return _File(every[order], np.concatenate(numbers)[order].astype(np.int32))
