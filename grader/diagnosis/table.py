"""The fingerprint table: what every mistake makes of the gradient, to look wrong answers up in.

An entry is filed under the size of its projection on a fixed direction, divided by its length: a
number that is the same for all multiples of it, the negative included.  A look-up bisects, and
confirms entry by entry.

Float64 is enough here: a look-up names a mistake, it never decides whether an answer is right.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.numeric import Batch
from grader.diagnosis.ground import Ground
from grader.diagnosis.plan import Plan

NEAR = 1e-9  # between two fingerprints
CLOSE = 1e-8  # between two values, relative to the largest entry


@dataclass(frozen=True)
class Entry:
    """What one mistake makes of the gradient: the `number`-th value of its plan, as a column."""

    plan: Plan
    number: int
    column: NDArray[np.float64]


@dataclass(frozen=True)
class Match:
    """An entry that is a constant multiple of an answer: answer = factor * entry."""

    entry: Entry
    factor: float


class Table:
    """Entries by shape and fingerprint."""

    def __init__(
        self, ground: Ground, plans: Iterable[Plan], besides: Iterable[Batch] = ()
    ) -> None:
        self.ground = ground
        self._files: dict[tuple[Any, ...], list[tuple[float, Entry]]] = {}
        excluded = [(batch.shape, ground.column(batch)) for batch in besides]
        with np.errstate(all="ignore"):
            for entry, shape in _entries(ground, plans):
                same = (s == shape and close(entry.column, c) for s, c in excluded)
                if not any(same):
                    self._file(entry, shape)
        for file in self._files.values():
            file.sort(key=lambda item: item[0])

    def __len__(self) -> int:
        return sum(len(file) for file in self._files.values())

    def _file(self, entry: Entry, shape: tuple[Any, ...]) -> None:
        self._files.setdefault(shape, []).append((fingerprint(entry.column), entry))

    def __iter__(self) -> Iterator[Entry]:
        for file in self._files.values():
            yield from (entry for _, entry in file)

    def matches(self, value: Batch) -> Iterator[Match]:
        """Every entry of which `value` is a multiple."""
        file = self._files.get(value.shape, [])
        column = self.ground.column(value)
        if not np.all(np.isfinite(column)):
            return
        if not np.any(column):
            yield from (Match(e, 1.0) for _, e in file if e.plan.vjp and not np.any(e.column))
            return
        sought = fingerprint(column)
        start = bisect_left(file, sought - NEAR, key=lambda item: item[0])
        for found, entry in file[start:]:
            if found > sought + NEAR:
                return
            if not np.any(entry.column):
                continue
            factor = multiple(column, entry.column)
            if factor is not None:
                yield Match(entry, factor)


def _entries(ground: Ground, plans: Iterable[Plan]) -> Iterator[tuple[Entry, tuple[Any, ...]]]:
    for plan in plans:
        for number, value in enumerate(plan.values(ground)):
            column = ground.column(value)
            if np.all(np.isfinite(column)):
                yield Entry(plan, number, column), value.shape


def usable(column: NDArray[np.float64]) -> bool:
    """Whether a column can be told from others: finite, and not all zero."""
    return bool(np.all(np.isfinite(column)) and np.any(column))


def fingerprint(column: NDArray[np.float64]) -> float:
    """A number from 0 to 1 that all multiples of a column share."""
    if not np.any(column):
        return 0.0
    return float(abs(column @ _direction(len(column))) / np.linalg.norm(column))


def _direction(size: int) -> NDArray[np.float64]:
    """A fixed direction without symmetries, of length 1."""
    steps = np.cos(1.0 + 1.618033988749895 * np.arange(1, size + 1) ** 2)
    return np.asarray(steps / np.linalg.norm(steps))


def multiple(left: NDArray[np.float64], right: NDArray[np.float64]) -> float | None:
    """The factor by which `left` is a multiple of `right`."""
    if len(left) != len(right):
        return None
    factor = float(left @ right / (right @ right))
    return factor if factor and close(left, factor * right) else None


def close(left: NDArray[np.float64], right: NDArray[np.float64]) -> bool:
    """Whether two columns differ by rounding only."""
    if len(left) != len(right):
        return False
    return bool(np.max(np.abs(left - right)) <= CLOSE * max(np.max(np.abs(right)), 1e-300))
