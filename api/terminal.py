"""Exercises and verdicts on the terminal, without a service: `./gradbook exercise` and `grade`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

from api.command import Arguments, CommandFailed, columns
from engine.question import Choice, Question, question_from_json
from generator.bank import Bank
from generator.errors import GeneratorError
from generator.exercise import Exercise
from generator.sheets.document import Block, Items, Paragraph, Words
from generator.sheets.markdown import blocks
from generator.sheets.text import WIDTH, shown
from grader.grade import grade
from grader.verdict import Verdict

WIDEST = 100  # columns that are still read easily


def exercise(words: Sequence[str]) -> int:
    """Prints an exercise as a learner sees it."""
    options = Arguments("exercise", "Print an exercise of the bank as a learner sees it.")
    options.add_argument(
        "id", help="such as logistic-batch@1:7: template, version and seed; seed 0 is the original"
    )
    given = _with_templates(options, words)
    made = _exercise(given.id, given.templates)
    print(f"{made.title}   [{made.id}]\n")
    print(shown(tuple(_seen(made)), min(columns() or WIDTH, WIDEST)))
    return 0


def judged(words: Sequence[str]) -> int:
    """Prints the verdict on an answer; 0 when it is correct, 1 otherwise."""
    options = Arguments("grade", "Grade an answer to a question of the bank.")
    options.add_argument("question", help="an exercise's id, a slash and the question's name")
    options.add_argument("answer", help="the answer, in any notation")
    given = _with_templates(options, words)
    exercise_id, slash, name = given.question.rpartition("/")
    if not slash:
        raise CommandFailed(
            f"{given.question} names no question: expected an exercise's id, a slash and a name,"
            " such as logistic-batch@1:0/dw."
        )
    asked = _exercise(exercise_id, given.templates).to_json()["questions"]
    questions = {each["name"]: each for each in asked}
    if name not in questions:
        known = ", ".join(questions)
        raise CommandFailed(f"{exercise_id} has no question {name!r}; its questions are: {known}.")
    verdict = grade(question_from_json(questions[name]), given.answer)
    print(told(verdict, given.answer))
    return 0 if verdict.outcome == "correct" else 1


def _seen(exercise: Exercise) -> Iterator[Block]:
    """What a learner sees of an exercise below its title; questions go by their names."""
    yield from blocks(exercise.statement)
    if exercise.conventions:
        yield Paragraph((Words("Conventions:"),))
        yield Items(tuple(map(blocks, exercise.conventions)))
    yield Paragraph((Words("Questions:"),))
    asked = tuple(tuple(_question(each)) for each in exercise.questions)
    yield Items(asked, tuple(f"{each.name}:" for each in exercise.questions))
    name = exercise.questions[0].name
    yield Paragraph((Words(f"Answer with: ./gradbook grade {exercise.id}/{name} '...'"),))


def _question(question: Question) -> Iterator[Block]:
    yield from blocks(question.prompt)
    if isinstance(question, Choice):
        options = question.options
        yield Items(
            tuple(blocks(each.text) for each in options),
            tuple(f"{each.label}." for each in options),
        )


def told(verdict: Verdict, answer: str) -> str:
    """A verdict as a learner reads it."""
    lines = [f"{verdict.outcome}: {verdict.message}", *_pointed(verdict, answer)]
    if verdict.evidence.text not in ("", verdict.message):
        lines.append(f"evidence: {verdict.evidence.text}")
    lines += [f"diagnosis: {found.slug}" for found in verdict.diagnosis[:1]]
    lines += [f"{found.slug}: {found.feedback}" for found in verdict.diagnosis[1:]]
    return "\n".join(lines)


def _pointed(verdict: Verdict, answer: str) -> list[str]:
    """The line of the answer that is meant, and marks under the part of it."""
    if verdict.span is None:
        return []
    start, end = verdict.span
    first = answer.rfind("\n", 0, start) + 1
    line = answer[first:].split("\n", 1)[0]
    marks = "^" * max(1, min(end, first + len(line)) - start)
    return [f"    {line}", "    " + " " * (start - first) + marks]


def _with_templates(options: Arguments, words: Sequence[str]) -> Namespace:
    """The values given, among them where templates of one's own are."""
    options.add_argument(
        "--templates", type=Path, metavar="PATH", help="a file or folder of templates of your own"
    )
    return options.read(words)


def _exercise(exercise_id: str, templates: Path | None) -> Exercise:
    """The exercise of that id; CommandFailed where there is none."""
    try:
        return Bank.load(templates).exercise_by_id(exercise_id)
    except GeneratorError as error:
        raise CommandFailed(str(error)) from None
