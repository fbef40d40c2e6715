"""Sheets: a learner's standings in one practice set, in few bytes.

A sheet has a line for each standing (position, name, question) and a record of numbers for it.
Reading a set's statistics is reading one row for each learner, however many questions there are.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from math import nan

from api.practice.marks import SHOWN
from api.store.models import Standing

# The fields of a record, little endian: f is a float of 4 bytes, H a number below 65,536.
FIELDS = (
    ("first", "f"),
    ("best", "f"),
    ("last", "f"),
    ("seconds", "f"),  # from the first submission to the first right one; NaN: not right yet
    ("submissions", "H"),
    ("unreadable", "H"),
    *((f"score{number}", "f") for number in range(1, SHOWN + 1)),
)
RECORD = struct.Struct("<" + "".join(code for _, code in FIELDS))
MOST = 2**16 - 1


@dataclass(frozen=True)
class Written:
    """A sheet as it is stored."""

    columns: str = ""
    numbers: bytes = b""


@dataclass(frozen=True)
class Line:
    """What a record is about: a question of a variant, at a position of the set."""

    position: int
    name: str
    question: str

    def __str__(self) -> str:
        return f"{self.position}\t{self.name}\t{self.question}"


def lines(columns: str) -> tuple[Line, ...]:
    """What the records of a sheet are about, in their order."""
    parts = (text.split("\t") for text in columns.splitlines())
    return tuple(Line(int(position), name, question) for position, name, question in parts)


def record(standing: Standing) -> bytes:
    """The numbers of a standing; NaN for what there is not."""
    scores = [*standing.scores, *[nan] * SHOWN][:SHOWN]
    marks = (standing.first_score, standing.best_score, standing.last_score, _seconds(standing))
    return RECORD.pack(
        *(nan if each is None else each for each in marks),
        min(standing.submissions, MOST),
        min(standing.unreadable, MOST),
        *scores,
    )


def _seconds(standing: Standing) -> float | None:
    if standing.right_at is None or standing.first_at is None:
        return None
    return (standing.right_at - standing.first_at).total_seconds()


def rewritten(sheet: Written, standings: Iterable[Standing]) -> Written:
    """The sheet with these standings as they are now; new ones come after those it has."""
    records = _records(sheet)
    records |= {_line(each): record(each) for each in standings}
    return Written("\n".join(records), b"".join(records.values()))


def _line(standing: Standing) -> str:
    return str(Line(standing.position, standing.name, standing.question_id))


def _records(sheet: Written) -> dict[str, bytes]:
    size = RECORD.size
    return {
        text: sheet.numbers[place * size : (place + 1) * size]
        for place, text in enumerate(sheet.columns.splitlines())
    }
