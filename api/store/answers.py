"""Answers to one question, gathered: wrong ones that are one function, and unreadable ones."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from api.store.models import Attempt, Outcome, Verdict


@dataclass(frozen=True)
class Gathered:
    """Answers that are alike, and what the verdict on one of them says."""

    count: int
    learners: int
    text: str
    message: str
    slug: str | None


class Answers:
    """Repository of answers, gathered question by question."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def wrong(self, course_id: uuid.UUID, question_id: str, limit: int) -> list[Gathered]:
        """Wrong answers that are the same function, however written; the commonest first."""
        wrong = (Outcome.INCORRECT, Outcome.PARTIALLY_CORRECT)
        return self._gathered(Verdict.function, wrong, course_id, question_id, limit)

    def unreadable(self, course_id: uuid.UUID, question_id: str, limit: int) -> list[Gathered]:
        """Unreadable answers with the same text; the commonest first."""
        return self._gathered(Attempt.text, (Outcome.INVALID,), course_id, question_id, limit)

    def _gathered(
        self,
        alike: InstrumentedAttribute[Any],
        outcomes: Sequence[Outcome],
        course_id: uuid.UUID,
        question_id: str,
        limit: int,
    ) -> list[Gathered]:
        number, example = func.count(), func.min(Verdict.id).label("example")
        query = (
            select(number, func.count(func.distinct(Attempt.learner_id)), example)
            .select_from(Attempt)
            .join(Verdict, and_(Verdict.attempt_id == Attempt.id, Verdict.current))
            .where(
                Attempt.course_id == course_id,
                Attempt.question_id == question_id,
                Attempt.practice_set_id.is_not(None),
                Attempt.text != "",  # erased
                Verdict.outcome.in_(outcomes),
                alike.is_not(None),
            )
            .group_by(alike)
            .order_by(number.desc(), example)
            .limit(limit)
        )
        rows = self._session.execute(query).all()
        examples = select(Verdict, Attempt.text).join(Attempt, Attempt.id == Verdict.attempt_id)
        chosen = examples.where(Verdict.id.in_([row.example for row in rows]))
        known = {verdict.id: (verdict, text) for verdict, text in self._session.execute(chosen)}
        return [_row(count, learners, *known[each]) for count, learners, each in rows]


def _row(count: int, learners: int, verdict: Verdict, text: str) -> Gathered:
    slug = verdict.diagnoses[0].slug if verdict.diagnoses else None
    return Gathered(count, learners, text, verdict.document.get("message", ""), slug)
