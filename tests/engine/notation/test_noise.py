"""No text makes the reader fail or work long: every outcome is a value, found in a bounded number
of steps.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from engine.notation import Ambiguous, Read, Unreadable, read
from tests.engine.notation import corpus, noise
from tests.engine.strategies import SCOPE

COUNT = 10_000
CALLS_PER_CHARACTER = 150
STACK = 550  # frames; Python allows 1000
ANSWERS = corpus.load()
WIDE = next(answer.scope for answer in ANSWERS if answer.exercise == "S2.w.col")


def calls_of(function: Callable[[], Any]) -> int:
    """How many Python functions run while `function` does: work, independent of the machine."""
    count = 0

    def note(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


def test_no_text_raises() -> None:
    for seed, text in noise.texts(COUNT, [answer.answer for answer in ANSWERS]):
        for scope in (SCOPE, WIDE):
            outcome = read(text, scope)
            assert isinstance(outcome, Read | Unreadable | Ambiguous), (seed, text)
            if isinstance(outcome, Unreadable):
                start, end = outcome.problem.span
                assert 0 <= start <= end <= len(text), (seed, text)
                assert outcome.problem.message and outcome.problem.caret.count("\n") == 1


def test_work_is_proportional_to_length() -> None:
    for seed, text in noise.texts(1000, [answer.answer for answer in ANSWERS]):
        calls = calls_of(lambda text=text: read(text, SCOPE))
        assert calls <= CALLS_PER_CHARACTER * (len(text) + 20), (seed, text)


@pytest.mark.parametrize("text", noise.monsters(), ids=lambda text: text[:12])
def test_work_is_bounded(text: str) -> None:
    calls = calls_of(lambda: read(text, SCOPE))
    assert calls <= CALLS_PER_CHARACTER * len(text)


def test_little_stack_is_needed() -> None:
    before, here = sys.getrecursionlimit(), len(inspect.stack(0))
    sys.setrecursionlimit(here + STACK)
    try:
        for text in noise.monsters():
            read(text, SCOPE)
    finally:
        sys.setrecursionlimit(before)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("x" * 5000, "limit"),
        ("(" * 60 + "b" + ")" * 60, "limit"),
        ("b" + "+b" * 300, "limit"),
        ("1" * 60, "limit"),
        ("1e999", "limit"),
        ("b^99999", "limit"),
        ("2^9^9^9", "limit"),
        ("", "parse"),
        ("   ", "parse"),
    ],
)
def test_limits(text: str, kind: str) -> None:
    outcome = read(text, SCOPE)
    assert isinstance(outcome, Unreadable)
    assert outcome.problem.kind == kind
