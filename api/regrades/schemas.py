"""Regrades as they are asked for and answered."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from api.paging import NEXT, Paging
from api.schemas import Answered, Asked, Document, Identifier, Text
from api.store.models import Effect, Outcome


class RegradeState(StrEnum):
    """Whether every attempt has its new verdict."""

    RUNNING = "running"
    DONE = "done"


class NewRegrade(Asked):
    """Which attempts are to be graded again; all of the course's where nothing is named."""

    practice_set: uuid.UUID | None = Field(None, description="those of this practice set")
    template: Identifier | None = Field(None, description="those at exercises of this template")
    grader: Identifier | None = Field(None, description="those judged by this grader version")
    reason: Annotated[Text, Field(max_length=1000)] = Field("", description="why, for the record")
    dry_run: bool = Field(
        False, strict=True, description="only look at what would change; it can be applied later"
    )


class Applying(Asked):
    """What of a finished regrade is to count."""

    lowered: bool = Field(
        False, strict=True, description="also the verdicts that lower marks, which are held back"
    )


class RegradePath(Asked):
    """Which regrade."""

    regrade_id: uuid.UUID


class RegradeQuery(Paging):
    """Which regrades, or which changes of one."""


class Regrade(Answered):
    """A regrade and how far it has come."""

    id: uuid.UUID
    scope: Document
    reason: str
    dry_run: bool
    created_at: datetime
    created_by: uuid.UUID
    state: RegradeState
    total: int
    graded: int = Field(description="attempts that have their new verdict")
    raised: int = Field(description="attempts whose mark the new verdict raises")
    lowered: int = Field(description="attempts whose mark it would lower")
    applied: int = Field(description="attempts for which the new verdict counts by now")


class RegradeList(Answered):
    """Regrades, newest first."""

    items: list[Regrade]
    next: str | None = NEXT


class Side(Answered):
    """A verdict in short."""

    grader: str
    outcome: Outcome
    score: float


class RegradeChange(Answered):
    """An attempt whose new verdict is another one."""

    attempt: uuid.UUID
    learner: uuid.UUID
    question: str
    before: Side
    after: Side
    effect: Effect
    applied: bool


class RegradeChanges(Answered):
    """What a regrade changes."""

    items: list[RegradeChange]
    next: str | None = NEXT
