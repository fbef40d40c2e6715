"""`./gradbook bench-service`: from an attempt to its verdict, held against Celery doing nothing.

Everything runs on one embedded service, one measure after the other. A saturated rate is that of a
queue which was filled while its workers were stopped: from the moment they go on until the
last message is done. For Celery's no-op tasks that is all; for attempts the verdict is in the
database. The answers are those of the demonstration, in turn; each was graded a few times before.
"""

from __future__ import annotations

import json
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from redis import Redis

from api.attempts.service import grade_message
from api.bench import quantile
from api.broker import client
from api.command import Arguments, CommandFailed
from api.load import noop, processor
from api.load.clients import Person, answers, crowd, paced
from api.process import Process, Program
from api.queue import GradeQueue
from api.seed_course import ensure_demo_course
from api.serve import settings_for
from api.store.database import Database
from api.supervisor import ONE_THREAD, Service, environment, worker
from grader.delivery import Priority
from grader.transport import application, send

ENVIRONMENT = {
    "GRADBOOK_STALE_AFTER": "60",  # what waits for a measure to begin is not lost
    "GRADBOOK_RATE": "1000000/second",
    "GRADBOOK_MOST_WAITING": "1000000",
}
WARMINGS = 4
PATIENCE = 600.0  # seconds
PROCESSES, THREADS = 2, 4  # of clients that submit as fast as they can
PER_SECOND, OPEN_THREADS = 50.0, 64
SHARES = {"median": 0.5, "95 %": 0.95, "99 %": 0.99}


@dataclass(frozen=True)
class Rate:
    """How many of something in a second, and what one takes of the processors.

    milliseconds: of processor time, by process of the service; what asks and counts is left out.
    """

    what: str
    per_second: float
    milliseconds: dict[str, float]

    @property
    def processor(self) -> float:
        """Milliseconds of all processes together."""
        return sum(self.milliseconds.values())

    def line(self, base: Rate) -> str:
        parts = ", ".join(f"{name} {part:.2f}" for name, part in self.milliseconds.items() if part)
        return (
            f"{self.what:<34}{self.per_second:>8.0f}{self.per_second / base.per_second:>8.2f}"
            f"{self.processor:>8.2f}{base.processor / self.processor:>8.2f}   {parts}"
        )


@dataclass(frozen=True)
class Latency:
    """Milliseconds from POST to verdict, of so many attempts at a steady pace."""

    way: str
    attempts: int
    milliseconds: dict[str, float]

    @classmethod
    def of(cls, way: str, seconds: Sequence[float]) -> Latency:
        ordered = sorted(seconds)
        shown = {name: round(1000 * quantile(ordered, share), 1) for name, share in SHARES.items()}
        return cls(way, len(ordered), shown)

    def __str__(self) -> str:
        told = ", ".join(f"{name} {value:.0f} ms" for name, value in self.milliseconds.items())
        return f"POST to verdict at {PER_SECOND:.0f}/s, {self.way:<20} {told}"


@dataclass(frozen=True)
class Bench:
    """A running service, and what is needed to fill its queues and to see them empty."""

    service: Service
    idle: Process
    database: Database
    broker: Redis
    person: Person

    def noop(self, number: int) -> Rate:
        """No-op tasks, from a queue of single ones."""
        celery = application("bench", self.service.settings.broker_url, noop.QUEUE)

        def fill() -> None:
            for _ in range(number):
                send(celery, noop.TASK, {}, noop.QUEUE)

        done = partial(self._empty, noop.QUEUE)
        with self._stopped(self.idle, fill):
            return self._rate("no-op tasks, saturated", number, lambda: None, done)

    def saturated(self, number: int) -> Rate:
        """Attempts, from a queue of single ones."""
        with self._stopped(self._grader, lambda: self._post(number)):
            return self._rate("attempts, saturated", number, lambda: None, self._graded)

    def regraded(self, number: int) -> Rate:
        """Attempts, from a queue of batches."""

        def fill() -> None:
            self._post(number)
            self.broker.delete(Priority.LIVE)
            with self.database.read() as unit:
                due = unit.attempts.stale(datetime.max.replace(tzinfo=UTC), number)
                messages = [grade_message(unit, attempt) for attempt in due]
            GradeQueue(self.service.settings.broker_url).hand_over_many(messages)

        with self._stopped(self._grader, fill):
            return self._rate("attempts in batches, saturated", number, lambda: None, self._graded)

    def one_by_one(self, number: int) -> Rate:
        """Attempts of one client that waits for each verdict."""

        def act() -> None:
            for row in answers(number):
                self.person.wait(row)

        return self._rate("attempts over HTTP, one by one", number, act, self._graded)

    def over_http(self, number: int) -> Rate:
        """Attempts of many clients, from the first POST to the last verdict."""

        def act() -> None:
            crowd(self.person, answers(number), PROCESSES, THREADS)

        return self._rate("attempts over HTTP, many clients", number, act, self._graded)

    def latency(self, way: str, act: Callable[..., None], number: int) -> Latency:
        return Latency.of(way, paced(act, answers(number), PER_SECOND, OPEN_THREADS))

    @property
    def _grader(self) -> Process:
        return self.service.processes["grader"]

    def _post(self, number: int) -> None:
        self.person.submit_all(answers(number), THREADS)

    @contextmanager
    def _stopped(self, workers: Process, fill: Callable[[], None]) -> Iterator[None]:
        """The block begins when workers go on before whom something was put meanwhile."""
        workers.kill(signal.SIGSTOP)
        try:
            fill()
        finally:
            workers.kill(signal.SIGCONT)
        yield

    def _rate(
        self, what: str, number: int, act: Callable[[], None], done: Callable[[], bool]
    ) -> Rate:
        """The rate at which `number` of something are done."""
        processes = self.service.processes
        groups = {process.pid or 0: name for name, process in processes.items()}
        before, began = processor.seconds(groups), time.monotonic()
        act()
        self._until(done)
        taken, after = time.monotonic() - began, processor.seconds(groups)
        spent = {groups[each]: 1000 * (after[each] - before[each]) / number for each in groups}
        return Rate(what, number / taken, spent)

    def _until(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > deadline:
                raise CommandFailed(f"not done within {PATIENCE:.0f} seconds")
            time.sleep(0.02)

    def _graded(self) -> bool:
        with self.database.read() as unit:
            return unit.attempts.pending(1) == 0

    def _empty(self, queue: str) -> bool:
        return not self.broker.llen(queue) and not self.broker.hlen("unacked")


def doing_nothing(service: Service) -> Program:
    """As many workers as there are graders, for tasks that do nothing."""
    command = worker("api.load.noop", noop.QUEUE, f"-c{service.graders}")
    told = {"GRADBOOK_BROKER_URL": service.settings.broker_url, **ONE_THREAD}
    return Program(noop.QUEUE, command, environment(told))


@contextmanager
def running(folder: Path) -> Iterator[Bench]:
    """The service, and beside it workers for tasks that do nothing."""
    with Service(settings_for(folder, ENVIRONMENT)) as service:
        course = ensure_demo_course(service.settings)
        idle = service.attach(doing_nothing(service))
        database = Database(service.settings.database_url)
        with client(service.settings.broker_url) as broker:
            person = Person(service.host, service.port, course.learner_token)
            yield Bench(service, idle, database, broker, person)
        database.close()


def measured(bench: Bench, number: int) -> tuple[list[Rate], list[Latency]]:
    """All figures, from `number` attempts each; the first rate is Celery's own."""
    for _ in range(WARMINGS):
        bench.saturated(len(answers(240)))
    rates = [
        bench.noop(number),
        bench.saturated(number),
        bench.regraded(number),
        bench.one_by_one(number // 10),
        bench.over_http(number),
    ]
    latencies = [
        bench.latency("waiting (Prefer)", bench.person.wait, number // 2),
        bench.latency("polling", bench.person.poll, number // 2),
    ]
    return rates, latencies


def table(rates: Sequence[Rate], latencies: Sequence[Latency]) -> Iterator[str]:
    """The printed table."""
    yield f"{'':<34}{'/s':>8}{'/ no-op':>8}{'CPU ms':>8}{'no-op /':>8}   by process"
    yield from (rate.line(rates[0]) for rate in rates)
    yield from map(str, latencies)


def main(words: Sequence[str]) -> int:
    """Prints the figures; CommandFailed when an attempt gets no verdict. 0 otherwise."""
    options = Arguments("bench-service", "Measure the way from an attempt to its verdict.")
    options.add_argument("--quick", action="store_true", help="a quarter as many attempts")
    options.add_argument("--json", action="store_true", help="print the figures as JSON")
    given = options.read(words)
    with (
        tempfile.TemporaryDirectory(prefix="gradbook-bench-") as folder,
        running(Path(folder)) as bench,
    ):
        rates, latencies = measured(bench, 500 if given.quick else 2000)
    if given.json:
        print(as_json(rates, latencies))
    else:
        print("\n".join(table(rates, latencies)))
    return 0


def as_json(rates: Sequence[Rate], latencies: Sequence[Latency]) -> str:
    """The figures for machines."""
    document = {
        "format": "gradbook.bench-service/1",
        "rates": [asdict(each) for each in rates],
        "latency": [asdict(each) for each in latencies],
    }
    return json.dumps(document, ensure_ascii=False, indent=2)
