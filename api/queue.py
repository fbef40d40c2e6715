"""The queue as the service sees it: answers go out to be graded, verdicts come back once.

The recorder is the Celery worker of this side; start it with

    celery -A api.queue worker -Q record --pool=solo

Verdicts that cannot be stored just now are tried again until they can. Should their message get
lost all the same, the attempts are still pending, and the sweeper has them graded again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from celery.signals import worker_ready
from celery.utils.log import get_task_logger

from api import metrics
from api.attempts.messages import GradeMessage, Record, read_records
from api.attempts.recording import record
from api.errors import BrokerDown, MalformedMessage, StoreUnavailable
from api.settings import Settings
from api.store.database import Database
from grader.delivery import GRADE_TASK, MOST_ITEMS, RECORD_QUEUE, RECORD_TASK, Priority
from grader.transport import Waiting, application, faults, send
from grader.wire import grade_document

log = get_task_logger(__name__)

IMPATIENT = {"socket_connect_timeout": 0.5, "socket_timeout": 1.0}  # a learner is waiting
PAUSE_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 5.0  # well below the visibility timeout


class GradeQueue:
    """Hands answers over to the grading workers, and never keeps anybody waiting for it.

    After a failure the broker is left alone for PAUSE_SECONDS: a broker that swallows connections
    would otherwise cost every submission its time-out.
    """

    def __init__(self, broker_url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._celery = application("api", broker_url, RECORD_QUEUE, **IMPATIENT)
        self._faults = faults(self._celery)
        self._clock = clock
        self._silent_until = 0.0

    def hand_over(self, message: GradeMessage) -> None:
        """Puts one answer before the graders at once; BrokerDown when that cannot be done now."""
        self._send([message], Priority.LIVE)

    def hand_over_many(
        self, messages: Sequence[GradeMessage], priority: Priority = Priority.REGRADE
    ) -> None:
        """Puts many answers into a queue, MOST_ITEMS to a message.

        Those of one question belong beside each other. BrokerDown when that cannot be done now;
        those in front may have been taken then, and doing so again is harmless.
        """
        for first in range(0, len(messages), MOST_ITEMS):
            self._send(messages[first : first + MOST_ITEMS], priority)

    def backlog(self, priority: Priority = Priority.LIVE) -> int:
        """How many messages wait in a grade queue for a worker."""
        try:
            with self._celery.connection_for_read() as connection:
                queue = connection.default_channel.queue_declare(str(priority), passive=False)
                return int(queue.message_count)
        except self._faults as fault:
            raise BrokerDown("The broker cannot be reached.") from fault

    def _send(self, messages: Sequence[GradeMessage], priority: Priority) -> None:
        if self._clock() < self._silent_until:
            raise BrokerDown("The broker did not answer a moment ago.")
        document = grade_document([message.item for message in messages])
        try:
            send(self._celery, GRADE_TASK, document, priority)
        except self._faults as fault:
            self._silent_until = self._clock() + PAUSE_SECONDS
            raise BrokerDown("The broker cannot be reached.") from fault


@cache
def database(_process: int) -> Database:
    """The recorder's database; one for each process, since connections do not survive a fork."""
    return Database(settings.database_url)


def record_verdicts(task: Any, payload: Any) -> None:
    """Stores the verdicts of one message, and of those that have come in meanwhile, as one.

    A database that is away is tried again, nonsense is dropped.
    """
    try:
        with waiting.taken() as more:
            store([record for each in (payload, *more) for record in arrived(each)])
    except StoreUnavailable as fault:
        pause = min(LONGEST_RETRY_SECONDS, 0.1 * 2 ** min(task.request.retries, 10))
        raise task.retry(exc=fault, countdown=pause) from fault


def store(records: Sequence[Record]) -> None:
    """Leaves these verdicts stored; StoreUnavailable when that cannot be done now."""
    if not records:
        return
    with database(os.getpid()).write() as unit:
        unknown = record(unit, records, datetime.now(UTC)).unknown
    for attempt in unknown:
        log.error("verdict dropped: there is no attempt %s", attempt)


def arrived(payload: Any) -> Iterable[Record]:
    """The verdicts of a payload; none, with a line in the log, for nonsense."""
    try:
        return read_records(payload)
    except MalformedMessage as fault:
        log.error("verdict dropped: %s", fault)
        return ()


settings = Settings.from_environment(os.environ)
app = application("api", settings.broker_url, RECORD_QUEUE)
waiting = Waiting(app, RECORD_QUEUE, RECORD_TASK, share=1, most=MOST_ITEMS)
worker_ready.connect(lambda **_: metrics.serve(settings.metrics_port), weak=False)
app.task(record_verdicts, name=RECORD_TASK, bind=True, max_retries=None)  # until it is stored
