"""What a database says of its own health: revision, schema, integrity, rows, contradictions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import ColumnElement, Connection, exists, func, select, text
from sqlalchemy.exc import DatabaseError

from api.store.backups.postgresql import PATIENT, counted
from api.store.backups.sqlite import damage
from api.store.database import Database, cause, faults
from api.store.migrate import current, known, newest
from api.store.models import Attempt, Base, State, Verdict


@dataclass(frozen=True)
class Finding:
    """One line of the report; wrong: somebody has to do something about it."""

    name: str
    says: str
    wrong: bool = False


def _graded(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Verdict.attempt_id == Attempt.id, *conditions)


# Attempts that cannot be: what is said of them, and what is true of them.
CONTRADICTIONS: tuple[tuple[str, ColumnElement[bool]], ...] = (
    ("graded, without a verdict that counts",
     (Attempt.state == State.GRADED) & ~_graded(Verdict.current)),
    ("waiting for a verdict that is there",
     (Attempt.state == State.PENDING) & _graded()),
)  # fmt: skip

# What PostgreSQL does not enforce though it is declared.
UNENFORCED = text(
    "SELECT 'constraint ' || conname FROM pg_constraint WHERE NOT convalidated "
    "UNION ALL SELECT 'index ' || indexrelid::regclass FROM pg_index WHERE NOT indisvalid"
)


def examined(database: Database) -> list[Finding]:
    """The report, as of one moment; StoreUnavailable when the database does not answer."""
    try:
        with faults(), database.reading.connect() as connection:
            return list(_report(connection))
    except DatabaseError as error:
        return [Finding("integrity", cause(error), wrong=True)]


def _report(connection: Connection) -> Iterator[Finding]:
    """The findings, those on which the others rest first; something wrong there is the last."""
    _take_time(connection)
    for examine in (_integrity, _revision, _schema):
        finding = examine(connection)
        yield finding
        if finding.wrong:
            return
    yield _rows(connection)
    yield from _attempts(connection)


def pending(database: Database) -> tuple[str | None, bool]:
    """The revision of the database, and whether migrations are to be run."""
    with faults(), database.reading.connect() as connection:
        revision = current(connection)
    return revision, revision != newest()


def _take_time(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        for limit in PATIENT:
            connection.execute(text(f"SET LOCAL {limit} = 0"))


def _revision(connection: Connection) -> Finding:
    revision, wanted = current(connection), newest()
    if revision == wanted:
        return Finding("revision", f"{revision}, the newest")
    if revision is None:
        says = "none; './gradbook db upgrade' makes the tables"
    elif known(revision):
        says = f"{revision}; './gradbook db upgrade' brings it to {wanted}"
    else:
        says = f"{revision}, which this version does not know; its newest is {wanted}"
    return Finding("revision", says, wrong=True)


def _integrity(connection: Connection) -> Finding:
    if connection.dialect.name == "sqlite":
        complaints: Sequence[str] = damage(connection.connection.driver_connection)
    else:
        complaints = [f"{row} is not enforced" for row in connection.scalars(UNENFORCED)]
    return Finding("integrity", "; ".join(complaints[:3]) or "sound", wrong=bool(complaints))


def _schema(connection: Connection) -> Finding:
    """Whether the tables are those that this version works on."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    differences = compare_metadata(context, Base.metadata)
    says = f"{len(differences)} differences from what this version works on"
    return Finding("schema", says if differences else "as it should be", wrong=bool(differences))


def _rows(connection: Connection) -> Finding:
    rows = counted(connection)
    filled = [f"{name} {number}" for name, number in rows.items() if number]
    return Finding("rows", ", ".join(filled) or "none")


def _attempts(connection: Connection) -> list[Finding]:
    """How many attempts wait, and which cannot be."""
    numbers = [(_number(connection, condition), says) for says, condition in CONTRADICTIONS]
    found = [Finding("attempts", f"{n} {says}", wrong=True) for n, says in numbers if n]
    waiting = _number(connection, Attempt.state == State.PENDING)
    return found or [Finding("attempts", f"{waiting} waiting, none lost")]


def _number(connection: Connection, condition: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(Attempt).where(condition)) or 0
