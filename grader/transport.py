"""Celery as both sides use it: an application, what its broker's absence looks like, what waits.

The only module besides grader.worker and api.queue that knows Celery.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from celery import Celery
from kombu.exceptions import ContentDisallowed, DecodeError, OperationalError

from grader.delivery import SETTINGS, TRANSPORT

log = logging.getLogger(__name__)

JSON = frozenset({"application/json"})


def application(name: str, broker_url: str, queue: str, **transport: Any) -> Celery:
    """A Celery application on this broker, with the delivery settings both sides share."""
    celery = Celery(name, broker=broker_url, set_as_current=False)
    celery.conf.update(SETTINGS, task_default_queue=queue)
    celery.conf.broker_transport_options = {**TRANSPORT, **transport}
    celery.conf.broker_pool_limit = 32
    return celery


def send(celery: Celery, task: str, document: Any, queue: str) -> None:
    """Puts one message into a queue; what it says is in no log."""
    celery.send_task(
        task, args=[document], argsrepr="(…)", queue=queue, retry=False, ignore_result=True
    )


def faults(celery: Celery) -> tuple[type[BaseException], ...]:
    """The exceptions that mean that a broker cannot be reached."""
    connection = celery.connection_for_read()
    return (OperationalError, *connection.connection_errors, *connection.channel_errors)


class Waiting:
    """What waits in a queue beside the message a task was started with.

    Celery starts a task for each message, which costs more than recording a verdict does. A task
    that is at work already takes along what has come in meanwhile. Each message stays with the
    broker until it is acknowledged, as Celery's own do.
    """

    def __init__(self, celery: Celery, queue: str, task: str) -> None:
        self._celery, self._queue, self._task = celery, queue, task
        self._connection: Any = None  # opened in the process that works, not in its parent

    @contextmanager
    def taken(self, most: int) -> Iterator[list[Any]]:
        """The documents of up to `most` messages, acknowledged at the end of the block.

        They go back into the queue when the block raises.
        """
        messages = self._messages(most)
        try:
            yield [message.payload[0][0] for message in messages]
        except BaseException:
            self._answer(message.requeue for message in messages)
            raise
        self._answer(message.ack for message in messages)

    def _messages(self, most: int) -> list[Any]:
        messages: list[Any] = []
        try:
            channel = self._channel()
            while len(messages) < most and (message := channel.basic_get(self._queue)):
                if self._is_ours(message):
                    messages.append(message)
        except faults(self._celery) as fault:
            self._lost(fault)
        return messages

    def _answer(self, answers: Iterable[Callable[[], None]]) -> None:
        """What cannot be told to the broker it will hand out again, which is harmless."""
        try:
            for answer in answers:
                answer()
        except faults(self._celery) as fault:
            self._lost(fault)

    def _is_ours(self, message: Any) -> bool:
        """Whether a message starts the task with one document; another one is dropped."""
        message.accept = JSON
        try:
            arguments, _, _ = message.payload
            if message.headers["task"] == self._task and len(arguments) == 1:
                return True
        except (DecodeError, ContentDisallowed, KeyError, TypeError, ValueError):
            pass
        log.error("a message that starts no %s was dropped from %s", self._task, self._queue)
        message.reject()
        return False

    def _channel(self) -> Any:
        if self._connection is None:
            self._connection = self._celery.connection_for_read()
        return self._connection.default_channel

    def _lost(self, fault: BaseException) -> None:
        log.warning("the broker went away: %s", fault)
        self._connection = None
