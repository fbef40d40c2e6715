"""The statistics of a practice set: figures of the set, of its items, of their variants.

They rest on first submissions unless asked otherwise: later ones come after feedback, and a
learner who was right makes none. Only learners who have answered something are in them; staff are
in no practice set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

import numpy as np
import numpy.typing as npt

from api.analytics.figures import (
    Array,
    ItemFigures,
    PracticeFigures,
    effective_weights,
    item_figures,
    practice_figures,
    set_figures,
    totals,
)
from api.analytics.table import Table, table
from api.practice.marks import SHOWN
from api.store.models import PracticeItem, Sheet

Mask = npt.NDArray[np.bool_]  # (learners,)
Places = npt.NDArray[np.int64]  # of items
INDICES = ("sd", "discrimination", "efficiency", "point_biserial")
ENOUGH = 30  # learners: with fewer, an index says more about chance than about the question


class Basis(StrEnum):
    """Which submission's score the figures are made of."""

    FIRST = "first"
    BEST = "best"
    LAST = "last"


@dataclass(frozen=True)
class Interval:
    """A 95 % interval."""

    low: float
    high: float


@dataclass(frozen=True)
class NumberedScore:
    """The mean score of submissions of one number, and how many learners made one."""

    number: int
    n: int
    mean: float


@dataclass(frozen=True)
class Figures:
    """What the scores of an item, or of one variant of it, say; None: not defined, or too few."""

    n: int
    facility: float | None
    interval: Interval | None
    sd: float | None
    discrimination: float | None
    efficiency: float | None
    point_biserial: float | None
    submissions_per_learner: float | None
    scores_by_number: tuple[NumberedScore, ...]
    right: float | None
    seconds_to_right: float | None
    unreadable_share: float | None


@dataclass(frozen=True)
class ItemStatistics:
    """A question of an item; `question`: its id, where all learners were asked the same."""

    position: int
    name: str
    question: str | None
    variants: int
    weight: float
    effective_weight: float | None
    figures: Figures


@dataclass(frozen=True)
class VariantStatistics:
    """One variant of an item."""

    position: int
    name: str
    question: str
    figures: Figures


@dataclass(frozen=True)
class SetStatistics:
    """A whole set; None: not defined, or too few learners."""

    learners: int
    mean: float | None
    median: float | None
    sd: float | None
    skewness: float | None
    kurtosis: float | None
    alpha: float | None
    error_ratio: float | None
    standard_error: float | None


Place = tuple[int, str, str]  # of a variant in a list: position, name, question


class Statistics:
    """The statistics of one practice set, from its items and its learners' sheets."""

    def __init__(
        self, items: Sequence[PracticeItem], sheets: Sequence[Sheet], basis: Basis = Basis.FIRST
    ) -> None:
        self._table = table(sheets)
        self._shares = _shares(self._table, {item.position: item.weight for item in items})
        scores = self._table.numbers(basis)
        self._present = ~np.isnan(scores).all(axis=1)
        self._scores = scores
        self._totals = totals(scores, self._shares)

    @property
    def whole(self) -> SetStatistics:
        """The figures of the set."""
        found = set_figures(self._scores[self._present], self._shares)
        enough = found.learners >= ENOUGH
        known = {name: _known(value) for name, value in vars(found).items() if name != "learners"}
        sure = {name: known[name] for name in ("mean", "median", "sd")}
        return SetStatistics(found.learners, **(known if enough else dict.fromkeys(known) | sure))

    @property
    def items(self) -> tuple[ItemStatistics, ...]:
        """The figures of every item, in the set's order."""
        weights = effective_weights(self._scores[self._present], self._shares)
        everybody = np.ones(len(self._scores), bool)
        figures = self._figures(everybody, np.arange(len(self._table.columns)))
        enough = self._present.sum() >= ENOUGH
        return tuple(
            ItemStatistics(
                position=column.position,
                name=column.name,
                question=self._only(place),
                variants=len(self._variants(place)),
                weight=float(self._shares[place]),
                effective_weight=_known(weights[place]) if enough else None,
                figures=each,
            )
            for place, (column, each) in enumerate(zip(self._table.columns, figures, strict=True))
        )

    def variants(self, after: Place | None, limit: int) -> tuple[VariantStatistics, ...]:
        """The figures of at most so many variants of items, those after a place, in order."""
        places = sorted(
            (column.position, column.name, self._table.questions[variant], place, variant)
            for place, column in enumerate(self._table.columns)
            for variant in self._variants(place)
        )
        chosen = [each for each in places if after is None or each[:3] > after][:limit]
        return tuple(
            VariantStatistics(
                position,
                name,
                question,
                *self._figures(self._table.variants[:, place] == variant, np.array([place])),
            )
            for position, name, question, place, variant in chosen
        )

    def _variants(self, place: int) -> list[int]:
        return [int(each) for each in np.unique(self._table.variants[:, place]) if each >= 0]

    def _only(self, place: int) -> str | None:
        found = self._variants(place)
        return self._table.questions[found[0]] if len(found) == 1 else None

    def _figures(self, rows: Mask, places: Places) -> tuple[Figures, ...]:
        """The figures of some items, over some of the learners."""
        scores = self._scores[np.ix_(rows, places)]
        found = item_figures(scores, self._shares[places], self._totals[rows])
        practice = self._practice(rows, places)
        return tuple(_figures(found, practice, place) for place in range(scores.shape[1]))

    def _practice(self, rows: Mask, places: Places) -> PracticeFigures:
        numbers = self._table.part(rows, places).numbers
        by_number = [numbers(f"score{number}") for number in range(1, SHOWN + 1)]
        return practice_figures(
            numbers("submissions"), numbers("unreadable"), numbers("seconds"), by_number
        )


def _shares(found: Table, weights: Mapping[int, float]) -> Array:
    """(items,): the weight of an item of the set, equally for each of its questions; 1 in sum."""
    questions = Counter(column.position for column in found.columns)
    each = np.array(
        [weights.get(column.position, 0.0) / questions[column.position] for column in found.columns]
    )
    whole = each.sum()
    return each / whole if whole > 0 else each


def _figures(found: ItemFigures, practice: PracticeFigures, place: int) -> Figures:
    n = int(found.n[place])
    known = {name: _known(values[place]) for name, values in vars(found).items()}
    if n < ENOUGH:
        known |= dict.fromkeys(INDICES)
    low, high = known["low"], known["high"]
    return Figures(
        n=n,
        facility=known["facility"],
        interval=None if low is None or high is None else Interval(low, high),
        **{name: known[name] for name in INDICES},
        submissions_per_learner=_known(practice.submissions[place]),
        scores_by_number=_numbered(practice, place),
        right=_known(practice.right[place]),
        seconds_to_right=_known(practice.seconds[place]),
        unreadable_share=_known(practice.unreadable[place]),
    )


def _numbered(practice: PracticeFigures, place: int) -> tuple[NumberedScore, ...]:
    rows = zip(practice.made[:, place], practice.means[:, place], strict=True)
    return tuple(
        NumberedScore(number, int(made), float(mean))
        for number, (made, mean) in enumerate(rows, 1)
        if made
    )


def _known(value: float) -> float | None:
    return float(value) if isfinite(value) else None
