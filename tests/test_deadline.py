"""Deadline day by simulation: held against what queueing theory knows, and told in a table."""

from __future__ import annotations

import random

import pytest

from api.load.deadline import (
    HOURS,
    LAST_MINUTES,
    SPREAD,
    arrivals,
    day,
    longest_queue,
    main,
    stretches,
)


def test_the_shares_of_the_day_are_the_whole_of_it() -> None:
    parts = list(stretches())
    assert sum(part.share for part in parts) == pytest.approx(1)
    assert [part.end for part in parts[:-1]] == [part.begin for part in parts[1:]]
    assert (parts[0].begin, parts[-1].end) == (0, HOURS * 3600)


def test_the_last_minutes_bring_their_share() -> None:
    moments = arrivals(20_000, random.Random(1))
    last = [moment for moment in moments if moment >= HOURS * 3600 - LAST_MINUTES * 60]
    assert moments == sorted(moments)
    assert len(last) == pytest.approx(20_000 * 0.15, rel=0.1)


def test_one_worker_waits_as_long_as_pollaczek_and_khinchine_say() -> None:
    """Mean wait of M/G/1: load/(1 - load) times mean/2 times (1 + c²), c² = exp(sigma²) - 1."""
    dice, mean, load = random.Random(2), 0.01, 0.5
    moment, moments = 0.0, []
    for _ in range(200_000):
        moment += dice.expovariate(load / mean)
        moments.append(moment)
    waits = mean_wait(moments, mean)
    expected = load / (1 - load) * mean / 2 * 2.718281828459045 ** (SPREAD**2)
    assert waits == pytest.approx(expected, rel=0.1)


def mean_wait(moments: list[float], mean: float) -> float:
    """By Lindley's recursion, which knows nothing of several workers."""
    dice, free, total = random.Random(3), 0.0, 0.0
    for moment in moments:
        total += max(0.0, free - moment)
        taken = dice.lognormvariate(0.0, SPREAD) * mean / 2.718281828459045 ** (SPREAD**2 / 2)
        free = max(free, moment) + taken
    assert day(moments, mean, 1, random.Random(3)).longest >= total / len(moments)
    return total / len(moments)


def test_more_workers_never_make_anybody_wait_longer() -> None:
    moments = arrivals(20_000, random.Random(4))
    days = [day(moments, 0.5, workers, random.Random(5)) for workers in (1, 2, 4)]
    assert [each.longest for each in days] == sorted((each.longest for each in days), reverse=True)
    assert days[0].load == pytest.approx(2 * days[1].load)


def test_the_queue_is_counted_by_hand() -> None:
    assert longest_queue([0, 1, 2, 3], [0, 1, 2, 3]) == 0
    assert longest_queue([0, 1, 2, 3], [0, 5, 6, 7]) == 3


def test_it_prints_a_row_for_each_number_of_workers(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--students", "100", "--answers", "3", "--workers", "1", "2"]
    assert main(words) == 0
    assert [line.split("|")[1].strip() for line in capsys.readouterr().out.splitlines()] == [
        "workers", "---", "1", "2",
    ]  # fmt: skip
