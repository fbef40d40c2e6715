"""A PostgreSQL database: dumped by pg_dump from one snapshot, restored in one transaction."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, func, inspect, select, table, text

from api.errors import BackupFailed
from api.store.backups.archive import Contents, Dialect
from api.store.database import Database, faults
from api.store.migrate import current
from api.store.postgresql import programs

REVISIONS = "alembic_version"
OTHERS = text(
    "SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND backend_type = 'client backend' ORDER BY 1"
)
PATIENT = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


@dataclass(frozen=True)
class Postgresql:
    """The database at a URL."""

    url: URL
    dialect: Dialect = "postgresql"

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        return self.url.set(password=None).render_as_string()

    workplace = None  # the system's folder of temporary files

    def copy(self, target: Path) -> Contents:
        """What the copy holds: the very snapshot that was counted."""
        with self._connected() as connection:
            contents = Contents(_revision(connection, self.place), counted(connection))
            snapshot = connection.scalar(select(func.pg_export_snapshot()))
            self._run(
                connection, "pg_dump", "--format=custom", "--no-owner", "--no-privileges",
                f"--snapshot={snapshot}", f"--file={target}", f"--dbname={self._address}",
            )  # fmt: skip
        return contents

    def rows(self) -> dict[str, int]:
        """How many rows each table has."""
        with self._connected() as connection:
            return counted(connection)

    def replace(self, payload: Path, expected: Contents) -> None:
        """The payload in the place of every table there is, in one transaction."""
        script, begin = payload.with_suffix(".sql"), payload.with_name("begin.sql")
        with self._connected() as connection:
            if others := connection.scalars(OTHERS).all():
                names = ", ".join(others)
                raise BackupFailed(f"{self.place} is in use by {names}; stop Gradbook first.")
            begin.write_text(dropping(connection), encoding="utf-8")
            folder = _folder(connection, "pg_restore", "psql")
        unowned = ("--no-owner", "--no-privileges")
        self._call(folder / "pg_restore", *unowned, f"--file={script}", str(payload))
        self._call(
            folder / "psql", "--no-psqlrc", "--quiet", "--single-transaction",
            "--set=ON_ERROR_STOP=1", f"--dbname={self._address}",
            f"--file={begin}", f"--file={script}",
        )  # fmt: skip
        if self.rows() != expected.rows:
            raise BackupFailed(f"{self.place} was restored, and holds other rows than the backup.")

    @property
    def _address(self) -> str:
        """The URL as PostgreSQL's programs read it; the password goes another way."""
        return self.url.set(drivername="postgresql", password=None).render_as_string()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """A transaction that sees one moment and may last."""
        database = Database(self.url.render_as_string(hide_password=False), connections=1)
        try:
            with faults(), database.reading.connect() as connection:
                for limit in PATIENT:
                    connection.execute(text(f"SET LOCAL {limit} = 0"))
                yield connection
        finally:
            database.close()

    def _run(self, connection: Connection, program: str, *arguments: str) -> None:
        self._call(_folder(connection, program) / program, *arguments)

    def _call(self, program: Path, *arguments: str) -> None:
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}
        if self.url.password is not None:  # a command line can be read by everybody
            environment["PGPASSWORD"] = str(self.url.password)
        done = subprocess.run(
            [program, *arguments], env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            words = [line for line in done.stderr.splitlines() if line.strip()] or ["no word"]
            raise BackupFailed(f"{program.name} failed: {words[0]}")


def _folder(connection: Connection, *names: str) -> Path:
    """The folder of PostgreSQL's programs that are new enough for the server."""
    major = (connection.dialect.server_version_info or (0,))[0]
    found = programs(*names, major=major)
    if found is None:
        raise BackupFailed(
            f"{' and '.join(names)} of PostgreSQL {major} or newer are needed and not on the PATH; "
            f"install them (Debian, Ubuntu: postgresql-client-{major})."
        )
    return found


def _revision(connection: Connection, place: str) -> str:
    revision = current(connection)
    if revision is None:
        raise BackupFailed(f"{place} is no database of Gradbook: it has no revision.")
    return revision


def counted(connection: Connection) -> dict[str, int]:
    """How many rows each table has."""
    names = sorted(set(inspect(connection).get_table_names()) - {REVISIONS})
    return {
        name: connection.scalar(select(func.count()).select_from(table(name))) or 0
        for name in names
    }


def dropping(connection: Connection) -> str:
    """The statement that drops every table there is."""
    quote = connection.dialect.identifier_preparer.quote
    names = [quote(name) for name in inspect(connection).get_table_names()]
    return f"DROP TABLE {', '.join(names)} CASCADE;\n" if names else ""
