"""The hand-over, against brokers that are there, refuse, and say nothing; and the recorder."""

from __future__ import annotations

import base64
import json
import os
import socket
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import api.queue
from api.attempts.messages import GradeMessage
from api.broker import client
from api.errors import BrokerDown, StoreUnavailable
from api.queue import PAUSE_SECONDS, GradeQueue, celery_app, record_verdict
from grader.delivery import HARD_SECONDS, SETTINGS, SOFT_SECONDS, TRANSPORT, VISIBILITY_SECONDS
from tests.api.brokers import LocalBroker
from tests.api.fakes.grader import record_message
from tests.api.house import House
from tests.api.postgresql import ON_SQLITE

MESSAGE = GradeMessage(uuid.UUID(int=1), {"format": "gradbook.question/1"}, "x")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[LocalBroker]:
    local = LocalBroker.started(tmp_path / "broker")
    yield local
    local.kill()


@dataclass
class Seconds:
    """Monotonic time that passes when told to."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_message_arrives_as_the_contract_says(broker: LocalBroker) -> None:
    queue = GradeQueue(broker.url)
    assert queue.backlog() == 0
    queue.hand_over(MESSAGE)
    assert queue.backlog() == 1
    with client(broker.url) as connection:
        envelope = json.loads(connection.lpop("grade"))
    (message,), _, _ = json.loads(base64.b64decode(envelope["body"]))
    assert envelope["headers"]["task"] == "gradbook.grade"
    assert envelope["content-type"] == "application/json"
    assert message == {
        "format": "gradbook.grade/1",
        "attempt": str(uuid.UUID(int=1)),
        "question": {"format": "gradbook.question/1"},
        "text": "x",
    }


def test_a_broker_that_refuses_is_noticed_at_once() -> None:
    queue = GradeQueue("redis://127.0.0.1:1/0")
    began = time.monotonic()
    with pytest.raises(BrokerDown):
        queue.hand_over(MESSAGE)
    assert time.monotonic() - began < 1
    with pytest.raises(BrokerDown):
        queue.backlog()


def test_a_broker_that_says_nothing_delays_one_submission_only() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        queue = GradeQueue(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        began = time.monotonic()
        for _ in range(50):
            with pytest.raises(BrokerDown):
                queue.hand_over(MESSAGE)
        assert time.monotonic() - began < 5


def test_after_a_pause_the_broker_is_tried_again(broker: LocalBroker) -> None:
    seconds = Seconds()
    queue = GradeQueue(broker.url, clock=seconds)
    broker.kill()
    with pytest.raises(BrokerDown):
        queue.hand_over(MESSAGE)
    broker.start()
    with pytest.raises(BrokerDown, match="a moment ago"):
        queue.hand_over(MESSAGE)
    seconds.now += PAUSE_SECONDS
    queue.hand_over(MESSAGE)
    assert queue.backlog() == 1


def test_messages_survive_a_kill_of_the_broker(broker: LocalBroker) -> None:
    GradeQueue(broker.url).hand_over(MESSAGE)
    time.sleep(1.1)  # the append-only file reaches the disk every second
    broker.kill()
    broker.start()
    assert GradeQueue(broker.url).backlog() == 1


def test_a_task_is_handed_out_again_only_after_it_must_have_ended() -> None:
    assert SOFT_SECONDS < HARD_SECONDS < VISIBILITY_SECONDS
    assert api.queue.LONGEST_RETRY_SECONDS < VISIBILITY_SECONDS


def test_both_sides_share_the_settings_of_delivery() -> None:
    import grader.worker

    for celery in (grader.worker.app, api.queue.app, celery_app("redis://127.0.0.1:1/0")):
        for name, value in SETTINGS.items():
            assert getattr(celery.conf, name) == value, name
    assert TRANSPORT["unacked_restore_interval"] == TRANSPORT["unacked_restore_throttle"] == 1
    assert SETTINGS["accept_content"] == ["json"]


# The recorder.


class Again(Exception):
    """The task asked to be started again."""


@dataclass
class Task:
    """Stands for a bound Celery task."""

    retries: int = 0
    pauses: list[float] = field(default_factory=list)

    @property
    def request(self) -> SimpleNamespace:
        return SimpleNamespace(retries=self.retries)

    def retry(self, *, exc: Exception, countdown: float) -> Again:
        assert isinstance(exc, StoreUnavailable)
        self.pauses.append(countdown)
        return Again()


@pytest.fixture
def recorder(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """The house, with the recorder working on its database."""
    monkeypatch.setattr(api.queue, "settings", house.settings)
    monkeypatch.setattr("api.store.database.BUSY_SECONDS", 0.05)
    api.queue.database.cache_clear()
    house.worksheet()
    yield house
    api.queue.database(os.getpid()).close()
    api.queue.database.cache_clear()


def test_a_verdict_is_recorded(recorder: House) -> None:
    attempt = recorder.attempt()
    record_verdict(Task(), record_message(attempt))
    record_verdict(Task(), record_message(attempt))
    assert recorder.learner.get(f"/api/v1/attempts/{attempt}").get_json()["state"] == "graded"


@pytest.mark.parametrize("payload", [None, [], {}, record_message(uuid.UUID(int=1)), "x"], ids=str)
def test_nonsense_is_dropped_and_logged(
    recorder: House, payload: Any, caplog: pytest.LogCaptureFixture
) -> None:
    record_verdict(Task(), payload)
    assert "verdict dropped" in caplog.text


@ON_SQLITE
def test_a_locked_database_is_tried_again_until_it_is_free(recorder: House) -> None:
    attempt = recorder.attempt()
    file = recorder.settings.database_url.removeprefix("sqlite:///")
    task = Task()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for task.retries in (0, 1, 50):
            with pytest.raises(Again):
                record_verdict(task, record_message(attempt))
        other.execute("ROLLBACK")
    assert task.pauses == [0.1, 0.2, api.queue.LONGEST_RETRY_SECONDS]
    record_verdict(task, record_message(attempt))
    assert recorder.learner.get(f"/api/v1/attempts/{attempt}").get_json()["state"] == "graded"


@ON_SQLITE
def test_there_is_no_last_try(recorder: House) -> None:
    """Celery's own limit is three; run by the real task, which here starts again at once."""
    attempt = recorder.attempt()
    file = recorder.settings.database_url.removeprefix("sqlite:///")
    task = api.queue.app.tasks["gradbook.record"]
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(1.0, other.execute, ["ROLLBACK"])
        release.start()
        task.apply(args=[record_message(attempt)])
        release.join()
    assert recorder.learner.get(f"/api/v1/attempts/{attempt}").get_json()["state"] == "graded"
