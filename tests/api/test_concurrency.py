"""The same thing asked for by many at once: done as often as it should be, on either database."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import select

from api.store.models import Attempt, Standing, Verdict
from tests.api.house import House

T = TypeVar("T")
THREADS = 8


def at_once(what: Callable[[int], T], times: int) -> list[T]:
    """What came of doing it so many times, several at a time."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(what, range(times)))


def column(house: House, query: object) -> Sequence[object]:
    with house.database.engine.connect() as connection:
        return connection.scalars(query).all()  # type: ignore[call-overload]


def submitted(house: House, times: int) -> list[str]:
    """The ids of answers that one learner sends to one question of a practice set at once."""
    body = {
        "practice_set": house.practice_set(),
        "question": house.questions()[0],
        "answer": "x (a - y)",
    }
    answers = at_once(lambda _: house.learner.post("/api/v1/attempts", body), times)
    assert Counter(answer.status_code for answer in answers) == {202: times}
    return [str(answer.get_json()["id"]) for answer in answers]


def test_attempts_are_numbered_without_a_gap(house: House) -> None:
    submitted(house, 24)
    assert sorted(column(house, select(Attempt.number))) == list(range(1, 25))  # type: ignore[type-var]


def test_a_standing_misses_no_verdict(house: House) -> None:
    attempts = submitted(house, 24)
    assert all(at_once(lambda number: house.record(attempts[number], "incorrect"), 24))
    assert column(house, select(Standing.submissions)) == [24]


def test_a_verdict_that_arrives_many_times_is_recorded_once(house: House) -> None:
    (attempt,) = submitted(house, 1)
    assert sum(at_once(lambda _: house.record(attempt), THREADS)) == 1
    assert column(house, select(Verdict.attempt_id)) == [uuid.UUID(attempt)]


def test_a_request_that_is_repeated_at_once_is_done_once(house: House) -> None:
    house.practice_set()
    body = {"question": house.questions()[0], "answer": "x (a - y)"}
    key = {"Idempotency-Key": "the-same"}
    answers = at_once(
        lambda _: house.learner.call("POST", "/api/v1/attempts", json=body, headers=key), THREADS
    )
    accepted = [answer.get_json()["id"] for answer in answers if answer.status_code == 202]
    assert len(set(accepted)) == 1
    assert {answer.status_code for answer in answers} <= {202, 409}
    assert len(column(house, select(Attempt.id))) == 1


def test_an_exercise_made_by_many_is_stored_once(house: House) -> None:
    """Every practice set needs it, and the first of them stores it."""
    sets = at_once(lambda _: house.practice_set("logistic-batch"), THREADS)
    assert len(set(sets)) == THREADS
