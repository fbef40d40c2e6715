"""Attempts and their verdicts: the truth of what was submitted, and the outbox of the queue."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select, tuple_, update
from sqlalchemy.orm import Session, joinedload

from api.store.models import Attempt, Outcome, State, Verdict, VerdictDiagnosis


@dataclass(frozen=True)
class Recorded:
    """A verdict as it is to be recorded: the columns, and the grader's document as it came."""

    attempt_id: uuid.UUID
    grader_version: str
    outcome: Outcome
    score: float
    reason: str
    diagnoses: tuple[tuple[str, str], ...]  # slug, title
    document: dict[str, Any]
    milliseconds: float
    recorded_at: datetime


@dataclass(frozen=True)
class Tally:
    """What became of verdicts that were to be recorded: attempts that got one, and unknown ones."""

    new: frozenset[uuid.UUID]
    unknown: frozenset[uuid.UUID]


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

    def record(self, verdicts: Sequence[Recorded]) -> Tally:
        """Stores these verdicts: one of each grader version for an attempt, the first is current.

        The attempts are locked until the unit of work ends, so that nobody else does the same.
        """
        asked = {each.attempt_id for each in verdicts}
        known = self._lock(asked)
        new = self._new([each for each in verdicts if each.attempt_id in known])
        if new:
            self._insert(new)
        return Tally(frozenset(each.attempt_id for each, _ in new), frozenset(asked - known))

    def _lock(self, attempt_ids: set[uuid.UUID]) -> set[uuid.UUID]:
        """Those of the attempts that exist, locked, by everybody in the same order."""
        rows = select(Attempt.id).where(Attempt.id.in_(attempt_ids)).order_by(Attempt.id)
        return set(self._session.scalars(rows.with_for_update()))

    def _new(self, verdicts: Sequence[Recorded]) -> list[tuple[Recorded, bool]]:
        """Those that are not there yet, and whether they will be the current ones."""
        columns = select(Verdict.attempt_id, Verdict.grader_version, Verdict.current)
        ids = {each.attempt_id for each in verdicts}
        rows = self._session.execute(columns.where(Verdict.attempt_id.in_(ids))).all()
        present = {(attempt_id, version) for attempt_id, version, _ in rows}
        settled = {attempt_id for attempt_id, _, current in rows if current}
        new = []
        for each in verdicts:
            key = (each.attempt_id, each.grader_version)
            if key not in present:
                new.append((each, each.attempt_id not in settled))
                present.add(key)
                settled.add(each.attempt_id)
        return new

    def _insert(self, new: Sequence[tuple[Recorded, bool]]) -> None:
        returned = insert(Verdict).returning(Verdict.id, sort_by_parameter_order=True)
        ids = self._session.scalars(returned, [_row(each, current) for each, current in new])
        diagnoses = [
            {"verdict_id": verdict_id, "position": position, "slug": slug, "title": title}
            for verdict_id, (each, _) in zip(ids, new, strict=True)
            for position, (slug, title) in enumerate(each.diagnoses, 1)
        ]
        if diagnoses:
            self._session.execute(insert(VerdictDiagnosis), diagnoses)
        graded = {each.attempt_id for each, _ in new}
        self._session.execute(
            update(Attempt).where(Attempt.id.in_(graded)).values(state=State.GRADED)
        )


def _older(query: Select[Attempt], after: Attempt | None) -> Select[Attempt]:
    place = tuple_(Attempt.submitted_at, Attempt.id)
    if after is not None:
        query = query.where(place < tuple_(after.submitted_at, after.id))
    return query.order_by(Attempt.submitted_at.desc(), Attempt.id.desc())


def _row(recorded: Recorded, current: bool) -> dict[str, Any]:
    columns = {name: value for name, value in vars(recorded).items() if name != "diagnoses"}
    return {**columns, "current": current}
