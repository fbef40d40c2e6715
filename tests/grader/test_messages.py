"""Messages of the grade queue answered: the contract between the service and the grader."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.question import question_to_json
from grader.errors import MalformedMessage
from grader.messages import grade_message
from tests.grader.exercises import asked, exercise


def message(question: Any, text: str) -> dict[str, Any]:
    """A gradbook.grade/1, as it comes out of a queue."""
    body = {
        "format": "gradbook.grade/1",
        "attempt": "00000000-0000-0000-0000-000000000001",
        "question": question_to_json(question),
        "text": text,
    }
    return json.loads(json.dumps(body))  # type: ignore[no-any-return]  # JSON is untyped


def test_a_derivative_is_judged() -> None:
    record = grade_message(message(exercise("S1.w"), "(a - y) x"))
    assert set(record) == {"format", "attempt", "grader", "verdict", "milliseconds"}
    assert record["format"] == "gradbook.record/1"
    assert record["grader"] == record["verdict"]["grader"] == "1"
    assert record["verdict"]["outcome"] == "correct"
    assert record["milliseconds"] > 0


@pytest.mark.parametrize("name", ["W0.kind", "S1.forward", "S1.shapes", "S3.before", "S3.cache"])
def test_every_kind_travels(name: str) -> None:
    record = grade_message(message(asked(name), "?!"))
    assert record["verdict"]["outcome"] == "invalid"
    json.dumps(record)


def test_the_judgement_does_not_depend_on_what_came_before() -> None:
    texts = ["(a - y) x", "(y - a) x", "x", "(a - y", "2 (a-y) x"]
    once = [grade_message(message(exercise("S1.w"), text))["verdict"] for text in texts]
    again = [grade_message(message(exercise("S1.w"), text))["verdict"] for text in reversed(texts)]
    assert once == again[::-1]


def test_another_format_is_a_fault_of_ours() -> None:
    with pytest.raises(MalformedMessage):
        grade_message({**message(exercise("S1.w"), "x"), "format": "gradbook.grade/2"})
