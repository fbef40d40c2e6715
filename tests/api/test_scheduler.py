"""The scheduler: does what is due, waits for what is away, and says so once."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.errors import StoreUnavailable
from api.scheduler import Chore, chores, forget, run, run_all
from tests.api.house import TEMPLATE, House


def test_it_goes_on_after_trouble_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    away, stopped = threading.Event(), threading.Event()
    away.set()

    def do() -> int:
        if away.is_set():
            raise StoreUnavailable("The database cannot be used just now.")
        return 3

    running = threading.Thread(target=run, args=(Chore("sweep", 0.01, do), stopped))
    running.start()
    wait_for(lambda: "Trying again" in caplog.text)
    away.clear()
    wait_for(lambda: "sweep: 3" in caplog.text)
    stopped.set()
    running.join()
    assert caplog.text.count("Trying again") == 1
    assert caplog.text.count("can be reached again") == 1


def test_one_chore_does_not_keep_another_waiting() -> None:
    slow, done, stopped = threading.Event(), threading.Event(), threading.Event()

    def wait() -> int:
        slow.wait(5)
        return 0

    def finish() -> int:
        done.set()
        return 1

    every = (Chore("deliver", 0.01, wait), Chore("sweep", 0.01, finish))
    running = threading.Thread(target=run_all, args=(every, stopped))
    running.start()
    assert done.wait(2)
    stopped.set()
    slow.set()
    running.join(5)
    assert not running.is_alive()


def test_every_chore_has_something_to_do_it_with(house: House, tmp_path: Path) -> None:
    file = tmp_path / "alive"
    queue: Any = house.queue
    every = chores(house.settings, house.database, queue, file.touch)
    assert [chore.name for chore in every] == ["sweep", "regrade", "deliver", "forget"]
    assert [chore.do() for chore in every] == [0, 0, 0, 0]
    every[1].done()
    assert not file.exists()
    every[0].done()
    assert file.exists()


def test_answers_of_yesterday_are_forgotten(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.practice_set()
    body = {"title": "Sheet", "items": [{"template": TEMPLATE}]}
    house.instructor.post("/api/v1/practice-sets", body, Idempotency_Key="k")
    monkeypatch.setattr("api.scheduler.utc_now", lambda: house.clock() + timedelta(hours=23))
    assert forget(house.database) == 0
    monkeypatch.setattr("api.scheduler.utc_now", lambda: house.clock() + timedelta(hours=25))
    assert forget(house.database) == 1


def wait_for(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Returns once the condition holds; fails when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
