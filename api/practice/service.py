"""Who may see which practice set, and which variants learners get."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from api.bank.service import generate
from api.errors import Conflict, NotFound, StillGrading
from api.identity import Identity
from api.practice.marks import longest_run
from api.practice.policy import Policy, Solutions
from api.practice.schemas import SetState
from api.schemas import Document
from api.store.models import (
    Assignment,
    Exercise,
    PracticeItem,
    PracticeSet,
    Question,
    Standing,
)
from api.store.paging import Page
from api.store.practice import Place
from api.store.unit import Unit
from generator.bank import Bank


def state(practice_set: PracticeSet, now: datetime) -> SetState:
    """Whether the set can be seen and answered now."""
    if practice_set.opens_at is None:
        return SetState.DRAFT
    if now < practice_set.opens_at:
        return SetState.SCHEDULED
    if practice_set.closes_at is not None and now > practice_set.closes_at:
        return SetState.CLOSED
    if practice_set.due_at is None or now <= practice_set.due_at:
        return SetState.OPEN
    return SetState.CLOSED if policy_of(practice_set).late_per_day is None else SetState.LATE


def policy_of(practice_set: PracticeSet) -> Policy:
    """The policy of a set."""
    return Policy.model_validate(practice_set.policy)


def visible(unit: Unit, reader: Identity, set_id: uuid.UUID, now: datetime) -> PracticeSet:
    """The course's practice set, for those who teach or once it is open."""
    found = unit.practice.get(reader.course_id, set_id)
    if found is None or not (reader.teaches or _opened(found, now)):
        raise NotFound("practice set", set_id)
    return found


def _opened(practice_set: PracticeSet, now: datetime) -> bool:
    return practice_set.opens_at is not None and practice_set.opens_at <= now


def all_visible(unit: Unit, reader: Identity, page: Page, now: datetime) -> Sequence[PracticeSet]:
    """The course's practice sets this reader may see."""
    return unit.practice.of_course(reader.course_id, page, None if reader.teaches else now)


def item_of(practice_set: PracticeSet, position: int) -> PracticeItem:
    """The set's item at a position; NotFound where there is none."""
    for item in practice_set.items:
        if item.position == position:
            return item
    raise NotFound("item", position)


def asks(item: PracticeItem, question: Question) -> bool:
    """Whether the item asks this question of its exercise."""
    wanted = item.questions
    return not wanted or question.name in wanted or question.kind in wanted


# What a learner sees of an exercise.


@dataclass(frozen=True)
class Sight:
    """An exercise with the questions of it that a reader is asked, and where they are met."""

    exercise: Exercise
    questions: tuple[Question, ...]
    places: tuple[Place, ...] = ()


def sight(unit: Unit, reader: Identity, exercise_id: str, now: datetime) -> Sight:
    """The exercise as it may be seen: by those who teach wholly, by a learner who was given it."""
    exercise = unit.exercises.get(exercise_id)
    if exercise is None or not unit.exercises.is_shared(exercise_id, reader.course_id):
        raise NotFound("exercise", exercise_id)
    if reader.teaches:
        return Sight(exercise, tuple(exercise.questions))
    met = (reader.course_id, reader.person_id, exercise_id, now)
    places = tuple(unit.practice.places(*met))
    if not places:
        raise NotFound("exercise", exercise_id)
    seen = [each for each in exercise.questions if any(asks(place.item, each) for place in places)]
    return Sight(exercise, tuple(seen), places)


def solved(unit: Unit, reader: Identity, seen: Sight, now: datetime) -> list[Question]:
    """The questions whose worked solutions the reader may see."""
    if reader.teaches:
        return list(seen.questions)
    return [
        question
        for question in seen.questions
        if all(
            _shows(unit, reader, place, question, now)
            for place in seen.places
            if asks(place.item, question)
        )
    ]


def _shows(unit: Unit, learner: Identity, place: Place, question: Question, now: datetime) -> bool:
    """Whether a place gives away the solution: the strictest of several places counts."""
    match policy_of(place.practice_set).solutions:
        case Solutions.ALWAYS:
            return True
        case Solutions.NEVER:
            return False
        case Solutions.DUE:
            over = place.practice_set.due_at or place.practice_set.closes_at
            return over is not None and over < now
        case Solutions.RIGHT:
            found = unit.practice.standing(place.practice_set.id, learner.person_id, question.id)
            return found is not None and found.right_number is not None


# Variants of one's own.


@dataclass(frozen=True)
class Wanted:
    """A variant to be made for a learner."""

    practice_set_id: uuid.UUID
    position: int
    template: str
    learner_id: uuid.UUID
    opportunity: int

    @property
    def seed(self) -> int:
        """Which variant: the same for the same learner and place, and hard to guess from another's.

        Never 0, the template's own choice.
        """
        place = f"{self.practice_set_id} {self.position} {self.learner_id} {self.opportunity}"
        drawn = int.from_bytes(hashlib.sha256(place.encode()).digest()[:8])
        return 1 + drawn % (2**31 - 1)


def lacking(unit: Unit, learner: Identity, practice_set: PracticeSet) -> list[Wanted]:
    """The variants that a learner of an opened set has not been given yet."""
    if learner.teaches:
        return []
    given = unit.practice.assignments(practice_set.id, learner.person_id)
    have = {each.position for each in given}
    return [
        Wanted(practice_set.id, item.position, item.template, learner.person_id, 1)
        for item in practice_set.items
        if item.exercise_id is None and item.position not in have
    ]


def made(bank: Bank, wanted: Sequence[Wanted]) -> list[tuple[Wanted, Document]]:
    """The variants, generated; to be done before a unit of work is opened."""
    return [(each, generate(bank, each.template, each.seed)) for each in wanted]


def assign(unit: Unit, variants: Sequence[tuple[Wanted, Document]], now: datetime) -> None:
    """Gives the learner the variants; what was given meanwhile stays."""
    for wanted, spec in sorted(variants, key=lambda each: str(each[1]["id"])):
        unit.people.wait_for(wanted.learner_id)
        given = unit.practice.assignments(
            wanted.practice_set_id, wanted.learner_id, wanted.position
        )
        if any(each.opportunity == wanted.opportunity for each in given):
            continue
        exercise = unit.exercises.keep(spec, now)
        unit.practice.assign(
            Assignment(
                practice_set_id=wanted.practice_set_id,
                position=wanted.position,
                learner_id=wanted.learner_id,
                opportunity=wanted.opportunity,
                exercise=exercise,
                assigned_at=now,
            )
        )


# Practising until enough in a row are right.


def following(unit: Unit, learner: Identity, practice_set: PracticeSet, position: int) -> Wanted:
    """The variant after the newest one of an item; Conflict unless that one is answered."""
    item = item_of(practice_set, position)
    if item.streak is None:
        raise Conflict("This item is one exercise, not a practice of one after the other.")
    run = runs(unit, item, learner.person_id)
    if run.best >= item.streak:
        raise Conflict(f"{item.streak} in a row were right: this item is done.")
    if run.waiting:
        raise StillGrading("An answer to the newest variant is still being graded.")
    if run.unanswered:
        raise Conflict(f"First answer {', '.join(run.unanswered)} of {run.newest}.")
    return Wanted(practice_set.id, position, item.template, learner.person_id, run.given + 1)


@dataclass(frozen=True)
class Run:
    """How far a learner has come with the variants of an item.

    unanswered: questions of the newest variant without an answer that counts; waiting: whether one
    of them is being graded. best: the longest run of variants that were right at first.
    """

    given: int
    newest: str
    best: int
    unanswered: tuple[str, ...]
    waiting: bool


def runs(unit: Unit, item: PracticeItem, learner_id: uuid.UUID) -> Run:
    """How far a learner has come with an item."""
    given = unit.practice.assignments(item.practice_set_id, learner_id, item.position)
    standings = {
        each.question_id: each
        for each in unit.practice.standings(item.practice_set_id, [learner_id])
        if each.position == item.position
    }
    asked = _asked(unit, item, [each.exercise_id for each in given])
    right = [all_right(asked[each.exercise_id], standings) for each in given]
    newest = given[-1].exercise_id if given else ""
    unanswered = [
        each
        for each in asked.get(newest, [])
        if each.id not in standings or not standings[each.id].is_answered
    ]
    waiting = any(
        None in unit.practice.submitted(item.practice_set_id, learner_id, each.id)
        for each in unanswered
    )
    names = tuple(each.name for each in unanswered)
    return Run(len(given), newest, longest_run(right), names, waiting)


def _asked(
    unit: Unit, item: PracticeItem, exercise_ids: Sequence[str]
) -> dict[str, list[Question]]:
    found = unit.practice.questions_of(exercise_ids)
    return {name: [each for each in rows if asks(item, each)] for name, rows in found.items()}


def all_right(questions: Sequence[Question], standings: Mapping[str, Standing]) -> bool:
    """Whether the first submission to each of the questions was right."""
    return all(each.id in standings and standings[each.id].was_right_at_once for each in questions)
