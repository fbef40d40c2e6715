"""Back-pressure: refused before the queue hurts, counted once a second, open again by itself."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

import pytest

from api.context import EXTENSION
from api.errors import Overloaded
from api.pressure import COUNTED_EVERY, Pressure
from tests.api.house import House

MOST = 3


@dataclass
class Seconds:
    """Monotonic time that passes when told to."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def pressed(house: House, seconds: Seconds) -> House:
    """The house with room for three answers that wait."""
    house.practice_set()
    context = house.app.extensions[EXTENSION]
    pressure = Pressure(house.database, MOST, seconds)
    house.app.extensions[EXTENSION] = replace(context, pressure=pressure)
    return house


def test_the_door_closes_and_opens_again(pressed: House, seconds: Seconds) -> None:
    attempts = [pressed.attempt() for _ in range(MOST)]
    seconds.now += COUNTED_EVERY
    body = {"question": pressed.questions()[0], "answer": "x (a - y)"}
    refused = pressed.learner.post("/api/v1/attempts", body)
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "5"
    assert refused.get_json()["type"] == "urn:gradbook:problem:overloaded"
    assert len(pressed.queue.messages) == MOST
    pressed.record(attempts[0])
    seconds.now += COUNTED_EVERY
    assert pressed.learner.post("/api/v1/attempts", body).status_code == 202


def test_what_was_acknowledged_is_not_affected(pressed: House, seconds: Seconds) -> None:
    attempts = [pressed.attempt() for _ in range(MOST)]
    seconds.now += COUNTED_EVERY
    assert all(pressed.record(attempt) for attempt in attempts)
    for attempt in attempts:
        assert pressed.learner.get(f"/api/v1/attempts/{attempt}").get_json()["verdict"]


def test_it_is_counted_once_a_second_and_by_one_at_a_time(pressed: House, seconds: Seconds) -> None:
    counted = []

    class Counting(Pressure):
        def _count(self) -> None:
            counted.append(threading.get_ident())
            super()._count()

    pressure = Counting(pressed.database, MOST, seconds)
    for _ in range(50):
        pressure.check()
    assert len(counted) == 1
    seconds.now += COUNTED_EVERY
    with pressure._counting:  # another thread is at it
        pressure.check()
    assert len(counted) == 1
    pressure.check()
    assert len(counted) == 2


def test_a_full_house_refuses_until_it_is_counted_again(pressed: House, seconds: Seconds) -> None:
    for _ in range(MOST):
        pressed.attempt()
    pressure = Pressure(pressed.database, MOST, seconds)
    for _ in range(2):
        with pytest.raises(Overloaded, match="Nothing was stored"):
            pressure.check()
        seconds.now += COUNTED_EVERY


def test_the_refusal_is_documented(pressed: House) -> None:
    operation = pressed.app.api_doc["paths"]["/api/v1/attempts"]["post"]
    refused = operation["responses"]["503"]
    assert "`overloaded`" in refused["description"]
    assert refused["headers"]["Retry-After"]["schema"] == {"type": "integer"}
