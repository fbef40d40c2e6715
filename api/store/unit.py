"""A unit of work: one repository per noun, all over the same transaction."""

from __future__ import annotations

from sqlalchemy.orm import Session

from api.store.analytics import Analytics
from api.store.answers import Answers
from api.store.attempts import Attempts
from api.store.bank import Exercises
from api.store.exports import Exports
from api.store.jobs import Jobs
from api.store.misconceptions import Misconceptions
from api.store.own import Belongings
from api.store.people import People
from api.store.practice import PracticeSets
from api.store.regrades import Regrades
from api.store.requests import Requests
from api.store.webhooks import Webhooks


class Unit:
    """What may be read and written within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.people = People(session)
        self.exercises = Exercises(session)
        self.practice = PracticeSets(session)
        self.attempts = Attempts(session)
        self.answers = Answers(session)
        self.analytics = Analytics(session)
        self.misconceptions = Misconceptions(session)
        self.exports = Exports(session)
        self.own = Belongings(session)
        self.requests = Requests(session)
        self.regrades = Regrades(session)
        self.jobs = Jobs(session)
        self.webhooks = Webhooks(session)

    def flush(self) -> None:
        """Sends what has changed to the database, which may still refuse it."""
        self._session.flush()
