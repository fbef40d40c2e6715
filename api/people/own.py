"""What is kept about a person in a course: shown to that person, and erased when asked for."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from api.errors import StillGrading
from api.people.service import enrolled
from api.store.models import Enrolment
from api.store.own import Own
from api.store.unit import Unit

ERASED = "(erased)"


@dataclass(frozen=True)
class Erasure:
    """What was erased: texts of attempts in the course; and the name, if it is in no other."""

    person_id: uuid.UUID
    attempts: int
    name: bool


def kept(unit: Unit, course_id: uuid.UUID, person_id: uuid.UUID) -> tuple[Enrolment, Own]:
    """What the course keeps about a person."""
    return enrolled(unit, course_id, person_id), unit.own.of(course_id, person_id)


def erase(unit: Unit, course_id: uuid.UUID, person_id: uuid.UUID, now: datetime) -> Erasure:
    """Takes away what a person typed in the course, the way in, and, at the last course, the name.

    Scores and misconceptions stay, under an id that leads to nobody. Raises StillGrading while an
    answer waits for its verdict.
    """
    enrolment = enrolled(unit, course_id, person_id)
    unit.people.wait_for(person_id)
    if unit.own.has_pending(course_id, person_id):
        raise StillGrading("An answer of this person is still being graded.")
    erased = unit.own.erase_texts(course_id, person_id)
    unit.own.revoke_tokens(course_id, person_id, now)
    enrolment.ended_at = enrolment.ended_at or now
    last = not unit.own.is_elsewhere(course_id, person_id)
    if last:
        person = enrolment.person
        person.name, person.external_id, person.erased_at = ERASED, None, now
    unit.flush()
    return Erasure(person_id, erased, last)
