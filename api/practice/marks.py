"""What a learner's attempts come to: pure arithmetic over outcomes, scores and a policy.

Attempts that could not be read, or that a person has to look at, cost nothing and earn nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from api.practice.policy import Counting, Policy
from api.store.models import Outcome

SHOWN = 5  # submissions whose scores are kept one by one
COUNTED = (Outcome.CORRECT, Outcome.PARTIALLY_CORRECT, Outcome.INCORRECT)


@dataclass(frozen=True)
class Graded:
    """An attempt with its verdict, as far as it matters for marks."""

    at: datetime
    outcome: Outcome
    score: float
    credit: float
    slug: str | None


@dataclass(frozen=True)
class Sums:
    """What the attempts at one question come to; scores are from 0 to 1, before any penalty.

    correct, partial: how many of the submissions were. reviews: attempts that a person looks at.
    fixed: whether the second submission no longer shows the first one's misconception.
    """

    submissions: int = 0
    correct: int = 0
    partial: int = 0
    reviews: int = 0
    unreadable: int = 0
    first_outcome: Outcome | None = None
    first_score: float | None = None
    first_at: datetime | None = None
    scores: tuple[float, ...] = ()
    slug: str | None = None
    fixed: bool | None = None
    best_score: float | None = None
    last_score: float | None = None
    last_at: datetime | None = None
    right_number: int | None = None
    right_at: datetime | None = None
    mark: float = 0.0


def sums(attempts: Sequence[Graded], policy: Policy) -> Sums:
    """What attempts, the earliest first, come to under the policy."""
    counted = [each for each in attempts if each.outcome in COUNTED]
    number_of = Counter(each.outcome for each in attempts)
    free = {
        "unreadable": number_of[Outcome.INVALID],
        "reviews": number_of[Outcome.NEEDS_REVIEW],
    }
    if not counted:
        return Sums(**free)
    first, last = counted[0], counted[-1]
    right = [each.outcome is Outcome.CORRECT for each in counted]
    number = right.index(True) if True in right else None
    return Sums(
        submissions=len(counted),
        correct=number_of[Outcome.CORRECT],
        partial=number_of[Outcome.PARTIALLY_CORRECT],
        first_outcome=first.outcome,
        first_score=first.score,
        first_at=first.at,
        scores=tuple(each.score for each in counted[:SHOWN]),
        slug=first.slug,
        fixed=fixed(counted),
        best_score=max(each.score for each in counted),
        last_score=last.score,
        last_at=last.at,
        right_number=None if number is None else number + 1,
        right_at=None if number is None else counted[number].at,
        mark=mark(counted, policy),
        **free,
    )


def fixed(counted: Sequence[Graded]) -> bool | None:
    """Whether the second submission is without the first one's misconception; None without both."""
    if len(counted) < 2 or counted[0].slug is None:
        return None
    return counted[1].slug != counted[0].slug


def mark(counted: Sequence[Graded], policy: Policy) -> float:
    """The mark of submissions, of which there is one at least."""
    worth = [
        max(0.0, each.score - policy.penalty * before) * each.credit
        for before, each in enumerate(counted)
    ]
    if policy.counts is Counting.BEST:
        return max(worth)
    return worth[-1] if policy.counts is Counting.LAST else worth[0]


def longest_run(right: Sequence[bool]) -> int:
    """How many in a row were right, at most."""
    return max((len(list(run)) for good, run in groupby(right) if good), default=0)


def share(marks: Sequence[float], weights: Sequence[float]) -> float:
    """The weighted mean of marks; 0 where nothing weighs anything."""
    whole = sum(weights)
    if not whole:
        return 0.0
    return sum(mark * weight for mark, weight in zip(marks, weights, strict=True)) / whole
