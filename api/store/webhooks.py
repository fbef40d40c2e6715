"""Webhooks and their deliveries."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from api.store.models import Delivered, Delivery, Webhook
from api.store.paging import Page, paged


class Webhooks:
    """Repository of webhooks and deliveries."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, course_id: uuid.UUID, webhook_id: uuid.UUID) -> Webhook | None:
        """The course's webhook of that id."""
        found = self._session.get(Webhook, webhook_id)
        return found if found and found.course_id == course_id else None

    def of_course(self, course_id: uuid.UUID, page: Page) -> Sequence[Webhook]:
        """The course's webhooks, oldest first."""
        query = select(Webhook).where(Webhook.course_id == course_id)
        return paged(self._session, query, (Webhook.created_at, Webhook.id), page)

    def listening(self, course_ids: Collection[uuid.UUID], event: str) -> Sequence[Webhook]:
        """The active webhooks of these courses that want to be told of an event."""
        query = select(Webhook).where(Webhook.course_id.in_(course_ids), Webhook.active)
        return [each for each in self._session.scalars(query) if event in each.events]

    def add(self, webhook: Webhook) -> Webhook:
        """The webhook, stored."""
        self._session.add(webhook)
        self._session.flush()
        return webhook

    def send(self, deliveries: Collection[Delivery]) -> None:
        """Puts deliveries into the outbox."""
        self._session.add_all(deliveries)
        self._session.flush()

    def deliveries(self, webhook_id: uuid.UUID, page: Page) -> Sequence[Delivery]:
        """A webhook's deliveries, newest first."""
        query = select(Delivery).where(Delivery.webhook_id == webhook_id)
        columns = (Delivery.created_at, Delivery.id)
        return paged(self._session, query, columns, page, newest_first=True)

    def delivery(self, webhook_id: uuid.UUID, delivery_id: uuid.UUID) -> Delivery | None:
        """The webhook's delivery of that id."""
        found = self._session.get(Delivery, delivery_id)
        return found if found and found.webhook_id == webhook_id else None

    def due(self, now: datetime, limit: int) -> Sequence[Delivery]:
        """Deliveries that are due, the longest due first."""
        query = (
            select(Delivery)
            .where(Delivery.state == Delivered.WAITING, Delivery.due_at <= now)
            .order_by(Delivery.due_at)
            .limit(limit)
            .options(joinedload(Delivery.webhook))
        )
        return self._session.scalars(query).all()

    def known(self, delivery_id: uuid.UUID) -> Delivery:
        """The delivery of that id, which is there."""
        return self._session.get_one(Delivery, delivery_id)
