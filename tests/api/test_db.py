"""`./gradbook db`: what is backed up comes back, and what cannot come back replaces nothing."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from api import db
from api.command import CommandFailed, Misuse
from api.settings import Settings
from api.store import migrate as migrations
from api.store import postgresql
from api.store.backups.archive import digest
from api.store.database import Database
from api.store.models import Base
from tests.api.house import House
from tests.api.postgresql import ON_POSTGRESQL, ON_SQLITE

NOW = datetime(2026, 3, 1, tzinfo=UTC)
Rows = dict[str, list[Any]]


def content(url: str) -> Rows:
    """Every row of every table."""
    database = Database(url)
    with database.engine.connect() as connection:
        tables = Base.metadata.sorted_tables
        rows = {table.name: connection.execute(table.select()).all() for table in tables}
    database.close()
    return {name: sorted(found, key=str) for name, found in rows.items()}


@dataclass(frozen=True)
class Desk:
    """Somebody who types `./gradbook db …`, with a database and an empty one."""

    url: str
    empty: str
    folder: Path
    monkeypatch: pytest.MonkeyPatch

    @property
    def file(self) -> Path:
        return self.folder / "monday.backup"

    def type(self, *words: str, url: str = "") -> int:
        self.monkeypatch.setenv("GRADBOOK_DATABASE_URL", url or self.url)
        return db.main([*words, "--data", str(self.folder)])

    def add_course(self) -> None:
        database = Database(self.url)
        with database.write() as unit:
            unit.people.add_course(uuid.uuid4(), "Course", NOW)
        database.close()


@pytest.fixture
def desk(
    settings: Settings, empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Desk:
    (tmp_path / "empty").mkdir(exist_ok=True)
    return Desk(settings.database_url, empty_url, tmp_path, monkeypatch)


@pytest.fixture
def furnished(house: House, desk: Desk) -> Desk:
    """The desk, with people, a practice set, an attempt with its verdict and one without."""
    house.practice_set()
    house.record(house.attempt())
    house.attempt()
    house.database.close()
    return desk


# Backed up and restored.


def test_what_is_backed_up_comes_back(furnished: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    before = content(furnished.url)
    assert furnished.type("backup", str(furnished.file)) == 0
    assert furnished.type("restore", str(furnished.file), url=furnished.empty) == 0
    assert content(furnished.empty) == before == content(furnished.url)
    assert len(before["attempt"]) == 2
    rows = sum(map(len, before.values()))
    assert capsys.readouterr().out.count(f" {rows} rows of {len(before)} tables") == 2
    assert furnished.type("check", url=furnished.empty) == 0


def test_only_the_owner_can_read_a_backup(desk: Desk) -> None:
    desk.type("backup", str(desk.file))
    assert desk.file.stat().st_mode & 0o077 == 0
    assert [path.name for path in desk.folder.iterdir() if "monday" in path.name] == [
        desk.file.name
    ]


def test_a_backup_writes_over_nothing(desk: Desk) -> None:
    desk.file.write_text("precious")
    with pytest.raises(CommandFailed, match="exists; nothing was written over"):
        desk.type("backup", str(desk.file))
    with pytest.raises(CommandFailed, match="There is no folder"):
        desk.type("backup", str(desk.folder / "no" / "folder"))


def test_what_holds_something_is_replaced_by_force_only(desk: Desk) -> None:
    desk.type("backup", str(desk.file))
    desk.add_course()
    with pytest.raises(CommandFailed, match="holds 1 rows; --force replaces them"):
        desk.type("restore", str(desk.file))
    assert len(content(desk.url)["course"]) == 1
    desk.type("restore", str(desk.file), "--force")
    assert len(content(desk.url)["course"]) == 0


@ON_SQLITE
def test_a_file_that_is_replaced_is_kept(desk: Desk) -> None:
    desk.type("backup", str(desk.file))
    for number in (1, 2):
        desk.add_course()
        desk.type("restore", str(desk.file), "--force")
        kept = desk.folder / f"gradbook.sqlite3.replaced-{number}"
        assert len(content(f"sqlite:///{kept}")["course"]) == 1


@ON_SQLITE
def test_a_damaged_database_can_be_replaced(desk: Desk) -> None:
    desk.type("backup", str(desk.file))
    (desk.folder / "gradbook.sqlite3").write_bytes(b"no database, and long enough to tell" * 9)
    with pytest.raises(CommandFailed, match="--force"):
        desk.type("restore", str(desk.file))
    assert desk.type("check") == 1
    desk.type("restore", str(desk.file), "--force")
    assert desk.type("check") == 0


def test_a_database_in_use_is_not_replaced(desk: Desk) -> None:
    desk.type("backup", str(desk.file))
    user = Database(desk.url)
    with user.read() as unit:
        unit.people.course(uuid.uuid4())
        with pytest.raises(CommandFailed, match="in use"):
            desk.type("restore", str(desk.file))
    user.close()
    desk.type("restore", str(desk.file))


def test_a_backup_is_of_one_moment(desk: Desk) -> None:
    """Taken while somebody writes two courses at once: never one of them."""
    over = threading.Event()

    def write() -> None:
        database = Database(desk.url)
        while not over.is_set():
            with database.write() as unit:
                unit.people.add_course(uuid.uuid4(), "One", NOW)
                unit.people.add_course(uuid.uuid4(), "Another", NOW)
        database.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        desk.type("backup", str(desk.file))
    finally:
        over.set()
        writer.join()
    desk.type("restore", str(desk.file), url=desk.empty)
    assert len(content(desk.empty)["course"]) % 2 == 0


def test_what_the_system_refuses_is_one_sentence(desk: Desk) -> None:
    with pytest.raises(CommandFailed, match="Is a directory"):
        desk.type("restore", str(desk.folder))


# What is no backup replaces nothing.


def changed(file: Path, **changes: object) -> None:
    """Writes the backup anew, with another manifest and, by `database`, another copy."""
    with zipfile.ZipFile(file) as archive:
        manifest, payload = json.loads(archive.read("manifest.json")), archive.read("database")
    copy = changes.pop("database", payload)
    assert isinstance(copy, bytes)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("manifest.json", json.dumps({**manifest, **changes}))
        archive.writestr("database", copy)


def truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def flipped(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def other_copy(file: Path) -> None:
    changed(file, database=b"something else")


def other_copy_well_signed(file: Path) -> None:
    copy = file.with_name("copy")
    copy.write_bytes(b"something else, and long enough not to be empty")
    changed(file, database=copy.read_bytes(), sha256=digest(copy))


SPOILERS: tuple[tuple[Callable[[Path], None], str], ...] = (
    (truncated, "no backup of Gradbook, or a damaged one"),
    (flipped, "damaged"),
    (other_copy, "is damaged: its copy"),
    (other_copy_well_signed, "cannot be used|pg_restore failed"),
    (lambda file: file.write_bytes(b""), "no backup of Gradbook"),
    (lambda file: file.write_bytes(b"PK" * 99), "no backup of Gradbook"),
    (lambda file: file.unlink(), "There is no file"),
    (lambda file: changed(file, format="gradbook.backup/2"), "no backup of Gradbook"),
    (lambda file: changed(file, more="things"), "no backup of Gradbook"),
    (lambda file: changed(file, revision="from-the-future"), "which this version does not know"),
)


@pytest.mark.parametrize(("spoil", "says"), SPOILERS, ids=[f"{row[1]}" for row in SPOILERS])
def test_what_is_no_backup_replaces_nothing(
    desk: Desk, spoil: Callable[[Path], None], says: str
) -> None:
    desk.add_course()
    desk.type("backup", str(desk.file))
    before = content(desk.url)
    spoil(desk.file)
    with pytest.raises(CommandFailed, match=says):
        desk.type("restore", str(desk.file), "--force")
    assert content(desk.url) == before


def test_a_backup_of_the_other_database_is_refused(desk: Desk, dialect: str) -> None:
    desk.type("backup", str(desk.file))
    changed(desk.file, dialect={"sqlite": "postgresql", "postgresql": "sqlite"}[dialect])
    with pytest.raises(CommandFailed, match=f"the database is {dialect}"):
        desk.type("restore", str(desk.file), "--force")


@ON_SQLITE
def test_a_copy_with_other_rows_than_it_says_is_refused(desk: Desk) -> None:
    desk.type("backup", str(desk.file))
    changed(desk.file, rows={"course": 5})
    with pytest.raises(CommandFailed, match="does not hold what it says"):
        desk.type("restore", str(desk.file), "--force")


@ON_POSTGRESQL
def test_a_restore_that_fails_in_the_middle_changes_nothing(desk: Desk) -> None:
    """The tables are dropped first; what stands in the way of the rest brings them back."""
    desk.add_course()
    database = Database(desk.url)
    with database.writing.begin() as connection:
        connection.execute(text("CREATE SCHEMA in_the_way"))
    database.close()
    desk.type("backup", str(desk.file))
    before = content(desk.url)
    with pytest.raises(CommandFailed, match=r"psql failed: .*in_the_way"):
        desk.type("restore", str(desk.file), "--force")
    assert content(desk.url) == before


@ON_POSTGRESQL
def test_without_postgresqls_programs_a_sentence_says_what_to_install(desk: Desk) -> None:
    desk.monkeypatch.setattr(postgresql, "SOURCES", ())
    with pytest.raises(CommandFailed, match=r"pg_dump of PostgreSQL \d+ .*postgresql-client-\d+"):
        desk.type("backup", str(desk.file))
    assert not desk.file.exists()


@ON_POSTGRESQL
def test_the_password_is_on_no_command_line(desk: Desk) -> None:
    program = desk.folder / "pg_dump"
    program.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && { echo "pg_dump (PostgreSQL) 99.1"; exit; }\n'
        f'echo "$@" > {desk.folder}/said; echo "$PGPASSWORD" > {desk.folder}/told; exit 1\n'
    )
    program.chmod(0o755)
    desk.monkeypatch.setattr(postgresql, "SOURCES", (lambda _name: desk.folder,))
    with pytest.raises(CommandFailed, match="pg_dump failed: no word"):
        desk.type("backup", str(desk.file), url=desk.url.replace("@", ":secret@", 1))
    assert (desk.folder / "told").read_text() == "secret\n"
    assert "secret" not in (desk.folder / "said").read_text()


# Brought to the newest revision.

LATER = '''
"""A revision of tomorrow."""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "tomorrow", "{head}", None, None


def upgrade() -> None:
    op.create_table("later", sa.Column("id", sa.Integer(), primary_key=True))
'''


@pytest.fixture
def tomorrow(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], bool]]:
    """A Gradbook with one more revision; called, it says whether the database has it."""
    scripts = tmp_path / "migrations"
    shutil.copytree(migrations.SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "later.py").write_text(LATER.format(head=migrations.newest()))
    monkeypatch.setattr(migrations, "SCRIPTS", scripts)
    database = Database(desk.url)
    yield lambda: inspect(database.engine).has_table("later")
    database.close()


def backups(desk: Desk) -> list[Path]:
    return sorted((desk.folder / "backups").glob("*"))


def test_an_upgrade_on_sqlite_begins_with_a_backup(
    desk: Desk, dialect: str, tomorrow: Callable[[], bool], capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk.type("check") == 1
    assert "'./gradbook db upgrade' brings it to tomorrow" in capsys.readouterr().out
    assert desk.type("upgrade") == 0
    assert tomorrow()
    assert len(backups(desk)) == (1 if dialect == "sqlite" else 0)
    assert desk.type("upgrade") == 0
    assert "nothing was changed" in capsys.readouterr().out
    assert len(backups(desk)) <= 1


@ON_SQLITE
def test_the_backup_before_an_upgrade_brings_the_old_revision_back(
    desk: Desk, tomorrow: Callable[[], bool], capsys: pytest.CaptureFixture[str]
) -> None:
    desk.type("upgrade")
    assert desk.type("restore", str(backups(desk)[0]), "--force", url=desk.empty) == 0
    assert "'./gradbook db upgrade' brings it to revision tomorrow" in capsys.readouterr().out


def test_an_upgrade_can_do_without(desk: Desk, tomorrow: Callable[[], bool]) -> None:
    assert desk.type("upgrade", "--no-backup") == 0
    assert tomorrow()
    assert backups(desk) == []


def test_an_upgrade_makes_the_tables(desk: Desk) -> None:
    assert desk.type("upgrade", url=desk.empty) == 0
    assert desk.type("check", url=desk.empty) == 0
    assert backups(desk) == []


# Examined.


def break_state(connection: Any) -> None:
    connection.execute(text("UPDATE attempt SET state = 'graded'"))


def break_verdict(connection: Any) -> None:
    connection.execute(text("UPDATE attempt SET state = 'pending'"))


def break_schema(connection: Any) -> None:
    connection.execute(text("ALTER TABLE verdict DROP COLUMN milliseconds"))


def break_revision(connection: Any) -> None:
    connection.execute(text("UPDATE alembic_version SET version_num = 'future'"))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (break_state, "attempts   WRONG: 1 graded, without a verdict that counts"),
        (break_verdict, "attempts   WRONG: 1 waiting for a verdict that is there"),
        (break_schema, "schema     WRONG: 1 differences"),
        (break_revision, "revision   WRONG: future, which this version does not know"),
    ],
)
def test_what_is_wrong_is_found(
    furnished: Desk, spoil: Callable[[Any], None], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert furnished.type("check") == 0
    assert "attempts   1 waiting, none lost" in capsys.readouterr().out
    database = Database(furnished.url)
    with database.writing.begin() as connection:
        spoil(connection)
    database.close()
    assert furnished.type("check") == 1
    assert says in capsys.readouterr().out


@ON_SQLITE
def test_rows_that_point_to_nothing_are_found(
    furnished: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(furnished.folder / "gradbook.sqlite3")) as connection, connection:
        connection.execute("DELETE FROM question")  # only Gradbook has SQLite mind references
    assert furnished.type("check") == 1
    assert "points to nothing in question" in capsys.readouterr().out
    with pytest.raises(CommandFailed, match=r"is damaged: row .* points to nothing in question"):
        furnished.type("backup", str(furnished.file))


@ON_POSTGRESQL
def test_what_postgresql_does_not_enforce_is_found(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    database = Database(desk.url)
    with database.writing.begin() as connection:
        statement = "ALTER TABLE course ADD CONSTRAINT lax CHECK (title <> '') NOT VALID"
        connection.execute(text(statement))
    database.close()
    assert desk.type("check") == 1
    assert "integrity  WRONG: constraint lax is not enforced" in capsys.readouterr().out


def test_a_database_that_is_not_there_is_said_so(desk: Desk, dialect: str) -> None:
    away = {"sqlite": f"sqlite:///{desk.folder}/none", "postgresql": "postgresql:///x?host=/none"}
    for words in (["check"], ["backup", str(desk.file)]):
        with pytest.raises(CommandFailed, match=r"here is no database at|cannot be used"):
            desk.type(*words, url=away[dialect])
    assert not desk.file.exists()


def test_the_actions_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["--help"], ["help"]):
        assert db.main(words) == 0
    assert capsys.readouterr().out.count("restore FILE") == 3
    with pytest.raises(Misuse, match="did you mean 'backup'"):
        db.main(["bakup"])
    with pytest.raises(Misuse, match="FILE"):
        db.main(["backup"])
