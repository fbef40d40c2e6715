"""Practice sets as they are asked for and answered."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, model_validator

from api.paging import NEXT, Paging
from api.practice.policy import Policy
from api.schemas import Answered, Asked, Identifier, Seed, Text

Title = Annotated[Text, Field(min_length=1, max_length=200)]


class Variants(StrEnum):
    """Who gets which variant of an item's template."""

    SAME = "same"
    INDIVIDUAL = "individual"


class SetState(StrEnum):
    """Whether a practice set can be seen and answered."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    OPEN = "open"
    LATE = "late"
    CLOSED = "closed"


class NewItem(Asked):
    """One item of a practice set."""

    template: Identifier = Field(description="a template's slug")
    variants: Variants = Field(
        Variants.SAME, description="one variant for all, or each learner's own"
    )
    seed: Seed | None = Field(
        None, description="which variant all get; drawn at random when absent"
    )
    questions: Annotated[list[Identifier], Field(max_length=100)] = Field(
        default_factory=list,
        description="names or kinds of the questions to ask; all when empty",
    )
    streak: int | None = Field(
        None, ge=1, le=20, strict=True,
        description="practise with one variant after the other until so many in a row are right",
    )  # fmt: skip
    weight: float = Field(1.0, ge=0, le=1000, description="how much it counts in the set's mark")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.variants is Variants.INDIVIDUAL and self.seed is not None:
            raise ValueError("a seed is for one variant for all; individual variants have none")
        if self.streak is not None and self.variants is Variants.SAME:
            raise ValueError("a streak needs individual variants")
        return self


Items = Annotated[list[NewItem], Field(min_length=1, max_length=100)]


class NewPracticeSet(Asked):
    """The practice set that is wanted."""

    title: Title
    items: Items
    opens_at: AwareDatetime | None = Field(
        None, description="since when learners see it; at once when absent, a draft when null"
    )
    due_at: AwareDatetime | None = Field(None, description="after this, answers are late")
    closes_at: AwareDatetime | None = Field(None, description="after this, none is accepted")
    policy: Policy = Field(default_factory=Policy)


class ChangedPracticeSet(Asked):
    """What is to be different; what is absent stays."""

    title: Title | None = Field(None, description="the new title")
    items: Items | None = Field(
        None, description="all items anew; only while no learner has been given any"
    )
    opens_at: AwareDatetime | None = Field(None, description="null makes it a draft again")
    due_at: AwareDatetime | None = None
    closes_at: AwareDatetime | None = None
    policy: Policy | None = Field(None, description="the whole policy anew")

    @model_validator(mode="after")
    def _not_null(self) -> Self:
        for name in ("title", "items", "policy"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null; leave it out where it stays")
        return self


class SetPath(Asked):
    """Which practice set."""

    set_id: uuid.UUID


class ItemPath(Asked):
    """Which item of which practice set."""

    set_id: uuid.UUID
    position: int


class SetQuery(Paging):
    """Which practice sets."""


class Item(Answered):
    """One item, as the asker has it."""

    position: int
    template: str
    title: str | None = Field(description="the exercise's title, where the asker has one")
    variants: Variants
    exercise: str | None = Field(
        description="the exercise's id; one's newest variant where each has one's own; "
        "null for those who teach where each learner has one's own"
    )
    exercises: list[str] = Field(description="all variants the asker has had, the first first")
    url: str | None = Field(description="where the exercise is")
    questions: list[str] | None = Field(
        description="names or kinds of the questions asked; null for all of the exercise's"
    )
    streak: int | None
    weight: float


class PracticeSet(Answered):
    """A practice set with its items."""

    id: uuid.UUID
    title: str
    created_at: datetime
    opens_at: datetime | None = Field(description="since when learners see it; null: a draft")
    due_at: datetime | None
    closes_at: datetime | None
    state: SetState
    policy: Policy
    items: list[Item]


class PracticeSetList(Answered):
    """Practice sets, oldest first."""

    items: list[PracticeSet]
    next: str | None = NEXT
