"""The search for what explains a wrong answer, from one mistake to two.

In order of precedence, the first that explains it:

    1. a constant factor of the right gradient that a mistake at the loss makes (sign, 2, 1/m)
    2. the right gradient, transposed; then also the single mistakes that come to the same
    3. one mistake in the pass, exactly
    4. one mistake, up to transposition or such a factor
    5. two mistakes in the pass, found lazily
    6. the right gradient and one quantity of the program too many
    7. any other constant factor

Mistakes that cannot be told apart are reported together, at most three: those with a particular
cause before those that only say that a path is wrong, else in the order of misconceptions.toml.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.expression import Expr
from engine.numeric import Batch
from grader.diagnosis.constants import Constants
from grader.diagnosis.endings import term_mistakes
from grader.diagnosis.ground import Ground
from grader.diagnosis.pairs import Pairs
from grader.diagnosis.plan import Plan
from grader.diagnosis.rules import mistakes_at_nodes, mistakes_elsewhere
from grader.diagnosis.stack import Form, sheets, values
from grader.diagnosis.table import Entry, Table, multiple, usable
from grader.misconceptions import misconceptions

MOST_REPORTED = 3
GENERAL = ("path-dropped", "paths-overwritten", "product-rule", "wrong-variable")
FAR = 1e-6  # relative: rounding in float64 stays far below

TRANSPOSED = "transposed-result"
SHORTHAND, MEAN = "per-example-shorthand", "missing-batch-mean"
ODD_CONSTANT, EXTRA_TERM = "constant-multiple", "extra-term"


@dataclass(frozen=True)
class Explanation:
    """Misconceptions that together explain an answer, with what fills their sentences."""

    slugs: tuple[str, ...]
    fields: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Search:
    """The look-up of wrong answers to one question.

    The first ground holds the table, the others decide what a constant factor depends on.
    `constants` knows the factors; `formula` is the right gradient as it is written.
    """

    grounds: tuple[Ground, ...]
    references: tuple[Batch, ...]
    constants: Constants
    formula: Expr | None = None
    square: bool = False

    @cached_property
    def _at_nodes(self) -> tuple[Plan, ...]:
        return tuple(mistakes_at_nodes(self.grounds[0].layout))

    @cached_property
    def _singles(self) -> Table:
        ground = self.grounds[0]
        plans = [*self._at_nodes, *mistakes_elsewhere(ground.layout)]
        if self.formula is not None:
            plans.extend(term_mistakes(ground.layout, self.formula))
        return Table(ground, sheets(ground, plans), self.references[:1])

    @cached_property
    def _pairs(self) -> Pairs:
        """Two of the mistakes that make a difference each."""
        found = [(entry.form, entry.plan) for entry in self._singles.distinct()]
        odd = {plan for form, plan in found if form == "as it came"}
        fit = {plan for form, plan in found if form == "whole"} - odd
        fitting = [plan for plan in self._at_nodes if plan in fit]
        misshapen = [plan for plan in self._at_nodes if plan in odd]
        return Pairs(self.grounds[0], (*fitting, *misshapen), len(fitting))

    def differs(self, answer: Expr) -> bool:
        """Whether float64 shows a difference far beyond rounding; a filter, never a verdict."""
        ground, reference = self.grounds[0], self.references[0]
        value = ground.env.evaluate(answer)
        left, right = ground.column(value), ground.column(reference)
        if len(left) != len(right) or not np.all(np.isfinite(left)):
            return False
        return bool(np.max(np.abs(left - right)) > FAR * np.max(np.abs(right)))

    def explain(self, answer: Expr) -> tuple[Explanation, ...]:
        """What explains `answer`: all explanations of the first kind that has one."""
        try:
            found = tuple(_as_row(ground.env.evaluate(answer)) for ground in self.grounds)
        except (EngineError, IndexError):
            return ()
        return self.explained(found)

    def explained(self, values: Sequence[Batch]) -> tuple[Explanation, ...]:
        """What explains an answer with these values, one per ground."""
        if self._factor_of_reference(values) == ():
            return ()  # equal up to rounding in float64: no mistake of these makes that difference
        for step in (
            self._at_loss,
            self._turned,
            self._one,
            self._one_and_more,
            self._two,
            self._extra,
        ):
            found = _best(step(values))
            if found[:1] and found[0].slugs == (TRANSPOSED,):
                same = (each for each in _best(self._one(values)) if each.slugs != (TRANSPOSED,))
                return (*found, *same)[:MOST_REPORTED]
            if found:
                return found
        return tuple(self._odd_constant(values))

    def _at_loss(self, values: Sequence[Batch]) -> Iterator[Explanation]:
        slugs = self._factor_of_reference(values)
        if slugs:
            yield Explanation(slugs, {})
        if slugs and SHORTHAND in slugs:
            yield Explanation(tuple(MEAN if each == SHORTHAND else each for each in slugs), {})

    def _one(self, values: Sequence[Batch]) -> Iterator[Explanation]:
        for entry, slugs in self._named(self._singles, values):
            if not slugs:
                yield Explanation(entry.plan.slugs, entry.plan.fields)

    def _turned(self, values: Sequence[Batch]) -> Iterator[Explanation]:
        if self.square:
            return
        slugs = self._factor_of_reference(_transposed(values))
        if slugs is not None and values[0].shape:
            yield Explanation((TRANSPOSED, *slugs), {})

    def _one_and_more(self, values: Sequence[Batch]) -> Iterator[Explanation]:
        for entry, slugs in self._named(self._singles, values):
            if slugs:
                yield Explanation((*entry.plan.slugs, *slugs), entry.plan.fields)
        if not values[0].shape:
            return
        turned = self._turned_shape(values[0])
        for entry, slugs in self._named(self._singles, _transposed(values)):
            yield Explanation((*entry.plan.slugs, *turned, *slugs), entry.plan.fields)

    def _turned_shape(self, value: Batch) -> tuple[str, ...]:
        """Says that an answer is transposed where its shape shows it."""
        right = self.references[0].shape
        turned = value.shape != right and value.T.shape == right
        return (TRANSPOSED,) if turned else ()

    def _two(self, values: Sequence[Batch]) -> Iterator[Explanation]:
        if self.square:
            return
        for entry, slugs in self._named(self._pairs, values):
            if not slugs:
                yield Explanation(entry.plan.slugs, entry.plan.fields)

    def _extra(self, values: Sequence[Batch]) -> Iterator[Explanation]:
        right = self.references
        if any(a.shape != b.shape for a, b in zip(values, right, strict=True)):
            return
        rest = [a - b for a, b in zip(values, right, strict=True)]
        for name in self.grounds[0].env.values:
            factors = self._factors(rest, [each.env.values[name] for each in self.grounds])
            if factors and self._slugs([each / factors[0] for each in factors]) == ():
                yield Explanation((EXTRA_TERM,), {"operand": name})

    def _odd_constant(self, values: Sequence[Batch]) -> Iterator[Explanation]:
        factors = self._factors(values, self.references)
        if factors and max(factors) - min(factors) <= 1e-9 * abs(factors[0]):
            yield Explanation((ODD_CONSTANT,), {})

    def _factor_of_reference(self, values: Sequence[Batch]) -> tuple[str, ...] | None:
        factors = self._factors(values, self.references)
        return self._slugs(factors) if factors else None

    def _factors(
        self, values: Sequence[Batch], others: Sequence[Batch], first: int = 0
    ) -> tuple[float, ...] | None:
        """On each ground from the `first`: value = factor * other."""
        grounds = self.grounds[first:]
        if len(others) != len(grounds):
            return None
        found: list[float] = []
        for ground, value, other in zip(grounds, values[first:], others, strict=True):
            left, right = ground.column(value), ground.column(other)
            same = value.shape == other.shape
            factor = _factor(left, right) if same else None
            if factor is None:
                return None
            found.append(factor)
        return tuple(found)

    def _named(
        self, table: Table | Pairs, values: Sequence[Batch]
    ) -> Iterator[tuple[Entry, tuple[str, ...]]]:
        """The entries of a table that `values` are nameable multiples of on every ground."""
        for match in table.matches(values[0]):
            elsewhere = self._elsewhere(match.entry)
            more = self._factors(values, elsewhere, first=1)
            slugs = None if more is None else self._slugs((match.factor, *more))
            if slugs is not None:
                yield match.entry, slugs

    @cached_property
    def _values_elsewhere(self) -> dict[tuple[Plan, Form], tuple[Batch, ...]]:
        return {}

    def _elsewhere(self, entry: Entry) -> tuple[Batch, ...]:
        """What the entry's plan makes of the gradient on the further grounds, as far as it gets."""
        known, key = self._values_elsewhere, (entry.plan, entry.form)
        if key not in known:
            found = [values(ground, entry.plan) for ground in self.grounds[1:]]
            known[key] = tuple(each[entry.form] for each in found if entry.form in each)
        return known[key]

    def _slugs(self, factors: Sequence[float]) -> tuple[str, ...] | None:
        return self.constants.slugs(factors, [ground.env.sizes for ground in self.grounds])


def _factor(left: NDArray[np.float64], right: NDArray[np.float64]) -> float | None:
    """The factor by which one column is a multiple of another; 1 for two that are zero."""
    if usable(left) and usable(right):
        return multiple(left, right)
    return None if np.any(left) or np.any(right) else 1.0


def _as_row(value: Batch) -> Batch:
    """A rank-1 value as a row."""
    if len(value.shape) != 1:
        return value
    return Batch(value.data[:, None, :], (1, *value.shape), value.field)


def _transposed(values: Sequence[Batch]) -> tuple[Batch, ...]:
    return tuple(value.T if len(value.shape) == 2 else value for value in values)


def _best(explanations: Iterable[Explanation]) -> tuple[Explanation, ...]:
    """The explanations with the fewest mistakes, one per slug, in the order of precedence."""
    found = {each.slugs: each for each in explanations}
    if not found:
        return ()
    fewest = min(len(slugs) for slugs in found)
    kept = [each for slugs, each in found.items() if len(slugs) == fewest]
    kept.sort(key=lambda each: [_precedence()[slug] for slug in each.slugs])
    return tuple(kept[:MOST_REPORTED])


@cache
def _precedence() -> Mapping[str, int]:
    """The place of every slug among those that explain the same."""
    order = [slug for slug in misconceptions() if slug not in GENERAL]
    return {slug: place for place, slug in enumerate((*order, *GENERAL))}
