"""The grading worker: what it accepts, what it hands on, what it is not given."""

from __future__ import annotations

import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest

import grader.worker
from api.attempts.messages import GradeMessage
from api.attempts.schemas import LONGEST_ANSWER
from grader.errors import MalformedMessage
from grader.worker import checked
from tests.api.fakes.grader import record_message

MESSAGE = GradeMessage(uuid.UUID(int=1), {"format": "gradbook.question/1"}, "x").to_json()
FENCED_OFF = ("api", "alembic", "flask", "generator", "pydantic", "sqlalchemy", "sqlite3")


def test_what_the_service_sends_is_accepted() -> None:
    assert checked(MESSAGE) == MESSAGE


def test_the_longest_answer_of_the_service_is_accepted() -> None:
    assert checked({**MESSAGE, "text": "x" * LONGEST_ANSWER})


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        "gradbook.grade/1",
        {**MESSAGE, "format": "gradbook.grade/2"},
        {**MESSAGE, "attempt": 1},
        {**MESSAGE, "question": "dw"},
        {**MESSAGE, "text": None},
        {**MESSAGE, "text": "x" * 20_001},
        {key: value for key, value in MESSAGE.items() if key != "question"},
    ],
    ids=lambda message: str(message)[:60],
)
def test_anything_else_is_refused(message: Any) -> None:
    with pytest.raises(MalformedMessage):
        checked(message)


def test_the_verdict_goes_to_the_recorder(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[Any, ...]] = []
    reply = record_message(uuid.UUID(int=1))
    monkeypatch.setattr(grader.worker, "grade_message", lambda message: reply)
    monkeypatch.setattr(
        grader.worker.app, "send_task", lambda name, args, queue: sent.append((name, args, queue))
    )
    grader.worker.grade(MESSAGE)
    assert sent == [("gradbook.record", [reply], "record")]


def test_it_is_registered_under_its_contract_name() -> None:
    assert "gradbook.grade" in grader.worker.app.tasks


def test_a_worker_has_no_part_of_the_service_in_its_memory(checkout: Path) -> None:
    script = f"import sys, grader.worker; print([n for n in {FENCED_OFF} if n in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True, text=True, check=True, cwd=checkout,
    )  # fmt: skip
    assert run.stdout.strip() == "[]"
