"""`./gradbook certify`: exercises are examined on all cores, and what does not hold is named.

    ./gradbook certify                        seeds 0 to 49 of every template
    ./gradbook certify hinge-loss --seeds 5   of one template
    ./gradbook certify stored.jsonl           exercises stored with their certificates, again

A stored exercise holds when its id still composes to the same document and its certificate holds
today as it did when it was stored.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeAlias

from api.batches.pool import cores, in_order, processes
from api.command import Arguments, CommandFailed, whole_number
from engine.errors import EngineError
from generator.bank import Bank
from generator.certificate import certify
from generator.errors import GeneratorError
from generator.exercise import Exercise, parse_id
from grader.grade import grade

SEEDS = 50
MOST_SEEDS, MOST_JOBS = 1_000_000, 1024
STORED = ".jsonl"
CERTIFICATE = "certificate"  # the key of a stored exercise's certificate
COMPOSED = ("title", "slots", "statement", "conventions", "program", "questions")
COLUMNS = ("template", "exercises", "checks", "bits", "seconds")

Document: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Examined:
    """What came out for one exercise; `bits` of agreement at the worst, `seconds` of one core."""

    exercise: str
    problems: tuple[str, ...]
    checks: int = 0
    bits: int | None = None
    seconds: float = 0.0

    @property
    def template(self) -> str:
        """The exercise's template."""
        return self.exercise.rpartition("@")[0]


@dataclass(frozen=True)
class Work:
    """One exercise to be examined, with its stored document where there is one."""

    exercise: str
    stored: Document | None = None


def main(words: Sequence[str]) -> int:
    """Prints a line per problem, a table of the templates and a summary; 1 for any problem."""
    given = _arguments().read(words)
    examine = partial(examined, templates=given.templates, thorough=given.thorough)
    work = _work(given.what, given.seeds, _bank(given.templates))
    found: list[Examined] = []
    jobs = max(min(given.jobs, len(work)), 1)
    with processes(jobs, partial(_bank, given.templates)) as pool:
        for each in in_order(pool, examine, work):
            found.append(each)
            for problem in each.problems:
                print(f"{each.exercise}: {problem}", flush=True)
    print("\n".join([*_table(found), summary(found)]))
    return 0 if all(not each.problems for each in found) else 1


def _arguments() -> Arguments:
    options = Arguments(
        "certify", "Compose exercises, examine them on all cores and print what does not hold."
    )
    options.add_argument(
        "what",
        nargs="*",
        metavar="TEMPLATE|FILE.jsonl",
        help="templates, all by default; or files of exercises stored with their certificates",
    )
    options.add_argument(
        "--seeds",
        type=partial(whole_number, 1, MOST_SEEDS),
        default=SEEDS,
        metavar="N",
        help=f"seeds 0 to N-1 of every template, {SEEDS} by default",
    )
    options.add_argument(
        "--thorough", action="store_true", help="let SymPy differentiate as well, which takes long"
    )
    options.add_argument(
        "--jobs",
        type=partial(whole_number, 1, MOST_JOBS),
        default=cores(),
        metavar="N",
        help="how many processes, one per core by default",
    )
    options.add_argument(
        "--templates", type=Path, metavar="PATH", help="a file or folder of templates of your own"
    )
    return options


@cache
def _bank(templates: Path | None) -> Bank:
    """The bank, read once in each process; raises CommandFailed."""
    try:
        return Bank.load(templates)
    except GeneratorError as error:
        raise CommandFailed(str(error)) from None


def _work(what: Sequence[str], seeds: int, bank: Bank) -> list[Work]:
    """All that is to be examined, in the order in which it was asked for."""
    found: list[Work] = []
    for name in what or bank.by_slug:
        found += _stored(Path(name)) if name.endswith(STORED) else _seeded(name, seeds, bank)
    return found


def _seeded(slug: str, seeds: int, bank: Bank) -> Iterator[Work]:
    try:
        label = bank.template(slug).label
    except GeneratorError as error:
        raise CommandFailed(str(error)) from None
    yield from (Work(f"{label}:{seed}") for seed in range(seeds))


def _stored(path: Path) -> Iterator[Work]:
    """The exercises of a file, an object a line; CommandFailed names the line that is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise CommandFailed(f"{path} cannot be read: {problem}") from None
    for number, line in enumerate(lines, start=1):
        yield _line(f"{path}:{number}", line)


def _line(place: str, line: str) -> Work:
    try:
        document = json.loads(line)
    except json.JSONDecodeError as problem:
        raise CommandFailed(f"{place}: is no JSON: {problem}") from None
    if not isinstance(document, dict) or not isinstance(document.get("id"), str):
        raise CommandFailed(f"{place}: expected an exercise: an object with an 'id'")
    if not isinstance(document.get(CERTIFICATE), dict):
        raise CommandFailed(f"{place}: {document['id']} is stored without its certificate")
    try:
        parse_id(document["id"])
    except GeneratorError as error:
        raise CommandFailed(f"{place}: {error}") from None
    return Work(document["id"], document)


def examined(work: Work, templates: Path | None, thorough: bool) -> Examined:
    """What came out for one exercise; that it cannot be examined is a problem of its own."""
    start = time.process_time()
    try:
        exercise = _bank(templates).exercise_by_id(work.exercise)
        certificate = certify(exercise, grade, thorough)
    except (GeneratorError, EngineError) as error:
        return Examined(work.exercise, (f"{type(error).__name__}: {error}",))
    return Examined(
        exercise=work.exercise,
        problems=(*_changes(work.stored, exercise), *certificate.problems),
        checks=sum(check.count for check in certificate.checks),
        bits=certificate.bits,
        seconds=time.process_time() - start,
    )


def _changes(stored: Document | None, exercise: Exercise) -> Iterator[str]:
    """How a stored exercise differs from what its id composes to."""
    if stored is None:
        return
    now = json.loads(json.dumps(exercise.to_json()))
    yield from (
        f"stored: {key!r} is not what the id composes to"
        for key in COMPOSED
        if stored.get(key) != now[key]
    )
    certificate = stored[CERTIFICATE]
    if certificate.get("exercise") != exercise.id:
        yield "stored: the certificate is about another exercise"
    if certificate.get("holds") is not True:
        yield "stored: the certificate did not hold when it was stored"


def _table(found: Sequence[Examined]) -> Iterator[str]:
    by_template: dict[str, list[Examined]] = {}
    for each in found:
        by_template.setdefault(each.template, []).append(each)
    rows = [COLUMNS, *(_row(name, each) for name, each in by_template.items())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *figures in rows:
        cells = (cell.rjust(width) for cell, width in zip(figures, widths[1:], strict=True))
        yield "  ".join([name.ljust(widths[0]), *cells])


def _row(name: str, found: Sequence[Examined]) -> tuple[str, ...]:
    bits = [each.bits for each in found if each.bits is not None]
    return (
        name,
        str(len(found)),
        str(sum(each.checks for each in found)),
        str(min(bits)) if bits else "-",
        f"{sum(each.seconds for each in found):.1f}",
    )


def summary(found: Sequence[Examined]) -> str:
    """The last line: how many exercises hold."""
    holding = sum(not each.problems for each in found)
    return f"certify: {holding} of {len(found)} exercises hold"
