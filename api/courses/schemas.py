"""Courses as they are asked for and answered."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field

from api.paging import NEXT, Paging
from api.schemas import Answered, Asked, Identifier, Text

Title = Annotated[Text, Field(min_length=1, max_length=200)]


class NewCourse(Asked):
    """The course that is wanted, and who administers it."""

    title: Title
    administrator: Annotated[Text, Field(min_length=1, max_length=200)] = Field(
        description="the name of its first administrator, whose token is answered"
    )
    external_id: Identifier | None = Field(
        None, description="what another system calls the administrator"
    )


class ChangedCourse(Asked):
    """What is to be different."""

    title: Title


class CoursePath(Asked):
    """Which course."""

    course_id: uuid.UUID


class CourseQuery(Paging):
    """Which courses."""


class Course(Answered):
    """One run of a course."""

    id: uuid.UUID
    title: str
    created_at: datetime


class CourseList(Answered):
    """Courses, oldest first."""

    items: list[Course]
    next: str | None = NEXT


class MadeCourse(Answered):
    """A course that was made, with the token to enter it."""

    course: Course
    token: str | None = Field(
        description="the secret of the administrator's token, told this once and never again"
    )
