"""Hands over again what got lost on the way; a chore of the scheduler (api/scheduler.py).

The attempts table is the outbox. Whatever is pending and due was never handed over, or its
message or verdict died with a process; grading it twice is harmless, losing it is not.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.attempts.messages import GradeMessage
from api.attempts.service import grade_message, swept
from api.context import Outbound
from api.store.database import Database
from grader.delivery import MOST_ITEMS, Priority

BATCH = 2 * MOST_ITEMS


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
