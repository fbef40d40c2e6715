"""Supervised processes, with real ones: they come back, they go as a group, none is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api import process as module
from api.keeper import listed
from api.process import Keeper, Process, Program

SLEEP = ("sleep", "60")
DEAF = ("sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 0.05; done")


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    keeper = Keeper()
    yield keeper
    keeper.close()


@pytest.fixture
def make(keeper: Keeper, tmp_path: Path) -> Iterator[Callable[..., Process]]:
    made: list[Process] = []

    def make(*command: str) -> Process:
        program = Program("sample", command, {"PATH": os.environ["PATH"]})
        made.append(Process(program, tmp_path / "sample.log", keeper))
        return made[-1]

    yield make
    for process in made:
        process.stop(grace=0.1)


def until(done: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def alive(number: int) -> bool:
    """True while the process runs; one that only waits to be collected is dead."""
    try:
        os.kill(number, 0)
        status = Path(f"/proc/{number}/stat")
        return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_started_it_runs_and_stopped_it_does_not(make: Callable[..., Process]) -> None:
    process = make(*SLEEP)
    assert process.pid is None
    process.start()
    number = process.pid
    assert number is not None and alive(number)
    process.stop()
    assert process.pid is None and not alive(number)


def test_starting_twice_is_starting_once(make: Callable[..., Process]) -> None:
    process = make(*SLEEP)
    process.start()
    number = process.pid
    process.start()
    assert process.pid == number


def test_killed_it_comes_back_and_stopped_it_does_not(make: Callable[..., Process]) -> None:
    process = make(*SLEEP)
    process.start()
    first = process.pid
    process.kill()
    until(lambda: (process.revive(), process.pid not in (None, first))[1])
    process.stop()
    process.revive()
    assert process.pid is None


def test_dying_at_once_again_and_again_is_given_up(
    make: Callable[..., Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_SECONDS", 0.001)
    process = make("sh", "-c", "echo no such table; exit 3")
    process.start()
    until(lambda: (process.revive(), process.failure is not None)[1])
    assert process.failure is not None
    assert process.failure.startswith("the sample process stopped 5 times soon after its start; ")
    assert process.failure.endswith("ends with: no such table")


def test_who_ignores_the_request_is_stopped_by_force(make: Callable[..., Process]) -> None:
    process = make(*DEAF)
    process.start()
    until(lambda: "deaf" in process.log.read_text())
    number = process.pid
    process.stop(grace=0.1)
    assert number is not None and not alive(number)


def test_children_of_a_dead_process_do_not_stay(
    make: Callable[..., Process], tmp_path: Path
) -> None:
    child = tmp_path / "child"
    process = make("sh", "-c", f"sleep 60 & echo $! > '{child}'; wait")
    process.start()
    until(lambda: child.exists() and child.read_text().strip() != "")
    number = int(child.read_text())
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    until(lambda: (process.revive(), not alive(number))[1])


def test_a_program_that_ends_by_itself_has_a_status(make: Callable[..., Process]) -> None:
    assert make("sh", "-c", "exit 0").run(5) == 0
    assert make("sh", "-c", "exit 7").run(5) == 7
    assert make(*SLEEP).run(0.05) == -signal.SIGKILL


def test_nothing_but_the_given_environment_arrives(
    make: Callable[..., Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADBOOK_DATABASE_URL", "sqlite:///secret")
    process = make("env")
    assert process.run(5) == 0
    names = {line.partition("=")[0] for line in process.log.read_text().splitlines()}
    assert names <= {"PATH", "PWD", "OLDPWD", "SHLVL", "_"}


def test_the_keeper_knows_who_was_begun_and_not_ended() -> None:
    assert listed(["+10\n", "+20\n", "-10\n", "+30\n", "-40\n"]) == {20, 30}


SUPERVISOR = """
import sys, time
from pathlib import Path
from api.process import Keeper, Process, Program
keeper = Keeper()
folder = Path(sys.argv[1])
for name, command in (
    ("family", ("sh", "-c", f"sleep 60 & echo $! > '{folder}/child'; wait")),
    ("deaf", ("sh", "-c", "trap '' TERM; while :; do sleep 0.05; done")),
):
    process = Process(Program(name, command, {"PATH": "/usr/bin:/bin"}), folder / name, keeper)
    process.start()
    print(process.pid, flush=True)
time.sleep(60)
"""


def test_a_killed_supervisor_leaves_nobody(tmp_path: Path, checkout: Path) -> None:
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(tmp_path)],
        cwd=checkout, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with supervisor:
        assert supervisor.stdout is not None
        numbers = [int(supervisor.stdout.readline()) for _ in range(2)]
        child = tmp_path / "child"
        until(lambda: child.exists() and child.read_text().strip() != "")
        numbers.append(int(child.read_text()))
        assert all(map(alive, numbers))
        supervisor.kill()
    until(lambda: not any(map(alive, numbers)))


def test_a_killed_keeper_is_replaced_by_one_that_knows_the_groups(tmp_path: Path) -> None:
    keeper = Keeper()
    process = Process(Program("sample", SLEEP, {}), tmp_path / "sample.log", keeper)
    process.start()
    number = process.pid
    assert number is not None
    keeper.process.kill()
    keeper.process.wait()
    keeper.revive([number])
    os.close(keeper.writer)  # as if this process had been killed
    until(lambda: process.pid is None)
    keeper.process.wait()
