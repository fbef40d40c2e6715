"""The exercises that were generated, exactly as they were, with their questions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.store.models import Exercise, Question

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
        spec=spec,
        created_at=now,
        questions=[_question(position, row) for position, row in enumerate(spec["questions"], 1)],
    )


def _question(position: int, spec: Document) -> Question:
    return Question(
        id=spec["id"], position=position, name=spec["name"], kind=spec["kind"], spec=spec
    )
