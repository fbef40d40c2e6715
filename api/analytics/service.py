"""Reports put together from counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from api.identity import Identity
from api.practice.service import asks
from api.store.analytics import MisconceptionCount, OutcomeCount
from api.store.models import Outcome, PracticeSet, Question
from api.store.unit import Unit

MARKED = (Outcome.CORRECT, Outcome.PARTIALLY_CORRECT, Outcome.INCORRECT)


@dataclass(frozen=True)
class Report:
    """What a course's students made of one question."""

    question: Question
    counts: tuple[OutcomeCount, ...]
    misconceptions: tuple[MisconceptionCount, ...]

    @property
    def attempts(self) -> int:
        """All attempts."""
        return sum(count.attempts for count in self.counts)

    @property
    def outcomes(self) -> dict[Outcome, int]:
        """The graded attempts by outcome."""
        return {row.outcome: row.attempts for row in self.counts if row.outcome is not None}

    @property
    def success_rate(self) -> float | None:
        """Correct among those marked; None where nothing was marked."""
        marked = sum(self.outcomes.get(outcome, 0) for outcome in MARKED)
        return self.outcomes.get(Outcome.CORRECT, 0) / marked if marked else None


def asked(unit: Unit, practice_set: PracticeSet) -> list[Question]:
    """The questions that a practice set asks all its learners, in its order."""
    same = [item for item in practice_set.items if item.exercise_id is not None]
    found = unit.practice.questions_of([str(item.exercise_id) for item in same])
    return [each for item in same for each in found[str(item.exercise_id)] if asks(item, each)]


def reports(unit: Unit, reader: Identity, questions: Sequence[Question]) -> list[Report]:
    """A report for each of the questions, in their order."""
    names = [question.id for question in questions]
    counts: dict[str, list[OutcomeCount]] = defaultdict(list)
    seen: dict[str, list[MisconceptionCount]] = defaultdict(list)
    for count in unit.analytics.outcomes(reader.course_id, names):
        counts[count.question_id].append(count)
    for found in unit.analytics.misconceptions(reader.course_id, names):
        seen[found.question_id].append(found)
    return [Report(each, tuple(counts[each.id]), tuple(seen[each.id])) for each in questions]
