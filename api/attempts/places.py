"""Where an answer belongs, and whether it is accepted there: open, in time, not one too many."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api.errors import Invalid, NotAccepted, NotFound, StillGrading
from api.identity import Identity
from api.practice.marks import COUNTED
from api.practice.policy import Policy
from api.practice.schemas import SetState
from api.practice.service import asks, policy_of, state
from api.store.models import PracticeSet, Question
from api.store.practice import Place
from api.store.unit import Unit


@dataclass(frozen=True)
class Entry:
    """Where an attempt is entered: its item, if any, its number there, and its credit."""

    practice_set_id: uuid.UUID | None
    position: int | None
    number: int
    credit: float = 1.0


def entry(
    unit: Unit, learner: Identity, question: Question, wanted: uuid.UUID | None, now: datetime
) -> Entry:
    """Where the answer of this person to a question is entered.

    Those who teach try questions outside of any practice set. Raises NotFound for a question that
    the learner was not given, NotAccepted for an answer that comes too late or is one too many.
    """
    unit.people.wait_for(learner.person_id)
    if learner.teaches:
        if not unit.exercises.is_shared(question.exercise_id, learner.course_id):
            raise NotFound("question", question.id)
        return Entry(None, None, _next_number(unit, learner, question, None))
    place = _place(unit, learner, question, wanted, now)
    credit = _credit(place.practice_set, now)
    _check_number(unit, learner, question, place.practice_set.id, policy_of(place.practice_set))
    number = _next_number(unit, learner, question, place.practice_set.id)
    return Entry(place.practice_set.id, place.item.position, number, credit)


def _next_number(
    unit: Unit, learner: Identity, question: Question, set_id: uuid.UUID | None
) -> int:
    return 1 + unit.attempts.number(learner.person_id, question.id, set_id)


def met(unit: Unit, learner: Identity, question: Question, now: datetime) -> list[Place]:
    """Where a learner meets a question, in practice sets that have opened."""
    known = (learner.course_id, learner.person_id, question.exercise_id, now)
    places = unit.practice.places(*known)
    return [place for place in places if asks(place.item, question)]


def _place(
    unit: Unit, learner: Identity, question: Question, wanted: uuid.UUID | None, now: datetime
) -> Place:
    places = met(unit, learner, question, now)
    if wanted is not None:
        places = [place for place in places if place.practice_set.id == wanted]
    if not places:
        raise NotFound("question", question.id)
    accepting = [place for place in places if state(place.practice_set, now) is not SetState.CLOSED]
    if len(accepting) > 1:
        raise Invalid(_ambiguous([place.practice_set for place in accepting]))
    return accepting[0] if accepting else places[-1]


def _ambiguous(sets: Sequence[PracticeSet]) -> str:
    names = "; ".join(f"{each.id} ({each.title})" for each in sets)
    return f"Several open practice sets ask this; say which one in 'practice_set': {names}."


def _credit(practice_set: PracticeSet, now: datetime) -> float:
    """The credit of an answer given now; NotAccepted where it comes too late."""
    if state(practice_set, now) is not SetState.CLOSED:
        return policy_of(practice_set).credit(now, practice_set.due_at)
    over = [time for time in (practice_set.due_at, practice_set.closes_at) if time and time < now]
    raise NotAccepted(f"'{practice_set.title}' closed at {over[-1]:%Y-%m-%d %H:%M} UTC.")


def _check_number(
    unit: Unit, learner: Identity, question: Question, set_id: uuid.UUID, policy: Policy
) -> None:
    """Raises unless one more attempt is left; what is being graded may still turn out free."""
    if policy.attempts is None:
        return
    made = unit.practice.submitted(set_id, learner.person_id, question.id)
    used = sum(made.get(outcome, 0) for outcome in COUNTED)
    if used >= policy.attempts:
        raise NotAccepted(
            f"All {policy.attempts} submissions to {question.id} are used."
            if policy.attempts > 1
            else f"The one submission to {question.id} is used."
        )
    if used + made.get(None, 0) >= policy.attempts:
        raise StillGrading(
            "An answer of yours is still being graded; it may turn out to be the last."
        )
