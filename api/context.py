"""What a request may use, put together once in api.app."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from flask import current_app

from api.attempts.messages import GradeMessage
from api.limiting import Limiter
from api.pressure import Pressure
from api.settings import Settings
from api.store.database import Database
from generator.bank import Bank
from grader.delivery import Priority

EXTENSION = "gradbook"


class Queue(Protocol):
    """Where answers go to be graded."""

    def hand_over(self, message: GradeMessage) -> None:
        """Puts one answer into the queue; BrokerDown when that cannot be done now."""

    def backlog(self, priority: Priority = ...) -> int:
        """How many messages wait in a queue."""


class Outbound(Protocol):
    """The queue, as far as those need it who send many answers; both raise BrokerDown."""

    def hand_over_many(self, messages: Sequence[GradeMessage], priority: Priority) -> None:
        """Puts answers into a queue."""

    def backlog(self, priority: Priority = ...) -> int:
        """How many messages wait in a queue."""


@dataclass(frozen=True)
class Context:
    """The parts of the running service."""

    settings: Settings
    database: Database
    bank: Bank
    queue: Queue
    now: Callable[[], datetime]
    draw_seed: Callable[[], int]
    waiting: threading.BoundedSemaphore  # one place for each request that waits for a verdict
    limiter: Limiter
    pressure: Pressure


def current() -> Context:
    """The context of the application that handles this request."""
    context: Context = current_app.extensions[EXTENSION]
    return context
