"""`./gradbook equal`: whether two expressions are the same function of real numbers."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from api.command import Arguments, CommandFailed, Misuse
from grader.equality import Different, Equal, Equality, Invalid, equal

TEXTS = ("student", "reference")


def main(words: Sequence[str]) -> int:
    """Prints whether two expressions are equal; 0 if they are, or for a file of pairs, else 1."""
    options = Arguments("equal", "Compare two expressions as functions of real numbers.")
    options.add_argument("left", nargs="?", help="such as '(x+1)^2'")
    options.add_argument("right", nargs="?", help="such as 'x^2 + 2x + 1'")
    options.add_argument(
        "--positive", default="", metavar="x,y", help="variables that are greater than 0"
    )
    options.add_argument(
        "--pairs", type=Path, metavar="FILE", help="JSON: a list of {id, student, reference}"
    )
    given = options.read(words)
    positive = frozenset(filter(None, (name.strip() for name in given.positive.split(","))))
    if given.pairs is not None:
        if given.left is not None:
            raise Misuse("a file of pairs and two expressions were given; one of them is meant.")
        return compare_all(given.pairs, positive)
    if given.right is None:
        raise Misuse("two expressions are needed, or --pairs FILE.")
    found = equal(given.left, given.right, positive)
    print(shown(found))
    return 0 if isinstance(found, Equal) else 1


def compare_all(path: Path, positive: frozenset[str]) -> int:
    """Prints one JSON line for every pair of the file."""
    pairs = list(read_pairs(path))
    equal("x + 1", "1 + x")  # tables are made once, outside of the first pair's time
    for pair in pairs:
        start = time.perf_counter()
        found = equal(pair["student"], pair["reference"], positive | pair["positive"])
        taken = round((time.perf_counter() - start) * 1000, 3)
        line = {"id": pair["id"], "outcome": outcome(found), "evidence": evidence(found)}
        print(json.dumps(line | {"milliseconds": taken}, ensure_ascii=False))
    return 0


def outcome(found: Equality) -> str:
    """The word for what was found."""
    return type(found).__name__.lower()


def evidence(found: Equality) -> str:
    """On what the outcome stands."""
    match found:
        case Equal(evidence=proof):
            return f"{proof.kind}: {found.text}"
        case Different():
            return found.text
        case Invalid(side=side, problem=problem):
            return f"{side}: {problem}"


def shown(found: Equality) -> str:
    """An outcome as a person reads it, with a mark under what cannot be read."""
    line = f"{outcome(found)} ({evidence(found)})"
    if not isinstance(found, Invalid) or found.span is None or "\n" in found.text:
        return line
    start, end = found.span
    marks = "^" * max(1, min(end, len(found.text)) - start)
    return f"{line}\n    {found.text}\n    {' ' * start}{marks}"


def read_pairs(path: Path) -> Iterator[dict[str, Any]]:
    """The pairs of a file; raises CommandFailed, naming the one that is none."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as problem:
        raise CommandFailed(f"{path} cannot be read: {problem}") from None
    if not isinstance(rows, list):
        raise CommandFailed(f"{path}: expected a list of pairs.")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict) or "id" not in row:
            raise CommandFailed(f"{path}: pair {number}: expected a table with an id.")
        for key in TEXTS:
            if not isinstance(row.get(key), str):
                raise CommandFailed(f"{path}: pair {number}: {key!r} is missing or no text.")
        yield row | {"positive": _names(path, number, row.get("positive") or [])}


def _names(path: Path, number: int, names: Any) -> frozenset[str]:
    """The variables that a pair says are positive: a list, or names with commas between them."""
    listed = names.split(",") if isinstance(names, str) else names
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise CommandFailed(f"{path}: pair {number}: 'positive' is no list of names.")
    return frozenset(filter(None, (each.strip() for each in listed)))
