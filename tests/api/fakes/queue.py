"""A queue that keeps what it is given, and can be away."""

from __future__ import annotations

from dataclasses import dataclass, field

from api.attempts.messages import GradeMessage
from api.errors import BrokerDown


@dataclass
class FakeQueue:
    """Stands for api.queue.GradeQueue."""

    messages: list[GradeMessage] = field(default_factory=list)
    down: bool = False
    room: int | None = None  # how many messages are taken before it goes down
    waiting: int = 0

    def hand_over(self, message: GradeMessage) -> None:
        if self.down or (self.room is not None and len(self.messages) >= self.room):
            raise BrokerDown("The broker cannot be reached.")
        self.messages.append(message)

    def backlog(self) -> int:
        if self.down:
            raise BrokerDown("The broker cannot be reached.")
        return self.waiting
