"""Attempts, which are also the outbox, and their verdicts."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.store.models.bank import Question
from api.store.models.base import Base, Document, Identifier, Moment, Words, words

if TYPE_CHECKING:
    from api.store.models.practice import PracticeSet


class State(StrEnum):
    """Whether an attempt has its verdict."""

    PENDING = "pending"
    GRADED = "graded"


class Outcome(StrEnum):
    """What a verdict says."""

    CORRECT = "correct"
    PARTIALLY_CORRECT = "partially_correct"
    INCORRECT = "incorrect"
    INVALID = "invalid"
    NEEDS_REVIEW = "needs_review"


class Attempt(Base):
    """A submission, stored for ever as it was typed; the row is also the outbox.

    practice_set_id, position: the item it belongs to; None for what was tried outside of any.
    number: 1 for the learner's first attempt at the question in that set, and so on.
    credit: what is left of its score, between 0 and 1, when it came late.
    due_at: when the sweeper hands it over (again), should it still be pending.
    enqueue_count: how often the sweeper has done so.
    """

    __tablename__ = "attempt"
    __table_args__ = (
        Index(None, "course_id", "submitted_at", "id"),
        Index(None, "learner_id", "course_id", "submitted_at", "id"),
        Index(None, "question_id", "course_id"),
        Index(None, "practice_set_id", "learner_id", "question_id", "submitted_at"),
        Index(
            "ix_attempt_pending",
            "due_at",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        UniqueConstraint("learner_id", "question_id", "practice_set_id", "number"),
        CheckConstraint("enqueue_count >= 0", name="enqueue_count"),
        CheckConstraint("credit BETWEEN 0 AND 1", name="credit"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    course_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("course.id"))
    learner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    question_id: Mapped[str] = mapped_column(ForeignKey("question.id"))
    practice_set_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("practice_set.id"))
    position: Mapped[int | None] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    credit: Mapped[float]
    text: Mapped[str] = mapped_column(Text)
    submitted_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[State] = mapped_column(words(State, "state"))
    due_at: Mapped[datetime] = mapped_column(Moment)
    enqueue_count: Mapped[int] = mapped_column(Integer)
    question: Mapped[Question] = relationship()
    practice_set: Mapped[PracticeSet | None] = relationship()
    verdicts: Mapped[list[Verdict]] = relationship(order_by="Verdict.id", back_populates="attempt")


class Verdict(Base):
    """What one grader version said about an attempt.

    current: the one that counts. It is the first recorded; another grader version adds to the
    history and replaces nothing, so that no mark changes without somebody's decision.
    function: of a wrong answer, what answers share that are the same function.
    """

    __tablename__ = "verdict"
    __table_args__ = (
        UniqueConstraint("attempt_id", "grader_version"),
        Index(
            "ix_verdict_current",
            "attempt_id",
            unique=True,
            sqlite_where=text("current"),
            postgresql_where=text("current"),
        ),
        CheckConstraint("score BETWEEN 0 AND 1", name="score"),
    )

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True
    )
    attempt_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("attempt.id"))
    grader_version: Mapped[str] = mapped_column(String(64))
    current: Mapped[bool]
    outcome: Mapped[Outcome] = mapped_column(words(Outcome, "outcome"))
    score: Mapped[float]
    reason: Mapped[str] = mapped_column(String(64))
    function: Mapped[str | None] = mapped_column(String(16))
    document: Mapped[Words] = mapped_column(Document)
    milliseconds: Mapped[float]
    recorded_at: Mapped[datetime] = mapped_column(Moment)
    attempt: Mapped[Attempt] = relationship(back_populates="verdicts")
    diagnoses: Mapped[list[VerdictDiagnosis]] = relationship(order_by="VerdictDiagnosis.position")


class VerdictDiagnosis(Base):
    """One misconception a verdict names, as a row that can be counted."""

    __tablename__ = "verdict_diagnosis"
    __table_args__ = (Index(None, "slug"),)

    verdict_id: Mapped[int] = mapped_column(ForeignKey("verdict.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    slug: Mapped[str] = mapped_column(Identifier)
    title: Mapped[str] = mapped_column(Text)
