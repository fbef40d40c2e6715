"""A grading worker that does not survive certain answers: the grader knows none that would do.

    celery -A tests.api.fakes.deadly worker -Q grade,regrade

Everything but the judgement is the real worker's; it only loses patience sooner.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

from grader import turn
from grader.wire import Item, Record
from grader.worker import MEMORY_BYTES, app

judged = turn.judged


def crash() -> None:
    """Dies as a fault in a compiled library would have it."""
    os.kill(os.getpid(), signal.SIGSEGV)


def devour() -> None:
    """Asks for more memory than there is."""
    bytearray(MEMORY_BYTES)


def ponder() -> None:
    """Takes for ever, and can be interrupted."""
    while True:
        time.sleep(0.01)


def ponder_deafly() -> None:
    """Takes for ever, and hears nothing."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    ponder()


DEADLY: dict[str, Callable[[], None]] = {
    "crash": crash,
    "devour": devour,
    "ponder": ponder,
    "ponder deafly": ponder_deafly,
}


def judged_or_dead(item: Item) -> Record:
    """The verdict on an answer that one survives."""
    if item.text in DEADLY:
        DEADLY[item.text]()
    return judged(item)


turn.judged = judged_or_dead
app.conf.task_soft_time_limit, app.conf.task_time_limit = 1.0, 2.0
