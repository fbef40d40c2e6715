"""The demonstration: every expectation about the original worksheet is met by the real service."""

from __future__ import annotations

import pytest

from api import demo
from api.command import CommandFailed
from api.demo import Expectation, expectations

VERDICT = {"outcome": "incorrect", "diagnosis": [{"slug": "sign-flip"}]}


def test_the_demonstration_meets_every_expectation(capsys: pytest.CaptureFixture[str]) -> None:
    status = demo.main([])
    printed = capsys.readouterr().out
    rows = expectations(demo.ANSWERS.read_text(encoding="utf-8"))
    assert printed.splitlines()[-1] == f"demo: {len(rows)} expectations met, 0 missed", printed
    assert status == 0


@pytest.mark.parametrize(
    ("outcome", "misconception", "missed"),
    [
        ("incorrect", "sign-flip", False),
        ("incorrect", None, False),
        ("incorrect", "factor-two", True),
        ("correct", None, True),
    ],
)
def test_an_expectation_is_missed_by_another_outcome_or_mistake(
    outcome: str, misconception: str | None, missed: bool
) -> None:
    assert Expectation("q", "a", outcome, misconception).missed_by(VERDICT) is missed


def test_answers_and_questions_must_belong_together() -> None:
    rows = [Expectation("a", "", "correct")]
    with pytest.raises(CommandFailed, match=r"no answers for \['b'\]"):
        demo.check_complete(rows, ["a", "b"])
    with pytest.raises(CommandFailed, match=r"nobody asks: \['a'\]"):
        demo.check_complete(rows, [])
