"""A unit of work: one repository per noun, all over the same transaction."""

from __future__ import annotations

from sqlalchemy.orm import Session

from api.store.analytics import Analytics
from api.store.attempts import Attempts
from api.store.bank import Exercises
from api.store.people import People
from api.store.worksheets import Worksheets


class Unit:
    """What may be read and written within one transaction."""

    def __init__(self, session: Session) -> None:
        self.people = People(session)
        self.exercises = Exercises(session)
        self.worksheets = Worksheets(session)
        self.attempts = Attempts(session)
        self.analytics = Analytics(session)
