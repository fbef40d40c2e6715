"""Webhooks, and the deliveries to them: an outbox like the attempts."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.store.models.base import Base, Document, Moment, Words, words


class Delivered(StrEnum):
    """How far a delivery has come."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given-up"


class Webhook(Base):
    """An address that is told of a course's events.

    secret: what deliveries are signed with; it must be known here, so it is no hash.
    """

    __tablename__ = "webhook"
    __table_args__ = (Index(None, "course_id", "created_at", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    course_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("course.id"))
    url: Mapped[str] = mapped_column(Text)
    events: Mapped[list[str]] = mapped_column(Document)
    active: Mapped[bool] = mapped_column(Boolean)
    secret: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Moment)
    revision: Mapped[int] = mapped_column(Integer)

    __mapper_args__: ClassVar[dict[str, Any]] = {"version_id_col": revision}


class Delivery(Base):
    """One event on its way to one webhook.

    tries: how often it was sent; status: what the other side answered last; fault: what went wrong.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        Index(None, "webhook_id", "created_at", "id"),
        Index(
            "ix_delivery_waiting",
            "due_at",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    webhook_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("webhook.id"))
    event: Mapped[str] = mapped_column(String(64))
    payload: Mapped[Words] = mapped_column(Document)
    state: Mapped[Delivered] = mapped_column(words(Delivered, "delivered"))
    due_at: Mapped[datetime] = mapped_column(Moment)
    tries: Mapped[int] = mapped_column(Integer)
    status: Mapped[int | None] = mapped_column(Integer)
    fault: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    delivered_at: Mapped[datetime | None] = mapped_column(Moment)
    webhook: Mapped[Webhook] = relationship()
