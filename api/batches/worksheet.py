"""`./gradbook worksheet`: a worksheet as sheets, with its solutions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from api.batches.folder import Folder
from api.batches.printing import Printed, printed
from api.command import Arguments, CommandFailed
from generator.bank import Bank
from generator.errors import GeneratorError
from generator.sheets.sheet import WRITERS
from generator.worksheet import WorksheetPlan, load_worksheet


def main(words: Sequence[str]) -> int:
    """Writes the sheet and the solution sheet of a worksheet."""
    options = Arguments("worksheet", "Write a worksheet and its solutions.")
    options.add_argument("slug", help="such as cs230-backprop")
    options.add_argument("--format", choices=tuple(WRITERS), default="pdf")
    options.add_argument(
        "--out", type=Path, default=Path("."), metavar="DIR", help="here unless given"
    )
    given = options.read(words)
    try:
        plan = load_worksheet(given.slug)
        sheets = list(_sheets(plan, given.format))
        files = [printed(sheet) for sheet in sheets]
    except GeneratorError as error:
        raise CommandFailed(str(error)) from None
    folder = Folder(given.out, {})
    try:
        given.out.mkdir(parents=True, exist_ok=True)
        for name, data in files:
            folder.write(name, data)
            print(given.out / name)
    except OSError as problem:
        raise CommandFailed(f"{given.out}: {problem.strerror}.") from None
    return 0


def _sheets(plan: WorksheetPlan, form: str) -> Iterator[Printed]:
    bank = Bank.load()
    ids = tuple(bank.exercise(each.template, each.seed).id for each in plan.items)
    questions = tuple(each.questions for each in plan.items)
    ending = WRITERS[form][0]
    for solved, part in ((False, ""), (True, "-solutions")):
        file = f"{plan.slug}{part}{ending}"
        yield Printed(file, form, plan.title, ids, solved=solved, questions=questions)
