"""A queue that keeps what it is given, and can be away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from api.attempts.messages import GradeMessage
from api.errors import BrokerDown
from grader.delivery import Priority


@dataclass
class FakeQueue:
    """Stands for api.queue.GradeQueue."""

    messages: list[GradeMessage] = field(default_factory=list)
    down: bool = False
    room: int | None = None  # how many messages are taken before it goes down
    waiting: int = 0

    def hand_over(self, message: GradeMessage) -> None:
        self.hand_over_many([message], Priority.LIVE)

    def hand_over_many(
        self, messages: Sequence[GradeMessage], priority: Priority = Priority.REGRADE
    ) -> None:
        if self.down or (self.room is not None and len(self.messages) >= self.room):
            raise BrokerDown("The broker cannot be reached.")
        self.messages += messages

    def backlog(self, priority: Priority = Priority.LIVE) -> int:
        if self.down:
            raise BrokerDown("The broker cannot be reached.")
        return self.waiting
