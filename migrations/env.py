"""Runs the revisions in one transaction, on the database handed over by api.store.migrate."""

from __future__ import annotations

from alembic import context
from sqlalchemy import func, select, text

from api.store.database import Database
from api.store.models import Base

LOCK = 0x67726164  # our number among PostgreSQL's locks: whoever has it migrates


def run_online(database: Database) -> None:
    """Migrates the database; two at once wait for each other, and the second has nothing to do."""
    with database.writing.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            compare_type=True,
            render_as_batch=connection.dialect.name == "sqlite",
            transactional_ddl=True,
        )
        with context.begin_transaction():
            if connection.dialect.name == "postgresql":  # SQLite locks at the beginning
                for limit in ("statement_timeout", "lock_timeout"):  # set for learners who wait
                    connection.execute(text(f"SET LOCAL {limit} = 0"))
                connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
            context.run_migrations()


def run_offline(dialect: str) -> None:
    """Prints the SQL for a dialect instead of running it."""
    context.configure(
        dialect_name=dialect, target_metadata=Base.metadata, literal_binds=True, as_sql=True
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    run_offline(context.config.attributes["dialect"])
else:
    run_online(context.config.attributes["database"])
