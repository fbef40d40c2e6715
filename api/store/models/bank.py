"""Exercises exactly as they were generated, and their questions."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.store.models.base import Base, Document, Identifier, Moment, Words


class OwnTemplate(Base):
    """A template that a course brought, as its file was.

    slug: the file's own, with the course's mark behind it, so that exercises have names for ever.
    """

    __tablename__ = "own_template"
    __table_args__ = (
        UniqueConstraint("slug", "version"),
        Index(None, "course_id", "slug", "version"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    course_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("course.id"))
    slug: Mapped[str] = mapped_column(Identifier)
    version: Mapped[int] = mapped_column(Integer)
    source: Mapped[str] = mapped_column(Text)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(Moment)


class Exercise(Base):
    """One concrete instance of a template, kept exactly as it was generated.

    slots: what the template left open and this variant has, as in `spec`.
    """

    __tablename__ = "exercise"
    __table_args__ = (Index(None, "template"),)

    id: Mapped[str] = mapped_column(Identifier, primary_key=True)
    template: Mapped[str] = mapped_column(Identifier)
    version: Mapped[int] = mapped_column(Integer)
    seed: Mapped[int] = mapped_column(BigInteger)
    title: Mapped[str] = mapped_column(Text)
    slots: Mapped[Words] = mapped_column(Document)
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
