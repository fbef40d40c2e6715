"""The tables, as typed classes; migrations/ is the only thing that ever creates them.

course ─┬─ enrolment ── person          token: a hashed secret of one enrolment
        └─ worksheet ── worksheet_item ── exercise ── question
attempt (person, question) ── verdict, one per grader version ── verdict_diagnosis
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Role(StrEnum):
    """What somebody is in a course, weakest first."""

    STUDENT = "student"
    INSTRUCTOR = "instructor"
    ADMIN = "admin"

    def reaches(self, needed: Role) -> bool:
        """Whether this role may do what the needed role may do."""
        order = tuple(Role)
        return order.index(self) >= order.index(needed)


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


class Moment(TypeDecorator[datetime]):
    """A point in time: aware UTC in Python, a time zone column where the database has one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment in UTC; naive times are refused, since nobody knows what they mean."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment as aware UTC; SQLite drops the zone on the way in."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def words(kind: type[StrEnum], name: str) -> Enum:
    """A text column that admits the words of an enumeration and no other."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


Document = JSON().with_variant(JSONB(), "postgresql")
Identifier = String(200)
Words = dict[str, Any]


class Base(DeclarativeBase):
    """The root of all tables."""

    metadata = MetaData(naming_convention=NAMES)


class Course(Base):
    """One run of a course; everything a learner can reach belongs to one."""

    __tablename__ = "course"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)


class Person(Base):
    """Somebody who teaches or learns, in any number of courses."""

    __tablename__ = "person"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)


class Enrolment(Base):
    """What a person is in a course."""

    __tablename__ = "enrolment"

    course_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("course.id"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(words(Role, "role"))


class Token(Base):
    """A bearer token: the hash of its secret and how far it reaches, in one course."""

    __tablename__ = "token"
    __table_args__ = (
        ForeignKeyConstraint(
            ["course_id", "person_id"], ["enrolment.course_id", "enrolment.person_id"]
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    secret_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    course_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    role: Mapped[Role] = mapped_column(words(Role, "role"))
    created_at: Mapped[datetime] = mapped_column(Moment)


class Exercise(Base):
    """One concrete instance of a template, kept exactly as it was generated."""

    __tablename__ = "exercise"

    id: Mapped[str] = mapped_column(Identifier, primary_key=True)
    template: Mapped[str] = mapped_column(Identifier)
    version: Mapped[int] = mapped_column(Integer)
    seed: Mapped[int] = mapped_column(BigInteger)
    title: Mapped[str] = mapped_column(Text)
    spec: Mapped[Words] = mapped_column(Document)
    created_at: Mapped[datetime] = mapped_column(Moment)
    questions: Mapped[list[Question]] = relationship(
        order_by="Question.position", back_populates="exercise"
    )


class Question(Base):
    """One thing asked of an exercise; its spec holds the key."""

    __tablename__ = "question"
    __table_args__ = (UniqueConstraint("exercise_id", "position"),)

    id: Mapped[str] = mapped_column(Identifier, primary_key=True)
    exercise_id: Mapped[str] = mapped_column(ForeignKey("exercise.id"))
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(Identifier)
    kind: Mapped[str] = mapped_column(String(32))
    spec: Mapped[Words] = mapped_column(Document)
    exercise: Mapped[Exercise] = relationship(back_populates="questions")


class Worksheet(Base):
    """Exercises in an order, for one course; learners see it once it is released."""

    __tablename__ = "worksheet"
    __table_args__ = (Index(None, "course_id", "created_at"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    course_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("course.id"))
    title: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    released_at: Mapped[datetime | None] = mapped_column(Moment)
    items: Mapped[list[WorksheetItem]] = relationship(order_by="WorksheetItem.position")


class WorksheetItem(Base):
    """One exercise's place on a worksheet.

    questions: the names of those asked; None for all of them.
    """

    __tablename__ = "worksheet_item"
    __table_args__ = (UniqueConstraint("worksheet_id", "exercise_id"), Index(None, "exercise_id"))

    worksheet_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("worksheet.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    exercise_id: Mapped[str] = mapped_column(ForeignKey("exercise.id"))
    questions: Mapped[list[str] | None] = mapped_column(Document)
    exercise: Mapped[Exercise] = relationship()


class Attempt(Base):
    """A submission, stored for ever as it was typed; the row is also the outbox.

    due_at: when the sweeper hands it over (again), should it still be pending.
    enqueue_count: how often the sweeper has done so.
    """

    __tablename__ = "attempt"
    __table_args__ = (
        Index(None, "course_id", "submitted_at", "id"),
        Index(None, "learner_id", "course_id", "submitted_at", "id"),
        Index(None, "question_id", "course_id"),
        Index(
            "ix_attempt_pending",
            "due_at",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        CheckConstraint("enqueue_count >= 0", name="enqueue_count"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    course_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("course.id"))
    learner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    question_id: Mapped[str] = mapped_column(ForeignKey("question.id"))
    text: Mapped[str] = mapped_column(Text)
    submitted_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[State] = mapped_column(words(State, "state"))
    due_at: Mapped[datetime] = mapped_column(Moment)
    enqueue_count: Mapped[int] = mapped_column(Integer)
    question: Mapped[Question] = relationship()
    verdicts: Mapped[list[Verdict]] = relationship(order_by="Verdict.id", back_populates="attempt")


class Verdict(Base):
    """What one grader version said about an attempt.

    current: the one that counts. It is the first recorded; another grader version adds to the
    history and replaces nothing, so that no mark changes without somebody's decision.
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
