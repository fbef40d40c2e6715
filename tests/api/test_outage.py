"""A database server that goes away under load and comes back: nothing acknowledged is lost."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from api.store.database import Database
from api.store.migrate import migrate
from tests.api.house import House
from tests.api.postgresql import LocalServer, started

LEARNERS = 6


@pytest.fixture
def own_server() -> Iterator[LocalServer]:
    with started() as local:
        yield local


@pytest.fixture
def database_url(own_server: LocalServer) -> Iterator[str]:
    with own_server.database() as url:
        migrate(url)
        yield url


@dataclass
class Load:
    """Learners who submit without a pause, and what they were answered."""

    house: House
    question: str
    over: threading.Event = field(default_factory=threading.Event)
    statuses: list[int] = field(default_factory=list)
    acknowledged: list[uuid.UUID] = field(default_factory=list)

    def submit(self, _learner: int) -> None:
        body = {"question": self.question, "answer": "x (a - y)"}
        while not self.over.is_set():
            response = self.house.learner.post("/api/v1/attempts", body)
            if response.status_code == 202:
                self.acknowledged.append(uuid.UUID(response.get_json()["id"]))
            self.statuses.append(response.status_code)

    def until(self, status: int) -> None:
        """Returns once ten more requests were answered so."""
        wanted, deadline = self.statuses.count(status) + 10, time.monotonic() + 30
        while self.statuses.count(status) < wanted:
            assert time.monotonic() < deadline, f"no {status} among {self.statuses[-10:]}"
            time.sleep(0.01)


def known(database: Database, attempts: list[uuid.UUID]) -> list[bool]:
    with database.read() as unit:
        return [unit.attempts.get(attempt) is not None for attempt in attempts]


@pytest.mark.parametrize("end", [LocalServer.kill, LocalServer.stop], ids=["killed", "stopped"])
def test_a_server_that_is_restarted_under_load(
    house: House, own_server: LocalServer, end: Callable[[LocalServer], None]
) -> None:
    house.practice_set()
    load = Load(house, house.questions()[0])
    with ThreadPoolExecutor(LEARNERS) as pool:
        learners = [pool.submit(load.submit, number) for number in range(LEARNERS)]
        try:
            load.until(202)
            end(own_server)
            load.until(503)
            own_server.start()
            load.until(202)
        finally:
            load.over.set()
        for learner in learners:
            learner.result()
    assert set(load.statuses) == {202, 503}
    assert all(known(house.database, load.acknowledged))
