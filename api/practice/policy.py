"""The policy of a practice set: how often, how late, how much is told, what counts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from api.schemas import Asked

DAY = 24 * 60 * 60


class Counting(StrEnum):
    """Which submission to a question counts."""

    BEST = "best"
    LAST = "last"
    FIRST = "first"


class Feedback(StrEnum):
    """How much a learner is told of a wrong answer (`grader.feedback`)."""

    REASON = "reason"
    HINT = "hint"
    FULL = "full"


class Solutions(StrEnum):
    """From when on a learner may see the worked solutions."""

    NEVER = "never"
    RIGHT = "once-right"
    DUE = "once-due"
    ALWAYS = "always"


class Policy(Asked):
    """How a practice set is marked and what its learners are told."""

    attempts: int | None = Field(
        None, ge=1, le=1000, strict=True,
        description="submissions to each question; unreadable ones are free; null: any number",
    )  # fmt: skip
    penalty: float = Field(
        0.0, ge=0, le=1, description="taken off a submission's score for each wrong one before it"
    )
    counts: Counting = Field(Counting.BEST, description="which submission counts")
    late_per_day: float | None = Field(
        None, ge=0, le=1,
        description="share of the score lost with each day begun after it is due; "
        "null: late answers are refused",
    )  # fmt: skip
    feedback: Feedback = Field(
        Feedback.FULL, description="what is told: the reason, the mistake's name, or all of it"
    )
    solutions: Solutions = Field(
        Solutions.DUE, description="from when on learners may see worked solutions"
    )

    def credit(self, submitted: datetime, due: datetime | None) -> float:
        """The share of its score that a submission at this time keeps; 0 where late is refused."""
        late = (submitted - due).total_seconds() if due else 0.0
        if late <= 0:
            return 1.0
        if self.late_per_day is None:
            return 0.0
        return max(0.0, 1.0 - self.late_per_day * (1 + late // DAY))
