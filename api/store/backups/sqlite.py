"""A SQLite file: copied while it is in use, replaced by another when it is not."""

from __future__ import annotations

import itertools
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from api.errors import BackupFailed
from api.store.backups.archive import Contents, Dialect, settle

TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*'"
REVISIONS = "alembic_version"


@dataclass(frozen=True)
class Sqlite:
    """The database in one file."""

    file: Path
    dialect: Dialect = "sqlite"

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        return str(self.file)

    @property
    def workplace(self) -> Path:
        """A folder from which a file can take the database's place at once."""
        self.file.absolute().parent.mkdir(parents=True, exist_ok=True)
        return self.file.absolute().parent

    def copy(self, target: Path) -> Contents:
        """What the copy holds, which is of one moment, and sound; writers are not kept waiting."""
        if not self.file.exists():
            raise BackupFailed(f"There is no database at {self.file}.")
        with opened(self.file) as here, closing(sqlite3.connect(target)) as there:
            here.backup(there)
        return contents(target, self.file)

    def rows(self) -> dict[str, int]:
        """How many rows each table has; what cannot be read counts as one."""
        if not self.file.exists():
            return {}
        try:
            with opened(self.file) as connection:
                return {name: n for name, n in counted(connection).items() if name != REVISIONS}
        except BackupFailed:
            return {"?": 1}

    def replace(self, payload: Path, expected: Contents) -> None:
        """The payload in the file's place; the file that was there is kept beside it."""
        if contents(payload, payload) != expected:
            raise BackupFailed("The backup does not hold what it says it does.")
        if self.file.exists():
            unused(self.file)
            _like(payload, self.file)
            _keep(self.file)
        settle(payload, self.file)


@contextmanager
def opened(file: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a file that exists; what SQLite complains of is BackupFailed."""
    try:
        address = f"{file.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise BackupFailed(f"{file} cannot be used: {error}.") from None


def contents(file: Path, name: Path) -> Contents:
    """What a file holds; BackupFailed, with the name of the file, when it is not sound."""
    with opened(file) as connection:
        if complaints := damage(connection):
            raise BackupFailed(f"{name} is damaged: {complaints[0]}.")
        rows = counted(connection)
        if REVISIONS not in rows:
            raise BackupFailed(f"{name} is no database of Gradbook.")
        (revision,) = connection.execute(f"SELECT version_num FROM {REVISIONS}").fetchone()
    del rows[REVISIONS]
    return Contents(str(revision), rows)


def damage(connection: sqlite3.Connection) -> list[str]:
    """What is wrong with the pages of the file, and which rows point to nothing."""
    pages = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
    lost = [
        f"row {row} of {table} points to nothing in {parent}"
        for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check")
    ]
    return [page for page in pages if page != "ok"] + lost


def counted(connection: sqlite3.Connection) -> dict[str, int]:
    """How many rows each table has."""
    names = sorted(str(name) for (name,) in connection.execute(TABLES))
    return {
        name: int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])
        for name in names
    }


def unused(file: Path) -> None:
    """BackupFailed while somebody else has the file open; then everything is in the file itself.

    Leaving WAL mode takes the log in, and is refused while anybody else is there.
    """
    try:
        with closing(sqlite3.connect(file, timeout=1.0, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError:
        raise BackupFailed(f"{file} is in use; stop Gradbook first.") from None
    except sqlite3.DatabaseError:
        pass  # nothing that SQLite can use, nor anybody


def _keep(file: Path) -> None:
    """A second name for the file, so that what is replaced is not gone."""
    names = (file.with_name(f"{file.name}.replaced-{number}") for number in itertools.count(1))
    kept = next(name for name in names if not name.exists())
    try:
        os.link(file, kept)
    except OSError:  # a file system without second names
        shutil.copy2(file, kept)
    for log in ("-wal", "-shm"):  # only of a damaged one
        with suppress(FileNotFoundError):
            file.with_name(file.name + log).rename(kept.with_name(kept.name + log))


def _like(fresh: Path, file: Path) -> None:
    """The fresh file may be used by whom the other may be used by."""
    known = file.stat()
    fresh.chmod(known.st_mode & 0o777)
    with suppress(PermissionError):
        os.chown(fresh, known.st_uid, known.st_gid)
