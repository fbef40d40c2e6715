"""Enrolling people, and finding those who are in a course."""

from __future__ import annotations

import uuid
from datetime import datetime

from api.errors import Conflict, NotFound
from api.store.models import Enrolment, Person, Role
from api.store.unit import Unit


def person_for(unit: Unit, name: str, external_id: str | None, now: datetime) -> Person:
    """Who another system calls so, or somebody new."""
    known = unit.people.known_as(external_id) if external_id else None
    return known or unit.people.add_person(name, now, external_id)


def enrol(
    unit: Unit,
    course_id: uuid.UUID,
    name: str,
    external_id: str | None,
    role: Role,
    now: datetime,
) -> Enrolment:
    """The person, enrolled; Conflict for somebody who is in the course already."""
    person = person_for(unit, name, external_id, now)
    if unit.people.enrolment(course_id, person.id) is not None:
        raise Conflict(f"{external_id} is in this course already.")
    return unit.people.admit(course_id, person, role, now)


def enrolled(unit: Unit, course_id: uuid.UUID, person_id: uuid.UUID) -> Enrolment:
    """What the person is in the course; NotFound for a stranger."""
    found = unit.people.enrolment(course_id, person_id)
    if found is None:
        raise NotFound("enrolment of person", person_id)
    return found
