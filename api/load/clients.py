"""People who submit answers over HTTP: as fast as they are let, or so many in a second."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from itertools import cycle, islice
from multiprocessing import get_context
from typing import Any

from api.client import BUSY, TRIES
from api.command import CommandFailed
from api.demo import ANSWERS, Expectation, expectations

POLLED_EVERY = 0.01  # seconds
WAIT = "wait=30"


@dataclass(frozen=True)
class Person:
    """Somebody with a token at one service; safe to be handed to another process."""

    host: str
    port: int
    token: str

    def connection(self) -> HTTPConnection:
        return HTTPConnection(self.host, self.port, timeout=60)

    def ask(self, connection: HTTPConnection, method: str, path: str, body: Any = None,
            **headers: str) -> dict[str, Any]:  # fmt: skip
        """The JSON answer, asked for again while the service is busy; CommandFailed if refused."""
        told = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        sent = None if body is None else json.dumps(body)
        for _ in range(TRIES):
            connection.request(method, f"/api/v1/{path}", sent, {**told, **headers})
            answer = connection.getresponse()
            document: dict[str, Any] = json.loads(answer.read())
            if answer.status != BUSY:
                break
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise CommandFailed(f"{method} {path} was answered {answer.status}: {document}")
        return document

    def submit(
        self, connection: HTTPConnection, row: Expectation, **headers: str
    ) -> dict[str, Any]:
        """The attempt as the service answers it."""
        body = {"question": row.question, "answer": row.answer}
        return self.ask(connection, "POST", "attempts", body, **headers)

    def submit_all(self, rows: Sequence[Expectation], threads: int) -> None:
        """Submits one after the other, in so many threads, each over one connection."""
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(self._submit_some, (rows[first::threads] for first in range(threads))))

    def _submit_some(self, rows: Sequence[Expectation]) -> None:
        with closing(self.connection()) as connection:
            for row in rows:
                self.submit(connection, row)

    def wait(self, row: Expectation) -> None:
        """Returns once there is a verdict, asked for with the answer."""
        with closing(self.connection()) as connection:
            attempt = self.submit(connection, row, Prefer=WAIT)
            while attempt["state"] != "graded":
                attempt = self.ask(connection, "GET", f"attempts/{attempt['id']}", Prefer=WAIT)

    def poll(self, row: Expectation) -> None:
        """Returns once there is a verdict, asked for again and again."""
        with closing(self.connection()) as connection:
            attempt = self.submit(connection, row)
            while attempt["state"] != "graded":
                time.sleep(POLLED_EVERY)
                attempt = self.ask(connection, "GET", f"attempts/{attempt['id']}")


def answers(number: int) -> list[Expectation]:
    """So many answers: those of the demonstration, again and again."""
    rows = expectations(ANSWERS.read_text(encoding="utf-8"))
    return list(islice(cycle(rows), number))


def crowd(person: Person, rows: Sequence[Expectation], processes: int, threads: int) -> None:
    """Submits all of them from several processes at once, as fast as the service lets them."""
    shares = [rows[first::processes] for first in range(processes)]
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        for done in [pool.submit(person.submit_all, share, threads) for share in shares]:
            done.result()


def paced(
    act: Callable[[Expectation], None], rows: Iterable[Expectation], per_second: float, threads: int
) -> list[float]:
    """The seconds of each, begun at a steady pace whether or not those before have ended.

    The time counts from when it should have begun, so that waiting for a thread is not left out.
    """
    began = time.monotonic()

    def timed(due: float, row: Expectation) -> float:
        act(row)
        return time.monotonic() - due

    with ThreadPoolExecutor(threads) as pool:
        running = []
        for place, row in enumerate(rows):
            due = began + place / per_second
            time.sleep(max(0.0, due - time.monotonic()))
            running.append(pool.submit(timed, due, row))
        return [each.result() for each in running]
