"""Where the broker comes from, with the real server."""

from __future__ import annotations

import os
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from api import broker
from api.broker import Broker
from api.command import CommandFailed


@contextmanager
def running(source: Broker) -> Iterator[redis.Redis]:
    with subprocess.Popen(source.command, stdout=subprocess.DEVNULL) as server:
        while not source.answers():
            assert server.poll() is None
            time.sleep(0.01)
        with broker.client(source.url) as connection:
            yield connection
        server.terminate()


def test_queues_survive_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / 'a "folder" \\ of data'
    with running(broker.embedded(folder)) as connection:
        connection.rpush("grade", "answer")
    with running(broker.embedded(folder)) as connection:
        assert connection.lrange("grade", 0, -1) == [b"answer"]


def test_a_stranger_without_the_password_gets_nothing(tmp_path: Path) -> None:
    source = broker.embedded(tmp_path)
    with running(source):
        open_door = source.url.partition("//")[0] + "//" + source.url.partition("@")[2]
        with pytest.raises(redis.AuthenticationError):
            broker.client(open_door).ping()
        assert not Broker(open_door).answers()
    assert stat.S_IMODE((tmp_path / "broker.conf").stat().st_mode) == 0o600


def test_it_counts_who_waits_for_messages(tmp_path: Path) -> None:
    source = broker.embedded(tmp_path)
    assert source.consumers() == 0
    with running(source) as connection:
        assert source.consumers() == 0
        waiting = threading.Thread(target=connection.brpop, args=("grade",))
        waiting.start()
        while source.consumers() == 0:
            time.sleep(0.01)
        assert source.consumers() == 1
        with broker.client(source.url) as other:
            other.rpush("grade", "answer")
        waiting.join()


def test_the_wheel_comes_first_then_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_wheel = broker.from_wheel()
    if from_wheel is not None:
        assert broker.server_program() == from_wheel
    server = tmp_path / "redis-server"
    server.write_text("#!/bin/sh\n")
    server.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(broker, "SOURCES", broker.SOURCES[1:])
    assert broker.server_program() == str(server)
    os.unlink(server)
    with pytest.raises(CommandFailed, match="no broker was found"):
        broker.server_program()


@pytest.mark.parametrize("url", ["amqp://localhost", "localhost:6379", "sqla+sqlite://", ""])
def test_only_redis_addresses_are_taken(url: str) -> None:
    with pytest.raises(CommandFailed, match="GRADBOOK_BROKER_URL must begin with"):
        broker.given(url)


def test_a_given_broker_is_nobody_we_start() -> None:
    source = broker.given("redis://127.0.0.1:1/0")
    assert source.command == ()
    assert not source.answers()
