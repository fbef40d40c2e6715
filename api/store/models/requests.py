"""What is remembered of requests: answers to be repeated, and who changed what."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from api.store.models.base import Base, Document, Moment, Words


class Replay(Base):
    """The answer to a request that came with an Idempotency-Key, to be given again.

    fingerprint: SHA-256 of the request, so that the key cannot be used for another one.
    """

    __tablename__ = "replay"

    token_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("token.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(Integer)
    headers: Mapped[Words] = mapped_column(Document)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment, index=True)


class AuditEntry(Base):
    """One change somebody made through the service; attempts are a record of their own."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "course_id", "id"),)

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True
    )
    at: Mapped[datetime] = mapped_column(Moment)
    course_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    token_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("token.id"))
    operation: Mapped[str] = mapped_column(String(64))
    target: Mapped[str] = mapped_column(Text)
    request_id: Mapped[str] = mapped_column(String(200))
