"""Announcing events: what is told, and to whom, in the transaction in which it happened."""

from __future__ import annotations

import base64
import secrets
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from api.errors import NotFound
from api.identity import Identity
from api.store.attempts import Recorded
from api.store.models import Attempt, Delivered, Delivery, Regrade, Webhook
from api.store.unit import Unit

SECRET_PREFIX = "whsec_"


class Event(StrEnum):
    """What a webhook may be told of."""

    ATTEMPT_GRADED = "attempt.graded"
    REGRADE_FINISHED = "regrade.finished"
    PING = "ping"


Payload = dict[str, Any]


def new_signing_key() -> str:
    """What deliveries of a webhook are signed with, as Standard Webhooks writes it."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def announce(
    unit: Unit, event: Event, told: Mapping[uuid.UUID, Sequence[Payload]], now: datetime
) -> None:
    """Puts an event's payloads, by course, into the outbox of every webhook that listens."""
    hooks = unit.webhooks.listening(told.keys(), event)
    deliveries = [
        delivery(hook, event, payload, now) for hook in hooks for payload in told[hook.course_id]
    ]
    if deliveries:
        unit.webhooks.send(deliveries)


def delivery(hook: Webhook, event: Event, payload: Payload, now: datetime) -> Delivery:
    """An event on its way to a webhook."""
    return Delivery(
        id=uuid.uuid4(),
        webhook=hook,
        event=event,
        payload={"type": str(event), "timestamp": now.isoformat(), "data": payload},
        state=Delivered.WAITING,
        due_at=now,
        tries=0,
        created_at=now,
    )


def graded(attempt: Attempt, recorded: Recorded) -> Payload:
    """What is told of a verdict: no answer, and no name."""
    return {
        "attempt": str(attempt.id),
        "learner": str(attempt.learner_id),
        "question": attempt.question_id,
        "practice_set": str(attempt.practice_set_id) if attempt.practice_set_id else None,
        "outcome": str(recorded.outcome),
        "score": recorded.score,
        "grader": recorded.grader_version,
    }


def finished(regrade: Regrade) -> Payload:
    """What is told of a regrade that is done."""
    return {"regrade": str(regrade.id), "dry_run": regrade.dry_run, "total": regrade.total}


def found(unit: Unit, reader: Identity, webhook_id: uuid.UUID) -> Webhook:
    """The course's webhook of that id."""
    webhook = unit.webhooks.get(reader.course_id, webhook_id)
    if webhook is None:
        raise NotFound("webhook", webhook_id)
    return webhook
