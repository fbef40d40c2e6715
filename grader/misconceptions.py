"""The misconceptions by slug, with their sentences; the rows stand in misconceptions.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grader.errors import UnknownMisconception
from grader.verdict import Diagnosis

FIELDS: dict[str, str] = {
    "derivative": "the gradient",
    "variable": "the variable",
    "shape": "of the variable",
    "loss": "the loss",
    "function": "the activation",
    "operand": "the other factor",
    "batch": "all",
}


@dataclass(frozen=True)
class Misconception:
    """One row: `feedback` is a template over FIELDS."""

    id: str
    slug: str
    title: str
    feedback: str

    def diagnosis(self, fields: Mapping[str, str]) -> Diagnosis:
        """The diagnosis with its sentence filled in; fields that are not given read neutrally."""
        sentence = self.feedback.format_map({**FIELDS, **fields})
        return Diagnosis(self.slug, self.title, sentence[:1].upper() + sentence[1:])


@cache
def misconceptions() -> Mapping[str, Misconception]:
    """All misconceptions by slug, in the order of precedence: the file's."""
    path = Path(__file__).with_name("misconceptions.toml")
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["misconception"]
    return {row["slug"]: Misconception(**row) for row in rows}


def misconception(slug: str) -> Misconception:
    """The row of `slug`; raises UnknownMisconception."""
    row = misconceptions().get(slug)
    if row is None:
        raise UnknownMisconception(f"misconceptions.toml has no row {slug!r}")
    return row
