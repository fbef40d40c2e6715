"""How long dashboards take: `python -m tests.analytics.bench --attempts 1000000 [--postgresql]`.

Fills two databases, of 10,000 attempts and of as many as asked for, asks every dashboard query of
the large course over HTTP (within the process: no network), the set's 100 questions at once, and
records the verdict of one more attempt again and again. The least of several times is printed
beside the median, since other work on the machine only ever adds; processor time is that of the
service and not of PostgreSQL.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from api.app import create_app
from api.attempts.messages import read_records
from api.attempts.recording import record
from api.settings import Settings, sqlite_url
from api.store.database import Database
from api.store.models import Attempt, State
from tests.analytics.fill import PLACES, START, TEMPLATES, Filled, fill
from tests.api.fakes.grader import record_message

ROUNDS, INGESTED, FEW = 9, 200, 10_000
NUMBERS = itertools.count(1000)
QUERIES = (
    ("statistics of a set", "/practice-sets/{set}/statistics"),
    ("its variants, a page", "/practice-sets/{set}/statistics/variants"),
    ("misconceptions of a course", "/analytics/misconceptions"),
    ("misconceptions of a set", "/analytics/misconceptions?practice_set={set}"),
    ("misconceptions of a template", f"/analytics/misconceptions?template={TEMPLATES[0]}"),
    ("one by slot value", f"/analytics/misconceptions/mistake-1/slots?template={TEMPLATES[0]}"),
    ("who is stuck, a page", "/analytics/stuck"),
    ("wrong answers to a question", f"/analytics/answers/wrong?question={PLACES[0].question}"),
    ("unreadable ones", f"/analytics/answers/unreadable?question={PLACES[0].question}"),
    ("marks, a page", "/practice-sets/{set}/marks"),
    ("outcomes question by question", "/analytics/questions?practice_set={set}"),
)


@dataclass(frozen=True)
class Times:
    """Milliseconds of several rounds."""

    wall: tuple[float, ...]
    processor: tuple[float, ...]

    def __str__(self) -> str:
        return (
            f"{min(self.wall):8.1f} {statistics.median(self.wall):8.1f} {min(self.processor):10.1f}"
        )


def timed(do: Callable[[], None], rounds: int) -> Times:
    """The times of so many rounds, after one that is not counted."""
    do()
    wall, processor = [], []
    for _ in range(rounds):
        began, worked = time.perf_counter(), time.process_time()
        do()
        processor.append(1000 * (time.process_time() - worked))
        wall.append(1000 * (time.perf_counter() - began))
    return Times(tuple(wall), tuple(processor))


def asked(filled: Filled) -> Iterator[tuple[str, Times]]:
    """The times of every dashboard query."""
    app = create_app(Settings.from_environment({"GRADBOOK_DATABASE_URL": filled.url}))
    client, headers = app.test_client(), {"Authorization": f"Bearer {filled.token}"}
    for name, path in QUERIES:

        def ask(path: str = path) -> None:
            answer = client.get("/api/v1" + path.format(set=filled.practice_set_id),
                                headers=headers)  # fmt: skip
            assert answer.status_code == 200, answer.get_data(as_text=True)

        yield name, timed(ask, ROUNDS)


def ingested(filled: Filled) -> Times:
    """The times of recording one more attempt's verdict."""
    database = Database(filled.url)
    try:
        attempts = iter(more(database, filled, INGESTED + 1))
        return timed(lambda: recorded(database, next(attempts)), INGESTED)
    finally:
        database.close()


def recorded(database: Database, attempt: uuid.UUID) -> None:
    records = read_records(record_message(attempt, "incorrect", grader="1"))
    with database.write() as unit:
        assert record(unit, records, START).new


def more(database: Database, filled: Filled, count: int) -> list[uuid.UUID]:
    """Further attempts of a learner, one after the other at each of the questions."""
    now, made = START + timedelta(days=300), []
    with database.write() as unit:
        for number in range(count):
            place, ids = PLACES[number % len(PLACES)], uuid.uuid4()
            now += timedelta(seconds=60)
            unit.attempts.add(
                Attempt(
                    id=ids, course_id=filled.course_id, learner_id=filled.learner_id,
                    question_id=place.question, practice_set_id=filled.practice_set_id,
                    position=place.position, number=next(NUMBERS), credit=1.0, text="x",
                    submitted_at=now, state=State.PENDING, due_at=now, enqueue_count=0,
                )
            )  # fmt: skip
            made.append(ids)
    return made


@contextmanager
def places(postgresql: bool) -> Iterator[Callable[[], str]]:
    """Addresses of empty databases, which are gone afterwards."""
    if postgresql:
        from tests.api.postgresql import started

        with started() as server:

            def made() -> str:
                name = f"analytics_{uuid.uuid4().hex}"
                server.run(f"CREATE DATABASE {name}")
                return server.url.set(database=name).render_as_string(hide_password=False)

            yield made
        return
    with tempfile.TemporaryDirectory() as folder:
        yield lambda: sqlite_url(Path(tempfile.mkdtemp(dir=folder)))


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--attempts", type=int, default=1_000_000)
    parser.add_argument("--postgresql", action="store_true", help="instead of SQLite")
    given = parser.parse_args()
    with places(given.postgresql) as place:
        few, many = (fill(place(), count) for count in (FEW, given.attempts))
        print(f"{given.attempts:,} attempts, {'PostgreSQL' if given.postgresql else 'SQLite'};"
              " milliseconds")  # fmt: skip
        print(f"{'':32} {'least':>8} {'median':>8} {'processor':>10}")
        for name, times in asked(many):
            print(f"{name:32} {times}", flush=True)
        for count, filled in ((FEW, few), (given.attempts, many), (FEW, few)):
            print(f"{f'one verdict more, at {count:,}':32} {ingested(filled)}", flush=True)


if __name__ == "__main__":
    main()
