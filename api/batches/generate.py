"""`./gradbook generate`: many certified exercises, as data or as sheets."""

from __future__ import annotations

import argparse
import errno
import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

from api.batches.folder import MANIFEST, Folder, Taken
from api.batches.pool import Pool, ProcessLost, cores, in_order, processes
from api.batches.printing import Printed, bank_of, check_letters, printed
from api.batches.roster import SOLUTIONS, Learner, read_roster
from api.command import Arguments, CommandFailed, whole_number
from generator.bank import Bank
from generator.batch import (
    Band,
    Candidate,
    Made,
    Order,
    OutOfBand,
    Selection,
    candidates,
    make,
)
from generator.difficulty import EASIEST, HARDEST
from generator.errors import GeneratorError
from generator.sheets.sheet import WRITERS
from generator.slots import Value
from grader.grade import grade

DATA = ("exercises.jsonl", "students.jsonl")  # in full, and without any key
FORMATS = ("jsonl", *(name for name in WRITERS if name != "text"))
MOST = 1_000_000
GOES_ON = "The same command goes on where it stopped."


def main(words: Sequence[str]) -> int:
    """Makes a batch; 1 where an exercise did not hold and was left out."""
    given = _options().read(words)
    try:
        return _Batch.of(given).made()
    except GeneratorError as error:
        raise CommandFailed(str(error)) from None
    except OSError as problem:
        if problem.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise CommandFailed(f"{given.out}: {problem.strerror}.") from None
        raise CommandFailed(
            f"{given.out}: no room is left on the disk; make some. {GOES_ON}"
        ) from None
    except ProcessLost as lost:
        raise CommandFailed(f"{given.out}: {lost} {GOES_ON}") from None
    except KeyboardInterrupt:
        print(f"\nstopped. {GOES_ON}", file=sys.stderr)
        raise


def _options() -> Arguments:
    options = Arguments("generate", "Make certified exercises, no two of them alike.")
    add = options.add_argument
    count, seed = partial(whole_number, 1, MOST), partial(whole_number, 1, 2**53)
    add("template", nargs="+", help="slugs of templates, or 'all'")
    add("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    add("--format", choices=FORMATS, default="jsonl", help="jsonl unless given")
    add("--count", type=count, default=10, metavar="N", help="how many; for each learner")
    add("--seed", type=seed, default=1, metavar="S", help="the first seed that is tried")
    add("--difficulty", type=_band, metavar="A-B", help="such as 2-3.5, on the scale from 1 to 5")
    add(
        "--slot", type=_slot, action="append", default=[], metavar="NAME=VALUE", help="fix a choice"
    )
    add("--roster", type=Path, metavar="CSV", help="a sheet of their own for each name in it")
    add("--title", default="", help="the title of the sheets")
    add("--jobs", type=partial(whole_number, 1, 256), default=cores(), metavar="J")
    add("--force", action="store_true", help="write into a folder that holds files")
    add("--templates", type=Path, metavar="PATH", help="a file or folder of your own templates")
    return options


def _band(text: str) -> tuple[float, float]:
    try:
        least, most = (float(each) for each in text.split("-"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no band such as 2-3.5") from None
    if least > most:
        raise argparse.ArgumentTypeError(f"'{text}' ends before it begins")
    if not (least <= HARDEST and most >= EASIEST):
        scale = f"{EASIEST:g} to {HARDEST:g}"
        raise argparse.ArgumentTypeError(f"'{text}' lies outside the scale, which is from {scale}")
    return least, most


def _slot(text: str) -> tuple[str, Value]:
    name, sign, value = text.partition("=")
    if not sign or not name or not value:
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=VALUE")
    return name, int(value) if value.isdecimal() else value


@dataclass(frozen=True)
class Work:
    """What a process makes: a candidate of a bank, if its difficulty is in the band."""

    candidate: Candidate
    templates: Path | None
    band: Band | None


def made(work: Work) -> Made | OutOfBand:
    """The candidate's exercise, examined by the grader."""
    return make(bank_of(work.templates), work.candidate, grade, work.band)


@dataclass(frozen=True)
class _Batch:
    """A batch on its way into a folder."""

    given: Namespace
    order: Order
    learners: tuple[Learner, ...]
    folder: Folder

    @classmethod
    def of(cls, given: Namespace) -> _Batch:
        """The batch that was asked for; raises CommandFailed and GeneratorError."""
        learners = read_roster(given.roster) if given.roster else ()
        if learners and given.format == "jsonl":
            raise CommandFailed("--roster makes sheets: say --format pdf, html, latex or markdown.")
        check_letters(given.format, (given.title, *(each.name for each in learners)))
        bank = Bank.load(given.templates)
        slugs = tuple(bank.by_slug) if "all" in given.template else tuple(given.template)
        order = Order(
            tuple(dict.fromkeys(slugs)),
            given.count * max(len(learners), 1),
            given.seed,
            dict(given.slot),
            given.difficulty,
        )
        head = {
            "order": order.to_json(),
            "output": given.format,
            "title": given.title,
            "learners": [each.name for each in learners],
        }
        return cls(given, order, learners, Folder(given.out, head))

    def made(self) -> int:
        """Makes everything; the status of the command."""
        sequence = candidates(Bank.load(self.given.templates), self.order)
        before = self.folder.open(self.given.force)
        self.folder.cut(DATA, len(before))
        selection = Selection(self.order, {each.likeness for each in before})
        with processes(self.given.jobs, partial(bank_of, self.given.templates)) as pool:
            taken = [*before, *self._chosen(pool, sequence, selection, before)]
            if self.given.format != "jsonl":
                self._print(pool, taken)
        if not taken:
            self.folder.discard()
            raise _nothing(selection, self.order)
        self.folder.finish(DATA, {"exercises": [each.id for each in taken]})
        return _report(self.given.out, selection, len(taken), self.order)

    def _chosen(
        self,
        pool: Pool,
        sequence: Iterator[Candidate],
        selection: Selection,
        before: tuple[Taken, ...],
    ) -> Iterator[Taken]:
        """Takes candidates until there are enough; those known from before are not made again."""
        start = before[-1].place + 1 if before else 0
        rest = islice(sequence, start, None)
        if selection.is_complete():
            return
        tasks = (Work(each, self.given.templates, self.order.band) for each in rest)
        with self._bar("exercises", self.order.count, len(before)) as bar:
            for place, found in enumerate(in_order(pool, made, tasks), start):
                if selection.takes(found) and isinstance(found, Made):
                    taken = Taken(place, found.id, found.likeness)
                    self.folder.take(taken, self._lines(found))
                    bar.update()
                    yield taken
                if selection.is_complete():
                    return

    def _lines(self, found: Made) -> dict[str, str]:
        if self.given.format != "jsonl":
            return {}
        return dict(zip(DATA, map(_json, (found.full, found.public)), strict=True))

    def _print(self, pool: Pool, taken: Sequence[Taken]) -> None:
        """Writes the sheets that are not there yet."""
        wanted = [each for each in self._sheets(taken) if not self.folder.has(each.file)]
        with self._bar("sheets", len(wanted), 0) as bar:
            for file, data in in_order(pool, printed, wanted):
                self.folder.write(file, data)
                bar.update()

    def _sheets(self, taken: Sequence[Taken]) -> Iterator[Printed]:
        """A student's sheet and a solution sheet for each learner, or for each exercise."""
        each = self.given.count if self.learners else 1
        ids = [one.id for one in taken]
        groups = [tuple(ids[at : at + each]) for at in range(0, len(ids), each)]
        digits = len(str(len(groups)))
        for number, group in enumerate(groups, 1):
            learner = self.learners[number - 1] if number <= len(self.learners) else None
            slug, _, rest = group[0].partition("@")
            stem = learner.file if learner else f"{number:0{digits}}-{slug}-{rest.split(':')[1]}"
            yield from self._pair(stem, group, learner.name if learner else "")

    def _pair(self, stem: str, group: tuple[str, ...], learner: str) -> Iterator[Printed]:
        form = self.given.format
        ending = WRITERS[form][0]
        title, templates = self.given.title, self.given.templates
        yield Printed(f"{stem}{ending}", form, title, group, learner, templates=templates)
        yield Printed(
            f"{stem}{SOLUTIONS}{ending}", form, title, group, learner, True, templates=templates
        )

    def _bar(self, what: str, total: int, done: int) -> Any:
        return tqdm(total=total, initial=done, desc=what, unit="", file=sys.stderr, leave=False,
                    disable=not sys.stderr.isatty())  # fmt: skip


def _json(view: dict[str, Any]) -> str:
    return json.dumps(view, ensure_ascii=False)


def _report(out: Path, selection: Selection, count: int, order: Order) -> int:
    """Says what was made; 1 where it is less than ordered or something did not hold."""
    _say_left_out(selection)
    print(f"generate: {count} of {order.count} exercises in {out} ({MANIFEST} lists them)")
    if count < order.count:
        print(
            f"The templates have no more than {count} different exercises of this kind; ask for"
            " fewer, or for more templates, slots or difficulties.",
            file=sys.stderr,
        )
    return 0 if count == order.count and not selection.problems else 1


def _say_left_out(selection: Selection) -> None:
    for problem in selection.problems:
        print(f"left out: {problem}", file=sys.stderr)


def _nothing(selection: Selection, order: Order) -> CommandFailed:
    """Why there is not a single exercise."""
    _say_left_out(selection)
    reason = "none of them holds"
    if order.band and not selection.problems:
        least, most = order.band
        found = f"{min(selection.passed)} to {max(selection.passed)}"
        reason = f"none has a difficulty from {least:g} to {most:g}; theirs are from {found}"
    slots = "".join(f" with {name}={value}" for name, value in order.slots.items())
    names = ", ".join(order.templates)
    return CommandFailed(f"there is no such exercise of {names}{slots}: {reason}.")
