"""The sweeper: hands over what is due, with growing pauses, and waits for what is away."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from api.errors import BrokerDown
from api.sweeper import BATCH, Sweeper
from tests.api.house import House

STALE_AFTER = 5.0


@pytest.fixture
def sweeper(house: House) -> Sweeper:
    house.practice_set()
    stale_after = timedelta(seconds=house.settings.stale_after)
    assert stale_after.total_seconds() == STALE_AFTER
    return Sweeper(house.database, house.queue, stale_after, house.clock)


def lost(house: House, number: int = 1) -> list[str]:
    """Attempts that were stored while the broker was away, and are due now."""
    house.queue.down = True
    attempts = [house.attempt() for _ in range(number)]
    house.queue.down = False
    house.clock.advance(STALE_AFTER)
    return attempts


def handed_over(house: House) -> list[str]:
    return [str(message.attempt) for message in house.queue.messages]


def test_what_is_fresh_is_left_alone(house: House, sweeper: Sweeper) -> None:
    house.attempt()
    assert sweeper.sweep() == 0


def test_what_is_stale_is_handed_over(house: House, sweeper: Sweeper) -> None:
    attempts = lost(house, 3)
    assert sweeper.sweep() == 3
    assert handed_over(house) == attempts
    assert house.queue.messages[0].text == "x (a - y)"


def test_what_is_graded_is_left_alone(house: House, sweeper: Sweeper) -> None:
    (attempt,) = lost(house)
    house.record(attempt)
    assert sweeper.sweep() == 0


def test_pauses_grow(house: House, sweeper: Sweeper) -> None:
    lost(house)
    moments = []
    for second in range(80):
        if sweeper.sweep():
            moments.append(second)
        house.clock.advance(1)
    assert moments == [0, 10, 30, 70]  # 5 seconds, doubled each time


def test_pauses_end_somewhere(house: House, sweeper: Sweeper) -> None:
    (attempt,) = lost(house)
    for _ in range(40):
        assert sweeper.sweep() == 1
        house.clock.advance(15 * 60)
    with house.database.read() as unit:
        stored = unit.attempts.get(uuid.UUID(attempt))
        assert stored is not None
        assert stored.enqueue_count == 40


def test_a_broker_that_is_away_costs_no_patience(house: House, sweeper: Sweeper) -> None:
    (attempt,) = lost(house)
    house.queue.down = True
    for _ in range(20):
        with pytest.raises(BrokerDown):
            sweeper.sweep()
    house.queue.down = False
    assert sweeper.sweep() == 1
    assert handed_over(house) == [attempt]


def test_what_was_taken_before_the_broker_went_is_not_sent_twice(
    house: House, sweeper: Sweeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.sweeper.MOST_ITEMS", 2)  # to a message
    attempts = lost(house, 4)
    house.queue.room = 2
    with pytest.raises(BrokerDown):
        sweeper.sweep()
    house.queue.room = None
    assert sweeper.sweep() == 2
    assert handed_over(house) == attempts


def test_nothing_is_swept_while_the_graders_are_behind(house: House, sweeper: Sweeper) -> None:
    lost(house)
    house.queue.waiting = BATCH
    assert sweeper.sweep() == 0
    house.queue.waiting = BATCH - 1
    assert sweeper.sweep() == 1
