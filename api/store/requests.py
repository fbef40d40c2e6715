"""Answers kept to be given again, and the log of changes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.store.models import AuditEntry, Replay
from api.store.paging import Page, paged

KEPT = timedelta(hours=24)  # how long the answer to a request is kept to be repeated


class Requests:
    """Repository of replays and audit entries."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def replay(self, token_id: uuid.UUID, key: str) -> Replay | None:
        """The answer given to this key before."""
        return self._session.get(Replay, (token_id, key))

    def keep(self, replay: Replay) -> bool:
        """Whether the answer is kept now; False where another request took the key meanwhile."""
        try:
            with self._session.begin_nested():
                self._session.add(replay)
        except IntegrityError:
            return False
        return True

    def forget(self, before: datetime) -> int:
        """How many answers older than that were given up."""
        done = self._session.execute(delete(Replay).where(Replay.created_at < before))
        return int(done.rowcount)

    def note(self, entry: AuditEntry) -> None:
        """Adds an entry to the log."""
        self._session.add(entry)

    def log(self, course_id: uuid.UUID, page: Page) -> Sequence[AuditEntry]:
        """The course's log, newest first."""
        query = select(AuditEntry).where(AuditEntry.course_id == course_id)
        return paged(self._session, query, (AuditEntry.id,), page, newest_first=True)
