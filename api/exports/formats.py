"""Rows as CSV or as JSON Lines, piece by piece: nothing is ever held as a whole.

CSV is that of RFC 4180: a line of names first, no value where there is none, moments as ISO 8601.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

PIECE = 500  # rows sent at a time
Row = Sequence[Any]


class Format(StrEnum):
    """How rows are written."""

    CSV = "csv"
    JSON_LINES = "jsonl"


MEDIA_TYPES = {Format.CSV: "text/csv", Format.JSON_LINES: "application/x-ndjson"}


@dataclass(frozen=True)
class Pseudonyms:
    """Names for people that say nothing of them: a keyed hash of their ids (HMAC-SHA-256).

    The same person has the same pseudonym in every export of a course and another one elsewhere.
    """

    key: bytes

    def of(self, person_id: uuid.UUID) -> str:
        """A person's pseudonym: 128 bits in hexadecimal digits."""
        return hmac.new(self.key, person_id.bytes, hashlib.sha256).hexdigest()[:32]


def written(form: Format, names: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """The rows under these names as text, in pieces."""
    return PIECES[form](names, rows)


def _csv(names: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    for number, row in enumerate(rows, 1):
        writer.writerow([_cell(value) for value in row])
        if number % PIECE == 0:
            yield _taken(text)
    yield _taken(text)


def _json_lines(names: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    text = io.StringIO()
    for number, row in enumerate(rows, 1):
        values = dict(zip(names, row, strict=True))
        text.write(json.dumps(values, default=_plain, ensure_ascii=False) + "\n")
        if number % PIECE == 0:
            yield _taken(text)
    yield _taken(text)


PIECES: dict[Format, Callable[[Sequence[str], Iterable[Row]], Iterator[str]]] = {
    Format.CSV: _csv,
    Format.JSON_LINES: _json_lines,
}


def _taken(text: io.StringIO) -> str:
    piece = text.getvalue()
    text.seek(0)
    text.truncate()
    return piece


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _cell(value: object) -> object:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return _plain(value) if isinstance(value, datetime) else value
