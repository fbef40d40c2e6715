"""The embedded service: every process of Gradbook on one machine, started, watched and stopped.

    with Service(settings, port=8000) as service:
        service.url, service.settings, service.processes["grader"].kill()

    broker      Valkey or Redis, unless an address of one was given
    migrate     brings the database to the newest revision, and ends
    web         gunicorn; the listening socket is ours, so a restart refuses nobody
    grader      Celery workers for what strangers typed: no database in their environment
    recorder    the Celery worker that stores verdicts
    jobs        makes batches of exercises, one after the other
    scheduler   hands over what got lost in between, and what else is due again and again

Leaving the block stops them all. Should this process be killed instead, the keeper
(keeper.py) stops them.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.request import ProxyHandler, build_opener

from api import broker
from api.broker import Broker
from api.command import CommandFailed
from api.process import ROOT, Keeper, Process, Program
from api.settings import VARIABLES, Settings
from grader.delivery import RECORD_QUEUE, Priority

START_SECONDS = 60.0
GIVEN_BROKER_SECONDS = 5.0  # somebody else runs it, so it should be there already
WATCH_SECONDS = 0.1

# Of the caller's environment, what any program may need and none of ours is told by.
PASSED_ON = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "PATH", "TMPDIR", "TZ")

# What listens on this machine is not asked through a proxy.
DIRECT = build_opener(ProxyHandler({}))

# Matrices here are tiny; more threads would only get in each other's way.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

GRADER, GRADE_QUEUES = "grader.worker", ",".join(Priority)

CELERY = ("-m", "celery", "--quiet")
WORKER = (
    "worker",
    "--loglevel=WARNING",
    "--without-gossip",
    "--without-mingle",
    "--without-heartbeat",
)
GUNICORN = (
    *("-m", "gunicorn", "--worker-class=gthread", "--workers=1", "--threads=32"),
    *("--graceful-timeout=3", "--no-control-socket", "--log-level=warning"),
)


class Service:
    """Everything running, from entering the block to leaving it; one per data folder."""

    def __init__(
        self,
        settings: Settings,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        broker_url: str | None = None,
        graders: int = 2,
    ) -> None:
        """Port 0 is any free one; without `broker_url` a broker is started; `graders` processes."""
        self.data = settings.data.absolute()
        self.settings = replace(settings, data=self.data)
        self.host, self.port, self.graders = host, port, graders
        self.processes: dict[str, Process] = {}
        self._broker_url = broker_url
        self._cleanup = ExitStack()
        self._leaving = threading.Event()

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def failure(self) -> str | None:
        """Why the service cannot go on, as one sentence; None while it can."""
        failures = (process.failure for process in self.processes.values())
        return next((failure for failure in failures if failure), None)

    def __enter__(self) -> Self:
        with ExitStack() as cleanup:
            self._cleanup = cleanup
            self._start()
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._cleanup.close()

    def wait(self) -> None:
        """Returns never by itself; CommandFailed when the service cannot go on."""
        while not self._leaving.wait(WATCH_SECONDS):
            if self.failure:
                raise CommandFailed(self.failure)

    def _start(self) -> None:
        """Leaves everything running and ready; the clean-up stack knows how to undo it."""
        lock = claim(self.data, self._cleanup)
        web_socket = self._cleanup.enter_context(listener(self.host, self.port))
        self.port = web_socket.getsockname()[1]
        source = self._find_broker()
        self.settings = replace(self.settings, broker_url=source.url)

        self._keeper = keeper = Keeper(inherited=(lock.fileno(),))
        self._cleanup.callback(keeper.close)
        self._cleanup.callback(self._stop)
        for program in programs(self.settings, source, web_socket.fileno(), self.graders):
            self.processes[program.name] = Process(
                program, fresh_log(self.data / "logs", program.name), keeper
            )
        self._start_processes(source)
        self._watch()

    def _find_broker(self) -> Broker:
        if self._broker_url:
            return broker.given(self._broker_url)
        return broker.embedded(self.data / "broker")

    def _start_processes(self, source: Broker) -> None:
        """Starts them in the order of their needs; what needs nothing of another goes along."""
        self._start_some("broker")
        patience = START_SECONDS if source.command else GIVEN_BROKER_SECONDS
        self._until(source.answers, f"the broker at {source.place} does not answer", patience)
        self._start_some("grader")
        self._migrate()
        self._start_some("web", "recorder", "scheduler", "jobs")
        self._until(self._web_answers, "the web server does not answer")
        self._until(lambda: source.consumers() >= 2, "the grading workers do not come up")

    def _start_some(self, *names: str) -> None:
        for name in names:
            if name in self.processes:
                self.processes[name].start()

    def _migrate(self) -> None:
        migration = self.processes.pop("migrate")
        if migration.run(START_SECONDS):
            raise CommandFailed(f"the database could not be prepared; {migration.last_words()}")

    def _until(
        self, done: Callable[[], bool], otherwise: str, seconds: float = START_SECONDS
    ) -> None:
        """Returns once it is done; CommandFailed when that takes too long or a process gives up."""
        deadline = time.monotonic() + seconds
        while not done():
            self._revive()
            if self.failure:
                raise CommandFailed(self.failure)
            if time.monotonic() > deadline:
                raise CommandFailed(f"{otherwise} within {seconds:.0f} seconds.")
            time.sleep(0.02)

    def _web_answers(self) -> bool:
        try:
            with DIRECT.open(f"{self.url}/healthz", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def attach(self, program: Program) -> Process:
        """Another program, started now, watched and stopped like the others."""
        process = Process(program, fresh_log(self.data / "logs", program.name), self._keeper)
        process.start()
        self.processes = {**self.processes, program.name: process}
        return process

    # Watching and stopping.

    def _watch(self) -> None:
        watcher = threading.Thread(target=self._keep_alive, name="supervisor", daemon=True)
        watcher.start()
        self._cleanup.callback(watcher.join)
        self._cleanup.callback(self._leaving.set)

    def _keep_alive(self) -> None:
        while not self._leaving.wait(WATCH_SECONDS):
            self._revive()

    def _revive(self) -> None:
        processes = list(self.processes.values())
        self._keeper.revive(process.pid for process in processes if process.pid is not None)
        for process in processes:
            process.revive()

    def _stop(self) -> None:
        """Leaves nothing running; the broker goes last, for the others still talk to it."""
        users = [process for name, process in self.processes.items() if name != "broker"]
        for process in users:
            process.ask_to_stop()
        for process in [*users, *self.processes.values()]:
            process.stop()


def programs(settings: Settings, source: Broker, web_socket: int, graders: int) -> list[Program]:
    """The table of what runs, with everything each one is told."""
    ours = {row.name: row.written(getattr(settings, row.field)) for row in VARIABLES}
    service = environment(ours)
    # It evaluates what strangers typed: the broker's address is all it may know.
    isolated = environment({"GRADBOOK_BROKER_URL": source.url, **ONE_THREAD})
    rows = (
        Program("broker", source.command, environment({})),
        Program("migrate", python("-m", "api.store.migrate"), service),
        Program(
            "web", python(*GUNICORN, f"--bind=fd://{web_socket}", "api.wsgi:create()"),
            service, inherited=(web_socket,),
        ),
        Program("grader", worker(GRADER, GRADE_QUEUES, f"-c{graders}"), isolated),
        Program("recorder", worker("api.queue", RECORD_QUEUE, "--pool=solo"), service),
        Program("scheduler", python("-m", "api.scheduler"), service),
        Program("jobs", python("-m", "api.jobs.runner"), service),
    )  # fmt: skip
    return [row for row in rows if row.command]


def python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, *arguments)


def worker(app: str, queues: str, processes: str) -> tuple[str, ...]:
    """The command of a Celery worker, which takes from the first of its queues first."""
    name = f"--hostname={app}@gradbook"
    return python(*CELERY, f"--app={app}", *WORKER, f"--queues={queues}", processes, name)


def environment(ours: Mapping[str, str]) -> dict[str, str]:
    """A whole environment: what any program may need, and `ours`; nothing else of the caller's."""
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**passed_on, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **ours}


def claim(data: Path, cleanup: ExitStack) -> IO[str]:
    """The data folder's lock, held until the clean-up; the folder exists and can be written."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        (data / "logs").mkdir(exist_ok=True)
        lock = cleanup.enter_context((data / "service.lock").open("a+"))
    except OSError as error:
        raise CommandFailed(
            f"the data folder {data} cannot be written ({error.strerror}); "
            "name another one with --data."
        ) from None
    while not try_to_lock(lock):
        if is_running(lock):
            raise CommandFailed(
                f"another Gradbook is running on the data folder {data}; "
                "stop it, or name another folder with --data."
            )
        time.sleep(WATCH_SECONDS)  # It was killed, and its keeper is stopping what it started.
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def try_to_lock(lock: IO[str]) -> bool:
    """True when the lock is ours now."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_running(lock: IO[str]) -> bool:
    """True when the process that wrote its number into the lock lives, or may be about to write."""
    lock.seek(0)
    number = lock.read()
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except (ValueError, PermissionError):
        return True
    return True


def listener(host: str, port: int) -> socket.socket:
    """A socket listening there; CommandFailed when the port is taken or is not ours to take."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]
        if error.errno == errno.EADDRINUSE:
            reason = "the port is taken"
        raise CommandFailed(
            f"cannot listen on {host} port {port} ({reason}); name another with --port or --host."
        ) from None


def fresh_log(logs: Path, name: str) -> Path:
    """The path of a program's log, empty; the log of the run before is kept beside it."""
    log = logs / f"{name}.log"
    if log.exists():
        log.replace(logs / f"{name}.before.log")
    return log
