"""What the grader really says fits what the service records and shows, for every question."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from api.attempts.messages import GradeMessage, read_records
from api.attempts.schemas import Verdict
from api.attempts.telling import without_witness
from generator.bank import Bank
from grader.messages import grade_message
from grader.version import GRADER_VERSION

TEXTS = (
    "",
    "x (a - y)",
    "x (a -",
    "A",
    "z = w^T x + b\na = sigmoid(z)",
    "(n, m)",
    "z, a",
    "\u202e𝔘",
)
NOBODYS = uuid.UUID(int=1)
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def questions(bank: Bank) -> list[dict[str, Any]]:
    """Every question of every template's unrandomised exercise, with its key."""
    exercises = [bank.exercise(template.slug, 0).to_json() for template in bank.templates]
    return [question for exercise in exercises for question in exercise["questions"]]


@pytest.mark.parametrize("text", TEXTS)
def test_every_verdict_can_be_recorded_and_shown(
    questions: list[dict[str, Any]], text: str
) -> None:
    for question in questions:
        sent = GradeMessage(NOBODYS, question, text).to_json()
        answered = grade_message(json.loads(json.dumps(sent)))
        (message,) = read_records(json.loads(json.dumps(answered)))
        assert (message.attempt, message.grader) == (NOBODYS, GRADER_VERSION)
        measured = {"milliseconds": message.milliseconds, "recorded_at": NOW}
        document = message.verdict.model_dump(mode="json")
        assert document == answered["verdict"]
        Verdict.model_validate({**without_witness(document), **measured})
