"""What Prometheus is told, by each process of what it does itself.

The web server tells it at `/metrics`, to an operator's token. The recorder and the scheduler tell
it on a port of their own (`GRADBOOK_METRICS_PORT`), where only the monitoring should reach. No
label names a person, a course or an answer.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
    start_http_server,
)

from api.errors import BrokerDown
from api.store.attempts import Recorded
from api.store.database import Database
from grader.delivery import Priority

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

REQUESTS = Histogram(
    "gradbook_request_seconds", "Time to answer a request", ("operation", "status"),
    buckets=SECONDS,
)  # fmt: skip
VERDICTS = Counter("gradbook_verdicts_total", "Verdicts recorded", ("outcome", "reason"))
MISCONCEPTIONS = Counter("gradbook_misconceptions_total", "Misconceptions named", ("slug",))
GRADING = Histogram("gradbook_grading_seconds", "Time a grader took", buckets=SECONDS)
LATENCY = Histogram(
    "gradbook_verdict_seconds", "Time from the submission to its recorded verdict", buckets=SECONDS
)
DONE = Counter("gradbook_chores_total", "Things done by the scheduler", ("chore",))


class Backlog(Protocol):
    """The queue, as far as it is measured."""

    def backlog(self, priority: Priority = ...) -> int:
        """How many messages wait; BrokerDown when nobody knows."""


def count_verdicts(new: Iterable[tuple[Recorded, datetime]]) -> None:
    """Counts verdicts that were recorded, each with the time of its submission."""
    for recorded, submitted_at in new:
        VERDICTS.labels(str(recorded.outcome), recorded.reason).inc()
        GRADING.observe(recorded.milliseconds / 1000)
        LATENCY.observe((recorded.recorded_at - submitted_at).total_seconds())
        for slug, _title in recorded.diagnoses:
            MISCONCEPTIONS.labels(slug).inc()


def page(database: Database, queue: Backlog, now: datetime) -> tuple[bytes, str]:
    """All that this service's web processes count, and how much waits; text and its media type."""
    registry = CollectorRegistry()
    if MULTIPROCESS in os.environ:
        multiprocess.MultiProcessCollector(registry)
    else:
        registry.register(REQUESTS)
    _waiting(registry, database, queue, now)
    return generate_latest(registry), CONTENT_TYPE_LATEST


def _waiting(
    registry: CollectorRegistry, database: Database, queue: Backlog, now: datetime
) -> None:
    pending = Gauge("gradbook_pending_attempts", "Attempts without a verdict", registry=registry)
    oldest = Gauge("gradbook_oldest_pending_seconds", "Age of the oldest", registry=registry)
    messages = Gauge(
        "gradbook_queue_messages", "Messages before the graders", ("queue",), registry=registry
    )
    with database.read() as unit:
        number, since = unit.attempts.waiting()
    pending.set(number)
    oldest.set((now - since).total_seconds() if since else 0)
    for priority in Priority:
        try:
            messages.labels(str(priority)).set(queue.backlog(priority))
        except BrokerDown:
            messages.labels(str(priority)).set(float("nan"))


def serve(port: int) -> None:
    """Tells Prometheus on a port of this process; 0: nowhere."""
    if port:
        start_http_server(port)
