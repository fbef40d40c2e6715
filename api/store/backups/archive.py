"""The file of a backup: a ZIP archive of a manifest and the database's own copy.

manifest.json   format, database, revision, time, rows by table, SHA-256 of the copy
database        SQLite: the database file; PostgreSQL: the custom format of pg_dump
"""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from api.errors import BackupFailed

FORMAT = "gradbook.backup/1"
MANIFEST, PAYLOAD = "manifest.json", "database"
CHUNK = 1 << 20
LARGEST_MANIFEST = 1 << 20  # bytes; ours have a few hundred

Dialect = Literal["sqlite", "postgresql"]


@dataclass(frozen=True)
class Contents:
    """What a database holds: its revision, and how many rows each table has."""

    revision: str
    rows: dict[str, int]


class Manifest(BaseModel):
    """What a backup says of itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["gradbook.backup/1"] = FORMAT
    dialect: Dialect
    revision: str
    created_at: datetime
    rows: dict[str, int]
    sha256: str


def pack(
    contents: Contents, dialect: Dialect, payload: Path, file: Path, now: datetime
) -> Manifest:
    """The manifest of the backup that is now the file, readable by its owner only."""
    manifest = Manifest(
        dialect=dialect,
        revision=contents.revision,
        created_at=now,
        rows=contents.rows,
        sha256=digest(payload),
    )
    fresh = payload.with_name("backup")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr(MANIFEST, manifest.model_dump_json(indent=2) + "\n")
            archive.write(payload, PAYLOAD)
        stream.flush()
        os.fsync(stream.fileno())
    settle(fresh, file)
    return manifest


def unpack(file: Path, payload: Path) -> Manifest:
    """The manifest of a backup whose copy is now the payload; BackupFailed unless it is whole.

    Raises OSError when the file cannot be read or the disk is full.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = _manifest(archive)
            with archive.open(PAYLOAD) as source, payload.open("xb") as target:
                came = _copied(source, target)
    except FileNotFoundError:
        raise BackupFailed(f"There is no file {file}.") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValidationError):
        raise BackupFailed(f"{file} is no backup of Gradbook, or a damaged one.") from None
    if came != manifest.sha256:
        raise BackupFailed(f"{file} is damaged: its copy of the database is not the one it names.")
    return manifest


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    if archive.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
        raise KeyError(MANIFEST)
    return Manifest.model_validate_json(archive.read(MANIFEST))


def _copied(source: IO[bytes], target: IO[bytes]) -> str:
    """The SHA-256 of what was copied; it has reached the disk."""
    sha256 = hashlib.sha256()
    while chunk := source.read(CHUNK):
        sha256.update(chunk)
        target.write(chunk)
    target.flush()
    os.fsync(target.fileno())
    return sha256.hexdigest()


def digest(file: Path) -> str:
    """The SHA-256 of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def settle(fresh: Path, file: Path) -> None:
    """The fresh file in the other's place, all at once and to stay."""
    fresh.replace(file)
    folder = os.open(file.absolute().parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
