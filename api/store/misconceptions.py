"""Misconceptions and learners who are stuck, counted over the standings of a course.

What is counted are first submissions, and the misconception that each verdict names first.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, select, tuple_
from sqlalchemy.orm import Session

from api.store.models import Exercise, Person, Standing, VerdictDiagnosis
from api.store.paging import Page


@dataclass(frozen=True)
class Part:
    """A part of a course's standings: those of a practice set, of a template's exercises."""

    course_id: uuid.UUID
    practice_set_id: uuid.UUID | None = None
    template: str | None = None

    @property
    def chosen(self) -> list[ColumnElement[bool]]:
        """The conditions on standings."""
        found = [Standing.course_id == self.course_id]
        if self.practice_set_id is not None:
            found.append(Standing.practice_set_id == self.practice_set_id)
        if self.template is not None:
            of_template = select(Exercise.id).where(Exercise.template == self.template)
            found.append(Standing.exercise_id.in_(of_template))
        return found


@dataclass(frozen=True)
class Seen:
    """How often a misconception was seen, and what came of it.

    opportunities: of those who had it, how many had another opportunity; persisted: had it again.
    corrected: how many submitted again; fixed: no longer had it then.
    """

    slug: str
    title: str
    firsts: int
    opportunities: int
    persisted: int
    corrected: int
    fixed: int


@dataclass(frozen=True)
class OfExercise:
    """The first submissions to an exercise's questions, and how many showed a misconception."""

    slots: dict[str, Any]
    firsts: int
    shown: int


@dataclass(frozen=True)
class Stuck:
    """A learner who has tried a question again and again without getting it right."""

    standing: Standing
    name: str


class Misconceptions:
    """Repository of what standings say about misunderstandings."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def firsts(self, part: Part) -> int:
        """How many first submissions there are."""
        query = select(func.count()).where(*part.chosen, Standing.first_outcome.is_not(None))
        return self._session.scalar(query) or 0

    def seen(self, part: Part) -> list[Seen]:
        """Every misconception of first submissions, the commonest first."""
        query = (
            select(
                Standing.slug,
                func.count(),
                func.count(Standing.persisted),
                _true(Standing.persisted),
                func.count(Standing.fixed),
                _true(Standing.fixed),
            )
            .where(*part.chosen, Standing.slug.is_not(None))
            .group_by(Standing.slug)
        )
        rows = self._session.execute(query).all()
        found = [Seen(slug, title_of(self._session, slug), *numbers) for slug, *numbers in rows]
        return sorted(found, key=lambda each: (-each.firsts, each.slug))

    def by_exercise(self, part: Part, slug: str) -> list[OfExercise]:
        """How often a misconception was seen, exercise by exercise."""
        counted = (
            select(
                Standing.exercise_id,
                func.count().label("firsts"),
                _true(Standing.slug == slug).label("shown"),
            )
            .where(*part.chosen, Standing.first_outcome.is_not(None))
            .group_by(Standing.exercise_id)
            .subquery()
        )
        query = select(Exercise.slots, counted.c.firsts, counted.c.shown).join(
            counted, counted.c.exercise_id == Exercise.id
        )
        return [OfExercise(*row) for row in self._session.execute(query)]

    def stuck(self, part: Part, at_least: int, page: Page) -> list[Stuck]:
        """Who has so many submissions to a question and none that is right, the oldest first."""
        place = (Standing.first_at, Standing.learner_id, Standing.question_id)
        query = (
            select(Standing, Person.name)
            .join(Person, Person.id == Standing.learner_id)
            .where(*part.chosen, Standing.right_number.is_(None), Standing.submissions >= at_least)
        )
        if page.after is not None:
            after = tuple_(*page.after, types=[column.type for column in place])
            query = query.where(tuple_(*place) > after)
        rows = self._session.execute(query.order_by(*place).limit(page.limit))
        return [Stuck(*row) for row in rows]


def title_of(session: Session, slug: str) -> str:
    """What a verdict calls the misconception."""
    query = select(VerdictDiagnosis.title).where(VerdictDiagnosis.slug == slug).limit(1)
    return session.scalar(query) or slug


def _true(condition: Any) -> Any:
    """How many rows fulfil a condition."""
    return func.count(case((condition, 1)))
