"""The database: made by migrating only, and what it refuses by itself."""

from __future__ import annotations

import io
import sqlite3
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from api.errors import StoreUnavailable
from api.settings import Settings
from api.store.database import Database, faults
from api.store.migrate import SCRIPTS, configured, migrate
from api.store.models import Base, Moment
from tests.api.postgresql import ON_POSTGRESQL, ON_SQLITE

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_migrating_makes_every_table(database: Database) -> None:
    tables = set(inspect(database.engine).get_table_names())
    assert tables == {*Base.metadata.tables, "alembic_version"}


def test_models_and_migrations_say_the_same(database: Database) -> None:
    command.check(configured(database))


def test_checks_are_in_the_migration_too(database: Database) -> None:
    """Alembic does not compare CHECK constraints, so their names are compared here."""
    inspector = inspect(database.engine)
    for name, table in Base.metadata.tables.items():
        expected = {
            constraint.name
            for constraint in table.constraints
            if type(constraint).__name__ == "CheckConstraint"
        }
        assert {check["name"] for check in inspector.get_check_constraints(name)} == expected


def test_migrating_again_changes_nothing(settings: Settings) -> None:
    migrate(settings.database_url)


def test_migrating_at_the_same_time_from_two_processes_is_safe(
    empty_url: str, tmp_path: Path, checkout: Path
) -> None:
    command = [sys.executable, "-m", "api.store.migrate"]
    environment = {
        "GRADBOOK_DATA": str(tmp_path / "empty"), "GRADBOOK_DATABASE_URL": empty_url, "PATH": ""
    }  # fmt: skip
    both = [subprocess.Popen(command, env=environment, cwd=checkout) for _ in range(2)]
    assert [process.wait(30) for process in both] == [0, 0]
    database = Database(empty_url)
    assert "attempt" in inspect(database.engine).get_table_names()
    database.close()


def test_revisions_render_for_postgresql() -> None:
    config = configured()
    config.attributes["dialect"] = "postgresql"
    config.output_buffer = output = io.StringIO()
    command.upgrade(config, "head", sql=True)
    script = output.getvalue()
    assert "spec JSONB NOT NULL" in script
    assert "TIMESTAMP WITH TIME ZONE" in script
    assert "WHERE state = 'pending'" in script


def test_no_module_creates_tables_behind_the_migrations() -> None:
    sources = [*(SCRIPTS.parent / "api").rglob("*.py"), *(SCRIPTS.parent / "tests").rglob("*.py")]
    forbidden = "create" + "_all("
    assert [path for path in sources if forbidden in path.read_text(encoding="utf-8")] == []


@ON_SQLITE
@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("foreign_keys", 1), ("synchronous", 2)]
)
def test_sqlite_is_set_up(database: Database, pragma: str, value: object) -> None:
    with database.engine.connect() as connection:
        assert connection.execute(text(f"PRAGMA {pragma}")).scalar() == value


def test_writers_queue_up_instead_of_failing(database: Database) -> None:
    """With a deferred BEGIN, reading before writing fails as soon as two do it at once."""

    def write(_number: int) -> None:
        with database.write() as unit:
            assert unit.people.course(uuid.uuid4()) is None
            unit.people.add_course(uuid.uuid4(), "Course", NOW)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(100)))
    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM course")).scalar() == 100


def test_a_failed_unit_of_work_leaves_nothing(database: Database) -> None:
    course_id = uuid.uuid4()
    with pytest.raises(ZeroDivisionError), database.write() as unit:
        unit.people.add_course(course_id, "Course", NOW)
        raise ZeroDivisionError
    with database.read() as unit:
        assert unit.people.course(course_id) is None


@ON_SQLITE
def test_a_locked_database_is_unavailable_and_not_broken(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.store.database.BUSY_SECONDS", 0.05)
    database = Database(settings.database_url)
    file = settings.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable), database.write():
            pytest.fail("two writers at once")
        with database.read() as unit:  # readers are not disturbed
            assert unit.people.course(uuid.uuid4()) is None
    database.close()


def test_a_read_sees_one_moment(database: Database) -> None:
    with database.read() as reading:
        assert reading.people.course(uuid.UUID(int=1)) is None
        with database.write() as unit:
            unit.people.add_course(uuid.UUID(int=2), "Course", NOW)
        assert reading.people.course(uuid.UUID(int=2)) is None
    with database.read() as reading:
        assert reading.people.course(uuid.UUID(int=2)) is not None


@ON_POSTGRESQL
def test_a_read_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match="read-only"), database.read() as unit:
        unit.people.add_course(uuid.uuid4(), "Course", NOW)


def test_more_units_than_connections_wait_for_a_while_only(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.store.database.POOL_SECONDS", 0.05)
    database = Database(settings.database_url, connections=1)
    with database.read() as unit:
        assert unit.people.course(uuid.uuid4()) is None
        with pytest.raises(StoreUnavailable), database.read() as another:
            another.people.course(uuid.uuid4())
    database.close()


def test_a_fault_of_ours_is_no_matter_of_time(database: Database) -> None:
    with pytest.raises(DBAPIError), faults(), database.engine.connect() as connection:
        connection.execute(text("SELECT nothing FROM nowhere"))


@ON_POSTGRESQL
@pytest.mark.parametrize(
    ("limit", "statement"),
    [("statement_timeout", "SELECT pg_sleep(20)"), ("lock_timeout", "LOCK TABLE course")],
)
def test_nobody_waits_for_ever(settings: Settings, limit: str, statement: str) -> None:
    holding = Database(settings.database_url)
    database = Database(f"{settings.database_url}&options=-c {limit}=50")
    with holding.engine.begin() as other:
        other.execute(text("LOCK TABLE course"))
        with pytest.raises(StoreUnavailable), faults(), database.engine.begin() as connection:
            connection.execute(text(statement))
    database.close()
    holding.close()


@ON_POSTGRESQL
@pytest.mark.parametrize(("more", "name"), [("", "gradbook"), ("&application_name=x", "x")])
def test_connections_say_whose_they_are(settings: Settings, more: str, name: str) -> None:
    database = Database(settings.database_url + more)
    with database.engine.connect() as connection:
        assert connection.execute(text("SHOW application_name")).scalar() == name
        assert connection.execute(text("SHOW statement_timeout")).scalar() == "15s"
    database.close()


def test_foreign_keys_hold(database: Database) -> None:
    columns = "practice_set_id, position, exercise_id, template, weight"
    row = text(f"INSERT INTO practice_item ({columns}) VALUES (:id, 1, 'nothing@1:0', 'x', 1)")
    with pytest.raises(IntegrityError), database.writing.begin() as connection:
        connection.execute(row, {"id": "0" * 32})


def test_roles_are_checked_by_the_database(database: Database) -> None:
    with database.write() as unit:
        unit.people.add_course(uuid.UUID(int=1), "Course", NOW)
    with pytest.raises(IntegrityError, match="ck_enrolment_role"), database.writing.begin() as raw:
        raw.execute(
            text("INSERT INTO enrolment VALUES (:course, :person, 'king', '2026-01-01', NULL, 1)"),
            {"course": uuid.UUID(int=1).hex, "person": uuid.UUID(int=2).hex},
        )


def test_moments_come_back_in_utc(database: Database) -> None:
    with database.write() as unit:
        unit.people.add_course(uuid.UUID(int=1), "Course", NOW)
    with database.read() as unit:
        course = unit.people.course(uuid.UUID(int=1))
        assert course is not None
        assert course.created_at == NOW
        assert course.created_at.tzinfo is UTC


def test_moments_without_a_zone_are_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Moment().process_bind_param(datetime(2026, 3, 1), database.engine.dialect)
