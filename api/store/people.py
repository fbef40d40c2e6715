"""Courses, the people in them, and the hashed secrets they come with."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.store.models import Course, Enrolment, Person, Role, Token


class People:
    """Repository of courses, persons, enrolments and tokens."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def course(self, course_id: uuid.UUID) -> Course | None:
        """The course of that id."""
        return self._session.get(Course, course_id)

    def token(self, secret_sha256: str) -> Token | None:
        """The token whose secret has that hash."""
        return self._session.scalar(select(Token).where(Token.secret_sha256 == secret_sha256))

    def add_course(self, course_id: uuid.UUID, title: str, now: datetime) -> Course:
        """A new course."""
        course = Course(id=course_id, title=title, created_at=now)
        self._session.add(course)
        self._session.flush()
        return course

    def enrol(self, course: Course, name: str, role: Role, now: datetime) -> Enrolment:
        """A new person, enrolled in the course."""
        person = Person(id=uuid.uuid4(), name=name, created_at=now)
        self._session.add(person)
        self._session.flush()
        enrolment = Enrolment(course_id=course.id, person_id=person.id, role=role)
        self._session.add(enrolment)
        self._session.flush()
        return enrolment

    def grant(self, enrolment: Enrolment, secret_sha256: str, now: datetime) -> Token:
        """A token as far-reaching as the enrolment's role."""
        token = Token(
            id=uuid.uuid4(),
            secret_sha256=secret_sha256,
            course_id=enrolment.course_id,
            person_id=enrolment.person_id,
            role=enrolment.role,
            created_at=now,
        )
        self._session.add(token)
        self._session.flush()
        return token
