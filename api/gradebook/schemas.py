"""Marks as they are asked for and answered."""

from __future__ import annotations

import uuid

from pydantic import Field

from api.paging import NEXT, Paging
from api.schemas import Answered, Asked


class SetPath(Asked):
    """Which practice set."""

    set_id: uuid.UUID


class GradebookQuery(Paging):
    """Which learners."""


class ItemMark(Answered):
    """A learner's mark for one item."""

    position: int
    mark: float = Field(description="from 0 to 1, under the set's policy")
    answered: int = Field(description="questions with a submission that counts")
    asked: int = Field(description="questions asked of this learner")


class SetMark(Answered):
    """A learner's marks for a practice set."""

    learner: uuid.UUID
    name: str
    external_id: str | None
    mark: float = Field(description="the weighted mean of the items' marks, from 0 to 1")
    items: list[ItemMark]


class Gradebook(Answered):
    """The marks of learners, in the order in which they came to the course."""

    practice_set: uuid.UUID
    items: list[SetMark]
    next: str | None = NEXT
