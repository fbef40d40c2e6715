"""The fingerprint table: what every mistake makes of the gradient, to look wrong answers up in.

An entry is filed under its fingerprint, which all multiples of it share.  A look-up bisects, and
confirms entry by entry.

Float64 is enough here: a look-up names a mistake, it never decides whether an answer is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.numeric import Batch
from engine.shapes import Shape
from grader.diagnosis.column import CLOSE, Column, fingerprints
from grader.diagnosis.ground import Ground
from grader.diagnosis.plan import Plan
from grader.diagnosis.stack import Form, Row, Sheet

NEAR = 1e-9  # between two fingerprints


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
        self, ground: Ground, sheets: Iterable[Sheet[Plan]], besides: Iterable[Batch] = ()
    ) -> None:
        self.ground = ground
        self._files: dict[Shape, list[tuple[float, Entry]]] = {}
        excluded = [ground.column(batch) for batch in besides]
        for sheet in sheets:
            self._file(sheet, [column for column in excluded if column.shape == sheet.shape])
        for file in self._files.values():
            file.sort(key=lambda item: item[0])
        self._prints = {
            shape: np.array([found for found, _ in file]) for shape, file in self._files.items()
        }

    def __len__(self) -> int:
        return sum(len(file) for file in self._files.values())

    def _file(self, sheet: Sheet[Plan], excluded: Sequence[Column]) -> None:
        columns, rows = distinct(sheet, excluded)
        found = self._files.setdefault(sheet.shape, [])
        for sought, numbers, row in zip(fingerprints(columns), columns, rows, strict=True):
            column = Column(sheet.shape, numbers)
            found.append((float(sought), Entry(sheet.rows[row], sheet.form, column)))

    def __iter__(self) -> Iterator[Entry]:
        for file in self._files.values():
            yield from (entry for _, entry in file)

    def distinct(self) -> Iterator[Entry]:
        """The entries, of those with the same mistake, form and fingerprint only one."""
        for file in self._files.values():
            found = {(round(p, 9), each.form, each.plan.slugs): each for p, each in file}
            yield from found.values()

    def matches(self, column: Column) -> Iterator[Match]:
        """Every entry of which `column` is a multiple."""
        file = self._files.get(column.shape)
        if not file or not column.finite:
            return
        first, last = near(self._prints[column.shape], column)
        for _, entry in file[first:last]:
            yield from matched(column, entry)


def matched(column: Column, entry: Entry) -> Iterator[Match]:
    """The match of a column with an entry; a zero column matches those that mistakes make zero."""
    if column.zero and not entry.plan.joinable:
        return
    factor = column.factor(entry.column)
    if factor is not None:
        yield Match(entry, factor)


def distinct(
    sheet: Sheet[Row], excluded: Sequence[Column]
) -> tuple[NDArray[np.float64], list[int]]:
    """The columns of a sheet that are finite and none of `excluded`, and their rows."""
    columns = np.asarray(sheet.data, dtype=np.float64).reshape(len(sheet.rows), -1)
    kept = np.all(np.isfinite(columns), axis=1)
    for other in excluded:
        apart = np.max(np.abs(columns - other.numbers), axis=1, initial=0.0)
        kept &= apart > CLOSE * max(other.largest, 1e-300)
    rows = [int(row) for row in np.flatnonzero(kept)]
    return columns if len(rows) == len(columns) else columns[rows], rows


def near(sorted_prints: NDArray[np.float64], column: Column) -> tuple[int, int]:
    """Where the fingerprint of a column stands among others."""
    sought = column.fingerprint
    first, last = np.searchsorted(sorted_prints, (sought - NEAR, sought + NEAR))
    return int(first), int(last)
