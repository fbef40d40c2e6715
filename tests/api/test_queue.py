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
from api.queue import PAUSE_SECONDS, GradeQueue, record_verdicts
from grader.delivery import (
    HARD_SECONDS,
    MOST_ITEMS,
    RECORD_QUEUE,
    RECORD_TASK,
    SETTINGS,
    SOFT_SECONDS,
    TRANSPORT,
    VISIBILITY_SECONDS,
    Priority,
)
from grader.transport import Waiting, application, send
from grader.wire import read_grade
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


def test_many_answers_are_few_messages_in_a_queue_of_their_own(broker: LocalBroker) -> None:
    queue = GradeQueue(broker.url)
    question = {"format": "gradbook.question/1"}
    messages = [
        GradeMessage(uuid.UUID(int=number), question, "x") for number in range(2 * MOST_ITEMS + 1)
    ]
    queue.hand_over_many(messages)
    assert (queue.backlog(), queue.backlog(Priority.REGRADE)) == (0, 3)
    arrived = []
    with client(broker.url) as connection:
        while envelope := connection.rpop("regrade"):
            (document,), _, _ = json.loads(base64.b64decode(json.loads(envelope)["body"]))
            arrived += read_grade(document)
    assert arrived == [message.item for message in messages]


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

    for celery in (grader.worker.app, api.queue.app):
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


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBroker]:
    """The broker that verdicts come from."""
    local = LocalBroker.started(tmp_path_factory.mktemp("verdicts"))
    yield local
    local.kill()


def waiting_at(url: str) -> Waiting:
    celery = application("recorder", url, RECORD_QUEUE)
    return Waiting(celery, RECORD_QUEUE, RECORD_TASK, share=1, most=MOST_ITEMS)


@pytest.fixture
def recorder(
    house: House, verdicts: LocalBroker, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    """The house, with the recorder working on its database and on an empty queue."""
    with client(verdicts.url) as connection:
        connection.flushall()
    monkeypatch.setattr(api.queue, "waiting", waiting_at(verdicts.url))
    monkeypatch.setattr(api.queue, "settings", house.settings)
    monkeypatch.setattr("api.store.database.BUSY_SECONDS", 0.05)
    api.queue.database.cache_clear()
    house.practice_set()
    yield house
    api.queue.database(os.getpid()).close()
    api.queue.database.cache_clear()


def test_a_verdict_is_recorded(recorder: House) -> None:
    attempt = recorder.attempt()
    record_verdicts(Task(), record_message(attempt))
    record_verdicts(Task(), record_message(attempt))
    assert recorder.learner.get(f"/api/v1/attempts/{attempt}").get_json()["state"] == "graded"


def sent(verdicts: LocalBroker, *documents: object, task: str = RECORD_TASK) -> None:
    celery = application("grader", verdicts.url, RECORD_QUEUE)
    for document in documents:
        send(celery, task, document, RECORD_QUEUE)


def left(verdicts: LocalBroker) -> tuple[int, int]:
    """How many messages wait, and how many are taken and not acknowledged."""
    with client(verdicts.url) as connection:
        return int(connection.llen("record")), int(connection.hlen("unacked"))


def states(house: House, attempts: list[str]) -> set[str]:
    return {house.learner.get(f"/api/v1/attempts/{each}").get_json()["state"] for each in attempts}


def test_what_has_come_in_meanwhile_is_recorded_along(
    recorder: House, verdicts: LocalBroker
) -> None:
    attempts = [recorder.attempt() for _ in range(7)]
    many = {
        "format": "gradbook.record/2",
        "records": [bare(record_message(attempt)) for attempt in attempts[:3]],
    }
    sent(verdicts, many, *(record_message(attempt) for attempt in attempts[2:6]))
    record_verdicts(Task(), record_message(attempts[6]))
    assert states(recorder, attempts) == {"graded"}
    assert left(verdicts) == (0, 0)


def bare(message: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name != "format"}


def test_nonsense_among_what_waits_takes_nothing_with_it(
    recorder: House, verdicts: LocalBroker, caplog: pytest.LogCaptureFixture
) -> None:
    attempts = [recorder.attempt() for _ in range(2)]
    sent(verdicts, {"format": "gradbook.record/9"}, record_message(uuid.UUID(int=7)))
    sent(verdicts, record_message(attempts[0]), task="gradbook.other")
    sent(verdicts, record_message(attempts[0]))
    with client(verdicts.url) as connection:
        waits = json.loads(connection.lindex("record", 0))
        connection.rpush("record", json.dumps({**waits, "body": "!"}))
    record_verdicts(Task(), record_message(attempts[1]))
    assert states(recorder, attempts) == {"graded"}
    assert left(verdicts) == (0, 0)
    assert caplog.text.count("was dropped from record") == 2
    assert caplog.text.count("verdict dropped") == 2


@ON_SQLITE
def test_what_cannot_be_recorded_goes_back_to_the_queue(
    recorder: House, verdicts: LocalBroker
) -> None:
    attempts = [recorder.attempt() for _ in range(3)]
    sent(verdicts, *(record_message(attempt) for attempt in attempts[1:]))
    file = recorder.settings.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Again):
            record_verdicts(Task(), record_message(attempts[0]))
        other.execute("ROLLBACK")
    assert left(verdicts) == (2, 0)
    record_verdicts(Task(), record_message(attempts[0]))
    assert states(recorder, attempts) == {"graded"}


def test_what_a_killed_process_took_along_is_handed_out_again_by_kombu(
    verdicts: LocalBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was moved by our script is where kombu looks, in its own layout."""
    with client(verdicts.url) as connection:
        connection.flushall()
    sent(verdicts, *range(5))
    with pytest.raises(SystemExit), waiting_at(verdicts.url).taken() as documents:
        assert documents == [0, 1, 2, 3, 4]
        assert left(verdicts) == (0, 5)
        monkeypatch.setattr(Waiting, "_give_back", lambda *_: None)  # killed: nobody does
        raise SystemExit
    celery = application("other", verdicts.url, RECORD_QUEUE, visibility_timeout=0)
    celery.connection_for_read().default_channel.qos.restore_visible(num=100)
    assert left(verdicts) == (5, 0)
    with waiting_at(verdicts.url).taken() as documents:
        assert sorted(documents) == [0, 1, 2, 3, 4]
    assert left(verdicts) == (0, 0)


@pytest.mark.parametrize(
    ("waits", "share", "most", "taken"),
    [(0, 1, 9, 0), (1, 0.25, 9, 1), (9, 0.25, 9, 3), (9, 1, 4, 4)],
)
def test_no_more_than_a_share_is_taken_along(
    verdicts: LocalBroker, waits: int, share: float, most: int, taken: int
) -> None:
    with client(verdicts.url) as connection:
        connection.flushall()
    sent(verdicts, *range(waits))
    celery = application("recorder", verdicts.url, RECORD_QUEUE)
    with Waiting(celery, RECORD_QUEUE, RECORD_TASK, share, most).taken() as documents:
        assert documents == list(range(taken))


def test_without_a_broker_its_own_message_is_recorded_all_the_same(
    recorder: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.queue, "waiting", waiting_at("redis://127.0.0.1:1/0"))
    attempt = recorder.attempt()
    record_verdicts(Task(), record_message(attempt))
    assert states(recorder, [attempt]) == {"graded"}


@pytest.mark.parametrize("payload", [None, [], {}, record_message(uuid.UUID(int=1)), "x"], ids=str)
def test_nonsense_is_dropped_and_logged(
    recorder: House, payload: Any, caplog: pytest.LogCaptureFixture
) -> None:
    record_verdicts(Task(), payload)
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
                record_verdicts(task, record_message(attempt))
        other.execute("ROLLBACK")
    assert task.pauses == [0.1, 0.2, api.queue.LONGEST_RETRY_SECONDS]
    record_verdicts(task, record_message(attempt))
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
