"""Attempts and their verdicts: the truth of what was submitted, and the outbox of the queue."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session, joinedload

from api.store.models import Attempt, Outcome, State, Verdict, VerdictDiagnosis
from api.store.paging import Page, paged


@dataclass(frozen=True)
class Recorded:
    """A verdict as it is to be recorded: the columns, and the grader's document as it came."""

    attempt_id: uuid.UUID
    grader_version: str
    outcome: Outcome
    score: float
    reason: str
    function: str | None
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
class Chosen:
    """Which of a course's attempts are asked for."""

    learner_id: uuid.UUID | None = None
    question_id: str | None = None
    practice_set_id: uuid.UUID | None = None


class Attempts:
    """Repository of attempts and verdicts."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, attempt_id: uuid.UUID) -> Attempt | None:
        """The attempt of that id."""
        return self._session.get(Attempt, attempt_id)

    def all_of(self, attempt_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Attempt]:
        """These attempts, by their ids."""
        rows = self._session.scalars(select(Attempt).where(Attempt.id.in_(attempt_ids)))
        return {attempt.id: attempt for attempt in rows}

    def add(self, attempt: Attempt) -> Attempt:
        """The attempt, stored."""
        self._session.add(attempt)
        self._session.flush()
        return attempt

    def page(self, course_id: uuid.UUID, chosen: Chosen, page: Page) -> Sequence[Attempt]:
        """A page of the course's chosen attempts, newest first."""
        query = select(Attempt).where(Attempt.course_id == course_id)
        for column, wanted in (
            (Attempt.learner_id, chosen.learner_id),
            (Attempt.question_id, chosen.question_id),
            (Attempt.practice_set_id, chosen.practice_set_id),
        ):
            if wanted is not None:
                query = query.where(column == wanted)
        columns = (Attempt.submitted_at, Attempt.id)
        return paged(self._session, query, columns, page, newest_first=True)

    def before(self, attempt: Attempt, question_id: str) -> Attempt | None:
        """The learner's latest attempt at a question before this one."""
        chosen = Chosen(attempt.learner_id, question_id)
        found = self.page(attempt.course_id, chosen, Page(1, (attempt.submitted_at, attempt.id)))
        return found[0] if found else None

    def number(
        self, learner_id: uuid.UUID, question_id: str, practice_set_id: uuid.UUID | None
    ) -> int:
        """How many attempts the learner made at the question there."""
        query = select(func.count()).where(
            Attempt.learner_id == learner_id,
            Attempt.question_id == question_id,
            Attempt.practice_set_id == practice_set_id,
        )
        return self._session.scalar(query) or 0

    def stale(self, now: datetime, limit: int) -> Sequence[Attempt]:
        """Pending attempts whose hand-over is due, the longest due first."""
        return self._session.scalars(
            select(Attempt)
            .where(Attempt.state == State.PENDING, Attempt.due_at <= now)
            .order_by(Attempt.due_at)
            .limit(limit)
            .options(joinedload(Attempt.question))
        ).all()

    def waiting(self) -> tuple[int, datetime | None]:
        """How many attempts have no verdict, and since when the oldest of them waits."""
        query = select(func.count(), func.min(Attempt.submitted_at))
        number, since = self._session.execute(query.where(Attempt.state == State.PENDING)).one()
        return number, since

    def pending(self, most: int) -> int:
        """How many attempts have no verdict yet, counted up to `most`."""
        some = select(Attempt.id).where(Attempt.state == State.PENDING).limit(most).subquery()
        return int(self._session.scalar(select(func.count()).select_from(some)) or 0)

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


def _row(recorded: Recorded, current: bool) -> dict[str, Any]:
    columns = {name: value for name, value in vars(recorded).items() if name != "diagnoses"}
    return {**columns, "current": current}
