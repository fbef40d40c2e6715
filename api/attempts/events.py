"""A verdict as a server-sent event, for those who wait without asking again and again."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from api.attempts.waiting import graded
from api.context import Context
from api.errors import Overloaded

LOOK_SECONDS = 0.1
HEARTBEAT_SECONDS = 10.0
MEDIA_TYPE = "text/event-stream"


@dataclass(frozen=True)
class Stream:
    """The lines of a stream, and what is to be called when it is over, however it ends."""

    lines: Iterator[str]
    close: Callable[[], None]


def verdict_events(context: Context, attempt_id: uuid.UUID, told: Callable[[], str]) -> Stream:
    """The stream: comments as a sign of life, then the event `verdict` with what is told, the end.

    After the longest time a request may wait it ends without one; a client's EventSource then comes
    again by itself. Overloaded when too many of this process wait already.
    """
    if not context.waiting.acquire(blocking=False):
        raise Overloaded("Too many wait for their verdicts here; ask for the attempt instead.")
    return Stream(_lines(context, attempt_id, told), context.waiting.release)


def _lines(context: Context, attempt_id: uuid.UUID, told: Callable[[], str]) -> Iterator[str]:
    deadline, beat = time.monotonic() + context.settings.max_wait, 0.0
    while time.monotonic() < deadline:
        if graded(context, attempt_id):
            yield event("verdict", told())
            return
        if time.monotonic() >= beat:
            beat = time.monotonic() + HEARTBEAT_SECONDS
            yield ": waiting\n\n"
        time.sleep(LOOK_SECONDS)


def event(name: str, document: str) -> str:
    """One event, its data a JSON document on one line."""
    return f"event: {name}\ndata: {json.dumps(json.loads(document), ensure_ascii=False)}\n\n"
