"""Errors carried forward: an earlier slip is paid for once, and never counts in anyone's favour."""

from __future__ import annotations

import pytest

from engine.question import question_to_json
from grader.carried import SCORE
from grader.errors import MalformedMessage
from grader.grade import grade
from grader.messages import grade_message
from tests.grader.exercises import exercise

# question, earlier answers, an answer that follows from them, the derivatives it is traced to
FOLLOWING = (
    ("S1.w", {"z": "a + y"}, "(a + y) x", ("dL/dz",)),
    ("S1.w", {"a": "(a - y) / a"}, "(a - y) (1 - a) x", ("dL/da",)),
    ("S1.w", {"a": "y / a", "z": "a + y"}, "(a + y) x", ("dL/dz",)),
    ("S1.w", {"a": "y / a", "z": "a + y"}, "y (1 - a) x", ("dL/da",)),
    ("S1.b", {"z": "y - a"}, "y - a", ("dL/dz",)),
    ("S2.w", {"z": "a - y"}, "X (a - y)^T", ("dJ/dz",)),
    ("S3.W2", {"z2": "W3^T (a3 - y)"}, "W3^T (a3 - y) a1^T", ("dL/dz2",)),
    ("S3.W1", {"z2": "W3^T (a3 - y)"}, "(W2^T W3^T (a3 - y) * a1 * (1 - a1)) x^T", ("dL/dz2",)),
    (
        "S3.a1_2",
        {"z2": "W3^T (a3 - y)"},
        "(W2_12 W3_11 + W2_22 W3_12) (a3 - y)",
        ("z2",),
    ),
)


@pytest.mark.parametrize(("name", "earlier", "text", "traced"), FOLLOWING)
def test_what_follows_from_an_earlier_slip_counts_in_part(
    name: str, earlier: dict[str, str], text: str, traced: tuple[str, ...]
) -> None:
    question = exercise(name)
    assert grade(question, text).outcome == "incorrect"
    verdict = grade(question, text, earlier=earlier)
    assert (verdict.outcome, verdict.reason) == ("partially_correct", "carried-forward")
    assert verdict.score == SCORE < 1
    assert all(each in verdict.message for each in traced)
    assert verdict.diagnosis == ()


@pytest.mark.parametrize(
    ("name", "earlier", "text"),
    [
        ("S1.w", {"z": "a + y"}, "(a + y)^2 x"),  # does not follow
        ("S1.w", {"z": "a + y"}, "(a + y) w"),
        ("S1.w", {"z": "a - y"}, "(a + y) x"),  # nothing was wrong before
        ("S1.w", {"z": "0"}, "0 x"),  # nothing is carried by nothing
        ("S1.w", {"z": "a - a"}, "0 x"),
        ("S1.w", {"z": "log(exp(a)) - a"}, "0 x"),
        ("S1.w", {"z": "((("}, "(a + y) x"),  # an earlier answer that says nothing
        ("S1.w", {"z": "x"}, "(a + y) x"),  # or has another shape
        ("S1.w", {"q": "a + y", "x": "(a + y) w"}, "(a + y) x"),  # or is on no way to the target
        ("S1.w", {"z": "a" * 5000}, "(a + y) x"),
    ],
)
def test_nothing_else_does(name: str, earlier: dict[str, str], text: str) -> None:
    assert grade(exercise(name), text, earlier=earlier) == grade(exercise(name), text)


@pytest.mark.parametrize("text", ["(a - y) x", "(((", "a - y", "x dz"])
def test_other_verdicts_stay_what_they_are(text: str) -> None:
    question = exercise("S1.w")
    assert grade(question, text, earlier={"z": "a + y"}) == grade(question, text)


def test_a_right_answer_is_right_whatever_came_before() -> None:
    verdict = grade(exercise("S1.w"), "(a - y) x", earlier={"z": "a + y", "a": "y"})
    assert (verdict.outcome, verdict.score) == ("correct", 1.0)


def _message(earlier: object) -> dict[str, object]:
    return {
        "format": "gradbook.grade/1",
        "attempt": "00000000-0000-0000-0000-000000000001",
        "question": question_to_json(exercise("S1.w")),
        "text": "(a + y) x",
        "earlier": earlier,
    }


def test_a_message_may_bring_earlier_answers() -> None:
    record = grade_message(_message({"z": "a + y"}))
    assert record["verdict"]["reason"] == "carried-forward"


@pytest.mark.parametrize("earlier", [["z"], {"z": 1}, "z", None])
def test_earlier_answers_are_texts(earlier: object) -> None:
    with pytest.raises(MalformedMessage, match="earlier"):
        grade_message(_message(earlier))
