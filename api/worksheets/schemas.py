"""Worksheets as they are asked for and answered."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field

from api.schemas import Answered, Asked, Identifier, Seed, Text


class NewItem(Asked):
    """One exercise to put on a worksheet."""

    template: Identifier = Field(description="a template's slug")
    seed: Seed | None = Field(None, description="which variant; drawn at random when absent")
    questions: Annotated[list[Identifier], Field(max_length=100)] = Field(
        default_factory=list, description="the names of the questions to ask; all when empty"
    )


class NewWorksheet(Asked):
    """The worksheet that is wanted."""

    title: Annotated[Text, Field(min_length=1, max_length=200)]
    items: Annotated[list[NewItem], Field(min_length=1, max_length=100)]
    released: bool = Field(True, strict=True, description="whether learners see it at once")


class WorksheetPath(Asked):
    """Which worksheet."""

    worksheet_id: uuid.UUID


class Item(Answered):
    """One exercise of a worksheet."""

    position: int
    exercise: str = Field(description="the exercise's id")
    title: str
    url: str = Field(description="where the exercise is")
    questions: list[str] | None = Field(
        description="the names of the questions asked; null for all of the exercise's"
    )


class Worksheet(Answered):
    """A worksheet with its exercises."""

    id: uuid.UUID
    title: str
    created_at: datetime
    released_at: datetime | None = Field(description="since when learners see it")
    items: list[Item]


class WorksheetList(Answered):
    """The course's worksheets, oldest first."""

    items: list[Worksheet]
