"""Celery as both sides use it: an application, what its broker's absence looks like, what waits.

The only module besides grader.worker and api.queue that knows Celery.
"""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from celery import Celery
from kombu.exceptions import OperationalError

from grader.delivery import SETTINGS, TRANSPORT

log = logging.getLogger(__name__)

T = TypeVar("T")

JSON = "application/json"

# Moves messages from a queue to those that are not acknowledged, in kombu's own layout: by delivery
# tag, with exchange and routing key, and the time from which the visibility timeout counts.
TAKE = """
local waiting = redis.call('LLEN', KEYS[1])
local number = math.min(math.ceil(waiting * ARGV[1]), tonumber(ARGV[2]))
local taken = {}
for place = 1, number do
    local message = redis.call('RPOP', KEYS[1])
    local properties = cjson.decode(message)['properties']
    local tag, route = properties['delivery_tag'], properties['delivery_info']
    local place_of_origin = cjson.encode({route['exchange'], route['routing_key']})
    redis.call('HSET', KEYS[2], tag, '[' .. message .. ',' .. string.sub(place_of_origin, 2))
    redis.call('ZADD', KEYS[3], ARGV[3], tag)
    taken[place] = message
end
return taken
"""


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

    Celery starts a task for each message, which costs as much as a verdict does. A task that is at
    work already takes along some of what waits; how much is `share`, of one, at most `most`.
    Each message stays with the broker until it is acknowledged, just as Celery's own do: it is
    put where kombu would put it, but all of them at once.
    """

    def __init__(self, celery: Celery, queue: str, task: str, share: float, most: int) -> None:
        self._celery, self._queue, self._task = celery, queue, task
        self._share, self._most = share, most
        self._channel: Any = None  # opened in the process that works, not in its parent

    @contextmanager
    def taken(self) -> Iterator[list[Any]]:
        """The documents of the messages taken along, acknowledged at the end of the block.

        They go back to the head of the queue when the block raises.
        """
        messages = self._told(self._take) or []
        documents = [self._document(message) for message in messages]
        tags = [message["properties"]["delivery_tag"] for message in messages]
        try:
            yield [document for document in documents if document is not None]
        except BaseException:
            self._told(self._give_back, tags)
            raise
        self._told(self._acknowledge, tags)

    def _take(self) -> list[Any]:
        if self._channel is None:
            self._channel = self._celery.connection_for_read().default_channel
        keys = (self._queue, self._channel.unacked_key, self._channel.unacked_index_key)
        arguments = (self._share, self._most, time.time())
        taken = self._channel.client.eval(TAKE, len(keys), *keys, *arguments)
        return [json.loads(message) for message in taken]

    def _acknowledge(self, tags: list[str]) -> None:
        if tags:
            pipeline = self._channel.client.pipeline()
            pipeline.zrem(self._channel.unacked_index_key, *tags)
            pipeline.hdel(self._channel.unacked_key, *tags).execute()

    def _give_back(self, tags: list[str]) -> None:
        for tag in reversed(tags):
            self._channel.qos.restore_by_tag(tag, leftmost=True)

    def _told(self, what: Callable[..., T], *arguments: Any) -> T | None:
        """The broker's answer; None without one: what it still holds it hands out again."""
        try:
            return what(*arguments)
        except faults(self._celery) as fault:
            log.warning("the broker went away: %s", fault)
            self._channel = None
            return None

    def _document(self, message: Any) -> Any:
        """What the task would be started with; None, and a line in the log, for another message."""
        try:
            if message["headers"]["task"] == self._task and message["content-type"] == JSON:
                (document,), _, _ = json.loads(base64.b64decode(message["body"]))
                return document
        except (KeyError, TypeError, ValueError):
            pass
        log.error("a message that starts no %s was dropped from %s", self._task, self._queue)
        return None
