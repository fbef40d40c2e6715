"""Back-pressure: answers are refused before so many wait that everybody waits too long.

What waits is counted in the attempts table, which is the outbox: attempts count whether they are in
the queue, with a worker, or nowhere because the broker is away. Age is not looked at: one attempt
that no grader can judge would close the door for all.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from api.errors import Overloaded
from api.store.database import Database

COUNTED_EVERY = 1.0  # seconds, in each process


@dataclass
class Pressure:
    """Whether another answer may come in; as cheap as a comparison, but for one in a second."""

    database: Database
    most: int
    clock: Callable[[], float] = time.monotonic
    _waiting: int = 0
    _due: float = float("-inf")
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def check(self) -> None:
        """Raises Overloaded while as many answers wait as may."""
        if self.clock() >= self._due and self._counting.acquire(blocking=False):
            try:
                self._count()
            finally:
                self._counting.release()
        if self._waiting >= self.most:
            raise Overloaded("Too many answers wait to be graded just now. Nothing was stored.")

    def _count(self) -> None:
        with self.database.read() as unit:
            self._waiting = unit.attempts.pending(self.most)
        self._due = self.clock() + COUNTED_EVERY
