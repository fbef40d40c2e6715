"""One supervised process: started in its own group, restarted when it dies, ended as a group."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from api.keeper import GRACE_SECONDS, reach

ROOT = Path(__file__).resolve().parent.parent

# A new process tells the keeper its group before it becomes what it is to be, so that there is
# no moment at which a killed supervisor leaves it behind.
INTRODUCE = 'echo "+$$" >&0; exec "$@" </dev/null'

EARLY_SECONDS = 5.0
EARLY_DEATHS = 5
FIRST_PAUSE_SECONDS = 0.1


@dataclass(frozen=True)
class Program:
    """What is run: the command, all of its environment, the files it inherits."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    inherited: tuple[int, ...] = ()


class Keeper:
    """Our end of the pipe to the process that stops everything should we be killed."""

    def __init__(self, inherited: tuple[int, ...] = ()) -> None:
        """`inherited` files stay open until the keeper has done its work."""
        self._inherited = inherited
        self._start()

    def _start(self) -> None:
        reader, self.writer = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(ROOT / "api" / "keeper.py")],
            stdin=reader, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True, env={}, pass_fds=self._inherited,
        )  # fmt: skip
        os.close(reader)

    def forget(self, group: int) -> None:
        """Takes a group off the list: its number may soon be somebody else's."""
        self._tell(f"-{group}\n")

    def revive(self, groups: Iterable[int]) -> None:
        """Starts it again, with the list of these groups, if somebody killed it."""
        if self.process.poll() is not None:
            os.close(self.writer)
            self._start()
            self._tell("".join(f"+{group}\n" for group in groups))

    def _tell(self, lines: str) -> None:
        with suppress(BrokenPipeError):  # Killed just now: revive() tells the next one.
            os.write(self.writer, lines.encode())

    def close(self) -> None:
        os.close(self.writer)
        self.process.wait()


@dataclass
class Process:
    """A program and its present incarnation; safe to use from several threads."""

    program: Program
    log: Path
    keeper: Keeper
    wanted: bool = False
    failure: str | None = None
    _popen: subprocess.Popen[bytes] | None = None
    _started: float = 0.0
    _resume_at: float = 0.0
    _early_deaths: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def pid(self) -> int | None:
        """The process's number, which is its group's too; None when it does not run."""
        popen = self._popen
        return popen.pid if popen is not None and popen.poll() is None else None

    def start(self) -> None:
        """Leaves it running and kept running."""
        with self._lock:
            self.wanted = True
            if self.pid is None:
                self._spawn()

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Sends a signal to its whole group; if it dies of that, it is started again."""
        if (group := self.pid) is not None:
            reach(group, number)

    def ask_to_stop(self) -> None:
        """Returns at once; the process may still be finishing."""
        with self._lock:
            self.wanted = False
            if self._popen is not None and self._popen.poll() is None:
                self._popen.terminate()

    def stop(self, grace: float = GRACE_SECONDS) -> None:
        """Leaves it and its children dead, after `grace` seconds by force."""
        with self._lock:
            self.ask_to_stop()
            if self._popen is not None:
                self._wait(grace)
                self._bury(self._popen)

    def revive(self) -> None:
        """Starts it again if it died though wanted, after a pause that grows with early deaths."""
        with self._lock:
            if not self.wanted or self.failure:
                return
            if self._popen is not None and self._popen.poll() is not None:
                self._bury(self._popen)
                self._judge(lived=time.monotonic() - self._started)
            if self._popen is None and time.monotonic() >= self._resume_at:
                self._spawn()

    def run(self, seconds: float) -> int:
        """The exit status of a program that ends by itself; it is not started again."""
        with self._lock:
            self._spawn()
        assert self._popen is not None
        popen = self._popen
        self._wait(seconds)
        self._bury(popen)
        return popen.returncode

    def last_words(self) -> str:
        """The last line of the log and where the log is, as the end of a sentence."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"its log {self.log} " + (f"ends with: {last}" if last else "is empty.")

    def _spawn(self) -> None:
        self._started = time.monotonic()
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(
                ["/bin/sh", "-c", INTRODUCE, "sh", *self.program.command],
                stdin=self.keeper.writer, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT,
                env=dict(self.program.environment), pass_fds=self.program.inherited,
                start_new_session=True,
            )  # fmt: skip

    def _wait(self, seconds: float) -> None:
        assert self._popen is not None
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            reach(self._popen.pid, signal.SIGKILL)
            self._popen.wait()

    def _bury(self, popen: subprocess.Popen[bytes]) -> None:
        """Ends the children a dead process left, and forgets it."""
        reach(popen.pid, signal.SIGKILL)
        self.keeper.forget(popen.pid)
        self._popen = None

    def _judge(self, lived: float) -> None:
        """Sets when it may start again, or that it never will."""
        self._early_deaths = self._early_deaths + 1 if lived < EARLY_SECONDS else 0
        self._resume_at = time.monotonic() + FIRST_PAUSE_SECONDS * 2**self._early_deaths
        if self._early_deaths >= EARLY_DEATHS:
            self.failure = (
                f"the {self.name} process stopped {EARLY_DEATHS} times soon after its start; "
                f"{self.last_words()}"
            )
