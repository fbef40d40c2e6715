"""Analytics as they are asked for and answered."""

from __future__ import annotations

import uuid

from pydantic import Field

from api.schemas import Answered, Asked
from api.store.models import Outcome


class QuestionsQuery(Asked):
    """Which questions."""

    practice_set: uuid.UUID | None = Field(
        None, description="the questions of this practice set; otherwise all the course has tried"
    )


class Misconception(Answered):
    """A misconception seen at a question."""

    slug: str
    title: str
    count: int = Field(description="attempts that showed it")


class QuestionReport(Answered):
    """What a course's students made of one question."""

    question: str
    exercise: str
    kind: str
    attempts: int
    graded: int = Field(description="attempts with a verdict")
    success_rate: float | None = Field(
        description="correct among the attempts marked correct, partially correct or incorrect; "
        "unreadable answers cost nothing and do not count"
    )
    outcomes: dict[Outcome, int]
    misconceptions: list[Misconception] = Field(description="the commonest first")


class QuestionReports(Answered):
    """One report for each question."""

    items: list[QuestionReport]
