"""Sheets of a batch: which files there are, and one file's bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from api.command import CommandFailed
from generator.bank import Bank
from generator.errors import SheetError
from generator.exercise import Exercise
from generator.pictures import figures, worked_figures
from generator.sheets.sheet import WRITERS, Sheet


@dataclass(frozen=True)
class Printed:
    """One sheet to be written: the file, its exercises and for whom.

    `questions` holds, for each exercise, the names of those asked; empty for all.
    """

    file: str
    format: str
    title: str
    exercises: tuple[str, ...]
    learner: str = ""
    solved: bool = False
    questions: tuple[tuple[str, ...], ...] = ()
    templates: Path | None = None


def printed(sheet: Printed) -> tuple[str, bytes]:
    """The file and its bytes."""
    bank = bank_of(sheet.templates)
    exercises = tuple(bank.exercise_by_id(each) for each in sheet.exercises)
    chosen = sheet.questions or ((),) * len(exercises)
    asked = tuple(_with(*each) for each in zip(exercises, chosen, strict=True))
    title = sheet.title or asked[0].title
    drawn = worked_figures if sheet.solved else figures
    document = Sheet(title, asked, sheet.learner, sheet.solved, drawn).document
    return sheet.file, WRITERS[sheet.format][1](document)


def check_letters(form: str, texts: Sequence[str]) -> None:
    """Raises CommandFailed for texts that a format has no letters for, before work begins."""
    if form != "pdf" or _is_set(" ".join(texts)):
        return
    without = ", ".join(each for each in texts if not _is_set(each))
    raise CommandFailed(
        f"no font here has all letters of {without}; write them in others, or say --format html."
    )


def _is_set(text: str) -> bool:
    try:
        WRITERS["pdf"][1](Sheet("Letters", (), text).document)
    except SheetError:
        return False
    return True


def _with(exercise: Exercise, names: tuple[str, ...]) -> Exercise:
    """The exercise with the questions of these names, all for none."""
    if not names:
        return exercise
    return replace(exercise, questions=tuple(exercise.question(name) for name in names))


@lru_cache(maxsize=1)
def bank_of(templates: Path | None) -> Bank:
    """The templates, read once by each process."""
    return Bank.load(templates)
