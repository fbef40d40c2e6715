"""A worksheet: exercises in a fixed order, each a template and a seed.

An item may name the questions it takes of its exercise; without names it takes all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from generator.errors import UnknownWorksheet, nearest
from generator.source import Source, Table

FORMAT = "gradbook.worksheet/1"
SHIPPED = Path(__file__).parent / "worksheets"


@dataclass(frozen=True)
class PlannedItem:
    """One exercise of a worksheet; `questions` are the names of those asked, empty for all."""

    template: str
    seed: int
    questions: tuple[str, ...] = ()


@dataclass(frozen=True)
class WorksheetPlan:
    """What a worksheet is made of; `parts` are the headings of `items`, in the same order."""

    slug: str
    title: str
    items: tuple[PlannedItem, ...]
    parts: tuple[str, ...] = ()


def load_worksheet(slug: str) -> WorksheetPlan:
    """The shipped worksheet called `slug`; raises UnknownWorksheet and TemplateError."""
    known = {path.stem: path for path in SHIPPED.glob("*.toml")}
    if slug not in known:
        raise UnknownWorksheet(f"no worksheet is called {slug!r}{nearest(slug, known)}")
    return read_worksheet(Source.read(known[slug]))


def read_worksheet(source: Source) -> WorksheetPlan:
    """The worksheet of a TOML document; raises TemplateError for the first thing that is wrong."""
    top = source.top
    top.allow("format", "slug", "title", "items")
    if top.text("format") != FORMAT:
        raise top.error("format", f"expected {FORMAT!r}, not {top.text('format')!r}")
    rows = top.tables("items")
    if not rows:
        raise top.error("", "expected at least one [[items]]")
    return WorksheetPlan(
        slug=top.text("slug"),
        title=top.text("title"),
        items=tuple(_item(row) for row in rows),
        parts=tuple(row.text("part", "") for row in rows),
    )


def _item(row: Table) -> PlannedItem:
    row.allow("part", "template", "seed", "questions")
    seed = row.number("seed", 0)
    if seed < 0:
        raise row.error("seed", f"expected a whole number from 0 on, not {seed}")
    return PlannedItem(row.text("template"), seed, row.texts("questions"))
