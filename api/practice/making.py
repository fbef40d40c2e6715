"""Making practice sets and changing them; exercises are made before a transaction."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api.bank.service import generate
from api.errors import Conflict, Invalid
from api.practice.policy import Policy
from api.practice.schemas import ChangedPracticeSet, NewItem, Variants
from api.schemas import Document
from api.store.models import PracticeItem, PracticeSet
from api.store.unit import Unit
from generator.bank import Bank

SAMPLED = range(4)  # seeds looked at, to see whether a template asks what an item wants


@dataclass(frozen=True)
class ItemPlan:
    """An item to be made; `exercise` is generated already where all learners get the same."""

    template: str
    exercise: Document | None
    questions: tuple[str, ...] = ()
    streak: int | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class Times:
    """Since when a set is seen, what is late, and what is too late."""

    opens_at: datetime | None
    due_at: datetime | None = None
    closes_at: datetime | None = None

    def __post_init__(self) -> None:
        """Raises Invalid unless they come in this order."""
        given = [time for time in (self.opens_at, self.due_at, self.closes_at) if time]
        if given != sorted(given):
            raise Invalid("opens_at, due_at, closes_at: these times must come in this order.")


def plan(bank: Bank, items: Sequence[tuple[NewItem, int]]) -> tuple[ItemPlan, ...]:
    """The items, each with the seed for those who all get the same; Invalid where one cannot be."""
    plans = tuple(_planned(bank, item, seed) for item, seed in items)
    ids = [each.exercise["id"] for each in plans if each.exercise is not None]
    for name in ids:
        if ids.count(name) > 1:
            raise Invalid(f"Exercise {name} is there twice; a practice set has each once.")
    return plans


def _planned(bank: Bank, item: NewItem, seed: int) -> ItemPlan:
    same = item.variants is Variants.SAME
    seeds = (seed,) if same else SAMPLED
    exercises = [generate(bank, item.template, each) for each in seeds]
    for exercise in exercises:
        _check_asked(exercise, item.questions)
    return ItemPlan(
        template=item.template,
        exercise=exercises[0] if same else None,
        questions=tuple(item.questions),
        streak=item.streak,
        weight=item.weight,
    )


def _check_asked(exercise: Document, wanted: Sequence[str]) -> None:
    """Raises Invalid where an item names a question or kind that its exercise does not have."""
    questions = exercise["questions"]
    known = {question[field] for question in questions for field in ("name", "kind")}
    for each in wanted:
        if each not in known:
            names = ", ".join(question["name"] for question in questions)
            kinds = ", ".join(sorted({question["kind"] for question in questions}))
            raise Invalid(
                f"Exercise {exercise['id']} has no question {each!r}; there are {names};"
                f" and the kinds {kinds}."
            )


def create(
    unit: Unit,
    course_id: uuid.UUID,
    title: str,
    items: Sequence[ItemPlan],
    times: Times,
    policy: Policy,
    now: datetime,
) -> PracticeSet:
    """The planned practice set, stored with its exercises."""
    return unit.practice.add(
        PracticeSet(
            id=uuid.uuid4(),
            course_id=course_id,
            title=title,
            created_at=now,
            opens_at=times.opens_at,
            due_at=times.due_at,
            closes_at=times.closes_at,
            policy=policy.model_dump(mode="json"),
            items=_items(unit, items, now),
        )
    )


def _items(unit: Unit, plans: Sequence[ItemPlan], now: datetime) -> list[PracticeItem]:
    # In the order of their ids: two sets that want the same ones must not wait in a circle.
    specs = sorted((each.exercise for each in plans if each.exercise), key=lambda spec: spec["id"])
    kept = {spec["id"]: unit.exercises.keep(spec, now) for spec in specs}
    return [
        PracticeItem(
            position=position,
            template=each.template,
            exercise=kept[each.exercise["id"]] if each.exercise else None,
            questions=list(each.questions) or None,
            streak=each.streak,
            weight=each.weight,
        )
        for position, each in enumerate(plans, 1)
    ]


def change(
    unit: Unit,
    practice_set: PracticeSet,
    wanted: ChangedPracticeSet,
    items: Sequence[ItemPlan],
    now: datetime,
) -> None:
    """Changes what is named; Conflict for new items once something has been answered."""
    given = wanted.model_fields_set
    practice_set.title = wanted.title or practice_set.title
    times = {
        name: getattr(wanted if name in given else practice_set, name)
        for name in ("opens_at", "due_at", "closes_at")
    }
    for name, value in vars(Times(**times)).items():
        setattr(practice_set, name, value)
    if wanted.policy is not None:
        practice_set.policy = wanted.policy.model_dump(mode="json")
    if wanted.items is not None:
        _replace_items(unit, practice_set, items, now)


def _replace_items(
    unit: Unit, practice_set: PracticeSet, items: Sequence[ItemPlan], now: datetime
) -> None:
    if unit.practice.has_attempts(practice_set.id) or unit.practice.has_assignments(
        practice_set.id
    ):
        raise Conflict("Learners have been given these items; make a new practice set instead.")
    practice_set.items = []
    unit.flush()
    practice_set.items = _items(unit, items, now)
