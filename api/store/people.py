"""Courses, the people in them, and the hashed secrets they come with."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, joinedload

from api.store.models import Course, Enrolment, Person, Role, Token
from api.store.paging import Page, paged


class People:
    """Repository of courses, persons, enrolments and tokens."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def course(self, course_id: uuid.UUID) -> Course | None:
        """The course of that id."""
        return self._session.get(Course, course_id)

    def courses(self, page: Page) -> Sequence[Course]:
        """All courses, oldest first."""
        return paged(self._session, select(Course), (Course.created_at, Course.id), page)

    def token(self, secret_sha256: str) -> tuple[Token, datetime | None] | None:
        """The token whose secret has that hash, and when its holder's enrolment ended."""
        holder = and_(
            Enrolment.course_id == Token.course_id, Enrolment.person_id == Token.person_id
        )
        query = select(Token, Enrolment.ended_at).outerjoin(Enrolment, holder)
        row = self._session.execute(query.where(Token.secret_sha256 == secret_sha256)).first()
        return None if row is None else (row[0], row[1])

    def tokens(self, course_id: uuid.UUID, page: Page) -> Sequence[Token]:
        """The course's tokens, oldest first."""
        query = select(Token).where(Token.course_id == course_id)
        return paged(self._session, query, (Token.created_at, Token.id), page)

    def course_token(self, course_id: uuid.UUID, token_id: uuid.UUID) -> Token | None:
        """The course's token of that id."""
        token = self._session.get(Token, token_id)
        return token if token and token.course_id == course_id else None

    def person(self, person_id: uuid.UUID) -> Person | None:
        """The person of that id."""
        return self._session.get(Person, person_id)

    def known_as(self, external_id: str) -> Person | None:
        """The person another system calls so."""
        return self._session.scalar(select(Person).where(Person.external_id == external_id))

    def enrolments(self, course_id: uuid.UUID, page: Page) -> Sequence[Enrolment]:
        """Who is or was in the course, in the order in which they came."""
        query = (
            select(Enrolment)
            .where(Enrolment.course_id == course_id)
            .options(joinedload(Enrolment.person))
        )
        return paged(self._session, query, (Enrolment.created_at, Enrolment.person_id), page)

    def enrolment(self, course_id: uuid.UUID, person_id: uuid.UUID) -> Enrolment | None:
        """What the person is in the course."""
        return self._session.get(Enrolment, (course_id, person_id))

    def wait_for(self, person_id: uuid.UUID) -> None:
        """Waits until no other unit of work does something for this person that came to this too.

        Two answers of one learner at the same time are numbered one after the other.
        """
        self._session.get(Person, person_id, with_for_update={"key_share": True})

    def add_course(self, course_id: uuid.UUID, title: str, now: datetime) -> Course:
        """A new course."""
        course = Course(id=course_id, title=title, created_at=now)
        self._session.add(course)
        self._session.flush()
        return course

    def add_person(self, name: str, now: datetime, external_id: str | None = None) -> Person:
        """A new person."""
        person = Person(id=uuid.uuid4(), name=name, external_id=external_id, created_at=now)
        self._session.add(person)
        self._session.flush()
        return person

    def admit(self, course_id: uuid.UUID, person: Person, role: Role, now: datetime) -> Enrolment:
        """The person, enrolled in the course."""
        enrolment = Enrolment(
            course_id=course_id, person_id=person.id, role=role, created_at=now, person=person
        )
        self._session.add(enrolment)
        self._session.flush()
        return enrolment

    def enrol(self, course: Course, name: str, role: Role, now: datetime) -> Enrolment:
        """A new person, enrolled in the course."""
        return self.admit(course.id, self.add_person(name, now), role, now)

    def grant(
        self,
        enrolment: Enrolment,
        secret_sha256: str,
        now: datetime,
        *,
        label: str = "",
        role: Role | None = None,
        scopes: Sequence[str] | None = None,
        expires_at: datetime | None = None,
    ) -> Token:
        """A token of the enrolment; as far-reaching as its role where nothing narrows it."""
        token = Token(
            id=uuid.uuid4(),
            secret_sha256=secret_sha256,
            label=label,
            course_id=enrolment.course_id,
            person_id=enrolment.person_id,
            role=role or enrolment.role,
            scopes=None if scopes is None else list(scopes),
            created_at=now,
            expires_at=expires_at,
        )
        return self._add_token(token)

    def grant_operator(self, person: Person, secret_sha256: str, now: datetime) -> Token:
        """A token that makes courses."""
        token = Token(
            id=uuid.uuid4(),
            secret_sha256=secret_sha256,
            label="operator",
            person_id=person.id,
            role=Role.OPERATOR,
            created_at=now,
        )
        return self._add_token(token)

    def _add_token(self, token: Token) -> Token:
        self._session.add(token)
        self._session.flush()
        return token
