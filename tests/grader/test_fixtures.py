"""The grader on what learners write: every row of fixtures.toml is a test, and documentation."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from engine.notation import show
from grader.grade import grade
from tests.grader.exercises import asked, exercise

ROWS = tomllib.loads(Path(__file__).with_name("fixtures.toml").read_text(encoding="utf-8"))


def _named(row: list[str]) -> str:
    return f"{row[0]}: {row[1]}"


@pytest.mark.parametrize("row", ROWS["derivative"], ids=_named)
def test_derivatives(row: list[str]) -> None:
    name, text, outcome, reason, misconception = row
    verdict = grade(exercise(name), text)
    slugs = [each.slug for each in verdict.diagnosis]
    assert verdict.outcome == outcome, verdict
    assert reason in ("", verdict.reason), verdict
    if misconception == "none":
        assert slugs == []
    elif misconception:
        assert misconception in slugs


@pytest.mark.parametrize("row", ROWS["other"], ids=_named)
def test_other_kinds(row: list[str]) -> None:
    name, text, outcome, hundredths, words = row
    verdict = grade(asked(name), text)
    assert (verdict.outcome, round(verdict.score * 100)) == (outcome, hundredths), verdict
    assert words in verdict.message


@pytest.mark.parametrize("row", ROWS["derivative"] + ROWS["other"], ids=_named)
def test_what_cannot_be_read_costs_nothing_and_says_where(row: list[str]) -> None:
    question = asked(row[0]) if row[0] in _others() else exercise(row[0])
    verdict = grade(question, row[1])
    if verdict.outcome == "invalid":
        start, end = verdict.span or (-1, -1)
        assert 0 <= start <= end <= len(row[1]) + 1
        assert verdict.score == 0.0 and verdict.message.endswith((".", "?"))


@pytest.mark.parametrize("row", ROWS["derivative"], ids=_named)
def test_nothing_that_is_said_about_a_wrong_answer_shows_the_key(row: list[str]) -> None:
    question = exercise(row[0])
    verdict = grade(question, row[1])
    if verdict.outcome != "correct":
        said = " ".join([verdict.message, *(each.feedback for each in verdict.diagnosis)])
        for notation in ("text", "unicode", "latex", "numpy"):
            assert show(question.reference, notation) not in said


def _others() -> set[str]:
    return {row[0] for row in ROWS["other"]}
