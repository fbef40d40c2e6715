"""The catalogue's answers: all right ones accepted, all wrong ones rejected and named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from grader.grade import grade
from grader.misconceptions import misconceptions
from tests.grader.exercises import exercise

ROWS: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("answers.json").read_text(encoding="utf-8")
)
RIGHT = [row for row in ROWS if row["correct"]]
WRONG = [row for row in ROWS if not row["correct"]]

# Wrong answers that are not named with the catalogue's own label, by id.
NOT_NAMED: frozenset[str] = frozenset()


def _named(row: dict[str, Any]) -> str:
    return f"{row['id']} {row['answer']}"


@pytest.mark.parametrize("row", RIGHT, ids=_named)
def test_right_answers_are_accepted(row: dict[str, Any]) -> None:
    verdict = grade(exercise(row["exercise"]), row["answer"])
    assert verdict.outcome == "correct", verdict
    assert verdict.evidence.kind in ("proof", "agreement")


@pytest.mark.parametrize("row", WRONG, ids=_named)
def test_wrong_answers_are_rejected_and_named(row: dict[str, Any]) -> None:
    verdict = grade(exercise(row["exercise"]), row["answer"])
    assert verdict.outcome == "incorrect", verdict
    labelled = {each.id: each.slug for each in misconceptions().values()}[row["misconception"]]
    named = labelled in [each.slug for each in verdict.diagnosis]
    assert named == (row["id"] not in NOT_NAMED), verdict.diagnosis


def test_all_of_the_catalogue_is_here() -> None:
    assert (len(RIGHT), len(WRONG)) == (45, 41)
    assert len(WRONG) - len(NOT_NAMED) >= 41
