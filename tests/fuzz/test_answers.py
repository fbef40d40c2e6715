"""A short run of the fuzzer: no text raises or takes long."""

from __future__ import annotations

from tests.fuzz.answers import run, sample


def test_no_text_fails_or_takes_long() -> None:
    report = run(count=1500, seed=2026)
    assert report.good, "\n".join(report.lines())
    assert sum(report.outcomes.values()) == report.count
    assert {"correct", "incorrect", "invalid"} <= report.outcomes.keys()


def test_a_text_is_a_function_of_seed_and_number() -> None:
    assert sample(1, 7) == sample(1, 7)
    assert sample(1, 7) != sample(1, 8) != sample(2, 7)
