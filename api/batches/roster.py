"""A roster: the learners of a course, one in a line of a CSV file."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from api.command import CommandFailed

COLUMN = "name"
DELIMITERS = ",;\t"  # spreadsheets write semicolons where a comma stands in decimals
SOLUTIONS = "-solutions"  # what the name of a sheet with solutions ends in
LONGEST = 80  # characters of a file's name before its ending


@dataclass(frozen=True)
class Learner:
    """A learner of the roster; `file` is the stem of the names of their sheets."""

    name: str
    file: str


def read_roster(path: Path) -> tuple[Learner, ...]:
    """The learners in the column `name`; CommandFailed with lines for names that will not do."""
    names = _names(path)
    problems = [f"line {line}: {problem}" for line, problem in _problems(names)]
    if problems:
        raise CommandFailed(f"{path}: {'; '.join(problems)}.")
    if not names:
        raise CommandFailed(f"{path}: there is no learner below the heading.")
    return _with_files(name for _, name in names)


def _problems(names: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    first: dict[str, int] = {}
    for line, name in names:
        if not name:
            yield line, "the name is empty"
        elif not name.isprintable():
            yield line, f"the name {name!r} holds a line break or another control character"
        elif first.setdefault(name, line) != line:
            yield line, f"{name} stands in line {first[name]} already"


def _names(path: Path) -> list[tuple[int, str]]:
    """The names with their lines, counted from 1."""
    text = _text(path)
    delimiter = max(DELIMITERS, key=text.partition("\n")[0].count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        column = _column(path, next(rows, []))
        filled = ((rows.line_num, row) for row in rows if row)
        return [(line, (row[column : column + 1] or [""])[0].strip()) for line, row in filled]
    except csv.Error as problem:
        raise CommandFailed(f"{path}: line {rows.line_num}: is no CSV: {problem}.") from None


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as problem:
        raise CommandFailed(f"{path}: cannot be read: {problem.strerror}.") from None
    except UnicodeDecodeError as problem:
        line = problem.object[: problem.start].count(b"\n") + 1
        raise CommandFailed(
            f"{path}: line {line}: is not written in UTF-8; save the file as 'CSV UTF-8'."
        ) from None


def _column(path: Path, heading: Sequence[str]) -> int:
    """The place of the column of names."""
    called = [each.strip().casefold() for each in heading]
    if called.count(COLUMN) == 1:
        return called.index(COLUMN)
    found = "two of them" if COLUMN in called else ", ".join(heading) or "nothing"
    raise CommandFailed(
        f"{path}: line 1: expected a heading with a column '{COLUMN}', not {found}."
    )


def _with_files(names: Iterable[str]) -> tuple[Learner, ...]:
    used: set[str] = set()
    found = []
    for name in names:
        file = _free(_stem(name), used)
        used |= _sheets(file)
        found.append(Learner(name, file))
    return tuple(found)


def _stem(name: str) -> str:
    """A name in plain letters, for a file."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST].strip("-") or "learner"


def _free(stem: str, used: set[str]) -> str:
    number = 1
    while _sheets(name := stem if number == 1 else f"{stem}-{number}") & used:
        number += 1
    return name


def _sheets(file: str) -> set[str]:
    """The sheets of a learner: somebody else may be called as one of them is."""
    return {file, f"{file}{SOLUTIONS}"}
