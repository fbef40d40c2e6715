"""What belongs to one person in one course."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, select, update
from sqlalchemy.orm import Session

from api.store.models import Attempt, Enrolment, Standing, State, Token, Verdict


@dataclass(frozen=True)
class Own:
    """A person's attempts with the verdicts that count, standings and tokens."""

    attempts: Sequence[tuple[Attempt, Verdict | None]]
    standings: Sequence[Standing]
    tokens: Sequence[Token]


class Belongings:
    """Repository of what belongs to a person."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, course_id: uuid.UUID, person_id: uuid.UUID) -> Own:
        """All of it, the earliest first."""
        attempts = (
            select(Attempt, Verdict)
            .outerjoin(Verdict, and_(Verdict.attempt_id == Attempt.id, Verdict.current))
            .where(*_own(course_id, person_id))
            .order_by(Attempt.submitted_at, Attempt.id)
        )
        standings = (
            select(Standing)
            .where(Standing.course_id == course_id, Standing.learner_id == person_id)
            .order_by(Standing.practice_set_id, Standing.position, Standing.question_id)
        )
        tokens = (
            select(Token)
            .where(Token.course_id == course_id, Token.person_id == person_id)
            .order_by(Token.created_at, Token.id)
        )
        found = [(attempt, verdict) for attempt, verdict in self._session.execute(attempts)]
        return Own(
            found, self._session.scalars(standings).all(), self._session.scalars(tokens).all()
        )

    def has_pending(self, course_id: uuid.UUID, person_id: uuid.UUID) -> bool:
        """Whether an attempt has no verdict yet."""
        pending = exists().where(*_own(course_id, person_id), Attempt.state == State.PENDING)
        return bool(self._session.scalar(select(pending)))

    def erase_texts(self, course_id: uuid.UUID, person_id: uuid.UUID) -> int:
        """How many attempts there are whose texts, and what verdicts quote of them, are gone."""
        attempts = self._session.scalars(select(Attempt).where(*_own(course_id, person_id))).all()
        for attempt in attempts:
            attempt.text = ""
            for verdict in attempt.verdicts:
                verdict.document = {**verdict.document, **WITHOUT_WORDS}
        self._session.flush()
        return len(attempts)

    def revoke_tokens(self, course_id: uuid.UUID, person_id: uuid.UUID, now: datetime) -> None:
        """Leaves no token of the person that opens the course."""
        self._session.execute(
            update(Token)
            .where(Token.course_id == course_id, Token.person_id == person_id)
            .where(Token.revoked_at.is_(None))
            .values(revoked_at=now, label="")
        )

    def is_elsewhere(self, course_id: uuid.UUID, person_id: uuid.UUID) -> bool:
        """Whether the person is or was in another course, too."""
        other = exists().where(Enrolment.person_id == person_id, Enrolment.course_id != course_id)
        return bool(self._session.scalar(select(other)))


# A verdict's document without anything that repeats the answer; its columns stay as they are.
WITHOUT_WORDS = {
    "message": "",
    "evidence": {"kind": "none", "text": ""},
    "diagnosis": [],
    "parsed": None,
    "span": None,
}


def _own(course_id: uuid.UUID, person_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    return (Attempt.course_id == course_id, Attempt.learner_id == person_id)
