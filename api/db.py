"""`./gradbook db`: a database backed up, restored, brought to the newest revision, examined."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from api.command import Arguments, CommandFailed, Misuse, unknown_word
from api.errors import BackupFailed, StoreUnavailable
from api.serve import settings_for
from api.settings import Settings
from api.store.backups import backup, kept, restore
from api.store.backups.archive import Manifest
from api.store.database import Database, cause
from api.store.examine import examined, pending
from api.store.migrate import migrate, newest
from api.supervisor import claim


@dataclass(frozen=True)
class Options:
    """What was asked: on which database, with which file, and which of the flags."""

    settings: Settings
    file: Path | None
    flags: frozenset[str]

    @property
    def url(self) -> str:
        return self.settings.database_url

    @property
    def backup(self) -> Path:
        assert self.file is not None, "only asked of an action that has a file"
        return self.file


@dataclass(frozen=True)
class Action:
    """One thing that can be done with a database; `flags` are its own options."""

    name: str
    help: str
    run: Callable[[Options], int]
    file: str = ""
    flags: tuple[tuple[str, str], ...] = ()


def back_up(options: Options) -> int:
    print(described(options.backup, backup(options.url, options.backup, datetime.now(UTC))))
    return 0


def put_back(options: Options) -> int:
    with ExitStack() as cleanup:
        if on_sqlite(options):  # no service may start on it meanwhile
            claim(options.settings.data, cleanup)
        manifest = restore(options.url, options.backup, force="--force" in options.flags)
    print(f"restored {described(options.backup, manifest)}")
    if manifest.revision != newest():
        print(f"'./gradbook db upgrade' brings it to revision {newest()}.")
    return 0


def upgrade(options: Options) -> int:
    if on_sqlite(options):
        options.settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    revision, needed = state(options)
    if not needed:
        print(f"revision {revision} is the newest; nothing was changed.")
        return 0
    if on_sqlite(options) and revision and "--no-backup" not in options.flags:
        keep_a_copy(options, revision)
    migrate(options.url)
    print(f"revision {newest()}, the newest (before: {revision or 'no tables'})")
    return 0


def keep_a_copy(options: Options, revision: str) -> None:
    """Prints where the backup is; those of other moments stay."""
    now = datetime.now(UTC)
    folder = options.settings.data / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / f"revision-{revision}-{now:%Y%m%d-%H%M%S}.backup"
    print(described(file, backup(options.url, file, now)))


def check(options: Options) -> int:
    place = kept(options.url)
    if on_sqlite(options) and not Path(place.place).exists():
        raise CommandFailed(f"there is no database at {place.place}.")
    database = Database(options.url)
    try:
        report = examined(database)
    finally:
        database.close()
    print(f"database   {place.place}")
    for finding in report:
        print(f"{finding.name:<9}  {'WRONG: ' * finding.wrong}{finding.says}")
    return 1 if any(finding.wrong for finding in report) else 0


ACTIONS = (
    Action("backup", "copy the database into a file, while it is in use", back_up, "FILE"),
    Action(
        "restore", "put a backup in the database's place", put_back, "FILE",
        (("--force", "replace a database that holds something"),),
    ),
    Action(
        "upgrade", "run the migrations, on SQLite after a backup", upgrade, "",
        (("--no-backup", "without the backup"),),
    ),
    Action("check", "say revision, integrity, rows; status 1 when something is wrong", check),
)  # fmt: skip


def on_sqlite(options: Options) -> bool:
    return options.url.startswith("sqlite")


def state(options: Options) -> tuple[str | None, bool]:
    """The revision of the database, and whether migrations are to be run."""
    database = Database(options.url)
    try:
        return pending(database)
    finally:
        database.close()


def described(file: Path, manifest: Manifest) -> str:
    rows, tables = sum(manifest.rows.values()), len(manifest.rows)
    return (
        f"{file}: {manifest.dialect}, revision {manifest.revision}, {rows} rows of {tables} tables"
    )


def main(words: Sequence[str]) -> int:
    """The status of the action; CommandFailed for what it cannot do."""
    action = named(words[0] if words else "--help")
    if action is None:
        return print_help()
    try:
        return action.run(read(action, words[1:]))
    except BackupFailed as failure:
        raise CommandFailed(str(failure)) from None
    except StoreUnavailable as fault:
        raise CommandFailed(f"{fault} {cause(fault.__cause__ or fault)}") from None
    except OSError as error:  # a folder that cannot be written, a disk that is full
        raise CommandFailed(f"{error.filename or action.name}: {error.strerror}.") from None


def named(word: str) -> Action | None:
    """The action of that name; None when help was asked for."""
    if word in ("-h", "--help", "help"):
        return None
    rows = {row.name: row for row in ACTIONS}
    if word not in rows:
        complaint = unknown_word(word, [*rows, "help"])
        raise Misuse(f"{complaint}; './gradbook db --help' lists what can be done.")
    return rows[word]


def print_help() -> int:
    print("usage: ./gradbook db ACTION [OPTION ...]\n")
    for row in ACTIONS:
        print(f"  {f'{row.name} {row.file}':<13}  {row.help}")
    print(
        "\nThe database is that of $GRADBOOK_DATABASE_URL, or the SQLite file of the data folder."
    )
    return 0


def read(action: Action, words: Sequence[str]) -> Options:
    options = Arguments(f"db {action.name}", f"{action.help[0].upper()}{action.help[1:]}.")
    if action.file:
        options.add_argument("file", type=Path, metavar=action.file, help="the file of the backup")
    options.add_argument(
        "--data", type=Path, metavar="DIR",
        help="the data folder (default: $GRADBOOK_DATA, or data beside gradbook)",
    )  # fmt: skip
    for flag, meaning in action.flags:
        options.add_argument(flag, action="store_const", const=flag, help=meaning)
    given = options.read(words)
    flags = {flag for flag, _ in action.flags if vars(given)[flag[2:].replace("-", "_")]}
    settings = settings_for(given.data, os.environ)
    return Options(settings, vars(given).get("file"), frozenset(flags))
