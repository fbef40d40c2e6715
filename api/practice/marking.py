"""Standings and marks of practice sets: kept by verdicts, shown in a gradebook."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from api.practice.marks import longest_run, share, sums
from api.practice.policy import Policy
from api.practice.service import all_right, asks, policy_of
from api.store.models import PracticeItem, PracticeSet, Question, Standing
from api.store.practice import key_of
from api.store.unit import Unit


def stand(unit: Unit, attempt_ids: Collection[uuid.UUID]) -> None:
    """Brings the standings up to date that these attempts with new verdicts belong to.

    Verdicts of one learner wait for each other here, so that none misses the other's.
    """
    keys = unit.practice.keys_of(attempt_ids)
    for learner_id in sorted({key.learner_id for key in keys}):
        unit.people.wait_for(learner_id)
    policies = {set_id: _policy(unit, set_id) for set_id in {key.practice_set_id for key in keys}}
    graded = unit.practice.graded(keys)
    counted = {key: sums(graded[key], policies[key.practice_set_id]) for key in keys}
    unit.practice.stand(counted)


def _policy(unit: Unit, set_id: uuid.UUID) -> Policy:
    return policy_of(unit.practice.known(set_id))


def recount(unit: Unit, practice_set: PracticeSet) -> None:
    """Works out every standing of a set anew, under the policy it has now."""
    policy = policy_of(practice_set)
    graded = unit.practice.graded_in(practice_set.id)
    for standing in unit.practice.standings(practice_set.id):
        standing.mark = sums(graded[key_of(standing)], policy).mark


@dataclass(frozen=True)
class ItemMark:
    """A learner's mark for one item; `answered` of `asked` questions have a submission."""

    position: int
    mark: float
    answered: int
    asked: int


@dataclass(frozen=True)
class SetMark:
    """A learner's mark for a practice set, from 0 to 1."""

    learner_id: uuid.UUID
    mark: float
    items: tuple[ItemMark, ...]


class Marker:
    """Puts the marks of a set's learners together."""

    def __init__(self, unit: Unit, practice_set: PracticeSet) -> None:
        self._set = practice_set
        exercises = [item.exercise_id for item in practice_set.items if item.exercise_id]
        self._given = unit.practice.all_assignments(practice_set.id)
        everything = {*exercises, *(each.exercise_id for each in self._given)}
        self._questions = unit.practice.questions_of(sorted(everything))
        self._variants: dict[tuple[uuid.UUID, int], list[str]] = defaultdict(list)
        for each in self._given:
            self._variants[each.learner_id, each.position].append(each.exercise_id)

    def marks(self, learner_id: uuid.UUID, standings: Sequence[Standing]) -> SetMark:
        """The marks of one learner, whose standings these are."""
        known = {each.question_id: each for each in standings}
        items = tuple(self._item(item, learner_id, known) for item in self._set.items)
        weights = [item.weight for item in self._set.items]
        return SetMark(learner_id, share([each.mark for each in items], weights), items)

    def _item(
        self, item: PracticeItem, learner_id: uuid.UUID, known: Mapping[str, Standing]
    ) -> ItemMark:
        own = self._variants[learner_id, item.position]
        exercises = [item.exercise_id] if item.exercise_id else own
        asked = [self._asked(item, each) for each in exercises]
        newest = asked[-1] if asked else []
        answered = sum(each.id in known and known[each.id].is_answered for each in newest)
        return ItemMark(item.position, self._mark(item, asked, known), answered, len(newest))

    def _mark(
        self,
        item: PracticeItem,
        asked: Sequence[Sequence[Question]],
        known: Mapping[str, Standing],
    ) -> float:
        if not asked:
            return 0.0
        if item.streak is not None:
            right = [all_right(questions, known) for questions in asked]
            return min(1.0, longest_run(right) / item.streak)
        marks = [known[each.id].mark if each.id in known else 0.0 for each in asked[-1]]
        return share(marks, [1.0] * len(marks))

    def _asked(self, item: PracticeItem, exercise_id: str) -> list[Question]:
        return [each for each in self._questions[exercise_id] if asks(item, each)]
