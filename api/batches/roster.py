"""A roster: the learners of a course, one in a line of a CSV file."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from api.command import CommandFailed

COLUMN = "name"


@dataclass(frozen=True)
class Learner:
    """A learner of the roster; `file` is the stem of the names of their sheets."""

    name: str
    file: str


def read_roster(path: Path) -> tuple[Learner, ...]:
    """The learners in the column `name`; CommandFailed with lines for names empty or double."""
    names = _names(path)
    problems = [f"line {line}: the name is empty" for line, name in names if not name]
    first: dict[str, int] = {}
    for line, name in names:
        if name and first.setdefault(name, line) != line:
            problems.append(f"line {line}: {name} stands in line {first[name]} already")
    if problems:
        raise CommandFailed(f"{path}: {'; '.join(problems)}.")
    if not names:
        raise CommandFailed(f"{path}: there is no learner below the heading.")
    return _with_files(name for _, name in names)


def _names(path: Path) -> list[tuple[int, str]]:
    """The names with their lines, counted from 1."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if COLUMN not in (rows.fieldnames or ()):
                found = ", ".join(rows.fieldnames or ()) or "nothing"
                raise CommandFailed(
                    f"{path}: line 1: expected a heading with a column '{COLUMN}', not {found}."
                )
            return [(rows.line_num, (row[COLUMN] or "").strip()) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise CommandFailed(f"{path}: cannot be read: {problem}.") from None


def _with_files(names: Iterable[str]) -> tuple[Learner, ...]:
    used: set[str] = set()
    found = []
    for name in names:
        file = _free(_stem(name), used)
        used.add(file)
        found.append(Learner(name, file))
    return tuple(found)


def _stem(name: str) -> str:
    """A name in plain letters, for a file."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "learner"


def _free(stem: str, used: set[str]) -> str:
    number = 1
    while (name := stem if number == 1 else f"{stem}-{number}") in used:
        number += 1
    return name
