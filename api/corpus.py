"""`./gradbook corpus`: labelled answers held against the verdicts on them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.command import Arguments, CommandFailed
from api.labelled import read_exercises
from engine.errors import SamplingError
from engine.question import Derivative
from generator.errors import GeneratorError, nearest
from grader.grade import grade
from grader.misconceptions import misconceptions
from grader.verdict import Verdict

NEEDED = {"id": str, "exercise": str, "answer": str, "correct": bool}


@dataclass(frozen=True)
class Labelled:
    """One labelled answer; one with a `note` may also be asked back."""

    id: str
    exercise: str
    answer: str
    correct: bool
    misconception: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Judged:
    """A labelled answer with its verdict."""

    row: Labelled
    verdict: Verdict

    @property
    def agrees(self) -> bool:
        """Whether right was accepted and wrong rejected, or what has a note asked back."""
        if self.row.note and self.verdict.outcome == "invalid":
            return True
        wanted = ("correct",) if self.row.correct else ("incorrect", "partially_correct")
        return self.verdict.outcome in wanted

    @property
    def found(self) -> tuple[str, ...]:
        """The ids of the misconceptions that were named."""
        return tuple(misconceptions()[each.slug].id for each in self.verdict.diagnosis)

    @property
    def named(self) -> bool:
        """Whether the labelled misconception is among those named, if there is a label."""
        return self.row.misconception is None or self.row.misconception in self.found

    @property
    def disagreement(self) -> str:
        """The line about what the verdict and the label do not agree on; empty where they do."""
        row, found = self.row, ", ".join(self.found) or "nothing"
        said = f"{row.id} {row.exercise} {row.answer!r}"
        if not self.agrees:
            label = "right" if row.correct else "wrong"
            return f"{said}: labelled {label}, {self.verdict.outcome}: {self.verdict.message}"
        if not row.correct and not self.named:
            return f"{said}: labelled {row.misconception}, named {found}"
        return ""


def main(words: Sequence[str]) -> int:
    """Prints every disagreement and a summary; 1 if any is about right or wrong, else 0."""
    options = Arguments("corpus", "Grade labelled answers and print where the verdicts disagree.")
    options.add_argument(
        "answers", type=Path, help="JSON: a list of {id, exercise, answer, correct, misconception}"
    )
    options.add_argument(
        "--exercises", type=Path, required=True, metavar="FILE", help="TOML: the exercises"
    )
    given = options.read(words)
    try:
        exercises = read_exercises(given.exercises)
    except GeneratorError as error:
        raise CommandFailed(str(error)) from None
    judged: list[Judged] = []
    for row in read_answers(given.answers, exercises):
        judged.append(_judged(exercises[row.exercise], row))
        if judged[-1].disagreement:
            print(judged[-1].disagreement)
    print(summary(judged))
    return 0 if all(each.agrees for each in judged) else 1


def _judged(question: Derivative, row: Labelled) -> Judged:
    try:
        return Judged(row, grade(question, row.answer))
    except SamplingError as error:
        raise CommandFailed(f"exercise {question.id} has no sample points: {error}") from None


def summary(judged: Sequence[Judged]) -> str:
    """The last line: how many verdicts agree with their labels."""
    right = [each for each in judged if each.row.correct]
    wrong = [each for each in judged if not each.row.correct]
    return (
        f"corpus: right {sum(each.agrees for each in right)}/{len(right)} accepted,"
        f" wrong {sum(each.agrees for each in wrong)}/{len(wrong)} rejected,"
        f" {sum(each.named for each in wrong)}/{len(wrong)} named"
    )


def read_answers(path: Path, exercises: Mapping[str, Derivative]) -> tuple[Labelled, ...]:
    """The labelled answers of a file; raises CommandFailed, naming the row that is none."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as problem:
        raise CommandFailed(f"{path} cannot be read: {problem}") from None
    if not isinstance(rows, list):
        raise CommandFailed(f"{path}: expected a list of answers.")
    return tuple(_checked(path, rows, exercises))


def _checked(path: Path, rows: list[Any], exercises: Mapping[str, object]) -> Iterator[Labelled]:
    for number, row in enumerate(rows, start=1):
        problem = _problem(row, exercises)
        if problem:
            raise CommandFailed(f"{path}: answer {number}: {problem}.")
        yield Labelled(
            id=row["id"],
            exercise=row["exercise"],
            answer=row["answer"],
            correct=row["correct"],
            misconception=row.get("misconception"),
            note=row.get("note") or "",
        )


def _problem(row: Any, exercises: Mapping[str, object]) -> str:
    """What is wrong with a row; empty where nothing is."""
    if not isinstance(row, dict):
        return "expected a table of names and values"
    for key, kind in NEEDED.items():
        if not isinstance(row.get(key), kind):
            return f"{key!r} is missing or not of type {kind.__name__}"
    if row["exercise"] not in exercises:
        return f"no exercise is called {row['exercise']!r}{nearest(row['exercise'], exercises)}"
    known = [None, *(each.id for each in misconceptions().values())]
    if row.get("misconception") not in known:
        return f"no misconception is called {row['misconception']!r}"
    return ""
