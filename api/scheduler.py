"""What has to be done again and again: `python -m api.scheduler`.

    sweep      hands over again what got lost on the way to the graders   (api/sweeper.py)
    regrade    hands over the attempts of regrades, a few at a time       (api/regrades)
    deliver    tells webhooks what they want to be told                   (api/webhooks)
    forget     gives up answers kept for repeated requests                (api/changes.py)

Everything it works on is a row in the database that says when it is due. So it may be killed at any
moment, and another one beside it does no harm: what is done twice is harmless.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType

from api import logs, metrics
from api.errors import BrokerDown, SettingsError, StoreUnavailable
from api.queue import GradeQueue
from api.regrades.service import Sender
from api.settings import Settings
from api.store.database import Database
from api.store.requests import KEPT
from api.sweeper import Sweeper
from api.webhooks.courier import Courier

log = logging.getLogger(__name__)

FORGET_EVERY = 600.0  # seconds


@dataclass(frozen=True)
class Chore:
    """One thing to be done every so many seconds; `do` says how much there was to do.

    done: called after each time, also where there was trouble.
    """

    name: str
    every: float
    do: Callable[[], int]
    done: Callable[[], None] = lambda: None


def chores(
    settings: Settings, database: Database, queue: GradeQueue, alive: Callable[[], None]
) -> tuple[Chore, ...]:
    """Everything that has to be done again and again; `alive` is called after each sweep."""
    stale_after = timedelta(seconds=settings.stale_after)
    sweeper = Sweeper(database, queue, stale_after, utc_now)
    sender = Sender(database, queue, utc_now)
    courier = Courier(database, utc_now, settings.webhook_private)
    return (
        Chore("sweep", settings.sweep_every, sweeper.sweep, alive),
        Chore("regrade", settings.sweep_every, sender.send),
        Chore("deliver", settings.sweep_every, courier.deliver),
        Chore("forget", FORGET_EVERY, lambda: forget(database)),
    )


def forget(database: Database) -> int:
    """How many answers to repeated requests were given up."""
    with database.write() as unit:
        return unit.requests.forget(utc_now() - KEPT)


def run(chore: Chore, stopped: threading.Event) -> None:
    """Does the chore until told to stop; a broker or database that is away is waited for."""
    trouble = ""
    while not stopped.is_set():
        trouble = _once(chore, trouble)
        chore.done()
        stopped.wait(chore.every)


def _once(chore: Chore, trouble: str) -> str:
    """What is wrong now, said once when it begins and once when it is over."""
    try:
        number = chore.do()
    except (BrokerDown, StoreUnavailable) as fault:
        if str(fault) != trouble:
            log.warning("%s: %s Trying again.", chore.name, fault)
        return str(fault)
    if trouble:
        log.warning("%s: everything can be reached again.", chore.name)
    if number:
        log.info("%s: %d", chore.name, number)
        metrics.DONE.labels(chore.name).inc(number)
    return ""


def run_all(every: Sequence[Chore], stopped: threading.Event) -> None:
    """Does all chores, each in a thread of its own, until told to stop."""
    threads = [threading.Thread(target=run, args=(chore, stopped)) for chore in every]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def sign_of_life(words: Sequence[str] | None, about: str | None) -> Callable[[], None]:
    """What the process is to do as a sign of life: touch a file, where the command names one."""
    options = argparse.ArgumentParser(description=about)
    options.add_argument(
        "--alive", type=Path, metavar="FILE", help="file that is touched again and again"
    )
    file: Path | None = options.parse_args(words).alive
    return file.touch if file else lambda: None


def serve(
    process: str,
    words: Sequence[str] | None,
    about: str | None,
    work: Callable[[Settings, threading.Event, Callable[[], None]], None],
) -> int:
    """The work, with settings, an event that asks to stop, and a sign of life, until SIGTERM.

    The status of the process: 0 then, 2 for a setting that makes no sense.
    """
    alive = sign_of_life(words, about)
    logs.configure(process)
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    work(settings, stop_on_signal(), alive)
    return 0


def work(settings: Settings, stopped: threading.Event, alive: Callable[[], None]) -> None:
    """Does all chores until told to stop."""
    database, queue = Database(settings.database_url), GradeQueue(settings.broker_url)
    metrics.serve(settings.metrics_port)
    run_all(chores(settings, database, queue, alive), stopped)


def main(words: Sequence[str] | None = None) -> int:
    """Works until SIGTERM or SIGINT."""
    return serve("scheduler", words, __doc__, work)


def stop_on_signal() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return stopped


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


if __name__ == "__main__":
    sys.exit(main())
