"""Counts over the attempts of a course's students.

What instructors try out is stored and graded like everything else, and counted nowhere here.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVarTuple

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from api.store.models import (
    Attempt,
    Enrolment,
    Outcome,
    Question,
    Role,
    Verdict,
    VerdictDiagnosis,
)

Columns = TypeVarTuple("Columns")


@dataclass(frozen=True)
class OutcomeCount:
    """How many attempts at a question came out so; None: not graded yet."""

    question_id: str
    outcome: Outcome | None
    attempts: int


@dataclass(frozen=True)
class MisconceptionCount:
    """How many attempts at a question showed a misconception."""

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
        tried = select(Attempt.question_id).join(Enrolment, _student()).distinct()
        chosen = tried.where(Attempt.course_id == course_id)
        query = select(Question).where(Question.id.in_(chosen)).order_by(Question.id)
        return self._session.scalars(query).all()

    def outcomes(self, course_id: uuid.UUID, questions: Sequence[str]) -> tuple[OutcomeCount, ...]:
        """How the students' attempts at these questions came out."""
        counts = (
            _of_students(select(Attempt.question_id, Verdict.outcome, func.count()))
            .outerjoin(Verdict, and_(Verdict.attempt_id == Attempt.id, Verdict.current))
            .where(Attempt.course_id == course_id, Attempt.question_id.in_(questions))
            .group_by(Attempt.question_id, Verdict.outcome)
        )
        return tuple(OutcomeCount(*row) for row in self._session.execute(counts))

    def misconceptions(
        self, course_id: uuid.UUID, questions: Sequence[str]
    ) -> tuple[MisconceptionCount, ...]:
        """The misconceptions seen at these questions, the commonest first."""
        number = func.count(func.distinct(Attempt.id))
        title = func.min(VerdictDiagnosis.title)
        counts = (
            _of_students(select(Attempt.question_id, VerdictDiagnosis.slug, title, number))
            .join(Verdict, and_(Verdict.attempt_id == Attempt.id, Verdict.current))
            .join(VerdictDiagnosis, VerdictDiagnosis.verdict_id == Verdict.id)
            .where(Attempt.course_id == course_id, Attempt.question_id.in_(questions))
            .group_by(Attempt.question_id, VerdictDiagnosis.slug)
            .order_by(number.desc(), VerdictDiagnosis.slug)
        )
        return tuple(MisconceptionCount(*row) for row in self._session.execute(counts))


def _student() -> ColumnElement[bool]:
    return and_(
        Enrolment.course_id == Attempt.course_id,
        Enrolment.person_id == Attempt.learner_id,
        Enrolment.role == Role.STUDENT,
    )


def _of_students(query: Select[*Columns]) -> Select[*Columns]:
    return query.select_from(Attempt).join(Enrolment, _student())
