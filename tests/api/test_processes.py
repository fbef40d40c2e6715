"""The real processes: killed in the middle, deprived of their broker, and nothing is lost."""

from __future__ import annotations

import json
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from api import supervisor
from api.attempts.service import grade_message
from api.broker import client
from api.keeper import GRACE_SECONDS
from api.queue import GradeQueue
from api.seed_course import DemoCourse, ensure_demo_course
from api.settings import Settings
from api.store.database import Database
from api.supervisor import Service
from grader.delivery import MOST_ITEMS, Priority

pytestmark = pytest.mark.slow

SECONDS = 60.0  # on a machine that others use too


@dataclass(frozen=True)
class Running:
    """The embedded service with its demo course, and a look into its database."""

    service: Service
    course: DemoCourse
    database: Database

    def call(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[int, dict[str, Any]]:
        """Status and document of the answer to the demo learner."""
        authorization = {"Authorization": f"Bearer {self.course.learner_token}"}
        request = Request(
            self.service.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **authorization, **headers},
        )
        with urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)

    def question(self) -> str:
        _, practice_set = self.call("GET", f"/api/v1/practice-sets/{self.course.practice_set_id}")
        _, exercise = self.call("GET", practice_set["items"][1]["url"])
        derivatives = [each for each in exercise["questions"] if each["kind"] == "derivative"]
        return str(derivatives[0]["id"])

    def post(self, text: str, **headers: str) -> tuple[int, dict[str, Any]]:
        body = {"question": self.question(), "answer": text}
        return self.call("POST", "/api/v1/attempts", body, **headers)

    def insist(self, text: str) -> uuid.UUID:
        """The attempt, asked for until it was acknowledged."""
        while True:
            try:
                return uuid.UUID(self.post(text)[1]["id"])
            except OSError:  # the server went away; whether it had stored the attempt is unknown
                time.sleep(0.05)

    def verdicts(self, attempts: list[uuid.UUID]) -> list[int]:
        """How many verdicts each of the attempts has."""
        with self.database.read() as unit:
            stored = [unit.attempts.get(attempt) for attempt in attempts]
            return [len(attempt.verdicts) for attempt in stored if attempt is not None]

    def outcome(self, attempt: uuid.UUID) -> str:
        """The outcome of the verdict that counts."""
        with self.database.read() as unit:
            verdict = unit.attempts.current_verdict(attempt)
            return "" if verdict is None else verdict.outcome.value


def service_in(data: Path) -> Iterator[Running]:
    """The embedded service on an empty folder, stopped in the end."""
    with Service(Settings.from_environment({"GRADBOOK_DATA": str(data)})) as service:
        database = Database(service.settings.database_url)
        yield Running(service, ensure_demo_course(service.settings), database)
        database.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    yield from service_in(tmp_path_factory.mktemp("data"))


def until(condition: Callable[[], bool], pause: float = 0.05) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(pause)


def test_an_answer_gets_its_verdict_while_one_waits(running: Running) -> None:
    status, attempt = running.post("x (a - y)", Prefer="wait=20")
    assert status == 201
    assert attempt["verdict"]["outcome"]


def test_a_killed_grader_loses_no_attempt(running: Running) -> None:
    """Killed while it has answered some of fifty: every attempt gets its one verdict."""
    grader = running.service.processes["grader"]
    killed = grader.pid
    grader.kill(signal.SIGSTOP)  # so that all fifty are on their way when it is killed
    with ThreadPoolExecutor(4) as pool:
        posted = list(pool.map(running.post, [f"x (a - y) + {number}" for number in range(50)]))
    assert {status for status, _ in posted} == {202}
    attempts = [uuid.UUID(attempt["id"]) for _, attempt in posted]

    queue = GradeQueue(running.service.settings.broker_url)
    grader.kill(signal.SIGCONT)
    until(lambda: queue.backlog() < 50, pause=0.002)
    grader.kill(signal.SIGKILL)
    assert queue.backlog() > 0, "it was killed too late to prove anything"

    until(lambda: all(running.verdicts(attempts)))
    assert grader.pid not in (None, killed)
    time.sleep(1)  # what was handed out twice may still come in
    assert running.verdicts(attempts) == [1] * 50


def test_an_attempt_outlives_a_broker_that_is_down(running: Running) -> None:
    question_known = running.post("x (a - y)", Prefer="wait=20")
    assert question_known[0] == 201
    broker = running.service.processes["broker"]
    broker.stop()
    began = time.monotonic()
    posted = [running.post(f"x (a - y) + {number}") for number in range(5)]
    assert time.monotonic() - began < 5
    assert [status for status, _ in posted] == [202] * 5
    attempts = [uuid.UUID(attempt["id"]) for _, attempt in posted]
    assert running.verdicts(attempts) == [0] * 5
    broker.start()
    until(lambda: all(running.verdicts(attempts)))
    assert running.verdicts(attempts) == [1] * 5


def test_a_killed_recorder_loses_no_verdict(running: Running) -> None:
    recorder = running.service.processes["recorder"]
    recorder.kill(signal.SIGSTOP)
    attempts = [uuid.UUID(running.post(f"x (a - y) + {number}")[1]["id"]) for number in range(10)]
    time.sleep(0.5)
    recorder.kill(signal.SIGKILL)
    until(lambda: all(running.verdicts(attempts)))
    assert running.verdicts(attempts) == [1] * 10


@pytest.mark.parametrize("name", ["web", "grader", "recorder"])
def test_a_process_that_is_asked_to_stop_ends_in_time_and_loses_nothing(
    running: Running, name: str
) -> None:
    process = running.service.processes[name]
    with ThreadPoolExecutor(4) as pool:
        posting = [pool.submit(running.insist, f"x (a - y) + {number}") for number in range(60)]
        until(lambda: sum(each.done() for each in posting) > 10, pause=0.002)
        began = time.monotonic()
        process.stop()
        assert time.monotonic() - began < GRACE_SECONDS, "it had to be killed"
        process.start()
        attempts = [each.result() for each in posting]
    until(lambda: all(running.verdicts(attempts)))
    assert running.verdicts(attempts) == [1] * 60


def test_a_live_answer_overtakes_five_thousand_that_are_graded_again(running: Running) -> None:
    queue = GradeQueue(running.service.settings.broker_url)
    attempt = uuid.UUID(running.post("x (a - y)", Prefer="wait=20")[1]["id"])
    with running.database.read() as unit:
        stored = unit.attempts.get(attempt)
        assert stored is not None
        again = grade_message(unit, stored)
    queue.hand_over_many([replace(again, text=f"x (a - y) + {n}") for n in range(5_000)])
    status, answer = running.post("x (a - y) + 3", Prefer="wait=20")
    left = queue.backlog(Priority.REGRADE)
    assert (status, answer["state"]) == (201, "graded")
    assert left > 5_000 / MOST_ITEMS / 2, "it was graded too late to have overtaken many"
    with client(running.service.settings.broker_url) as connection:
        connection.delete(Priority.REGRADE)


@pytest.fixture(scope="module")
def deadly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service with graders that do not survive certain answers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(supervisor, "GRADER", "tests.api.fakes.deadly")
        yield from service_in(tmp_path_factory.mktemp("deadly"))


@pytest.mark.parametrize("text", ["crash", "devour", "ponder", "ponder deafly"])
def test_what_kills_its_worker_is_quarantined_and_the_others_go_on(
    deadly: Running, text: str
) -> None:
    killer = uuid.UUID(deadly.post(text)[1]["id"])
    others = [uuid.UUID(deadly.post(f"x (a - y) + {number}")[1]["id"]) for number in range(1, 21)]
    until(lambda: all(deadly.verdicts([killer, *others])))
    _, attempt = deadly.call("GET", f"/api/v1/attempts/{killer}")
    assert (attempt["verdict"]["outcome"], attempt["verdict"]["reason"]) == (
        "needs_review",
        "quarantined",
    )
    assert deadly.verdicts([killer, *others]) == [1] * 21
    assert {deadly.outcome(other) for other in others} == {"incorrect"}


def test_in_a_batch_a_killing_answer_takes_no_other_with_it(deadly: Running) -> None:
    texts = [*(f"x (a - y) + {number}" for number in range(100, 130)), "crash", "x (a - y) + 131"]
    deadly.service.processes["grader"].kill(signal.SIGSTOP)
    attempts = [uuid.UUID(deadly.post(text)[1]["id"]) for text in texts]
    with deadly.database.read() as unit:
        stored = [unit.attempts.get(attempt) for attempt in attempts]
        messages = [grade_message(unit, attempt) for attempt in stored if attempt is not None]
    queue = GradeQueue(deadly.service.settings.broker_url)
    with client(deadly.service.settings.broker_url) as connection:
        connection.delete(Priority.LIVE)  # what is left is the one message
    queue.hand_over_many(messages)
    deadly.service.processes["grader"].kill(signal.SIGCONT)
    until(lambda: all(deadly.verdicts(attempts)))
    outcomes = [deadly.outcome(attempt) for attempt in attempts]
    assert outcomes == ["incorrect"] * 30 + ["needs_review", "incorrect"]
    until(lambda: queue.backlog(Priority.REGRADE) == 0)
