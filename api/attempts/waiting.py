"""Waiting for a verdict, for those who prefer to (RFC 7240: Prefer: wait=10)."""

from __future__ import annotations

import re
import time
import uuid

from api.context import Context

PREFERENCE = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?(\d{1,6})\"?\s*(?=$|[,;])", re.IGNORECASE)
FIRST_LOOK = 0.005  # seconds; a verdict takes milliseconds when nobody is in front
LONGEST_LOOK = 0.1


def preferred_wait(header: str | None, longest: float) -> float | None:
    """How many seconds to wait; None when there is no such preference."""
    found = PREFERENCE.search(header or "")
    return min(float(found.group(1)), longest) if found else None


def wait_for_verdict(context: Context, attempt_id: uuid.UUID, seconds: float) -> bool:
    """Waits until there is a verdict or the time is over.

    False, at once, when too many requests of this process wait already: a preference must not
    take the last thread from those who only want to submit.
    """
    if not context.waiting.acquire(blocking=False):
        return False
    try:
        _look_until(context, attempt_id, time.monotonic() + seconds)
    finally:
        context.waiting.release()
    return True


def _look_until(context: Context, attempt_id: uuid.UUID, deadline: float) -> None:
    pause = FIRST_LOOK
    while not graded(context, attempt_id) and (left := deadline - time.monotonic()) > 0:
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, LONGEST_LOOK)


def graded(context: Context, attempt_id: uuid.UUID) -> bool:
    """Whether the attempt has a verdict by now."""
    with context.database.read() as unit:
        return unit.attempts.current_verdict(attempt_id) is not None
