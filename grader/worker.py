"""The grading worker: takes answers from the grade queues, sends their verdicts to the recorder.

It evaluates what strangers typed, so it is given nothing worth stealing: no database, no
files, and two settings: GRADBOOK_BROKER_URL, and GRADBOOK_SAMPLE_KEY, the secret from which the
points are drawn at which answers are compared (see grader.points). Start it with

    celery -A grader.worker worker -Q grade,regrade

It takes from the first queue as long as there is anything. A fault of ours is logged and leaves its
attempt pending; the sweeper of the other side sends it again later. It is never marked incorrect.
"""

from __future__ import annotations

import logging
import os
import resource
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from celery.exceptions import Reject, SoftTimeLimitExceeded
from celery.signals import worker_process_init

from grader.delivery import GRADE_TASK, MOST_ITEMS, RECORD_QUEUE, RECORD_TASK, Priority
from grader.errors import MalformedMessage
from grader.settled import rest, settle
from grader.starts import Starts
from grader.transport import Waiting, application, faults, send
from grader.turn import Turn, Worker
from grader.wire import Item, grade_document, read_grade, record_document

log = logging.getLogger(__name__)

DEFAULT_BROKER = "redis://127.0.0.1:6379/0"
EXHAUSTING = (MemoryError, SoftTimeLimitExceeded)
MEMORY_BYTES = 2 * 1024**3  # of addresses; a process that wants more is refused
REPLACED_KILOBYTES = 512 * 1024  # a process that has grown so large makes room for a new one


def grade(task: Any, message: Any) -> None:
    """Grades the answers of one message, and some that wait behind it, and hands the verdicts on.

    What it cannot hand on it leaves with the broker.
    """
    items, queue = read_grade(message), origin(task)
    try:
        if queue == Priority.LIVE:
            with waiting.taken() as more:
                conclude(taken_turn(items, list(understood(more))), queue)
        else:
            conclude(taken_turn(items), queue)
    except UNREACHABLE as fault:
        raise Reject(fault, requeue=True) from fault
    rest()


def understood(documents: Iterable[Any]) -> Iterator[Item]:
    """The answers of messages taken along; what is none is logged and dropped."""
    for document in documents:
        try:
            yield from read_grade(document)
        except MalformedMessage as fault:
            log.error("message dropped: %s", fault)


def taken_turn(items: Sequence[Item], along: Sequence[Item] = ()) -> Turn:
    """A turn over these answers, with the starts counted at the broker."""
    with app.pool.acquire(block=True) as connection:
        return Worker(Starts(connection.default_channel.client), EXHAUSTING).take_turn(items, along)


def conclude(turn: Turn, queue: str) -> None:
    """Sends the verdicts on, and back into the queue what is not graded."""
    if turn.records:
        send(app, RECORD_TASK, record_document(turn.records), RECORD_QUEUE)
    for items in turn.handed_back:
        send(app, GRADE_TASK, grade_document(items), queue)


def origin(task: Any) -> str:
    """The queue that a task's message came from."""
    info = task.request.delivery_info or {}
    return str(info.get("routing_key") or Priority.LIVE)


def begin(**_: Any) -> None:
    """What every grading process does before its first answer."""
    limit_memory()
    settle()


def limit_memory() -> None:
    """Leaves this process with at most MEMORY_BYTES, where the system knows such a limit."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    if most == resource.RLIM_INFINITY or most > MEMORY_BYTES:
        with suppress(ValueError, OSError):  # macOS knows the name and refuses
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, most))


app = application("grader", os.environ.get("GRADBOOK_BROKER_URL", DEFAULT_BROKER), Priority.LIVE)
app.conf.worker_max_memory_per_child = REPLACED_KILOBYTES
app.task(grade, name=GRADE_TASK, bind=True)
UNREACHABLE = faults(app)
# A quarter of what waits, so that the other processes find work too.
waiting = Waiting(app, Priority.LIVE, GRADE_TASK, share=0.25, most=MOST_ITEMS)


worker_process_init.connect(begin, weak=False)
