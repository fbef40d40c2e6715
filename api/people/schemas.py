"""Enrolments as they are asked for and answered."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from api.paging import NEXT, Paging
from api.schemas import Answered, Asked, Identifier, Text
from api.store.models import Outcome, Role

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


class OwnAttempt(Answered):
    """An attempt of one's own."""

    id: uuid.UUID
    practice_set: uuid.UUID | None
    question: str
    number: int
    answer: str
    submitted_at: datetime
    outcome: Outcome | None = Field(description="null while it is being graded")
    score: float | None


class OwnStanding(Answered):
    """What one's attempts at a question have come to."""

    practice_set: uuid.UUID
    question: str
    submissions: int
    best_score: float | None
    mark: float


class OwnToken(Answered):
    """A token of one's own, without its secret."""

    id: uuid.UUID
    label: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class OwnData(Answered):
    """Everything that the course keeps about whoever asks."""

    enrolment: Enrolment
    attempts: list[OwnAttempt] = Field(description="the earliest first")
    standings: list[OwnStanding]
    tokens: list[OwnToken]


class Erasure(Answered):
    """What was erased; scores stay, under an id that leads to nobody."""

    person: uuid.UUID
    attempts: int = Field(description="attempts whose texts are gone")
    name: bool = Field(
        description="whether the name is gone as well; it stays while the person is in another "
        "course"
    )
