"""`./gradbook doctor`: what this machine and its settings lack to run Gradbook, in a line each.

Every check says what is, and what to do where something is wrong; 1 then. What is only worth
knowing (a secret that everybody can read in the code) is said and is no failure.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from api import broker
from api.broker import Broker
from api.command import Arguments, CommandFailed
from api.errors import StoreUnavailable
from api.serve import settings_for
from api.settings import Settings
from api.store.backups import kept
from api.store.database import Database, cause
from api.store.migrate import is_current, newest

LEAST_FREE = 1 << 30  # bytes
LEAST_BROKER = (6, 2)  # of Redis, as far as its commands go; Valkey calls itself 7.2
SAMPLE_KEY = "GRADBOOK_SAMPLE_KEY"


class Grade(StrEnum):
    """How a check came out."""

    GOOD = "good"
    NOTE = "note"
    WRONG = "WRONG"


@dataclass(frozen=True)
class Finding:
    """What a check found, and what is to be done."""

    grade: Grade
    what: str
    says: str


def arguments() -> Arguments:
    options = Arguments("doctor", "Say what is lacking to run Gradbook here; status 1 if anything.")
    options.add_argument(
        "--data", type=Path, metavar="DIR", help="the data folder (default: as for serve)"
    )
    return options


def main(words: Sequence[str]) -> int:
    """0 when nothing is wrong; CommandFailed for a setting that makes no sense."""
    settings = settings_for(arguments().read(words).data, os.environ)
    findings = list(examined(settings))
    for finding in findings:
        print(f"{finding.grade:<5}  {finding.what:<9}  {finding.says}")
    wrong = sum(finding.grade is Grade.WRONG for finding in findings)
    print(f"doctor: {wrong} wrong" if wrong else "doctor: nothing is wrong")
    return 1 if wrong else 0


def examined(settings: Settings) -> Iterator[Finding]:
    """What all checks find."""
    for check in CHECKS:
        yield check(settings)


def python(_settings: Settings) -> Finding:
    version = sys.version_info
    says = f"Python {version[0]}.{version[1]}.{version[2]}"
    return Finding(Grade.GOOD, "python", says)


def disk(settings: Settings) -> Finding:
    folder = _existing(settings.data)
    free = shutil.disk_usage(folder).free
    says = f"{free / (1 << 30):.1f} GiB free at {folder}"
    if not os.access(folder, os.W_OK):
        return Finding(Grade.WRONG, "disk", f"{folder} cannot be written; name another with --data")
    if free < LEAST_FREE:
        return Finding(Grade.WRONG, "disk", f"{says}; at least 1 GiB is needed")
    return Finding(Grade.GOOD, "disk", says)


def _existing(folder: Path) -> Path:
    return next(each for each in (folder, *folder.parents) if each.exists())


def database(settings: Settings) -> Finding:
    if _is_new(settings):
        says = "there is none yet; './gradbook serve' or './gradbook db upgrade' makes it"
        return Finding(Grade.NOTE, "database", says)
    store, place = Database(settings.database_url), kept(settings.database_url).place
    try:
        store.check()
        current = is_current(store)
    except StoreUnavailable as fault:
        reason = cause(fault.__cause__ or fault)
        return Finding(Grade.WRONG, "database", f"{place}: {reason}")
    finally:
        store.close()
    if not current:
        says = f"{place} is not at revision {newest()}; './gradbook db upgrade' brings it"
        return Finding(Grade.WRONG, "database", says)
    return Finding(Grade.GOOD, "database", f"{place}, revision {newest()}")


def _is_new(settings: Settings) -> bool:
    file = settings.database_url.removeprefix("sqlite:///")
    return file != settings.database_url and not Path(file).exists()


def queue(_settings: Settings) -> Finding:
    given = os.environ.get("GRADBOOK_BROKER_URL")
    if given is None:
        return _own_broker()
    source = Broker(given)
    if not source.answers():
        says = f"{source.place} does not answer; start it, or name another in GRADBOOK_BROKER_URL"
        return Finding(Grade.WRONG, "broker", says)
    version = broker.version(given)
    if version < LEAST_BROKER:
        says = f"{source.place} is Redis {'.'.join(map(str, version))}; 6.2 or newer is needed"
        return Finding(Grade.WRONG, "broker", says)
    workers = source.consumers()
    says = f"{source.place}, {workers} workers wait for messages"
    return Finding(Grade.GOOD if workers else Grade.NOTE, "broker", says)


def _own_broker() -> Finding:
    try:
        broker.server_program()
    except CommandFailed as failure:
        return Finding(Grade.WRONG, "broker", str(failure))
    return Finding(Grade.GOOD, "broker", "'./gradbook serve' starts one of its own")


def sample_key(_settings: Settings) -> Finding:
    if os.environ.get(SAMPLE_KEY):
        return Finding(Grade.GOOD, "key", f"{SAMPLE_KEY} is set")
    says = f"{SAMPLE_KEY} is not set: the points at which answers are compared can be known"
    return Finding(Grade.NOTE, "key", says)


CHECKS: tuple[Callable[[Settings], Finding], ...] = (python, disk, database, queue, sample_key)
