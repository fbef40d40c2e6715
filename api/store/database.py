"""Units of work over one database: a read sees one moment, a write happens wholly or not at all.

SQLite runs in WAL mode and its writers say BEGIN IMMEDIATE: they queue up for the write lock
before they read, so that none finds out at its COMMIT that it came too late.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from api.errors import StoreUnavailable
from api.store.unit import Unit

BUSY_SECONDS = 5.0
WRITES = "gradbook_writes"
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # an acknowledged attempt survives a power cut
    "PRAGMA foreign_keys = ON",
)


class Database:
    """One database, through which units of work are opened."""

    def __init__(self, url: str) -> None:
        self.engine = connectable(url)
        self.writing = self.engine.execution_options(**{WRITES: True})

    @contextmanager
    def read(self) -> Iterator[Unit]:
        """A unit of work that sees one moment and changes nothing."""
        with _faults(), Session(self.engine) as session:
            yield Unit(session)

    @contextmanager
    def write(self) -> Iterator[Unit]:
        """A unit of work that is committed at its end, or not at all when it raises."""
        with _faults(), Session(self.writing) as session, session.begin():
            session.connection()  # takes the write lock now, and not at the first statement
            yield Unit(session)

    def check(self) -> None:
        """Raises StoreUnavailable when the database does not answer."""
        with _faults(), self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Gives every connection back."""
        self.engine.dispose()


def connectable(url: str) -> Engine:
    """An engine for the URL, with SQLite's settings where it is SQLite."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own implicit BEGIN is switched off; _begin_sqlite says which BEGIN it is.
    connection.isolation_level = None
    for pragma in SQLITE_PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _faults() -> Iterator[None]:
    """Turns what passes by itself (a lock, a lost connection) into StoreUnavailable."""
    try:
        yield
    except (OperationalError, PoolTimeout) as fault:
        raise StoreUnavailable("The database cannot be used just now.") from fault
    except DBAPIError as fault:
        if fault.connection_invalidated:
            raise StoreUnavailable("The database cannot be used just now.") from fault
        raise
