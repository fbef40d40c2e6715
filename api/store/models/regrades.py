"""Regrades: attempts graded again by the grader of today, and what that would change."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Boolean, ForeignKey, Index, Integer, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.store.models.attempts import Attempt, Verdict
from api.store.models.base import Base, Document, Moment, Words, words


class Effect(StrEnum):
    """What a new verdict does to an attempt's mark."""

    SAME = "same"
    RAISED = "raised"
    LOWERED = "lowered"


class Regrade(Base):
    """One decision to have attempts graded again.

    scope: which attempts; dry_run: whether the outcome is only looked at.
    """

    __tablename__ = "regrade"
    __table_args__ = (Index(None, "course_id", "created_at", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    course_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("course.id"))
    scope: Mapped[Words] = mapped_column(Document)
    reason: Mapped[str] = mapped_column(Text)
    dry_run: Mapped[bool] = mapped_column(Boolean)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(Moment)
    total: Mapped[int] = mapped_column(Integer)


class RegradedAttempt(Base):
    """One attempt of a regrade.

    due_at: when it is handed over (again); before_id: the verdict that counted; after_id: the new
    one, None while there is none; applied: whether the new one counts by now.
    """

    __tablename__ = "regraded_attempt"
    __table_args__ = (
        Index(
            "ix_regraded_attempt_open",
            "due_at",
            sqlite_where=text("effect IS NULL"),
            postgresql_where=text("effect IS NULL"),
        ),
        Index(None, "attempt_id"),
        Index(None, "regrade_id", "effect"),
    )

    regrade_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("regrade.id"), primary_key=True)
    attempt_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("attempt.id"), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(Moment)
    before_id: Mapped[int] = mapped_column(ForeignKey("verdict.id"))
    after_id: Mapped[int | None] = mapped_column(ForeignKey("verdict.id"))
    effect: Mapped[Effect | None] = mapped_column(words(Effect, "effect"))
    applied: Mapped[bool] = mapped_column(Boolean)
    attempt: Mapped[Attempt] = relationship()
    before: Mapped[Verdict] = relationship(foreign_keys=before_id)
    after: Mapped[Verdict | None] = relationship(foreign_keys=after_id)
