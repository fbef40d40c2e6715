"""Analytics as they are asked for and answered."""

from __future__ import annotations

import uuid
from datetime import datetime

from pydantic import Field

from api.analytics.statistics import ENOUGH, Basis
from api.paging import NEXT, Paging
from api.schemas import Answered, Asked, Identifier
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
    count: int = Field(description="first submissions that showed it")


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


class SetPath(Asked):
    """Which practice set."""

    set_id: uuid.UUID


class StatisticsQuery(Asked):
    """What the figures are made of."""

    basis: Basis = Field(
        Basis.FIRST,
        description="which submission's score: the first, because later ones come after feedback",
    )


class VariantsQuery(Paging):
    """Which variants, and what the figures are made of."""

    basis: Basis = Field(Basis.FIRST, description="which submission's score")


FEW = f"null for fewer than {ENOUGH} learners, or where scores do not differ"


class Interval(Answered):
    """A Wilson interval: 95 % of such intervals hold the facility index of all such learners."""

    low: float
    high: float


class NumberedScore(Answered):
    """Scores of first submissions, of second ones, and so on, as far as learners made one."""

    number: int
    n: int = Field(description="learners who made so many")
    mean: float


class Figures(Answered):
    """What learners' scores at a question say; all are from 0 to 1, indices from -1 to 1."""

    n: int = Field(description="learners with a submission that counts")
    facility: float | None = Field(description="the mean score")
    interval: Interval | None
    sd: float | None = Field(description=f"of the scores, with n - 1; {FEW}")
    discrimination: float | None = Field(
        description=f"the correlation of the score with the rest of the total; {FEW}"
    )
    efficiency: float | None = Field(
        description="the covariance of score and rest, as a share of the largest possible with "
        f"the same scores; {FEW}"
    )
    point_biserial: float | None = Field(
        description=f"the correlation of the score with the total; {FEW}"
    )
    submissions_per_learner: float | None
    scores_by_number: list[NumberedScore] = Field(
        description="by number of the submission; learners who were right make no further one"
    )
    right: float | None = Field(description="the share of learners who got it right in the end")
    seconds_to_right: float | None = Field(
        description="from the first submission to the first right one, the median of those learners"
    )
    unreadable_share: float | None = Field(description="of all graded attempts")


class ItemStatistics(Answered):
    """A question of an item; where variants differ, each learner's first one is in it."""

    position: int = Field(description="the item's")
    name: str = Field(description="the question's")
    question: str | None = Field(description="its id; null where variants differ")
    variants: int = Field(description="how many variants have been answered")
    weight: float = Field(description="its share of the total")
    effective_weight: float | None = Field(
        description="its share of what makes totals differ; null where it goes against the others, "
        f"and for fewer than {ENOUGH} learners"
    )
    figures: Figures


class SetFigures(Answered):
    """What the learners' totals say, from 0 to 1; a question without an answer counts 0."""

    learners: int = Field(description="those who have answered something")
    mean: float | None
    median: float | None
    sd: float | None = Field(description="with n - 1")
    skewness: float | None = Field(description=f"k3 / k2^1.5; {FEW}")
    kurtosis: float | None = Field(description=f"k4 / k2², 0 for a normal distribution; {FEW}")
    alpha: float | None = Field(
        description=f"Cronbach's alpha, which is KR-20 where scores are 0 or 1 only; {FEW}"
    )
    error_ratio: float | None = Field(
        description=f"√(1 - alpha): how much of the SD is chance; {FEW}"
    )
    standard_error: float | None = Field(description=f"of one learner's total; {FEW}")


class SetStatistics(Answered):
    """The statistics of a practice set."""

    practice_set: uuid.UUID
    basis: Basis
    enough: int = Field(description="how many learners an index needs")
    set: SetFigures
    items: list[ItemStatistics] = Field(description="by position, then by name")


class VariantStatistics(Answered):
    """One variant of a question of an item."""

    position: int
    name: str
    question: str
    figures: Figures


class VariantStatisticsList(Answered):
    """Variants, in the order of items, of names of questions, of ids."""

    items: list[VariantStatistics]
    next: str | None = NEXT


class MisconceptionsQuery(Asked):
    """Which part of the course's first submissions."""

    practice_set: uuid.UUID | None = Field(None, description="those to this practice set only")
    template: Identifier | None = Field(None, description="those to this template's exercises only")


class Share(Answered):
    """How many of how many."""

    count: int
    of: int
    share: float | None = Field(description="null where there are none")
    interval: tuple[float, float] | None = Field(description="95 % (Wilson): low, high")


class SeenMisconception(Answered):
    """A misconception in numbers; a submission's is the one that its verdict names first."""

    slug: str
    title: str
    prevalence: Share = Field(description="of first submissions: with it")
    persistence: Share = Field(
        description="of those with it that had another opportunity, the learner's next first "
        "submission to a question of the same kind: with it again"
    )
    fixed: Share = Field(
        description="of those with it that were followed by another submission to the question: "
        "without it then"
    )


class SeenMisconceptions(Answered):
    """Misconceptions, the commonest first."""

    firsts: int = Field(description="first submissions, of learners to questions")
    items: list[SeenMisconception]


class SlugPath(Asked):
    """Which misconception."""

    slug: Identifier


class SlotsQuery(Asked):
    """Which template's exercises, and where."""

    template: Identifier
    practice_set: uuid.UUID | None = Field(None, description="in this practice set only")


class SlotValue(Answered):
    """Exercises whose slot has a value."""

    slot: str
    value: str
    prevalence: Share


class SlotValues(Answered):
    """The prevalence of a misconception for each value of each slot."""

    slug: str
    template: str
    items: list[SlotValue]


class StuckQuery(Paging):
    """Who counts as stuck."""

    submissions: int = Field(3, ge=1, le=1000, description="at least so many, and none right")
    practice_set: uuid.UUID | None = Field(None, description="in this practice set only")


class Stuck(Answered):
    """A learner who has not got a question right."""

    learner: uuid.UUID
    name: str
    practice_set: uuid.UUID
    position: int
    question: str
    submissions: int
    best_score: float
    misconception: str | None = Field(description="of the first submission")
    since: datetime = Field(description="when the first submission was made")
    last_at: datetime


class StuckLearners(Answered):
    """Learners who are stuck, the longest first."""

    items: list[Stuck]
    next: str | None = NEXT


class AnswersQuery(Asked):
    """Whose answers."""

    question: Identifier = Field(description="the question's id")
    limit: int = Field(20, ge=1, le=100, description="at most so many kinds of answers")


class Gathered(Answered):
    """Answers that are alike; text, message and misconception are those of one of them."""

    count: int
    learners: int
    text: str
    message: str
    misconception: str | None = Field(validation_alias="slug")


class GatheredAnswers(Answered):
    """Answers that are alike, the commonest first."""

    items: list[Gathered]
