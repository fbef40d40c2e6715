"""Enrolments as they are asked for and answered."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from api.paging import NEXT, Paging
from api.schemas import Answered, Asked, Identifier, Text
from api.store.models import Role

Name = Annotated[Text, Field(min_length=1, max_length=200)]
CourseRole = Literal[Role.STUDENT, Role.INSTRUCTOR, Role.ADMIN]


class NewEnrolment(Asked):
    """Somebody to be enrolled."""

    name: Name
    external_id: Identifier | None = Field(
        None,
        description="what another system, such as an LMS, calls this person; "
        "somebody known by it in another course is the same person here",
    )
    role: CourseRole = Role.STUDENT


class ChangedEnrolment(Asked):
    """What is to be different; what is absent stays."""

    role: CourseRole = Field(Role.STUDENT, description="tokens keep what they were given, at most")
    ended: bool = Field(False, strict=True, description="an ended enrolment opens nothing any more")


class PersonPath(Asked):
    """Which person."""

    person_id: uuid.UUID


class EnrolmentQuery(Paging):
    """Which enrolments."""


class Enrolment(Answered):
    """What a person is in the course."""

    person: uuid.UUID
    name: str
    external_id: str | None
    role: Role
    created_at: datetime
    ended_at: datetime | None


class EnrolmentList(Answered):
    """Enrolments, in the order in which people came."""

    items: list[Enrolment]
    next: str | None = NEXT
