"""Practice sets: what learners are asked, when, under which policy, and what they have earned.

course ── practice_set ── practice_item ── exercise (the same for all)
                               └────────── assignment (learner) ── exercise (one's own variant)
                     └──── standing (learner, question): first, best and last answer, and the mark
                     └──── sheet (learner): a learner's standings once more, in few bytes
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.store.models.attempts import Outcome
from api.store.models.bank import Exercise
from api.store.models.base import Base, Document, Identifier, Moment, Words, words


class PracticeSet(Base):
    """Items in an order, for one course.

    opens_at: since when learners see it; None: a draft, which only those who teach see.
    due_at, closes_at: what comes after the first is late, after the second it is refused.
    policy: a `api.practice.policy.Policy`.
    """

    __tablename__ = "practice_set"
    __table_args__ = (Index(None, "course_id", "created_at", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    course_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("course.id"))
    title: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    opens_at: Mapped[datetime | None] = mapped_column(Moment)
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    closes_at: Mapped[datetime | None] = mapped_column(Moment)
    policy: Mapped[Words] = mapped_column(Document)
    revision: Mapped[int] = mapped_column(Integer)
    items: Mapped[list[PracticeItem]] = relationship(
        order_by="PracticeItem.position", cascade="all, delete-orphan"
    )

    __mapper_args__: ClassVar[dict[str, Any]] = {"version_id_col": revision}


class PracticeItem(Base):
    """One place of a practice set.

    exercise_id: the exercise that all learners get; None where each gets a variant of the template.
    questions: the names of those asked; None for all of them.
    streak: how many variants in a row must be right; None where one variant is all there is.
    weight: how much the item counts in the set's mark.
    """

    __tablename__ = "practice_item"
    __table_args__ = (
        UniqueConstraint("practice_set_id", "exercise_id"),
        Index(None, "exercise_id"),
        CheckConstraint("weight >= 0", name="weight"),
        CheckConstraint("streak > 0", name="streak"),
    )

    practice_set_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("practice_set.id"), primary_key=True
    )
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    template: Mapped[str] = mapped_column(Identifier)
    exercise_id: Mapped[str | None] = mapped_column(ForeignKey("exercise.id"))
    questions: Mapped[list[str] | None] = mapped_column(Document)
    streak: Mapped[int | None] = mapped_column(Integer)
    weight: Mapped[float]
    exercise: Mapped[Exercise | None] = relationship()


class Assignment(Base):
    """A learner's own variant for an item; where one practises a streak there are several."""

    __tablename__ = "assignment"
    __table_args__ = (
        ForeignKeyConstraint(
            ["practice_set_id", "position"],
            ["practice_item.practice_set_id", "practice_item.position"],
        ),
        Index(None, "exercise_id", "learner_id"),
        Index(None, "learner_id", "practice_set_id"),
    )

    practice_set_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    learner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    opportunity: Mapped[int] = mapped_column(Integer, primary_key=True)
    exercise_id: Mapped[str] = mapped_column(ForeignKey("exercise.id"))
    assigned_at: Mapped[datetime] = mapped_column(Moment)
    exercise: Mapped[Exercise] = relationship()


class Standing(Base):
    """What a learner's attempts at one question of a practice set have come to.

    Worked out anew from these attempts whenever one of them gets a verdict (api.practice.marks), so
    that it does not depend on the order in which verdicts arrive.

    submissions: attempts with a verdict that counts, `correct` and `partial` of them; unreadable
    ones are in `unreadable`, those that a person has to look at in `reviews`.
    right_number: which of the submissions was the first right one.
    scores: of the first submissions, as far as they are shown one by one.
    slug: the misconception that the first submission's verdict names first.
    fixed: whether the next submission no longer names it; None where there is none of either.
    persisted: whether it is there again at the learner's next opportunity; None where there was no
    misconception, or no opportunity since. An opportunity is the learner's first submission to
    another question of the same kind in the course.
    mark: from 0 to 1, under the set's policy.
    """

    __tablename__ = "standing"
    __table_args__ = (
        Index(None, "practice_set_id", "position", "name"),
        Index(
            "ix_standing_outcomes",
            *("course_id", "question_id", "slug"),
            *("submissions", "correct", "partial", "unreadable", "reviews"),
        ),
        Index(
            "ix_standing_misconception",
            *("course_id", "practice_set_id", "exercise_id", "slug"),
            *("first_outcome", "fixed", "persisted"),
        ),
        Index("ix_standing_opportunity", "learner_id", "course_id", "kind", "first_at"),
        Index(
            "ix_standing_stuck",
            *("course_id", "first_at", "learner_id", "question_id"),
            sqlite_where=text("right_number IS NULL"),
            postgresql_where=text("right_number IS NULL"),
        ),
    )

    practice_set_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("practice_set.id"), primary_key=True
    )
    learner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    question_id: Mapped[str] = mapped_column(ForeignKey("question.id"), primary_key=True)
    course_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("course.id"))
    exercise_id: Mapped[str] = mapped_column(ForeignKey("exercise.id"))
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(Identifier)
    kind: Mapped[str] = mapped_column(String(32))
    submissions: Mapped[int] = mapped_column(Integer)
    unreadable: Mapped[int] = mapped_column(Integer)
    correct: Mapped[int] = mapped_column(Integer)
    partial: Mapped[int] = mapped_column(Integer)
    reviews: Mapped[int] = mapped_column(Integer)
    first_outcome: Mapped[Outcome | None] = mapped_column(words(Outcome, "first_outcome"))
    first_score: Mapped[float | None]
    first_at: Mapped[datetime | None] = mapped_column(Moment)
    scores: Mapped[list[float]] = mapped_column(Document)
    slug: Mapped[str | None] = mapped_column(Identifier)
    fixed: Mapped[bool | None]
    persisted: Mapped[bool | None]
    best_score: Mapped[float | None]
    last_score: Mapped[float | None]
    last_at: Mapped[datetime | None] = mapped_column(Moment)
    right_number: Mapped[int | None] = mapped_column(Integer)
    right_at: Mapped[datetime | None] = mapped_column(Moment)
    mark: Mapped[float]

    @property
    def is_answered(self) -> bool:
        """Whether there is a submission that counts."""
        return self.submissions > 0

    @property
    def was_right_at_once(self) -> bool:
        """Whether the first submission was right."""
        return self.first_outcome is Outcome.CORRECT


class Sheet(Base):
    """A learner's standings in one practice set, in few bytes (api.practice.sheets).

    Statistics of a set need all of them at once; so they are as many rows as there are learners.
    It is written together with the standings, by the one unit of work that the learner waits for.

    columns: what each row of `numbers` is about, line by line.
    """

    __tablename__ = "sheet"

    practice_set_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("practice_set.id"), primary_key=True
    )
    learner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    columns: Mapped[str] = mapped_column(Text)
    numbers: Mapped[bytes] = mapped_column(LargeBinary)
