"""Stored verdicts looked at again: the same points and the same evaluation, whatever the key is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.question import Question, question_to_json
from grader.errors import MalformedVerdict
from grader.grade import grade
from grader.points import Points, drawn
from grader.replay import replayed
from grader.verdict import Refuted, from_json, to_json
from tests.grader.exercises import asked, exercise
from tests.grader.test_kinds_bug import BUG
from tests.grader.test_kinds_step import step

# what the verdict rests on, a question, an answer, and the learner's earlier ones
CASES: dict[str, tuple[Question, str, Mapping[str, str]]] = {
    "a difference": (exercise("S2.w"), "X (a - y)^T", {}),
    "agreement": (exercise("S1.w"), "(a - y) arctan(tan(x))", {}),
    "a region": (exercise("S1.w"), "(a - y) x y / y", {}),
    "nothing certain": (exercise("S1.w"), "(a - y) x + exp(exp(9)) - exp(exp(3)^3)", {}),
    "equations": (asked("S1.forward"), "z = w^T x + b\na = sigmoid(z)\nL = (a - y)^2", {}),
    "a step": (step("S1.w"), "w + alpha (a - y) x", {}),
    "a line put right": (BUG, "3: dz = (a - y)/(2 m)", {}),
    "an earlier slip": (exercise("S1.w"), "(a + y) x", {"z": "a + y"}),
}
OUTCOMES = {
    "a difference": "incorrect",
    "agreement": "correct",
    "a region": "incorrect",
    "nothing certain": "needs_review",
    "equations": "partially_correct",
    "a step": "partially_correct",
    "a line put right": "partially_correct",
    "an earlier slip": "partially_correct",
}
WITHOUT = ("(a - y) x", "a - y", "(a -")  # proved, of another shape, unreadable
GRADED = """
import json, sys
from grader.messages import grade_message
print(json.dumps([grade_message(each)["verdict"] for each in json.load(sys.stdin)]))
"""
REPLAYED = """
import json, sys
from engine.question import question_from_json
from grader.replay import replayed
from grader.verdict import from_json, to_json
for each in json.load(sys.stdin):
    question, stored = question_from_json(each["question"]), from_json(each["verdict"])
    again = replayed(question, each["text"], stored, earlier=each["earlier"])
    print(json.dumps(to_json(again)))
"""


def _messages() -> list[dict[str, Any]]:
    return [
        {
            "format": "gradbook.grade/1",
            "attempt": "0",
            "question": question_to_json(question),
            "text": text,
            "earlier": dict(earlier),
        }
        for question, text, earlier in CASES.values()
    ]


def _told(script: str, documents: list[dict[str, Any]], key: str | None, checkout: Path) -> str:
    """What a process of its own prints that has this sample key."""
    environment = {"PATH": os.environ["PATH"]} | ({"GRADBOOK_SAMPLE_KEY": key} if key else {})
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps(documents),
        env=environment,
        cwd=checkout,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture(scope="module")
def stored(checkout: Path) -> list[dict[str, Any]]:
    """The cases with verdicts that were given under a key of another time."""
    out = _told(GRADED, _messages(), "last-term", checkout)
    assert "last-term" not in out
    verdicts = json.loads(out)
    return [
        {**message, "verdict": verdict}
        for message, verdict in zip(_messages(), verdicts, strict=True)
    ]


def _drawn(verdict: Mapping[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = verdict["evidence"]["witness"]["drawn"]
    return record


def test_a_verdict_that_rests_on_points_keeps_them(stored: list[dict[str, Any]]) -> None:
    for name, case in zip(CASES, stored, strict=True):
        assert case["verdict"]["outcome"] == OUTCOMES[name]
        kept = Points.recorded(_drawn(case["verdict"]))
        question = CASES[name][0]
        assert question.program is not None
        again = drawn(question.program, bytes.fromhex(kept.seed))
        assert again.to_json() == kept.samples.to_json(), name


def test_a_process_with_another_key_replays_it(
    stored: list[dict[str, Any]], checkout: Path
) -> None:
    lines = _told(REPLAYED, stored, "this-term", checkout).splitlines()
    assert [json.loads(line) for line in lines] == [case["verdict"] for case in stored]


def test_the_same_key_draws_the_same_points_and_another_key_others(
    stored: list[dict[str, Any]], checkout: Path
) -> None:
    for key, same in (("last-term", True), ("this-term", False), (None, False)):
        again = json.loads(_told(GRADED, _messages(), key, checkout))
        for case, verdict in zip(stored, again, strict=True):
            assert verdict["outcome"] == case["verdict"]["outcome"]
            assert (_drawn(verdict) == _drawn(case["verdict"])) is same


def test_points_that_would_be_drawn_no_more_are_used_all_the_same() -> None:
    """As after a change in the way points are drawn: these follow from no seed of ours."""
    question, text = exercise("S2.w"), "X (a - y)^T"
    first = grade(question, text)
    other = Points(drawn(question.program, b"another way"), "00").record
    again = replayed(question, text, replace(first, drawn=other))
    assert (again.outcome, again.drawn) == ("incorrect", other)
    assert isinstance(again.evidence, Refuted) and isinstance(first.evidence, Refuted)
    assert again.evidence.witness["inputs"] != first.evidence.witness["inputs"]
    assert grade(question, text) == first


@pytest.mark.parametrize("text", WITHOUT)
def test_other_verdicts_keep_no_points(text: str) -> None:
    question = exercise("S1.w")
    verdict = grade(question, text)
    assert verdict.drawn is None
    assert replayed(question, text, from_json(to_json(verdict))) == verdict


def test_points_that_cannot_be_read_are_refused() -> None:
    question, text, _ = CASES["a difference"]
    verdict = replace(grade(question, text), drawn={"format": "gradbook.points/9"})
    with pytest.raises(MalformedVerdict):
        replayed(question, text, verdict)
