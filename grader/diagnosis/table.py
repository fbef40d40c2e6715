"""The fingerprint table: what every mistake makes of the gradient, to look wrong answers up in.

An entry is filed under the size of its projection on a fixed direction, divided by its length: a
number that is the same for all multiples of it, the negative included.  A look-up bisects, and
confirms entry by entry.

Float64 is enough here: a look-up names a mistake, it never decides whether an answer is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.numeric import Batch
from engine.shapes import Shape
from grader.diagnosis.ground import Ground
from grader.diagnosis.plan import Plan
from grader.diagnosis.stack import Form, Sheet

NEAR = 1e-9  # between two fingerprints
CLOSE = 1e-8  # between two values, relative to the largest entry

Column: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Entry:
    """What one mistake makes of the gradient, in one form, as a column."""

    plan: Plan
    form: Form
    column: Column


@dataclass(frozen=True)
class Match:
    """An entry that is a constant multiple of an answer: answer = factor * entry."""

    entry: Entry
    factor: float


class Table:
    """Entries by shape and fingerprint."""

    def __init__(
        self, ground: Ground, sheets: Iterable[Sheet], besides: Iterable[Batch] = ()
    ) -> None:
        self.ground = ground
        self._files: dict[Shape, list[tuple[float, Entry]]] = {}
        excluded = [(batch.shape, ground.column(batch)) for batch in besides]
        for sheet in sheets:
            same = [column for shape, column in excluded if shape == sheet.shape]
            self._file(sheet, same)
        for file in self._files.values():
            file.sort(key=lambda item: item[0])
        self._prints = {
            shape: np.array([found for found, _ in file]) for shape, file in self._files.items()
        }

    def __len__(self) -> int:
        return sum(len(file) for file in self._files.values())

    def _file(self, sheet: Sheet, excluded: Sequence[Column]) -> None:
        columns, rows = distinct(sheet, excluded)
        found = self._files.setdefault(sheet.shape, [])
        for sought, column, row in zip(fingerprints(columns), columns, rows, strict=True):
            found.append((float(sought), Entry(sheet.plans[row], sheet.form, column)))

    def __iter__(self) -> Iterator[Entry]:
        for file in self._files.values():
            yield from (entry for _, entry in file)

    def distinct(self) -> Iterator[Entry]:
        """The entries, of those with the same mistake, form and fingerprint only one."""
        for file in self._files.values():
            found = {(round(p, 9), each.form, each.plan.slugs): each for p, each in file}
            yield from found.values()

    def matches(self, value: Batch) -> Iterator[Match]:
        """Every entry of which `value` is a multiple."""
        file = self._files.get(value.shape)
        column = self.ground.column(value)
        if not file or not np.all(np.isfinite(column)):
            return
        first, last = near(self._prints[value.shape], column)
        for _, entry in file[first:last]:
            yield from matched(column, entry)


def matched(column: Column, entry: Entry) -> Iterator[Match]:
    """The match of a column with an entry; a zero column matches those that mistakes make zero."""
    if not np.any(column):
        if entry.plan.joinable and not np.any(entry.column):
            yield Match(entry, 1.0)
    elif np.any(entry.column):
        factor = multiple(column, entry.column)
        if factor is not None:
            yield Match(entry, factor)


def distinct(sheet: Sheet, excluded: Sequence[Column]) -> tuple[NDArray[np.float64], list[int]]:
    """The columns of a sheet that are finite and none of `excluded`, and their rows."""
    columns = np.asarray(sheet.data, dtype=np.float64).reshape(len(sheet.plans), -1)
    kept = np.all(np.isfinite(columns), axis=1)
    for other in excluded:
        apart = np.max(np.abs(columns - other), axis=1, initial=0.0)
        kept &= apart > CLOSE * max(float(np.max(np.abs(other), initial=0.0)), 1e-300)
    rows = [int(row) for row in np.flatnonzero(kept)]
    return columns[rows], rows


def near(sorted_prints: NDArray[np.float64], column: Column) -> tuple[int, int]:
    """Where the fingerprint of a column stands among others."""
    sought = float(fingerprints(column[None, :])[0])
    first, last = np.searchsorted(sorted_prints, (sought - NEAR, sought + NEAR))
    return int(first), int(last)


def usable(column: Column) -> bool:
    """Whether a column can be told from others: finite, and not all zero."""
    return bool(np.all(np.isfinite(column)) and np.any(column))


def fingerprints(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each row a number from 0 to 1 that all multiples of it share."""
    lengths = np.sqrt(np.einsum("rn,rn->r", columns, columns))
    return np.asarray(
        np.abs(columns @ _direction(columns.shape[1])) / np.where(lengths > 0, lengths, 1.0)
    )


@cache
def _direction(size: int) -> Column:
    """A fixed direction without symmetries, of length 1."""
    steps = np.cos(1.0 + 1.618033988749895 * np.arange(1, size + 1) ** 2)
    return np.asarray(steps / np.linalg.norm(steps))


def multiple(left: Column, right: Column) -> float | None:
    """The factor by which `left` is a multiple of `right`."""
    if len(left) != len(right):
        return None
    factor = float(left @ right / (right @ right))
    return factor if factor and close(left, factor * right) else None


def close(left: Column, right: Column) -> bool:
    """Whether two columns differ by rounding only."""
    if len(left) != len(right):
        return False
    return bool(np.max(np.abs(left - right)) <= CLOSE * max(np.max(np.abs(right)), 1e-300))
