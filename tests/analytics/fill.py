"""A database with so many attempts: `python -m tests.analytics.fill --attempts 1000000`.

Four courses with a practice set each: four fifths of the attempts are in the large one, whose
number of learners grows with their number (2,000 for a million); every set asks 100 questions.
Rows go in as a recorder would have left them: attempts, verdicts, diagnoses, standings, sheets.
The database is migrated first; without a URL it is SQLite, in a file that is named at the end.
"""

from __future__ import annotations

import argparse
import random
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from api.identity import hashed, new_secret
from api.practice.marks import Graded, sums
from api.practice.policy import Policy
from api.practice.sheets import Written, rewritten
from api.settings import sqlite_url
from api.store.database import Database
from api.store.migrate import migrate
from api.store.models import Attempt, Outcome, Role, Sheet, Standing, Verdict, VerdictDiagnosis
from api.store.standings import First

EXERCISES, QUESTIONS = 20, 5
EACH = 4  # attempts of a learner at a question, in the mean
LARGE, SMALL = (4, 5), 3  # the share of the large course, and how many share the rest
TEMPLATES, KINDS = ("two-layers", "one-neuron"), ("derivative", "entry", "shape")
SLUGS = tuple(f"mistake-{number}" for number in range(1, 13))
START = datetime(2026, 3, 1, tzinfo=UTC)
AT_A_TIME = 50_000
COLUMNS = tuple(column.name for column in Standing.__table__.columns)


@dataclass(frozen=True)
class Place:
    """A question of a set."""

    position: int
    exercise: str
    name: str
    kind: str

    @property
    def question(self) -> str:
        return f"{self.exercise}/{self.name}"


PLACES = tuple(
    Place(number, f"{TEMPLATES[number % 2]}@1:{number}", f"q{each}", KINDS[each % 3])
    for number in range(1, EXERCISES + 1)
    for each in range(QUESTIONS)
)


@dataclass(frozen=True)
class Filled:
    """Where to look: the large course's set, and the token of somebody who teaches it."""

    url: str
    course_id: uuid.UUID
    practice_set_id: uuid.UUID
    learner_id: uuid.UUID
    token: str


@dataclass
class Rows:
    """Rows of tables, sent to the database a few thousand at a time."""

    database: Database
    waiting: dict[Any, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    number: int = 0

    def add(self, table: Any, **values: Any) -> None:
        self.waiting[table].append(values)
        self.number += 1
        if self.number % AT_A_TIME == 0:
            self.flush()

    def flush(self) -> None:
        tables = (Attempt, Verdict, VerdictDiagnosis, Standing, Sheet)
        with self.database.write() as unit:
            for table in tables:
                send(unit._session.connection(), table.__table__, self.waiting[table])
        self.waiting.clear()


def send(connection: Any, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Inserts the rows, in the fastest way that the database has."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(insert(table), rows)
        return
    from psycopg.types.json import Jsonb

    names = list(rows[0])
    statement = f"COPY {table.name} ({', '.join(names)}) FROM STDIN"
    with connection.connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([Jsonb(each) if isinstance(each, dict | list) else each
                            for each in row.values()])  # fmt: skip


def fill(url: str, attempts: int, seed: int = 1) -> Filled:
    """The database at the URL, filled with so many attempts."""
    migrate(url)
    database = Database(url)
    try:
        bank(database)
        large = attempts * LARGE[0] // LARGE[1]
        rest = [(attempts - large) // SMALL] * SMALL
        rest[0] += attempts - large - sum(rest)
        numbers = iter(range(1, attempts + 1))
        found = [
            course(database, url, share, number, numbers, random.Random(seed + number))
            for number, share in enumerate([large, *rest])
            if share
        ]
        settle(database)
        return found[0]
    finally:
        database.close()


def bank(database: Database) -> None:
    """The exercises, with next to nothing in them."""
    with database.write() as unit:
        for number in range(1, EXERCISES + 1):
            name = f"{TEMPLATES[number % 2]}@1:{number}"
            questions = [
                {"id": each.question, "name": each.name, "kind": each.kind, "prompt": "?"}
                for each in PLACES
                if each.exercise == name
            ]
            unit.exercises.keep(
                {"id": name, "template": TEMPLATES[number % 2], "version": 1, "seed": number,
                 "title": name, "slots": {"n": number % 4, "loss": "se" if number % 3 else "bce"},
                 "questions": questions},
                START,
            )  # fmt: skip


def course(
    database: Database, url: str, attempts: int, number: int, ids: Iterator[int], rng: random.Random
) -> Filled:
    """One course with so many attempts of its learners at all questions of its set."""
    from api.store.models import PracticeItem, PracticeSet

    secret, set_id = new_secret(), uuid.uuid4()
    learners = max(1, round(attempts / EACH / len(PLACES)))
    with database.write() as unit:
        made = unit.people.add_course(uuid.uuid4(), f"Course {number}", START)
        teacher = unit.people.enrol(made, "Teacher", Role.INSTRUCTOR, START)
        unit.people.grant(teacher, hashed(secret), START)
        unit.practice.add(
            PracticeSet(
                id=set_id, course_id=made.id, title="Sheet", created_at=START, opens_at=START,
                policy=Policy().model_dump(mode="json"),
                items=[PracticeItem(position=position, template=name.partition("@")[0],
                                    exercise_id=name, weight=1.0)
                       for position, name in sorted({(p.position, p.exercise) for p in PLACES})],
            )
        )  # fmt: skip
        people = [
            unit.people.enrol(made, f"Learner {each}", Role.STUDENT, START).person_id
            for each in range(learners)
        ]
        course_id = made.id
    rows, left = Rows(database), attempts
    for each, person in enumerate(people):
        work = Work(course_id, set_id, person, START + timedelta(minutes=each))
        standings = []
        for place, count in counts(rng, left, last=each == learners - 1):
            left -= count
            standings.append(work.at(place, count, ids, rng, rows))
        if standings:
            work.keep(standings, rows)
    rows.flush()
    return Filled(url, course_id, set_id, people[0], secret)


def counts(rng: random.Random, left: int, last: bool) -> Iterator[tuple[Place, int]]:
    """How many attempts a learner makes at each question: 1 to 7, as long as there are any left."""
    for number, place in enumerate(PLACES):
        ending = last and number == len(PLACES) - 1
        count = left if ending else min(left, rng.randint(1, 2 * EACH - 1))
        if count:
            yield place, count
        left -= count


@dataclass
class Work:
    """What one learner does in one set."""

    course_id: uuid.UUID
    set_id: uuid.UUID
    learner_id: uuid.UUID
    now: datetime

    def at(
        self, place: Place, count: int, ids: Iterator[int], rng: random.Random, rows: Rows
    ) -> Standing:
        """The standing after so many attempts at a question, which are added to the rows."""
        graded = []
        for number in range(1, count + 1):
            self.now += timedelta(seconds=rng.randint(20, 200))
            outcome = drawn(rng, number == count)
            wrong = outcome is Outcome.INCORRECT and rng.random() < 0.6
            slug = rng.choice(SLUGS[: 1 + rng.randrange(len(SLUGS))]) if wrong else None
            score = {Outcome.CORRECT: 1.0, Outcome.PARTIALLY_CORRECT: 0.5}.get(outcome, 0.0)
            graded.append(Graded(self.now, outcome, score, 1.0, slug))
            self.attempt(place, number, graded[-1], next(ids), rows)
        return Standing(
            practice_set_id=self.set_id,
            learner_id=self.learner_id,
            question_id=place.question,
            course_id=self.course_id,
            exercise_id=place.exercise,
            position=place.position,
            name=place.name,
            kind=place.kind,
            **asdict(sums(graded, Policy())),
        )

    def attempt(
        self, place: Place, number: int, graded: Graded, verdict_id: int, rows: Rows
    ) -> None:
        attempt_id = uuid.uuid4()
        rows.add(
            Attempt, id=attempt_id, course_id=self.course_id, learner_id=self.learner_id,
            question_id=place.question, practice_set_id=self.set_id, position=place.position,
            number=number, credit=1.0, text=f"x (a - y) + {number}", submitted_at=graded.at,
            state="graded", due_at=graded.at, enqueue_count=0,
        )  # fmt: skip
        rows.add(
            Verdict, id=verdict_id, attempt_id=attempt_id, grader_version="1", current=True,
            outcome=graded.outcome.value, score=graded.score, reason="value",
            function=f"{number:016x}" if graded.outcome is not Outcome.CORRECT else None,
            document={"message": "They differ."}, milliseconds=1.0, recorded_at=graded.at,
        )  # fmt: skip
        if graded.slug:
            rows.add(VerdictDiagnosis, verdict_id=verdict_id, position=1, slug=graded.slug,
                     title=graded.slug)  # fmt: skip

    def keep(self, standings: Sequence[Standing], rows: Rows) -> None:
        """Adds the standings, each with what came of its misconception, and their sheet."""
        following: dict[str, First] = {}
        for standing in reversed(standings):
            after = following.get(standing.kind)
            if standing.slug and after:
                standing.persisted = after.slug == standing.slug
            if standing.first_at:
                following[standing.kind] = First.of(standing)
        for standing in standings:
            values = {name: getattr(standing, name) for name in COLUMNS}
            values["scores"] = list(standing.scores)
            values["first_outcome"] = standing.first_outcome and standing.first_outcome.value
            rows.add(Standing, **values)
        sheet = rewritten(Written(), standings)
        rows.add(Sheet, practice_set_id=self.set_id, learner_id=self.learner_id,
                 **asdict(sheet))  # fmt: skip


def drawn(rng: random.Random, last: bool) -> Outcome:
    """How an attempt comes out: the last one mostly right, those before mostly wrong."""
    if last and rng.random() < 0.9:
        return Outcome.CORRECT
    others = (Outcome.INCORRECT, Outcome.PARTIALLY_CORRECT, Outcome.INVALID)
    return rng.choices(others, (7, 2, 1))[0]


def settle(database: Database) -> None:
    """Lets the database look at its new rows, as it does by itself after a while."""
    on_sqlite = database.engine.dialect.name == "sqlite"
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not on_sqlite:
            last = "SELECT setval(pg_get_serial_sequence('verdict', 'id'), max(id)) FROM verdict"
            connection.exec_driver_sql(last)
        connection.exec_driver_sql("ANALYZE" if on_sqlite else "VACUUM ANALYZE")


def main() -> None:
    """Fills a database and says what is where."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--attempts", type=int, default=1_000_000)
    parser.add_argument("--database-url", default=sqlite_url(Path("analytics")))
    given = parser.parse_args()
    if given.database_url.startswith("sqlite"):
        Path(given.database_url.removeprefix("sqlite:///")).parent.mkdir(exist_ok=True)
    for name, value in vars(fill(given.database_url, given.attempts)).items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
