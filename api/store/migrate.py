"""Brings a database to the newest revision: `python -m api.store.migrate`.

This is the only way a database is made, in production, on a laptop and in the tests.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from api.errors import SettingsError, StoreUnavailable
from api.settings import Settings
from api.store.database import Database, cause, faults

SCRIPTS = Path(__file__).resolve().parents[2] / "migrations"


def configured(database: Database | None = None) -> Config:
    """Alembic's configuration for our revisions, running on the given database."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["database"] = database
    return config


def migrate(url: str) -> None:
    """The database at the newest revision; harmless when it is there already."""
    database = Database(url)
    try:
        with faults():
            command.upgrade(configured(database), "head")
    finally:
        database.close()


def newest() -> str:
    """The revision that this version of Gradbook works on."""
    return str(ScriptDirectory.from_config(configured()).get_current_head())


def known(revision: str) -> bool:
    """Whether a database of that revision can be brought to the newest."""
    scripts = ScriptDirectory.from_config(configured()).walk_revisions()
    return revision in {script.revision for script in scripts}


def current(connection: Connection) -> str | None:
    """The revision of the database; None for one without any."""
    return MigrationContext.configure(connection).get_current_revision()


def is_current(database: Database) -> bool:
    """Whether the database is at the revision that this version of Gradbook works on."""
    with faults(), database.engine.connect() as connection:
        return current(connection) == newest()


def main() -> int:
    """Migrates the database the environment names; 0 on success."""
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    if settings.database_url.startswith("sqlite"):
        settings.data.mkdir(parents=True, exist_ok=True)
    try:
        migrate(settings.database_url)
    except StoreUnavailable as error:
        print(f"{error} {error.__cause__ and cause(error.__cause__)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
