"""Backups: one recognisable file of a whole database, checked before it replaces anything.

What differs between SQLite and PostgreSQL is in a module each; both take a copy that is of one
moment, and put one in place wholly or not at all.
"""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url

from api.errors import BackupFailed
from api.store.backups.archive import Contents, Manifest, pack, unpack
from api.store.backups.postgresql import Postgresql
from api.store.backups.sqlite import Sqlite
from api.store.migrate import known


def kept(url: str) -> Sqlite | Postgresql:
    """The database at the URL, as something to be copied and replaced."""
    address = make_url(url)
    if address.get_backend_name() == "postgresql":
        return Postgresql(address)
    if not address.database:
        raise BackupFailed("A database in memory cannot be backed up.")
    return Sqlite(Path(address.database))


def backup(url: str, file: Path, now: datetime) -> Manifest:
    """The backup, whole in the file; BackupFailed when the file exists or it cannot be made."""
    if file.exists():
        raise BackupFailed(f"{file} exists; nothing was written over.")
    database = kept(url)
    with tempfile.TemporaryDirectory(prefix=f".{file.name}.", dir=_folder(file)) as folder:
        payload = Path(folder, "database")
        contents = database.copy(payload)
        return pack(contents, database.dialect, payload, file, now)


def _folder(file: Path) -> Path:
    if not file.absolute().parent.is_dir():
        raise BackupFailed(f"There is no folder {file.absolute().parent} to put the backup in.")
    return file.absolute().parent


def restore(url: str, file: Path, force: bool) -> Manifest:
    """What is now the database; BackupFailed, and nothing changed, when it cannot be restored.

    A database that holds anything is replaced only by force.
    """
    database = kept(url)
    with tempfile.TemporaryDirectory(prefix="gradbook-restore-", dir=database.workplace) as folder:
        payload = Path(folder, "database")
        manifest = unpack(file, payload)
        _check(manifest, database.dialect, file)
        held = database.rows()
        if any(held.values()) and not force:
            raise BackupFailed(
                f"The database at {database.place} holds {sum(held.values())} rows; "
                "--force replaces them by the backup."
            )
        database.replace(payload, Contents(manifest.revision, manifest.rows))
    return manifest


def _check(manifest: Manifest, dialect: str, file: Path) -> None:
    if manifest.dialect != dialect:
        raise BackupFailed(f"{file} is a backup of {manifest.dialect}; the database is {dialect}.")
    if not known(manifest.revision):
        raise BackupFailed(
            f"{file} is of revision {manifest.revision}, which this version does not know; "
            "restore it with the version that made it, or a newer one."
        )
