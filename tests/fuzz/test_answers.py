"""A short run of the fuzzer: no text raises, to whatever kind of question; time decides nothing."""

from __future__ import annotations

from typing import get_args

import pytest

from grader.grade import KINDS
from grader.verdict import Outcome
from tests.fuzz.answers import GROWTH, READINGS, SETTLED, Report, run, sample
from tests.fuzz.questions import NAMES, question


def test_no_text_fails() -> None:
    report = run(count=1500, seed=2026)
    assert not report.faults, "\n".join(report.lines())
    assert sum(report.outcomes.values()) == report.count
    assert report.outcomes.keys() <= set(get_args(Outcome))
    assert {"correct", "partially_correct", "incorrect", "invalid"} <= report.outcomes.keys()
    assert report.kinds.keys() == KINDS.keys()
    assert len(report.memory) == READINGS + 1


def test_every_kind_of_question_is_asked() -> None:
    assert {question(name).kind for name in NAMES} == KINDS.keys()


def test_a_text_is_a_function_of_seed_and_number() -> None:
    assert sample(1, 7) == sample(1, 7)
    assert sample(1, 7) != sample(1, 8) != sample(2, 7)


@pytest.mark.parametrize(
    ("memory", "flat"),
    [
        ([50.0, *[90.0] * READINGS], True),  # the caches fill first
        ([90.0 + GROWTH * turn / READINGS for turn in range(READINGS + 1)], True),
        ([50.0 + GROWTH * turn / 4 for turn in range(READINGS + 1)], False),
    ],
)
def test_memory_that_keeps_growing_is_a_failure(memory: list[float], flat: bool) -> None:
    assert Report(count=SETTLED, memory=memory).flat is flat
    assert Report(count=SETTLED - 1, memory=memory).flat
