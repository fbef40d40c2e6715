"""Answers as people type them (acceptance/notations) and the outcome of each."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from api.labelled import read_exercises
from engine.question import Derivative
from grader.grade import grade

FOLDER = Path(__file__).parent / "acceptance" / "notations"
GRADED = ("correct", "incorrect")


@cache
def exercises() -> dict[str, Derivative]:
    return dict(read_exercises(FOLDER / "exercises.toml"))


def tables() -> list[dict[str, object]]:
    """The tables of answers, one for each exercise."""
    text = (FOLDER / "answers.toml").read_text(encoding="utf-8")
    return list(tomllib.loads(text)["answers"])


def graded() -> Iterator[tuple[str, str, str]]:
    """Exercise, text and outcome of every answer that is graded."""
    for table in tables():
        for outcome in GRADED:
            texts = table.get(outcome, [])
            assert isinstance(texts, list)
            yield from ((str(table["exercise"]), text, outcome) for text in texts)


def refused() -> Iterator[tuple[str, str, str]]:
    """Exercise, text and part of the sentence for every answer that is refused."""
    for table in tables():
        rows = table.get("invalid", [])
        assert isinstance(rows, list)
        yield from ((str(table["exercise"]), row["text"], row["says"]) for row in rows)


@pytest.mark.parametrize(("exercise", "text", "outcome"), list(graded()))
def test_outcome(exercise: str, text: str, outcome: str) -> None:
    verdict = grade(exercises()[exercise], text)
    assert verdict.outcome == outcome, verdict.message


@pytest.mark.parametrize(("exercise", "text", "says"), list(refused()))
def test_refusal_says_what_to_write(exercise: str, text: str, says: str) -> None:
    verdict = grade(exercises()[exercise], text)
    assert verdict.outcome == "invalid", verdict.message
    assert says in verdict.message


def test_every_exercise_has_right_and_wrong_answers() -> None:
    counts = {
        name: {outcome for each, _, outcome in graded() if each == name} for name in exercises()
    }
    assert counts == {name: set(GRADED) for name in exercises()}
