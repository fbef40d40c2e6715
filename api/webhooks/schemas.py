"""Webhooks as they are asked for and answered."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from api.paging import NEXT, Paging
from api.schemas import Answered, Asked, Document, Text
from api.store.models import Delivered
from api.webhooks.service import Event

Subscribed = Literal[Event.ATTEMPT_GRADED, Event.REGRADE_FINISHED]


def web_address(text: str) -> str:
    """The text, if it is an address one can POST to."""
    try:
        parts = urlsplit(text)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid or parts.username is not None or not text.isascii() or " " in text:
        raise ValueError("expected an address such as https://lms.example.org/gradbook")
    return text


Address = Annotated[Text, Field(max_length=2000), AfterValidator(web_address)]
Events = Annotated[list[Subscribed], Field(min_length=1, max_length=20)]


class NewWebhook(Asked):
    """The webhook that is wanted."""

    url: Address = Field(description="where deliveries are POSTed to")
    events: Events = Field(description="what it is told of")


class ChangedWebhook(Asked):
    """What is to be different; what is absent stays."""

    url: Address = Field("https://lms.example.org/gradbook", description="the new address")
    events: Events = Field([Event.ATTEMPT_GRADED], description="all of them anew")
    active: bool = Field(True, strict=True, description="an inactive one is told of nothing")


class WebhookPath(Asked):
    """Which webhook."""

    webhook_id: uuid.UUID


class DeliveryPath(Asked):
    """Which delivery of which webhook."""

    webhook_id: uuid.UUID
    delivery_id: uuid.UUID


class WebhookQuery(Paging):
    """Which webhooks, or which deliveries of one."""


class Webhook(Answered):
    """A webhook, without its secret."""

    id: uuid.UUID
    url: str
    events: list[Event]
    active: bool
    created_at: datetime


class MadeWebhook(Answered):
    """A webhook that was made, with what its deliveries are signed with."""

    webhook: Webhook
    secret: str | None = Field(
        description="the signing key as Standard Webhooks writes it; told this once"
    )


class WebhookList(Answered):
    """Webhooks, oldest first."""

    items: list[Webhook]
    next: str | None = NEXT


class WebhookDelivery(Answered):
    """One event on its way to a webhook."""

    id: uuid.UUID
    event: Event
    payload: Document
    state: Delivered
    tries: int
    status: int | None = Field(description="what the other side answered last")
    fault: str | None = Field(description="what went wrong last")
    created_at: datetime
    due_at: datetime = Field(description="when it is tried next, while it is waiting")
    delivered_at: datetime | None


class DeliveryList(Answered):
    """Deliveries, newest first."""

    items: list[WebhookDelivery]
    next: str | None = NEXT
