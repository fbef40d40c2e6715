"""Attempts while everything that handles them is killed at random: none lost, doubled or wrong.

    python -m tests.chaos.attempts --attempts 5000 --clients 16 --seed 1
    python -m tests.chaos.attempts --attempts 5000 --clients 16 --seed 1 --postgresql

The embedded service runs as `./gradbook serve` does. Clients submit answers whose outcome is known,
each with an Idempotency-Key, again and again until it is acknowledged. Whenever all is well, one to
three are killed of: the web server, the graders, one process of them, the recorder, the scheduler,
the broker, PostgreSQL. In the end the queues must drain, every acknowledged attempt must have one
verdict, the right one, and there must be no other attempts.

With a URL, `--postgresql URL` uses that (empty) database and leaves its server alive; without one,
the server is the tests' own and is killed like the others.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request

from redis import RedisError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.broker import client
from api.changes import HEADER
from api.demo import ANSWERS, Expectation, expectations
from api.seed_course import ensure_demo_course
from api.settings import Settings
from api.store.database import Database
from api.store.models import Attempt, Question, State, Verdict
from api.supervisor import DIRECT, Service
from grader.delivery import RECORD_QUEUE, Priority
from tests.api.postgresql import LocalServer, started

OWN = "own"
GAPS = (0.1, 1.0)  # seconds that everything works before some are killed
TOGETHER = (1, 1, 2, 3)  # how many at once
REST = 6.0  # seconds of life that the supervisor wants to see now and then
PATIENCE = 300.0  # seconds for the queues to drain
AGAIN = 0.1  # seconds before a request is repeated
PAUSE = 0.0  # seconds a client thinks before an answer
PASSES = {409, 500, 502, 503, 504}  # says nothing about the request, or that it is being done


@dataclass(frozen=True)
class Submission:
    """One answer that a client insists on; key: what makes its repetitions one."""

    row: Expectation
    key: str


@dataclass
class Chaos:
    """Who is killed, when, and how often; `works` tells whether they have all come back."""

    victims: dict[str, Callable[[], None]]
    works: Callable[[], bool]
    dice: random.Random
    killed: Counter[str] = field(default_factory=Counter)
    over: threading.Event = field(default_factory=threading.Event)
    _rested: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def loose(self) -> Iterator[None]:
        """Kills some, again and again, while the block runs."""
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self.over.set()
            thread.join()

    def _run(self) -> None:
        while not self.over.wait(self.dice.uniform(*GAPS)):
            if self.works():
                self._kill(self.dice.choice(TOGETHER))

    def _kill(self, number: int) -> None:
        now = time.monotonic()
        ready = [name for name in self.victims if self._rested.get(name, 0) < now]
        for name in self.dice.sample(ready, min(number, len(ready))):
            self._rested[name] = now + REST
            self.victims[name]()
            self.killed[name] += 1


@dataclass
class Summary:
    """What became of it all."""

    acknowledged: int
    repeated: int
    killed: dict[str, int]
    lost: int
    doubled: int
    wrong: list[str]
    strangers: int  # attempts that nobody was told of
    waiting: int  # messages left in the queues
    posting_seconds: float
    draining_seconds: float

    @property
    def well(self) -> bool:
        """Whether everything is as promised."""
        return not (self.lost or self.doubled or self.wrong or self.strangers or self.waiting)

    def __str__(self) -> str:
        killed = ", ".join(f"{name} {number}" for name, number in sorted(self.killed.items()))
        return (
            f"chaos: {self.acknowledged} attempts acknowledged, {self.lost} lost, {self.doubled} "
            f"doubled, {len(self.wrong)} wrong, {self.strangers} nobody was told of, "
            f"{self.waiting} messages left; {self.repeated} requests repeated; killed: {killed}; "
            f"{self.posting_seconds:.0f} s, drained {self.draining_seconds:.0f} s later"
        )


@dataclass
class Clients:
    """People who submit, and do not give up before they were told that their answer is kept."""

    url: str
    token: str
    told: dict[str, Submission] = field(default_factory=dict)
    repeated: int = 0

    def insist(self, submission: Submission) -> None:
        """Submits until it is acknowledged."""
        time.sleep(PAUSE)
        while (attempt := self._submit(submission)) is None:
            self.repeated += 1
            time.sleep(AGAIN)
        self.told[attempt] = submission

    def _submit(self, submission: Submission) -> str | None:
        request = Request(
            f"{self.url}/api/v1/attempts",
            data=json.dumps(
                {"question": submission.row.question, "answer": submission.row.answer}
            ).encode(),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                HEADER: submission.key,
            },
        )
        try:
            with DIRECT.open(request, timeout=10) as answer:
                return str(json.load(answer)["id"])
        except HTTPError as refusal:
            if refusal.code not in PASSES:
                raise
        except (OSError, HTTPException, ValueError):  # refused, cut off, half an answer
            pass
        return None


def rows(database: Database) -> list[Expectation]:
    """Answers whose outcome does not depend on what the learner answered elsewhere.

    A derivative's does, where an earlier one is carried forward: one of each exercise is kept.
    """
    with Session(database.engine) as session:
        kinds = {
            question: kind for question, kind in session.execute(select(Question.id, Question.kind))
        }
    chosen: dict[str, str] = {}
    for row in expectations(ANSWERS.read_text(encoding="utf-8")):
        if kinds[row.question] == "derivative":
            chosen.setdefault(row.question.partition("/")[0], row.question)
    return [
        row
        for row in expectations(ANSWERS.read_text(encoding="utf-8"))
        if kinds[row.question] != "derivative" or row.question in chosen.values()
    ]


def victims(service: Service, server: LocalServer | None) -> dict[str, Callable[[], None]]:
    """How each of them is killed."""
    killing: dict[str, Callable[[], None]] = {
        name: service.processes[name].kill
        for name in ("web", "grader", "recorder", "scheduler", "broker")
    }
    killing["one grading process"] = lambda: kill_child(service.processes["grader"].pid)
    if server is not None:
        killing["postgresql"] = lambda: kill_and_start(server)
    return killing


def works(service: Service) -> bool:
    """Whether the web server answers, and a grader and the recorder ask for messages."""
    try:
        with (
            DIRECT.open(f"{service.url}/healthz", timeout=1),
            client(service.settings.broker_url) as connection,
        ):
            return sum(row["cmd"] == "brpop" for row in connection.client_list()) > 1
    except (OSError, RedisError):
        return False


def kill_child(parent: int | None) -> None:
    """Kills a process that this one has started, if there is one."""
    try:
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
    except (OSError, IndexError):
        pass


def kill_and_start(server: LocalServer) -> None:
    server.kill()
    server.start()


def waiting(broker_url: str) -> int:
    """How many messages are in the queues or with a worker."""
    with client(broker_url) as connection:
        queues = sum(connection.llen(str(name)) for name in (*Priority, RECORD_QUEUE))
        return int(queues) + int(connection.hlen("unacked"))


def drained(database: Database, broker_url: str) -> float:
    """The seconds until nothing waited any more, or PATIENCE."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        with database.read() as unit:
            pending = unit.attempts.pending(1)
        if not pending and not waiting(broker_url):
            break
        time.sleep(0.2)
    return time.monotonic() - began


def examined(database: Database, told: dict[str, Submission]) -> dict[str, Any]:
    """What is wrong with the attempts in the database."""
    with Session(database.engine) as session:
        stored = {str(each) for each in session.scalars(select(Attempt.id))}
        numbers = {
            str(attempt): number
            for attempt, number in session.execute(
                select(Verdict.attempt_id, func.count()).group_by(Verdict.attempt_id)
            )
        }
        current = select(Verdict.attempt_id, Verdict.outcome).join(Attempt)
        outcomes = {
            str(attempt): outcome.value
            for attempt, outcome in session.execute(
                current.where(Verdict.current, Attempt.state == State.GRADED)
            )
        }
    return {
        "lost": sum(attempt not in outcomes for attempt in told),
        "doubled": sum(numbers.get(attempt, 0) > 1 for attempt in told)
        + len(told) - len({submission.key for submission in told.values()}),
        "wrong": [
            f"{submission.row.question} {submission.row.answer!r}: {outcomes[attempt]}"
            for attempt, submission in told.items()
            if attempt in outcomes and outcomes[attempt] != submission.row.outcome
        ],
        "strangers": len(stored - set(told)),
    }  # fmt: skip


def run(
    folder: Path,
    attempts: int,
    clients: int,
    seed: int,
    url: str | None = None,
    server: LocalServer | None = None,
) -> Summary:
    """The summary of one run on an empty folder and database."""
    environment = {
        "GRADBOOK_DATA": str(folder),
        "GRADBOOK_DATABASE_URL": url or "",
        "GRADBOOK_RATE": "1000000/second",  # all of them have one token
    }
    with Service(Settings.from_environment(environment)) as service:
        course = ensure_demo_course(service.settings)
        database = Database(service.settings.database_url)
        dice = random.Random(seed)
        chosen = rows(database)
        submissions = [
            Submission(dice.choice(chosen), str(uuid.UUID(int=dice.getrandbits(128))))
            for _ in range(attempts)
        ]
        people = Clients(service.url, course.learner_token)
        chaos = Chaos(victims(service, server), partial(works, service), dice)
        began = time.monotonic()
        with chaos.loose(), ThreadPoolExecutor(clients) as pool:
            list(pool.map(people.insist, submissions))
        posting = time.monotonic() - began
        draining = drained(database, service.settings.broker_url)
        summary = Summary(
            acknowledged=len(people.told),
            repeated=people.repeated,
            killed=dict(chaos.killed),
            waiting=waiting(service.settings.broker_url),
            posting_seconds=round(posting, 1),
            draining_seconds=round(draining, 1),
            **examined(database, people.told),
        )
        database.close()
    return summary


@contextmanager
def store(choice: str | None) -> Iterator[tuple[str | None, LocalServer | None]]:
    """The URL of the database (None: SQLite), and its server where that may be killed."""
    if choice != OWN:
        yield choice, None
        return
    with started() as server, server.database() as url:
        yield url, server


def main(words: Sequence[str]) -> int:
    """0 when every promise was kept, 1 otherwise."""
    options = argparse.ArgumentParser("python -m tests.chaos.attempts", description=__doc__)
    options.add_argument("--attempts", type=int, default=5000)
    options.add_argument("--clients", type=int, default=16)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--postgresql", nargs="?", const=OWN, metavar="URL")
    asked = options.parse_args(words)
    with (
        tempfile.TemporaryDirectory(prefix="gradbook-chaos-") as folder,
        store(asked.postgresql) as (url, server),
    ):
        summary = run(Path(folder), asked.attempts, asked.clients, asked.seed, url, server)
    print(summary)
    print(json.dumps({"format": "gradbook.chaos/1", "seed": asked.seed, **asdict(summary)}))
    return 0 if summary.well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
