"""The exercises that were generated, exactly as they were, with their questions."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.store.models import Exercise, OwnTemplate, Question

Document = dict[str, Any]


class Exercises:
    """Repository of exercises and questions."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, exercise_id: str) -> Exercise | None:
        """The exercise of that id."""
        return self._session.get(Exercise, exercise_id)

    def question(self, question_id: str) -> Question | None:
        """The question of that id."""
        return self._session.get(Question, question_id)

    def own(self, course_id: uuid.UUID) -> Sequence[OwnTemplate]:
        """The course's own templates, each in its newest version."""
        query = select(OwnTemplate).where(OwnTemplate.course_id == course_id)
        rows = self._session.scalars(query.order_by(OwnTemplate.slug, OwnTemplate.version))
        return list({row.slug: row for row in rows}.values())

    def is_shared(self, exercise_id: str, course_id: uuid.UUID) -> bool:
        """Whether a course may know the exercise: its template is not another one's own."""
        owners = (
            select(OwnTemplate.course_id)
            .join(Exercise, Exercise.template == OwnTemplate.slug)
            .where(Exercise.id == exercise_id)
        )
        return set(self._session.scalars(owners)) <= {course_id}

    def bring(self, template: OwnTemplate) -> OwnTemplate:
        """The template, stored."""
        self._session.add(template)
        self._session.flush()
        return template

    def keep(self, spec: Document, now: datetime) -> Exercise:
        """The exercise with its questions, stored; one that is stored already stays as it is."""
        stored = self.get(spec["id"])
        if stored is not None:
            return stored
        try:
            with self._session.begin_nested():
                exercise = _exercise(spec, now)
                self._session.add(exercise)
        except IntegrityError:  # somebody else stored it between the look and the insert
            return self._session.get_one(Exercise, spec["id"])
        return exercise


def _exercise(spec: Document, now: datetime) -> Exercise:
    return Exercise(
        id=spec["id"],
        template=spec["template"],
        version=spec["version"],
        seed=spec["seed"],
        title=spec["title"],
        slots=spec["slots"],
        spec=spec,
        created_at=now,
        questions=[_question(position, row) for position, row in enumerate(spec["questions"], 1)],
    )


def _question(position: int, spec: Document) -> Question:
    return Question(
        id=spec["id"], position=position, name=spec["name"], kind=spec["kind"], spec=spec
    )
