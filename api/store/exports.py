"""The attempts and standings of a course's students, row by row, however many there are."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from api.store.models import Attempt, Person, Question, Standing, Verdict, VerdictDiagnosis

AT_A_TIME = 500
PEOPLE = ("learner", "name", "external_id")  # the columns that say who it is
STANDING = (
    *("practice_set_id", "position", "exercise_id", "question_id", "kind", "submissions"),
    *("unreadable", "first_outcome", "first_score", "first_at", "scores", "slug", "fixed"),
    *("persisted", "best_score", "last_score", "last_at", "right_number", "right_at", "mark"),
)
ATTEMPT = (
    *("attempt", "practice_set_id", "position", "exercise_id", "question_id", "number", "credit"),
    *("submitted_at", "answer", "state", "outcome", "score", "reason", "misconceptions", "grader"),
)


@dataclass(frozen=True)
class Rows:
    """A table to be exported: the names of its columns, the first of which say who it is."""

    names: tuple[str, ...]
    query: Select[Any]


def attempts(course_id: uuid.UUID, set_id: uuid.UUID | None) -> Rows:
    """The attempts in practice sets, those of one where it is named, the earliest first."""
    slugs = (
        select(func.aggregate_strings(VerdictDiagnosis.slug, " "))
        .where(VerdictDiagnosis.verdict_id == Verdict.id)
        .scalar_subquery()
    )
    a, v = Attempt, Verdict
    columns = (
        *(a.id, a.practice_set_id, a.position, Question.exercise_id, a.question_id, a.number),
        *(a.credit, a.submitted_at, a.text, a.state, v.outcome, v.score, v.reason, slugs),
        v.grader_version,
    )
    query = (
        select(*_people(), *columns)
        .select_from(Attempt)
        .join(Person, Person.id == a.learner_id)
        .join(Question, Question.id == a.question_id)
        .outerjoin(Verdict, and_(v.attempt_id == a.id, v.current))
        .where(a.course_id == course_id, a.practice_set_id.is_not(None))
        .order_by(a.submitted_at, a.id)
    )
    return Rows(PEOPLE + ATTEMPT, _of_set(query, a.practice_set_id, set_id))


def standings(course_id: uuid.UUID, set_id: uuid.UUID | None) -> Rows:
    """The standings of a course, or of one practice set."""
    query = (
        select(*_people(), *(getattr(Standing, name) for name in STANDING))
        .join(Person, Person.id == Standing.learner_id)
        .where(Standing.course_id == course_id)
        .order_by(Standing.practice_set_id, Standing.learner_id, Standing.question_id)
    )
    return Rows(PEOPLE + STANDING, _of_set(query, Standing.practice_set_id, set_id))


def _people() -> tuple[Any, ...]:
    return (Person.id, Person.name, Person.external_id)


def _of_set(query: Select[Any], column: Any, set_id: uuid.UUID | None) -> Select[Any]:
    return query if set_id is None else query.where(column == set_id)


class Exports:
    """Repository of what is exported."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def rows(self, wanted: Rows) -> Iterator[tuple[Any, ...]]:
        """The rows, read a few at a time."""
        query = wanted.query.execution_options(yield_per=AT_A_TIME)
        return map(tuple, self._session.execute(query))
