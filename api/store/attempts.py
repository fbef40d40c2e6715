"""Attempts and their verdicts: the truth of what was submitted, and the outbox of the queue."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, select, tuple_
from sqlalchemy.orm import Session, joinedload

from api.store.models import Attempt, Outcome, State, Verdict, VerdictDiagnosis


@dataclass(frozen=True)
class Recorded:
    """A verdict as it is to be recorded: the columns, and the grader's document as it came."""

    grader_version: str
    outcome: Outcome
    score: float
    reason: str
    diagnoses: tuple[tuple[str, str], ...]  # slug, title
    document: dict[str, Any]
    milliseconds: float
    recorded_at: datetime


@dataclass(frozen=True)
class Page:
    """Which attempts are asked for: newest first, after a given one, at most so many."""

    limit: int
    after: Attempt | None = None
    learner_id: uuid.UUID | None = None
    question_id: str | None = None


class Attempts:
    """Repository of attempts and verdicts."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, attempt_id: uuid.UUID) -> Attempt | None:
        """The attempt of that id."""
        return self._session.get(Attempt, attempt_id)

    def add(self, attempt: Attempt) -> Attempt:
        """The attempt, stored."""
        self._session.add(attempt)
        self._session.flush()
        return attempt

    def page(self, course_id: uuid.UUID, page: Page) -> Sequence[Attempt]:
        """The course's attempts that the page asks for, newest first."""
        query = select(Attempt).where(Attempt.course_id == course_id)
        if page.learner_id is not None:
            query = query.where(Attempt.learner_id == page.learner_id)
        if page.question_id is not None:
            query = query.where(Attempt.question_id == page.question_id)
        return self._session.scalars(_older(query, page.after).limit(page.limit)).all()

    def stale(self, now: datetime, limit: int) -> Sequence[Attempt]:
        """Pending attempts whose hand-over is due, the longest due first."""
        return self._session.scalars(
            select(Attempt)
            .where(Attempt.state == State.PENDING, Attempt.due_at <= now)
            .order_by(Attempt.due_at)
            .limit(limit)
            .options(joinedload(Attempt.question))
        ).all()

    def current_verdict(self, attempt_id: uuid.UUID) -> Verdict | None:
        """The verdict that counts."""
        return self._session.scalar(
            select(Verdict).where(Verdict.attempt_id == attempt_id, Verdict.current)
        )

    def current_verdicts(self, attempt_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Verdict]:
        """The verdicts that count, by attempt."""
        rows = select(Verdict).where(Verdict.attempt_id.in_(attempt_ids), Verdict.current)
        return {verdict.attempt_id: verdict for verdict in self._session.scalars(rows)}

    def locked(self, attempt_id: uuid.UUID) -> Attempt | None:
        """The attempt of that id, which nobody else changes before this unit of work ends."""
        return self._session.get(Attempt, attempt_id, with_for_update=True)

    def record(self, attempt: Attempt, recorded: Recorded) -> bool:
        """Whether the verdict was new: a locked attempt gets one of each grader version."""
        if self._has_verdict(attempt, Verdict.grader_version == recorded.grader_version):
            return False
        current = not self._has_verdict(attempt, Verdict.current)
        self._session.add(_verdict(attempt, recorded, current))
        attempt.state = State.GRADED
        self._session.flush()
        return True

    def _has_verdict(self, attempt: Attempt, condition: Any) -> bool:
        found = exists().where(Verdict.attempt_id == attempt.id, condition)
        return bool(self._session.scalar(select(found)))


def _older(query: Select[Attempt], after: Attempt | None) -> Select[Attempt]:
    place = tuple_(Attempt.submitted_at, Attempt.id)
    if after is not None:
        query = query.where(place < tuple_(after.submitted_at, after.id))
    return query.order_by(Attempt.submitted_at.desc(), Attempt.id.desc())


def _verdict(attempt: Attempt, recorded: Recorded, current: bool) -> Verdict:
    return Verdict(
        attempt_id=attempt.id,
        grader_version=recorded.grader_version,
        current=current,
        outcome=recorded.outcome,
        score=recorded.score,
        reason=recorded.reason,
        document=recorded.document,
        milliseconds=recorded.milliseconds,
        recorded_at=recorded.recorded_at,
        diagnoses=[
            VerdictDiagnosis(position=position, slug=slug, title=title)
            for position, (slug, title) in enumerate(recorded.diagnoses, 1)
        ],
    )
