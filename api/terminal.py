"""Exercises and verdicts on the terminal, without a service: `./gradbook exercise` and `grade`."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from api.command import Arguments, CommandFailed
from engine.question import question_from_json
from generator.bank import Bank
from generator.errors import GeneratorError
from grader.grade import grade
from grader.verdict import Verdict

WIDTH = 88


def exercise(words: Sequence[str]) -> int:
    """Prints an exercise as a learner sees it."""
    options = Arguments("exercise", "Print an exercise of the bank as a learner sees it.")
    options.add_argument(
        "id", help="such as logistic-batch@1:7: template, version and seed; seed 0 is the original"
    )
    view = _exercise(options.read(words).id)["public"]
    print(f"{view['title']}   [{view['id']}]\n")
    print(_wrapped(view["statement"]))
    print("\n" + "\n".join(_wrapped(each, "- ", "  ") for each in view["conventions"]) + "\n")
    for question in view["questions"]:
        print(_wrapped(question["prompt"], f"{question['name']}: ", "    "))
        for option in question.get("options") or ():
            print(_wrapped(option["text"], f"    {option['label']}. ", "       "))
    return 0


def judged(words: Sequence[str]) -> int:
    """Prints the verdict on an answer; 0 when it is correct, 1 otherwise."""
    options = Arguments("grade", "Grade an answer to a question of the bank.")
    options.add_argument("question", help="an exercise's id, a slash and the question's name")
    options.add_argument("answer", help="the answer, in any notation")
    given = options.read(words)
    exercise_id, _, name = given.question.rpartition("/")
    questions = {each["name"]: each for each in _exercise(exercise_id)["full"]["questions"]}
    if name not in questions:
        known = ", ".join(questions)
        raise CommandFailed(f"{exercise_id} has no question {name!r}; its questions are: {known}.")
    verdict = grade(question_from_json(questions[name]), given.answer)
    print(shown(verdict))
    return 0 if verdict.outcome == "correct" else 1


def shown(verdict: Verdict) -> str:
    """A verdict as a learner reads it."""
    lines = [f"{verdict.outcome}: {verdict.message}", f"evidence: {verdict.evidence.text}"]
    for found in verdict.diagnosis:
        lines.append(f"{found.slug}: {found.feedback}")
    return "\n".join(_wrapped(line, "", "    ") for line in lines)


def _exercise(exercise_id: str) -> dict[str, Any]:
    """The learner's and the full view of an exercise; CommandFailed where there is none."""
    try:
        found = Bank.load().exercise_by_id(exercise_id)
    except GeneratorError as error:
        raise CommandFailed(str(error)) from None
    return {"public": found.public(), "full": found.to_json()}


def _wrapped(text: str, first: str = "", rest: str = "") -> str:
    """The text in lines of a terminal's width, paragraphs and display formulas kept apart."""
    paragraphs = [
        textwrap.fill(each, WIDTH, initial_indent=first if not i else rest, subsequent_indent=rest)
        for i, each in enumerate(text.splitlines())
    ]
    return "\n".join(paragraphs)
