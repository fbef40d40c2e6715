"""Worksheets, and what of them a course's learners may see."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, selectinload

from api.store.models import Worksheet, WorksheetItem


class Worksheets:
    """Repository of worksheets and their items."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, course_id: uuid.UUID, worksheet_id: uuid.UUID) -> Worksheet | None:
        """The course's worksheet of that id."""
        worksheet = self._session.get(Worksheet, worksheet_id)
        return worksheet if worksheet and worksheet.course_id == course_id else None

    def of_course(self, course_id: uuid.UUID, released_only: bool) -> Sequence[Worksheet]:
        """The course's worksheets, oldest first."""
        query = (
            select(Worksheet)
            .where(Worksheet.course_id == course_id)
            .order_by(Worksheet.created_at, Worksheet.id)
            .options(selectinload(Worksheet.items).joinedload(WorksheetItem.exercise))
        )
        if released_only:
            query = query.where(Worksheet.released_at.is_not(None))
        return self._session.scalars(query).all()

    def shows(self, course_id: uuid.UUID, exercise_id: str) -> bool:
        """Whether a released worksheet of the course has the exercise."""
        found = exists().where(
            Worksheet.course_id == course_id,
            Worksheet.released_at.is_not(None),
            WorksheetItem.worksheet_id == Worksheet.id,
            WorksheetItem.exercise_id == exercise_id,
        )
        return bool(self._session.scalar(select(found)))

    def add(
        self,
        course_id: uuid.UUID,
        title: str,
        items: Sequence[WorksheetItem],
        now: datetime,
        released_at: datetime | None,
    ) -> Worksheet:
        """A new worksheet of these items."""
        worksheet = Worksheet(
            id=uuid.uuid4(),
            course_id=course_id,
            title=title,
            created_at=now,
            released_at=released_at,
            items=list(items),
        )
        self._session.add(worksheet)
        self._session.flush()
        return worksheet
