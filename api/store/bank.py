"""The exercises that were generated, exactly as they were, with their questions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from api.store.models import Exercise, Question


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

    def add(self, spec: dict[str, Any], now: datetime) -> Exercise:
        """A new exercise with its questions, from the generator's full view."""
        exercise = Exercise(
            id=spec["id"],
            template=spec["template"],
            version=spec["version"],
            seed=spec["seed"],
            title=spec["title"],
            spec=spec,
            created_at=now,
            questions=[_question(place, row) for place, row in enumerate(spec["questions"], 1)],
        )
        self._session.add(exercise)
        self._session.flush()
        return exercise


def _question(position: int, spec: dict[str, Any]) -> Question:
    return Question(
        id=spec["id"], position=position, name=spec["name"], kind=spec["kind"], spec=spec
    )
