"""How work reaches a grader and verdicts leave it: names and settings both sides share.

A message stays with the broker until its task has ended (late acknowledgement, one at a time), so
whatever a killed process held is handed out again. Nothing here imports Celery.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

GRADE_TASK = "gradbook.grade"
RECORD_QUEUE, RECORD_TASK = "record", "gradbook.record"


class Priority(StrEnum):
    """The queues of answers to be graded, in the order in which a worker takes from them."""

    LIVE = "grade"  # somebody may be waiting
    REGRADE = "regrade"


SOFT_SECONDS = 8.0  # the task is asked to stop
HARD_SECONDS = 10.0  # its process is killed
VISIBILITY_SECONDS = 15.0  # above HARD_SECONDS, or a slow task would start a second time

MOST_ITEMS = 100  # answers or verdicts in one message

TRANSPORT: dict[str, Any] = {
    "queue_order_strategy": "priority",  # as the worker's command names its queues
    "priority_steps": [0],  # of kombu, which would look into a list for each of them
    "visibility_timeout": VISIBILITY_SECONDS,
    "unacked_restore_interval": 1,  # look every second for what a dead worker held
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 2.0,
    "socket_timeout": 10.0,  # a broker that vanished silently is noticed
    "max_retries": 0,  # connecting for a publication fails at once; callers decide what then
}

SETTINGS: dict[str, Any] = {
    "task_serializer": "json",
    "accept_content": ["json"],  # never pickle: the texts in here come from strangers
    "task_ignore_result": True,
    "task_store_errors_even_if_ignored": False,
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "task_acks_on_failure": True,
    "task_acks_on_timeout": False,  # a killed task is handed out again; its starts are counted
    "worker_prefetch_multiplier": 1,
    "task_soft_time_limit": SOFT_SECONDS,
    "task_time_limit": HARD_SECONDS,
    "task_create_missing_queues": True,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,  # a worker waits for its broker as long as it takes
    "broker_transport_options": TRANSPORT,
    "worker_send_task_events": False,
    "worker_cancel_long_running_tasks_on_connection_loss": False,  # replays are harmless
    "enable_utc": True,
}
