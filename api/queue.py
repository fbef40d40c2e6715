"""The queue as the service sees it: answers go out to be graded, verdicts come back once.

The recorder is the Celery worker of this side; start it with

    celery -A api.queue worker -Q record

A verdict that cannot be stored just now is tried again until it can. Should its message get lost
all the same, the attempt is still pending, and the sweeper has it graded again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from celery import Celery
from celery.utils.log import get_task_logger
from kombu.exceptions import OperationalError

from api.attempts.messages import GradeMessage, read_record
from api.attempts.service import record
from api.errors import BrokerDown, MalformedMessage, NotFound, StoreUnavailable
from api.settings import Settings
from api.store.database import Database
from grader.delivery import (
    GRADE_QUEUE,
    GRADE_TASK,
    RECORD_QUEUE,
    RECORD_TASK,
    SETTINGS,
    TRANSPORT,
)

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
        self._celery = celery_app(broker_url, **IMPATIENT)
        self._clock = clock
        self._silent_until = 0.0

    def hand_over(self, message: GradeMessage) -> None:
        """Puts one answer into the grade queue; BrokerDown when that cannot be done now."""
        if self._clock() < self._silent_until:
            raise BrokerDown("The broker did not answer a moment ago.")
        try:
            self._celery.send_task(
                GRADE_TASK,
                args=[message.to_json()],
                queue=GRADE_QUEUE,
                retry=False,
                ignore_result=True,
            )
        except OperationalError as fault:
            self._silent_until = self._clock() + PAUSE_SECONDS
            raise BrokerDown("The broker cannot be reached.") from fault

    def backlog(self) -> int:
        """How many answers wait in the grade queue for a worker."""
        try:
            with self._celery.connection_for_read() as connection:
                queue = connection.default_channel.queue_declare(GRADE_QUEUE, passive=False)
                return int(queue.message_count)
        except connection_faults(self._celery) as fault:
            raise BrokerDown("The broker cannot be reached.") from fault


def connection_faults(celery: Celery) -> tuple[type[BaseException], ...]:
    """The exceptions that mean that a broker cannot be reached."""
    connection = celery.connection_for_read()
    return (OperationalError, *connection.connection_errors, *connection.channel_errors)


def celery_app(broker_url: str, **transport: Any) -> Celery:
    """A Celery application on this broker, with the delivery settings both sides share."""
    celery = Celery("api", broker=broker_url, set_as_current=False)
    celery.conf.update(SETTINGS, task_default_queue=RECORD_QUEUE)
    celery.conf.broker_transport_options = {**TRANSPORT, **transport}
    celery.conf.broker_pool_limit = 32
    return celery


@cache
def database(_process: int) -> Database:
    """The recorder's database; one for each process, since connections do not survive a fork."""
    return Database(settings.database_url)


def record_verdict(task: Any, payload: Any) -> None:
    """Stores one verdict; a database that is away is tried again, nonsense is dropped."""
    try:
        message = read_record(payload)
        with database(os.getpid()).write() as unit:
            record(unit, message, datetime.now(UTC))
    except (MalformedMessage, NotFound) as fault:
        log.error("verdict dropped: %s", fault)
    except StoreUnavailable as fault:
        pause = min(LONGEST_RETRY_SECONDS, 0.1 * 2 ** min(task.request.retries, 10))
        raise task.retry(exc=fault, countdown=pause) from fault


settings = Settings.from_environment(os.environ)
app = celery_app(settings.broker_url)
app.task(record_verdict, name=RECORD_TASK, bind=True, max_retries=None)  # until it is stored
