"""The scores of a practice set as arrays, read from its learners' sheets.

An item of the statistics is a question of an item, `(position, name)`: learners who have variants
of their own are in it with the first variant they answered.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from api.analytics.figures import Array
from api.practice.sheets import FIELDS, Line, lines
from api.store.models import Sheet

RECORDS = np.dtype([(name, {"f": "<f4", "H": "<u2"}[code]) for name, code in FIELDS])


@dataclass(frozen=True, order=True)
class Column:
    """One item of the statistics."""

    position: int
    name: str


@dataclass(frozen=True)
class Table:
    """The records of every learner for every item; `there` says which there are.

    records, there, variants: (learners, items); variants: places in `questions`.
    """

    learners: tuple[uuid.UUID, ...]
    columns: tuple[Column, ...]
    questions: tuple[str, ...]
    records: npt.NDArray[np.void]
    there: npt.NDArray[np.bool_]
    variants: npt.NDArray[np.int64]

    def numbers(self, field: str) -> Array:
        """(learners, items): a field of the records; NaN where there is no record."""
        found: Array = np.where(self.there, self.records[field].astype(float), np.nan)
        return found

    def part(self, rows: npt.NDArray[np.bool_], items: npt.NDArray[np.int64]) -> Table:
        """The same for some of the learners and of the items."""
        return Table(
            tuple(learner for learner, is_in in zip(self.learners, rows, strict=True) if is_in),
            tuple(self.columns[item] for item in items),
            self.questions,
            *(each[np.ix_(rows, items)] for each in (self.records, self.there, self.variants)),
        )


@dataclass(frozen=True)
class _Layout:
    """Which records of a sheet are taken, to which items they go, and the questions' places."""

    taken: list[int]
    items: list[int]
    variants: list[int]


def table(sheets: Sequence[Sheet]) -> Table:
    """The table of these sheets, its items in the set's order."""
    parsed = {text: lines(text) for text in {sheet.columns for sheet in sheets}}
    columns = tuple(sorted({_column(line) for rows in parsed.values() for line in rows}))
    questions = tuple(sorted({line.question for rows in parsed.values() for line in rows}))
    layouts = _layouts(parsed, columns, questions)
    shape = (len(sheets), len(columns))
    records, there = np.zeros(shape, RECORDS), np.zeros(shape, bool)
    variants = np.full(shape, -1)
    rows_of = defaultdict(list)
    for row, sheet in enumerate(sheets):
        rows_of[sheet.columns].append(row)
    for text, layout in layouts.items():  # most learners have answered the same questions
        rows = np.array(rows_of[text])
        numbers = b"".join(sheets[row].numbers for row in rows)
        found = np.frombuffer(numbers, RECORDS).reshape(len(rows), -1)
        place = np.ix_(rows, np.array(layout.items, np.int64))
        records[place] = found[:, layout.taken]
        there[place] = True
        variants[place] = layout.variants
    learners = tuple(sheet.learner_id for sheet in sheets)
    return Table(learners, columns, questions, records, there, variants)


def _column(line: Line) -> Column:
    return Column(line.position, line.name)


def _layouts(
    parsed: dict[str, tuple[Line, ...]], columns: Sequence[Column], questions: Sequence[str]
) -> dict[str, _Layout]:
    item_of = {column: place for place, column in enumerate(columns)}
    place_of = {question: place for place, question in enumerate(questions)}
    layouts = {}
    for text, rows in parsed.items():
        firsts: dict[int, int] = {}
        for row, line in enumerate(rows):
            firsts.setdefault(item_of[_column(line)], row)
        variants = [place_of[rows[row].question] for row in firsts.values()]
        layouts[text] = _Layout(list(firsts.values()), list(firsts), variants)
    return layouts
