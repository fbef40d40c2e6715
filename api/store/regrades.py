"""Regrades and their attempts."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVarTuple

from sqlalchemy import Select, and_, func, insert, literal, select, update
from sqlalchemy.orm import Session, aliased, joinedload

from api.store.models import (
    Attempt,
    Effect,
    Exercise,
    Question,
    Regrade,
    RegradedAttempt,
    State,
    Verdict,
)
from api.store.paging import Page, paged

Columns = TypeVarTuple("Columns")


@dataclass(frozen=True)
class Reach:
    """Which of a course's graded attempts a regrade is about; all where nothing is named."""

    practice_set_id: uuid.UUID | None = None
    template: str | None = None
    grader_version: str | None = None


class Regrades:
    """Repository of regrades."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, course_id: uuid.UUID, regrade_id: uuid.UUID) -> Regrade | None:
        """The course's regrade of that id."""
        found = self._session.get(Regrade, regrade_id)
        return found if found and found.course_id == course_id else None

    def of_course(self, course_id: uuid.UUID, page: Page) -> Sequence[Regrade]:
        """The course's regrades, newest first."""
        query = select(Regrade).where(Regrade.course_id == course_id)
        columns = (Regrade.created_at, Regrade.id)
        return paged(self._session, query, columns, page, newest_first=True)

    def begin(self, regrade: Regrade, reach: Reach, version: str) -> Regrade:
        """The regrade with its attempts; those this grader version has judged already are done."""
        self._session.add(regrade)
        self._session.flush()
        known = Verdict.grader_version == version
        rows = (
            select(
                literal(regrade.id, RegradedAttempt.regrade_id.type),
                Attempt.id,
                literal(regrade.created_at, RegradedAttempt.due_at.type),
                Verdict.id,
                literal(False),
            )
            .join(Verdict, and_(Verdict.attempt_id == Attempt.id, Verdict.current))
            .where(Attempt.course_id == regrade.course_id, Attempt.state == State.GRADED)
            .where(Attempt.text != "")  # what was erased keeps the verdict it had
        )
        rows = _reached(rows, reach)
        columns = ("regrade_id", "attempt_id", "due_at", "before_id", "applied")
        self._session.execute(insert(RegradedAttempt).from_select(list(columns), rows))
        judged = select(Verdict.id).where(known)
        self._session.execute(
            update(RegradedAttempt)
            .where(RegradedAttempt.regrade_id == regrade.id, RegradedAttempt.before_id.in_(judged))
            .values(effect=Effect.SAME, after_id=RegradedAttempt.before_id)
        )
        count = select(func.count()).where(RegradedAttempt.regrade_id == regrade.id)
        regrade.total = self._session.scalar(count) or 0
        self._session.flush()
        return regrade

    def progress(self, regrade_id: uuid.UUID) -> dict[tuple[Effect | None, bool], int]:
        """How many attempts there are by effect (None: not graded again yet), applied or not."""
        query = (
            select(RegradedAttempt.effect, RegradedAttempt.applied, func.count())
            .where(RegradedAttempt.regrade_id == regrade_id)
            .group_by(RegradedAttempt.effect, RegradedAttempt.applied)
        )
        return {(effect, applied): n for effect, applied, n in self._session.execute(query)}

    def changes(self, regrade_id: uuid.UUID, page: Page) -> Sequence[RegradedAttempt]:
        """The attempts whose new verdict is another one."""
        before, after = aliased(Verdict), aliased(Verdict)
        query = (
            select(RegradedAttempt)
            .join(before, before.id == RegradedAttempt.before_id)
            .join(after, after.id == RegradedAttempt.after_id)
            .where(
                RegradedAttempt.regrade_id == regrade_id,
                (before.outcome != after.outcome)
                | (before.score != after.score)
                | (RegradedAttempt.effect != Effect.SAME),
            )
            .options(
                joinedload(RegradedAttempt.attempt),
                joinedload(RegradedAttempt.before),
                joinedload(RegradedAttempt.after),
            )
        )
        return paged(self._session, query, (RegradedAttempt.attempt_id,), page)

    def due(self, now: datetime, limit: int) -> Sequence[RegradedAttempt]:
        """Open attempts whose hand-over is due; those of one question beside each other."""
        query = (
            select(RegradedAttempt)
            .join(Attempt, Attempt.id == RegradedAttempt.attempt_id)
            .where(RegradedAttempt.effect.is_(None), RegradedAttempt.due_at <= now)
            .order_by(Attempt.question_id, Attempt.id)
            .limit(limit)
            .options(joinedload(RegradedAttempt.attempt).joinedload(Attempt.question))
        )
        return self._session.scalars(query).all()

    def postpone(self, attempt_ids: Collection[uuid.UUID], until: datetime) -> None:
        """Notes that open attempts were handed over; they are due again when nothing comes back."""
        self._session.execute(
            update(RegradedAttempt)
            .where(RegradedAttempt.attempt_id.in_(attempt_ids), RegradedAttempt.effect.is_(None))
            .values(due_at=until)
        )

    def open_of(self, attempt_ids: Collection[uuid.UUID]) -> Sequence[RegradedAttempt]:
        """The open rows of these attempts."""
        query = select(RegradedAttempt).where(
            RegradedAttempt.attempt_id.in_(attempt_ids), RegradedAttempt.effect.is_(None)
        )
        options = (joinedload(RegradedAttempt.before),)
        return self._session.scalars(query.options(*options)).all()

    def held(self, regrade_id: uuid.UUID, effects: Collection[Effect]) -> Sequence[RegradedAttempt]:
        """Attempts of a regrade with these effects that are not applied."""
        query = select(RegradedAttempt).where(
            RegradedAttempt.regrade_id == regrade_id,
            RegradedAttempt.effect.in_(effects),
            RegradedAttempt.applied.is_(False),
        )
        return self._session.scalars(query).all()

    def regrade(self, regrade_id: uuid.UUID) -> Regrade:
        """The regrade of that id, which is there."""
        return self._session.get_one(Regrade, regrade_id)

    def verdicts(self, attempt_ids: Collection[uuid.UUID]) -> dict[tuple[uuid.UUID, str], Verdict]:
        """All verdicts of attempts, by attempt and grader version."""
        rows = self._session.scalars(select(Verdict).where(Verdict.attempt_id.in_(attempt_ids)))
        return {(each.attempt_id, each.grader_version): each for each in rows}

    def make_current(self, verdict_ids: Collection[int]) -> None:
        """Lets these verdicts count from now on, and no other of their attempts."""
        attempts = select(Verdict.attempt_id).where(Verdict.id.in_(verdict_ids))
        self._session.execute(
            update(Verdict)
            .where(Verdict.attempt_id.in_(attempts), Verdict.current)
            .values(current=False)
        )
        self._session.execute(
            update(Verdict).where(Verdict.id.in_(verdict_ids)).values(current=True)
        )


def _reached(rows: Select[*Columns], reach: Reach) -> Select[*Columns]:
    if reach.practice_set_id is not None:
        rows = rows.where(Attempt.practice_set_id == reach.practice_set_id)
    if reach.grader_version is not None:
        rows = rows.where(Verdict.grader_version == reach.grader_version)
    if reach.template is not None:
        made = select(Question.id).join(Exercise).where(Exercise.template == reach.template)
        rows = rows.where(Attempt.question_id.in_(made))
    return rows
