"""A course to start with: a practice set, an instructor's token and a learner's, and an operator's.

Only hashes are in the database, so the two tokens are kept beside it, in a file of the data
folder that its owner alone can read.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from api.errors import SettingsError, StoreUnavailable
from api.identity import hashed, new_secret
from api.practice.making import ItemPlan, Times, create, plan
from api.practice.policy import Policy
from api.practice.schemas import NewItem
from api.settings import Settings
from api.store.database import Database
from api.store.models import Course, Role
from api.store.unit import Unit
from generator.bank import Bank
from generator.worksheet import WorksheetPlan, load_worksheet

FILE = "demo-course.json"
TITLE = "Demo course"
WORKSHEET = "cs230-backprop"


@dataclass(frozen=True)
class DemoCourse:
    """Where the demo course is and how to get in."""

    course_id: str
    practice_set_id: str
    instructor_token: str
    learner_token: str
    operator_token: str


def ensure_demo_course(settings: Settings) -> DemoCourse:
    """The demo course of this data folder, made at the first call; the database is migrated."""
    database = Database(settings.database_url)
    try:
        return known(database, settings.data / FILE) or made(database, settings.data / FILE)
    finally:
        database.close()


def known(database: Database, file: Path) -> DemoCourse | None:
    """The course the file describes, if it is in the database too."""
    if not file.exists():
        return None
    try:
        course = DemoCourse(**json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise SettingsError(f"{file} is damaged; move it away, and a new course is made.") from None
    with database.read() as unit:
        token = unit.people.token(hashed(course.learner_token))
    return course if token is not None else None


def made(database: Database, file: Path) -> DemoCourse:
    """A new demo course; its tokens are in the file before the course is committed."""
    now, worksheet = datetime.now(UTC), load_worksheet(WORKSHEET)
    items = planned(Bank.load(), worksheet)
    with database.write() as unit:
        course = unit.people.add_course(uuid.uuid4(), TITLE, now)
        practice_set = create(
            unit, course.id, worksheet.title, items, Times(opens_at=now), Policy(), now
        )
        demo = DemoCourse(
            course_id=str(course.id),
            practice_set_id=str(practice_set.id),
            instructor_token=_admitted(unit, course, "Demo instructor", Role.INSTRUCTOR, now),
            learner_token=_admitted(unit, course, "Demo learner", Role.STUDENT, now),
            operator_token=_operator(unit, now),
        )
        write_private(file, json.dumps(asdict(demo), indent=2) + "\n")
    return demo


def planned(bank: Bank, worksheet: WorksheetPlan) -> tuple[ItemPlan, ...]:
    """The items of a shipped worksheet."""
    wanted = [
        (NewItem(template=item.template, questions=list(item.questions)), item.seed)
        for item in worksheet.items
    ]
    return plan(bank, wanted)


def _operator(unit: Unit, now: datetime) -> str:
    secret = new_secret()
    unit.people.grant_operator(unit.people.add_person("Operator", now), hashed(secret), now)
    return secret


def _admitted(unit: Unit, course: Course, name: str, role: Role, now: datetime) -> str:
    secret = new_secret()
    unit.people.grant(unit.people.enrol(course, name, role, now), hashed(secret), now)
    return secret


def write_private(file: Path, text: str) -> None:
    """The text in the file, whole or not at all, readable by its owner only."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    fresh.replace(file)


def main() -> int:
    """Prints the demo course of the database and data folder the environment names; 0 then."""
    try:
        print(
            json.dumps(asdict(ensure_demo_course(Settings.from_environment(os.environ))), indent=2)
        )
    except (SettingsError, StoreUnavailable) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
