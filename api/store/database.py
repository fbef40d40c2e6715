"""Units of work over one database: a read sees one moment, a write happens wholly or not at all.

SQLite runs in WAL mode and its writers say BEGIN IMMEDIATE: they queue up for the write lock
before they read, so that none finds out at its COMMIT that it came too late. PostgreSQL's readers
ask for one snapshot; its writers go on side by side, so that whoever decides by a row that another
may be changing locks it (`with_for_update`).
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from api.errors import StoreUnavailable
from api.store.unit import Unit

log = logging.getLogger(__name__)

CONNECTIONS = 16  # of a process: half as many as a web server's threads, which do other things too
POOL_SECONDS = 5.0  # the longest wait for a free one
RECYCLE_SECONDS = 1800
BUSY_SECONDS = 5.0
WRITES = "gradbook_writes"
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # an acknowledged attempt survives a power cut
    "PRAGMA foreign_keys = ON",
)
# SQLite's primary result codes of what passes by itself; everything else is a fault of ours.
SQLITE_PASSING = frozenset(
    (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PROTOCOL,
    )
)
# What PostgreSQL is told at each connection, unless the URL says something else.
POSTGRESQL = {
    "connect_timeout": "5",  # seconds
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",  # milliseconds, like those below
    "fallback_application_name": "gradbook",
    "options": "-c statement_timeout=15000 -c lock_timeout=5000"
    " -c idle_in_transaction_session_timeout=30000",
}
SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


class Database:
    """One database, through which units of work are opened."""

    def __init__(self, url: str, connections: int = CONNECTIONS) -> None:
        self.engine = connectable(url, connections)
        on_sqlite = self.engine.dialect.name == "sqlite"
        self.reading = self.engine if on_sqlite else self.engine.execution_options(**SNAPSHOT)
        self.writing = self.engine.execution_options(**{WRITES: True})

    @contextmanager
    def read(self) -> Iterator[Unit]:
        """A unit of work that sees one moment and changes nothing."""
        with faults(), Session(self.reading) as session:
            yield Unit(session)

    @contextmanager
    def write(self) -> Iterator[Unit]:
        """A unit of work that is committed at its end, or not at all when it raises."""
        with faults(), Session(self.writing) as session, session.begin():
            session.connection()  # takes the write lock now, and not at the first statement
            yield Unit(session)

    def check(self) -> None:
        """Raises StoreUnavailable when the database does not answer."""
        with faults(), self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Gives every connection back."""
        self.engine.dispose()


def connectable(url: str, connections: int = CONNECTIONS) -> Engine:
    """An engine for the URL with at most so many connections, set up for what it connects to."""
    address = make_url(url)
    pool: dict[str, Any] = {
        "pool_size": connections,
        "max_overflow": 0,
        "pool_timeout": POOL_SECONDS,
        "pool_use_lifo": True,  # what is not needed falls asleep
    }
    if address.get_backend_name() == "sqlite":
        return _sqlite(address, pool)
    defaults = {name: value for name, value in POSTGRESQL.items() if name not in address.query}
    renewed = {"pool_pre_ping": True, "pool_recycle": RECYCLE_SECONDS}
    return create_engine(address.update_query_dict(defaults), **pool, **renewed)


def _sqlite(address: URL, pool: dict[str, Any]) -> Engine:
    engine = create_engine(address, connect_args={"timeout": BUSY_SECONDS}, **pool)
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
def faults() -> Iterator[None]:
    """Turns what passes by itself (a lock, a lost connection) into StoreUnavailable."""
    try:
        yield
    except (DBAPIError, PoolTimeout) as fault:
        if not _passes(fault):
            raise
        log.warning("The database cannot be used: %s", cause(fault))
        raise StoreUnavailable("The database cannot be used just now.") from fault


def _passes(fault: DBAPIError | PoolTimeout) -> bool:
    """Whether trying again later may help."""
    if isinstance(fault, PoolTimeout) or fault.connection_invalidated:
        return True
    if isinstance(fault.orig, sqlite3.Error):
        # Without a code it is the driver's own complaint, about its use.
        code = getattr(fault.orig, "sqlite_errorcode", None)
        return code is not None and code & 0xFF in SQLITE_PASSING
    return isinstance(fault, OperationalError)


def cause(fault: Exception) -> str:
    """The first line of what the driver said, without the statement and its values."""
    return str(getattr(fault, "orig", None) or fault).partition("\n")[0].strip()
