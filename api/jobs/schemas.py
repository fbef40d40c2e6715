"""Batch jobs as they are asked for and answered."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from api.paging import NEXT, Paging
from api.schemas import Answered, Asked, Document, Identifier, Text
from api.store.models import JobState


class Output(StrEnum):
    """What a batch is written as."""

    JSONL = "jsonl"
    PDF = "pdf"
    HTML = "html"
    LATEX = "latex"
    MARKDOWN = "markdown"


class NewJob(Asked):
    """The batch of exercises that is wanted; no two of them are alike."""

    templates: Annotated[list[Identifier], Field(min_length=1, max_length=100)] = Field(
        description="templates of the bank, or the course's own"
    )
    count: int = Field(10, ge=1, le=5000, strict=True, description="how many; for each learner")
    seed: int = Field(1, ge=1, lt=2**53, strict=True, description="the first seed that is tried")
    output: Output = Field(Output.PDF, description="sheets with solutions, or data")
    difficulty: tuple[float, float] | None = Field(
        None, description="least and greatest difficulty, from 1 to 5"
    )
    for_learners: bool = Field(
        False, strict=True, description="sheets of one's own for each student of the course"
    )
    title: Annotated[Text, Field(max_length=200)] = Field("", description="the sheets' title")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.difficulty and not 1 <= self.difficulty[0] <= self.difficulty[1] <= 5:
            raise ValueError("difficulty: expected two numbers from 1 to 5, the least first")
        if self.for_learners and self.output is Output.JSONL:
            raise ValueError("for_learners makes sheets: name an output other than jsonl")
        return self


class JobPath(Asked):
    """Which job."""

    job_id: uuid.UUID


class JobQuery(Paging):
    """Which jobs."""


class BatchJob(Answered):
    """A job and how far it has come."""

    id: uuid.UUID
    order: Document
    state: JobState
    done: int = Field(description="exercises that are there already")
    total: int = Field(description="exercises that are wanted")
    fault: str | None = Field(description="why it failed")
    created_at: datetime
    created_by: uuid.UUID
    finished_at: datetime | None


class JobList(Answered):
    """Jobs, newest first."""

    items: list[BatchJob]
    next: str | None = NEXT
