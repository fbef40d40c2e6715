"""Hands over again what got lost on the way: `python -m api.sweeper`.

The attempts table is the outbox. Whatever is pending and due was never handed over, or its
message or verdict died with a process; grading it twice is harmless, losing it is not.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Protocol

from api.attempts.messages import GradeMessage
from api.attempts.service import grade_message, swept
from api.errors import BrokerDown, SettingsError, StoreUnavailable
from api.queue import GradeQueue
from api.settings import Settings
from api.store.database import Database
from grader.delivery import MOST_ITEMS, Priority

log = logging.getLogger(__name__)

BATCH = 2 * MOST_ITEMS


class Outbound(Protocol):
    """The queue, as far as a sweeper needs it; both raise BrokerDown."""

    def hand_over_many(self, messages: Sequence[GradeMessage], priority: Priority) -> None:
        """Puts answers into a queue."""

    def backlog(self) -> int:
        """How many messages wait in the queue of live answers."""


@dataclass(frozen=True)
class Sweeper:
    """One round after the other over what is pending and due."""

    database: Database
    queue: Outbound
    stale_after: timedelta
    now: Callable[[], datetime]

    def sweep(self) -> int:
        """How many attempts were handed over again.

        While the graders have a batch or more before them, nothing is swept: what seems late then
        is most likely still in the queue. Raises BrokerDown or StoreUnavailable.
        """
        messages = self._due()
        if not messages or self.queue.backlog() >= BATCH:
            return 0
        handed_over: list[uuid.UUID] = []
        try:
            for first in range(0, len(messages), MOST_ITEMS):
                some = messages[first : first + MOST_ITEMS]
                self.queue.hand_over_many(some, Priority.LIVE)
                handed_over += [message.attempt for message in some]
        finally:  # whatever the broker took before it went away counts
            self._note(handed_over)
        return len(handed_over)

    def _due(self) -> list[GradeMessage]:
        with self.database.read() as unit:
            stale = unit.attempts.stale(self.now(), BATCH)
            return [grade_message(unit, attempt) for attempt in stale]

    def _note(self, handed_over: list[uuid.UUID]) -> None:
        with self.database.write() as unit:
            for attempt_id in handed_over:
                attempt = unit.attempts.get(attempt_id)
                if attempt is not None:
                    swept(attempt, self.now(), self.stale_after)


def run(
    sweeper: Sweeper,
    pause: float,
    stopped: threading.Event,
    alive: Callable[[], None] = lambda: None,
) -> None:
    """Sweeps until told to stop; a broker or database that is away is waited for.

    alive: called after each round.
    """
    trouble = ""
    while not stopped.is_set():
        trouble = _round(sweeper, trouble)
        alive()
        stopped.wait(pause)


def _round(sweeper: Sweeper, trouble: str) -> str:
    """What is wrong now, said once when it begins and once when it is over."""
    try:
        number = sweeper.sweep()
    except (BrokerDown, StoreUnavailable) as fault:
        if str(fault) != trouble:
            log.warning("%s Trying again.", fault)
        return str(fault)
    if trouble:
        log.warning("Everything can be reached again.")
    if number:
        log.info("handed over again: %d", number)
    return ""


def arguments() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="api.sweeper", description=__doc__)
    options.add_argument(
        "--alive", type=Path, metavar="FILE", help="file that is touched after each round"
    )
    return options


def main(words: Sequence[str] | None = None) -> int:
    """Sweeps until SIGTERM or SIGINT; 0 then, 2 for a setting that makes no sense."""
    file: Path | None = arguments().parse_args(words).alive
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s sweeper: %(message)s")
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    stopped = stop_on_signal()
    stale_after = timedelta(seconds=settings.stale_after)
    database, queue = Database(settings.database_url), GradeQueue(settings.broker_url)
    alive = file.touch if file else lambda: None
    run(Sweeper(database, queue, stale_after, utc_now), settings.sweep_every, stopped, alive)
    return 0


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
