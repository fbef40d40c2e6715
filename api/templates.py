"""`./gradbook templates`: the bank's templates, with how many exercises each holds."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from api.command import Arguments, CommandFailed, columns, whole_number
from generator.bank import SHIPPED, Bank
from generator.census import Count, count, counts, current, keep, kept
from generator.errors import GeneratorError
from generator.template import Template

HEAD = ("template", "family", "choices", "exercises", "difficulty", "title")
SPARED = ("family", "choices")  # columns that a narrow terminal does without
RIGHT = ("choices", "exercises")  # columns of numbers
MOST_JOBS = 256


def main(words: Sequence[str]) -> int:
    """Prints the templates, with slots, counts and difficulties."""
    given = _options().read(words)
    try:
        templates = Bank.load(given.templates).templates
        found = _counted(templates, given.recount, given.jobs)
        rows = [_row(each, found[each.slug]) for each in templates]
    except GeneratorError as error:
        raise CommandFailed(str(error)) from None
    if given.json:
        print(json.dumps({"templates": rows, "totals": _totals(rows)}, ensure_ascii=False))
    else:
        print("\n".join([*_table(rows), *(_slots(rows) if given.slots else ()), _total(rows)]))
    return 0


def _options() -> Arguments:
    options = Arguments(
        "templates",
        "List the templates: choices of slots, different exercises up to renaming, difficulty"
        " from 1 to 5.",
    )
    options.add_argument("--json", action="store_true", help="one JSON object, slots included")
    options.add_argument("--slots", action="store_true", help="list every template's slots as well")
    options.add_argument(
        "--templates", type=Path, metavar="PATH", help="a file or folder of templates of your own"
    )
    options.add_argument(
        "--recount",
        action="store_true",
        help="count the bank's changed templates anew and keep the counts",
    )
    options.add_argument(
        "--jobs",
        type=partial(whole_number, 1, MOST_JOBS),
        default=os.cpu_count() or 1,
        metavar="N",
        help="processes that count, as many as there are cores unless given",
    )
    return options


# counts


def _counted(templates: Sequence[Template], recount: bool, jobs: int) -> dict[str, Count]:
    """The count of every template: the one on file, or else a new one."""
    found = current(templates, kept())
    missing = [each for each in templates if each.slug not in found]
    if not recount:
        return found | {each.slug: count(each) for each in missing}
    shipped = {each.slug for each in templates if Path(each.top.source.file).parent == SHIPPED}
    for number, (slug, each) in enumerate(counts(missing, jobs), start=1):
        found[slug] = each
        keep({name: known for name, known in found.items() if name in shipped})
        print(f"counted {number} of {len(missing)}: {slug}", file=sys.stderr, flush=True)
    return found


# what is printed


def _row(template: Template, counted: Count) -> dict[str, Any]:
    return {
        **template.to_json(),
        "choices": counted.choices,
        "exercises": counted.distinct,
        "difficulty": {"from": counted.easiest, "to": counted.hardest},
    }


def _totals(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {
        "templates": len(rows),
        "choices": sum(row["choices"] for row in rows),
        "exercises": sum(row["exercises"] for row in rows),
    }


def _total(rows: Sequence[Mapping[str, Any]]) -> str:
    total = _totals(rows)
    return (
        f"{total['templates']} templates, {total['choices']} choices of slots,"
        f" {total['exercises']} different exercises"
    )


def _table(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The templates in columns, on a narrow terminal without some of them."""
    lines = [dict(zip(HEAD, HEAD, strict=True)), *map(_cells, rows)]
    widths = {name: max(len(line[name]) for line in lines) for name in HEAD}
    room = columns() or sum(widths.values()) + 2 * len(HEAD)
    narrow = sum(widths.values()) + 2 * len(HEAD) > room
    shown = [name for name in HEAD if not (narrow and name in SPARED)]
    for line in lines:
        cells = (
            line[name].rjust(widths[name]) if name in RIGHT else line[name].ljust(widths[name])
            for name in shown
        )
        yield _cut("  ".join(cells).rstrip(), room)


def _cut(line: str, room: int) -> str:
    return line if len(line) <= room else line[: room - 1].rstrip() + "…"


def _cells(row: Mapping[str, Any]) -> dict[str, str]:
    least, most = row["difficulty"]["from"], row["difficulty"]["to"]
    return {
        "template": row["slug"],
        "family": row["family"],
        "choices": str(row["choices"]),
        "exercises": str(row["exercises"]),
        "difficulty": f"{least}" if least == most else f"{least}-{most}",
        "title": row["title"],
    }


def _slots(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Every template's slots with their values, as `--slot` of other commands takes them."""
    for row in rows:
        yield f"\n{row['slug']}"
        for name, values in row["slots"].items():
            yield f"  {name}: {', '.join(map(str, values))}"
    yield ""
