"""Courses, the people in them, and the tokens they come with.

course ── enrolment ── person          token: a hashed secret of one enrolment, or of an operator
"""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from secrets import token_hex
from typing import Any, ClassVar

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.store.models.base import Base, Document, Moment, words


class Role(StrEnum):
    """What somebody is, weakest first: three roles in a course, and whoever runs the service."""

    STUDENT = "student"
    INSTRUCTOR = "instructor"
    ADMIN = "admin"
    OPERATOR = "operator"

    def reaches(self, needed: Role) -> bool:
        """Whether this role may do what the needed role may do."""
        order = tuple(Role)
        return order.index(self) >= order.index(needed)


class Course(Base):
    """One run of a course; everything a learner can reach belongs to one.

    pseudonym_key: 256 random bits in hexadecimal digits; exports are pseudonymised with it.
    """

    __tablename__ = "course"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    pseudonym_key: Mapped[str] = mapped_column(String(64), default=lambda: token_hex(32))
    revision: Mapped[int] = mapped_column(Integer)

    __mapper_args__: ClassVar[dict[str, Any]] = {"version_id_col": revision}


class Person(Base):
    """Somebody who teaches or learns, in any number of courses.

    external_id: what another system, such as an LMS, calls this person.
    erased_at: since when name and texts are gone.
    """

    __tablename__ = "person"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str | None] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    erased_at: Mapped[datetime | None] = mapped_column(Moment)


class Enrolment(Base):
    """What a person is in a course; one that has ended opens nothing any more."""

    __tablename__ = "enrolment"
    __table_args__ = (
        CheckConstraint("role <> 'operator'", name="in_a_course"),
        Index(None, "person_id"),
    )

    course_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("course.id"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(words(Role, "role"))
    created_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    revision: Mapped[int] = mapped_column(Integer)
    person: Mapped[Person] = relationship()

    __mapper_args__: ClassVar[dict[str, Any]] = {"version_id_col": revision}


class Token(Base):
    """A bearer token: the hash of its secret and how far it reaches.

    course_id: the one course it opens; None for an operator's, which makes courses.
    scopes: what it may do, narrower than the role; None for all that the role may do.
    """

    __tablename__ = "token"
    __table_args__ = (
        ForeignKeyConstraint(
            ["course_id", "person_id"], ["enrolment.course_id", "enrolment.person_id"]
        ),
        CheckConstraint("(role = 'operator') = (course_id IS NULL)", name="one_course"),
        Index(None, "course_id", "created_at", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    secret_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str] = mapped_column(String(200))
    course_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    role: Mapped[Role] = mapped_column(words(Role, "role"))
    scopes: Mapped[list[str] | None] = mapped_column(Document)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
