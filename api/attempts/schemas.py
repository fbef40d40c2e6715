"""Attempts and verdicts as they are asked for and answered."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field

from api.paging import NEXT, Paging
from api.schemas import Answered, Asked, Document, Identifier, Text
from api.store.models import Outcome, State

LONGEST_ANSWER = 10_000


class NewAttempt(Asked):
    """An answer to a question."""

    question: Identifier = Field(description="the question's id, such as `logistic-single@1:0/dw`")
    answer: Annotated[Text, Field(max_length=LONGEST_ANSWER)] = Field(
        description="as the learner typed it; it is kept as it is"
    )
    practice_set: uuid.UUID | None = Field(
        None, description="where the question was met, if several open practice sets have it"
    )


class AttemptPath(Asked):
    """Which attempt."""

    attempt_id: uuid.UUID


class AttemptQuery(Paging):
    """Which attempts."""

    question: Identifier | None = Field(None, description="only attempts at this question")
    practice_set: uuid.UUID | None = Field(None, description="only attempts in this set")
    learner: uuid.UUID | None = Field(None, description="only this learner's attempts")


class Waiting(Answered):
    """How long the answer may take."""

    prefer: str | None = Field(
        None,
        description="`wait=10`: answer once there is a verdict, after 10 seconds at the latest",
    )


class Diagnosis(Answered):
    """One misconception, and what to say to it."""

    slug: str
    title: str
    feedback: str


class Verdict(Answered):
    """What the grader says about an attempt."""

    outcome: Outcome
    score: float
    reason: str
    message: str = Field(description="one sentence for the learner")
    evidence: Document = Field(description="on what grounds; instructors also see the witness")
    diagnosis: list[Diagnosis]
    parsed: Document | None = Field(description="how the answer was read, as text and as LaTeX")
    span: tuple[int, int] | None = Field(description="the part of the answer that is meant")
    grader: str = Field(description="the grader's version")
    milliseconds: float = Field(description="how long grading took")
    recorded_at: datetime


class Attempt(Answered):
    """A submission, with its verdict once there is one."""

    id: uuid.UUID
    question: str
    learner: uuid.UUID
    practice_set: uuid.UUID | None = Field(description="the set it counts in; null: in none")
    number: int = Field(description="1 for the learner's first attempt at the question there")
    credit: float = Field(description="the share of its score that it keeps; 1 when in time")
    answer: str
    submitted_at: datetime
    state: State
    verdict: Verdict | None


class AttemptList(Answered):
    """Attempts, newest first."""

    items: list[Attempt]
    next: str | None = NEXT
