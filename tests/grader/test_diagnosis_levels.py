"""How much a verdict says: the reason alone, a hint, or everything."""

from __future__ import annotations

import pytest

from engine.question import question_to_json
from grader.errors import UnknownLevel
from grader.grade import grade
from grader.messages import grade_message
from grader.misconceptions import misconception
from grader.verdict import Verdict
from tests.grader.exercises import exercise

SIGN = misconception("sign-flip")


def verdict(feedback: str) -> Verdict:
    return grade(exercise("S1.w"), "(y - a) x", feedback)  # type: ignore[arg-type]  # by name


def test_everything_is_said_unless_asked_otherwise() -> None:
    assert grade(exercise("S1.w"), "(y - a) x") == verdict("full")
    assert verdict("full").message == verdict("full").diagnosis[0].feedback


def test_a_hint_names_the_mistake_and_does_not_explain_it() -> None:
    found = verdict("hint")
    assert found.message == f"{SIGN.title}."
    assert [(each.slug, each.feedback) for each in found.diagnosis] == [
        (SIGN.slug, f"{SIGN.title}.")
    ]


def test_the_reason_alone_names_no_mistake() -> None:
    found = verdict("reason")
    assert (found.outcome, found.reason, found.diagnosis) == ("incorrect", "value", ())
    assert SIGN.title not in found.message and found.message


@pytest.mark.parametrize("text", ["(a - y) x", "(a - y", "x^T x x"])
def test_levels_change_nothing_where_no_mistake_is_named(text: str) -> None:
    full = grade(exercise("S1.w"), text)
    assert not full.diagnosis
    assert grade(exercise("S1.w"), text, "reason") == full


def test_a_message_may_ask_for_a_level() -> None:
    body = {
        "format": "gradbook.grade/1",
        "attempt": "00000000-0000-0000-0000-000000000001",
        "question": question_to_json(exercise("S1.w")),
        "text": "(y - a) x",
    }
    assert grade_message(body)["verdict"]["diagnosis"][0]["feedback"] == verdict("full").message
    assert grade_message({**body, "feedback": "reason"})["verdict"]["diagnosis"] == []
    with pytest.raises(UnknownLevel, match="reason, hint, full"):
        grade_message({**body, "feedback": "loud"})
