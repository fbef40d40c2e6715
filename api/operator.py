"""`./gradbook operator`: a token that makes courses, for the database of the environment."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from api.command import Arguments, CommandFailed
from api.errors import StoreUnavailable
from api.identity import hashed, new_secret
from api.serve import settings_for
from api.store.backups import kept
from api.store.database import Database, cause


def arguments() -> Arguments:
    options = Arguments("operator", "Print a new token that makes courses; it is told this once.")
    options.add_argument("name", help="who gets it, for the audit log")
    options.add_argument(
        "--data", type=Path, metavar="DIR", help="the data folder (default: as for serve)"
    )
    return options


def main(words: Sequence[str]) -> int:
    """0 once the token is printed; CommandFailed when the database cannot be used."""
    options = arguments().read(words)
    url = settings_for(options.data, os.environ).database_url
    database = Database(url)
    secret, now = new_secret(), datetime.now(UTC)
    try:
        with database.write() as unit:
            person = unit.people.add_person(options.name, now)
            unit.people.grant_operator(person, hashed(secret), now)
    except StoreUnavailable as fault:
        raise CommandFailed(
            f"{kept(url).place}: {cause(fault.__cause__ or fault)};"
            " './gradbook db upgrade' makes a database."
        ) from None
    finally:
        database.close()
    print(secret)
    return 0
