"""Misconceptions in numbers: how common, how lasting, how soon mended, with which slots.

prevalence    of the first submissions, the share whose verdict names the misconception first.
persistence   of those with another opportunity, the share that shows it again there. A learner's
              next opportunity is the first submission to another question of the same kind in the
              course, the next one in time.
fix rate      of those that were followed by another submission to the same question, the share
              whose next submission no longer shows it.

The facts are kept with each verdict (api.practice.marks, api.store.standings), so that only
standings are counted here and no attempts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from api.analytics.figures import proportion
from api.store.misconceptions import OfExercise


@dataclass(frozen=True)
class Share:
    """How many of how many, with a 95 % interval (Wilson); None for a share of nothing."""

    count: int
    of: int

    @property
    def share(self) -> float | None:
        """The proportion."""
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the proportion of all such learners may lie."""
        return proportion(self.count, self.of) if self.of else None


@dataclass(frozen=True)
class SlotValue:
    """How often exercises with a slot's value led to a misconception."""

    slot: str
    value: str
    prevalence: Share


def by_slot(counts: Iterable[OfExercise]) -> list[SlotValue]:
    """The prevalence for each value of each slot, in the order of their names."""
    firsts: dict[tuple[str, str], int] = defaultdict(int)
    shown: dict[tuple[str, str], int] = defaultdict(int)
    for each in counts:
        for slot, value in each.slots.items():
            firsts[slot, str(value)] += each.firsts
            shown[slot, str(value)] += each.shown
    return [SlotValue(*key, Share(shown[key], firsts[key])) for key in sorted(firsts)]
