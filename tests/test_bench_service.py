"""The benchmark of the service: its figures are what they say, on a service that really runs."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from api.load import processor
from api.load.bench import Latency, Rate, as_json, running, table
from api.load.clients import answers, paced
from api.process import ROOT

ROW = answers(1)[0]


def test_the_time_of_a_late_start_is_counted() -> None:
    """One thread, four that take 50 ms each, one due every 10 ms: the last waits for the others."""
    seconds = paced(lambda _row: time.sleep(0.05), [ROW] * 4, per_second=100, threads=1)
    assert seconds == sorted(seconds)
    assert seconds[-1] >= 4 * 0.05 - 3 * 0.01


def test_percentiles_are_of_the_attempts_themselves() -> None:
    latency = Latency.of("polling", [number / 1000 for number in range(1, 101)])
    assert latency.milliseconds == {"median": 50.0, "95 %": 95.0, "99 %": 99.0}


def test_processor_time_is_that_of_the_group() -> None:
    group = os.getpgrp()
    before = processor.seconds([group])[group]
    end = time.process_time() + 0.2
    while time.process_time() < end:
        pass
    assert processor.seconds([group])[group] - before >= 0.15


def test_the_table_holds_rates_against_the_first() -> None:
    rates = [Rate("no-op", 1000.0, {"noop": 1.0}), Rate("attempts", 800.0, {"grader": 1.25})]
    lines = list(table(rates, []))
    assert lines[-1].split() == ["attempts", "800", "0.80", "1.25", "0.80", "grader", "1.25"]
    assert json.loads(as_json(rates, []))["rates"][1]["per_second"] == 800.0


@pytest.mark.slow
def test_every_measure_ends_with_all_attempts_graded(tmp_path: Path) -> None:
    with running(tmp_path) as bench:
        rates = [
            bench.noop(20), bench.saturated(20), bench.regraded(20),
            bench.one_by_one(2), bench.over_http(8),
        ]  # fmt: skip
        assert all(rate.per_second > 0 and rate.processor > 0 for rate in rates)
        assert len(bench.latency("waiting", bench.person.wait, 5).milliseconds) == 3
        with bench.database.read() as unit:
            assert unit.attempts.pending(1) == 0


def test_it_is_documented() -> None:
    assert "./gradbook bench-service" in (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
