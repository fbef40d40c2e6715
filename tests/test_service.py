"""The embedded service with all its real processes: up, watched, and gone without a trace."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api import supervisor
from api.command import CommandFailed
from api.settings import Settings
from api.supervisor import Service

pytestmark = pytest.mark.slow

NAMES = ["broker", "grader", "jobs", "recorder", "scheduler", "web"]


def settings(data: Path) -> Settings:
    return Settings.from_environment({"GRADBOOK_DATA": str(data)})


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(settings(tmp_path_factory.mktemp("my data"))) as service:
        yield service


def until(done: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def answers(url: str) -> bool:
    try:
        with supervisor.DIRECT.open(f"{url}/healthz", timeout=60) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def parents() -> dict[int, int]:
    """The parent of every process that lives; a process that only waits to be collected is dead."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = status.read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != "Z":
            found[int(status.parent.name)] = int(parent)
    return found


def descendants(ancestor: int) -> set[int]:
    family, known = {ancestor}, parents()
    while more := {child for child, parent in known.items() if parent in family} - family:
        family |= more
    return family - {ancestor}


def test_everything_runs_and_answers(service: Service) -> None:
    assert sorted(service.processes) == NAMES
    assert all(process.pid for process in service.processes.values())
    assert answers(service.url)
    assert service.failure is None


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="the system has no /proc")
def test_the_grader_is_told_of_no_database(service: Service) -> None:
    def told(name: str) -> set[str]:
        text = Path(f"/proc/{service.processes[name].pid}/environ").read_text()
        return {line.partition("=")[0] for line in text.split("\0")}

    assert {name for name in told("grader") if "GRADBOOK" in name} == {"GRADBOOK_BROKER_URL"}
    assert "GRADBOOK_DATABASE_URL" in told("recorder")


@pytest.mark.parametrize("name", ["web", "grader", "scheduler"])
def test_a_killed_process_is_replaced(service: Service, name: str) -> None:
    process = service.processes[name]
    before = process.pid
    process.kill()
    until(lambda: process.pid not in (None, before))
    assert answers(service.url)


def test_a_process_can_be_stopped_and_started(service: Service) -> None:
    broker = service.processes["broker"]
    broker.stop()
    time.sleep(0.5)
    assert broker.pid is None
    broker.start()
    assert broker.pid is not None


def test_one_data_folder_has_one_service(service: Service) -> None:
    with pytest.raises(CommandFailed, match="another Gradbook is running on the data folder"):
        Service(settings(service.data)).__enter__()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CommandFailed, match=f"port {port} .the port is taken"):
            Service(settings(tmp_path), port=port).__enter__()


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CommandFailed, match=r"the data folder .* cannot be written"):
        Service(settings(tmp_path / "file" / "data")).__enter__()


def test_a_given_broker_that_is_away_is_named_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "GIVEN_BROKER_SECONDS", 0.1)
    with pytest.raises(CommandFailed, match=r"^the broker at 127\.0\.0\.1:1/0 does not answer"):
        Service(settings(tmp_path), broker_url="redis://:secret@127.0.0.1:1/0").__enter__()


def test_a_database_that_cannot_be_prepared_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "gradbook.sqlite3").write_text("this is no database, and long enough to tell")
    service = Service(settings(tmp_path))
    with pytest.raises(CommandFailed, match="the database could not be prepared; its log"):
        service.__enter__()
    assert all(process.pid is None for process in service.processes.values())


class Serve:
    """`./gradbook serve` in a process of its own, up and greeting."""

    def __init__(self, data: Path, checkout: Path, **settings: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "api.cli", "serve", "--port", "0", "--data", str(data)],
            env={**os.environ, "PYTHONPATH": str(checkout), **settings},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.greeting = ""
        for line in self.process.stdout:
            self.greeting += line
            if line.startswith("Ctrl-C"):
                break

    def word(self, after: str) -> str:
        found = re.search(rf"{after}\s+(\S+)", self.greeting)
        assert found, self.greeting
        return found[1]


def try_it(greeting: str) -> None:
    """Does what the greeting proposes, where there is a curl to do it with."""
    if shutil.which("curl"):
        line = next(line for line in greeting.splitlines() if line.startswith("  curl "))
        command = ["sh", "-c", line.replace("curl", "curl --silent --fail", 1)]
        assert subprocess.check_output(command, text=True).startswith("{")


def test_serve_keeps_its_tokens_and_leaves_nothing(tmp_path: Path, checkout: Path) -> None:
    first = Serve(tmp_path, checkout)
    assert answers(first.word("Gradbook is up:"))
    try_it(first.greeting)
    family = descendants(first.process.pid)
    assert len(family) >= 6
    first.process.send_signal(signal.SIGINT)
    said, complaints = first.process.communicate(timeout=30)
    assert (first.process.returncode, complaints) == (0, "")
    assert said.endswith("gradbook: stopped.\n")
    assert family.isdisjoint(parents())

    second = Serve(tmp_path, checkout)
    for token in ("instructor token", "learner token"):
        assert second.word(token) == first.word(token)
    family = descendants(second.process.pid)
    second.process.kill()
    second.process.communicate()

    # The next one waits until the keeper of the killed one has stopped what was left.
    third = Serve(tmp_path, checkout)
    assert family.isdisjoint(parents())
    third.process.terminate()
    assert third.process.wait(timeout=30) == 0
    third.process.communicate()
