"""Counts over the standings of a course, question by question.

What instructors try out belongs to no standing, and is counted nowhere here.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.orm import Session

from api.store.misconceptions import title_of
from api.store.models import Attempt, Outcome, Question, Standing, State

# The outcomes, and how many attempts of a standing came out so.
COUNTS = (
    (Outcome.CORRECT, Standing.correct),
    (Outcome.PARTIALLY_CORRECT, Standing.partial),
    (Outcome.INCORRECT, Standing.submissions - Standing.correct - Standing.partial),
    (Outcome.INVALID, Standing.unreadable),
    (Outcome.NEEDS_REVIEW, Standing.reviews),
)


@dataclass(frozen=True)
class OutcomeCount:
    """How many attempts at a question came out so; None: not graded yet."""

    question_id: str
    outcome: Outcome | None
    attempts: int


@dataclass(frozen=True)
class MisconceptionCount:
    """How many first submissions to a question showed a misconception."""

    question_id: str
    slug: str
    title: str
    attempts: int


class Analytics:
    """Repository of counts."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def attempted(self, course_id: uuid.UUID) -> Sequence[Question]:
        """The questions the course's students have tried, by id."""
        graded = select(Standing.question_id).where(Standing.course_id == course_id)
        waiting = select(Attempt.question_id).where(*_pending(course_id))
        query = select(Question).where(Question.id.in_(graded.union(waiting)))
        return self._session.scalars(query.order_by(Question.id)).all()

    def outcomes(self, course_id: uuid.UUID, questions: Sequence[str]) -> tuple[OutcomeCount, ...]:
        """How the students' attempts at these questions came out."""
        sums = [func.sum(number) for _, number in COUNTS]
        graded = (
            select(Standing.question_id, *sums)
            .where(Standing.course_id == course_id, Standing.question_id.in_(questions))
            .group_by(Standing.question_id)
        )
        pending = Counter(
            self._session.scalars(select(Attempt.question_id).where(*_pending(course_id)))
        )
        found = [
            OutcomeCount(question, outcome, int(number))
            for question, *numbers in self._session.execute(graded)
            for (outcome, _), number in zip(COUNTS, numbers, strict=True)
            if number
        ]
        waiting = [OutcomeCount(each, None, pending[each]) for each in questions if pending[each]]
        return (*found, *waiting)

    def misconceptions(
        self, course_id: uuid.UUID, questions: Sequence[str]
    ) -> tuple[MisconceptionCount, ...]:
        """The misconceptions seen at these questions, the commonest first."""
        number = func.count()
        query = (
            select(Standing.question_id, Standing.slug, number)
            .where(Standing.course_id == course_id, Standing.question_id.in_(questions))
            .where(Standing.slug.is_not(None))
            .group_by(Standing.question_id, Standing.slug)
            .order_by(number.desc(), Standing.slug)
        )
        rows = self._session.execute(query).all()
        titles = {slug: title_of(self._session, slug) for slug in {row.slug for row in rows}}
        return tuple(
            MisconceptionCount(question, slug, titles[slug], n) for question, slug, n in rows
        )


def _pending(course_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    # As a literal, so that SQLite sees that the index of what is pending will do; what it would
    # rather use is hidden from it, since hardly any attempt is pending.
    pending = literal(State.PENDING, Attempt.state.type, literal_execute=True)
    return (
        Attempt.state == pending,
        func.coalesce(Attempt.course_id, course_id) == course_id,
        Attempt.practice_set_id.is_not(None),
    )
