"""The search for what explains a wrong answer, from one mistake to two.

In order of precedence, the first that explains it:

    1. a constant factor of the right gradient that a mistake at the loss makes (sign, 2, 1/m)
    2. the right gradient, transposed; then also the single mistakes that come to the same
    3. one mistake in the pass, exactly
    4. one slip in writing the right gradient down
    5. the right gradient but for a multiple of something in a regulariser
    6. one mistake, up to transposition or such a factor
    7. two mistakes in the pass, found lazily
    8. the right gradient and one quantity of the program too many
    9. any other constant factor

Mistakes that cannot be told apart are reported together, at most three: those with a particular
cause before those that only say that a path or a term is wrong, else in the order of
misconceptions.toml.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from weakref import WeakKeyDictionary

import numpy as np

from engine.errors import EngineError
from engine.expression import Expr
from engine.numeric import Batch
from engine.shapes import Shape, transpose
from grader.diagnosis.column import Column, Numbers
from grader.diagnosis.constants import Constants
from grader.diagnosis.formula import formula_mistakes
from grader.diagnosis.ground import Ground
from grader.diagnosis.pairs import Pairs
from grader.diagnosis.plan import Plan
from grader.diagnosis.regularisers import regulariser_parts, without_regulariser
from grader.diagnosis.rules import mistakes_at_nodes, mistakes_elsewhere
from grader.diagnosis.stack import Form, sheets, values
from grader.diagnosis.table import Entry, Table
from grader.misconceptions import misconceptions

MOST_REPORTED = 3
GENERAL = (
    "product-rule",
    "path-dropped",
    "paths-overwritten",
    "wrong-variable",
    "sign-of-one-term",
    "sign-flip",
    "term-counted-twice",
    "term-lost",
)
FAR = 1e-6  # relative: rounding in float64 stays far below
JUST_EVALUATED = 8  # values of answers that are kept

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
    elsewhere: bool = False

    @cached_property
    def _at_nodes(self) -> tuple[Plan, ...]:
        return tuple(mistakes_at_nodes(self.grounds[0].layout))

    @cached_property
    def _singles(self) -> Table:
        ground = self.grounds[0]
        plans = [*self._at_nodes, *mistakes_elsewhere(ground.layout)]
        return Table(ground, sheets(ground, plans), self.references[:1])

    @cached_property
    def _written(self) -> Table:
        """What slips in writing the right gradient down make of it."""
        ground, formula = self.grounds[0], self.formula
        plans = () if formula is None else formula_mistakes(ground.layout, formula)
        return Table(ground, sheets(ground, plans), self.references[:1])

    @cached_property
    def _pairs(self) -> Pairs:
        """Two of the mistakes that make a difference each."""
        found = [(entry.form, entry.plan) for entry in self._singles.distinct()]
        odd = {plan for form, plan in found if form == "as it came"}
        fit = {plan for form, plan in found if form == "whole"} - odd
        joinable = [plan for plan in self._at_nodes if plan.joinable]
        fitting = [plan for plan in joinable if plan in fit]
        misshapen = [plan for plan in joinable if plan in odd]
        return Pairs(self.grounds[0], (*fitting, *misshapen), len(fitting))

    def differs(self, answer: Expr) -> bool:
        """Whether float64 shows a difference far beyond rounding; a filter, never a verdict."""
        left = self.grounds[0].column(_value(self.grounds[0], answer))
        right = self._right[0]
        if len(left.numbers) != len(right.numbers) or not left.finite:
            return False
        return bool(np.abs(left.numbers - right.numbers).max() > FAR * right.largest)

    def function_of(self, answer: Expr) -> str | None:
        """What answers share that are the same function; None for one without finite values.

        A hash of the values at the sample points, each to seven digits of the largest.
        """
        try:
            column = self.grounds[0].column(_value(self.grounds[0], answer))
        except (EngineError, IndexError):
            return None
        if not column.finite:
            return None
        steps = np.rint(column.numbers / (column.largest or 1.0) * 1e7).astype(np.int64)
        said = f"{column.shape} {column.largest:.6e} {steps.tolist()}"
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def explain(self, answer: Expr) -> tuple[Explanation, ...]:
        """What explains `answer`: all explanations of the first kind that has one."""
        try:
            found = tuple(_as_row(_value(ground, answer)) for ground in self.grounds)
        except (EngineError, IndexError):
            return ()
        return self.explained(found)

    def explained(self, values: Sequence[Batch]) -> tuple[Explanation, ...]:
        """What explains an answer with these values, one per ground."""
        answer = Answer(self, tuple(values))
        if answer.slugs == ():
            return ()  # equal up to rounding in float64: no mistake of these makes that difference
        for step in STEPS:
            found = _best(step(self, answer))
            if found[:1] and found[0].slugs == (TRANSPOSED,):
                same = (each for each in _best(self._one(answer)) if each.slugs != (TRANSPOSED,))
                return (*found, *same)[:MOST_REPORTED]
            if found:
                return found
        return ()

    def at_most_one(self, answer: Expr) -> tuple[str, ...] | None:
        """What one mistake explains `answer`, () if it is right; None where none does."""
        try:
            values = tuple(_as_row(_value(ground, answer)) for ground in self.grounds)
        except (EngineError, IndexError):
            return None
        if values[0].shape != self.references[0].shape:
            return None
        found = Answer(self, values)
        if found.slugs is not None:
            return found.slugs
        best = _best(self._one(found))
        return best[0].slugs if best else None

    def _at_loss(self, answer: Answer) -> Iterator[Explanation]:
        slugs = answer.slugs
        if slugs:
            yield Explanation(slugs, {})
        if slugs and SHORTHAND in slugs:
            yield Explanation(tuple(MEAN if each == SHORTHAND else each for each in slugs), {})

    def _one(self, answer: Answer) -> Iterator[Explanation]:
        for entry, slugs in answer.singles:
            if not slugs:
                yield Explanation(entry.plan.slugs, entry.plan.fields)

    def _in_writing(self, answer: Answer) -> Iterator[Explanation]:
        for entry, slugs in self.named(self._written, answer.columns):
            if not slugs:
                yield Explanation(entry.plan.slugs, entry.plan.fields)

    def _at_regulariser(self, answer: Answer) -> Iterator[Explanation]:
        """The rest is right, and what is left is a multiple of something in a regulariser."""
        plan = without_regulariser(self.grounds[0].layout)
        if plan is None or self.elsewhere or answer.shape != self.references[0].shape:
            return
        parts = tuple(regulariser_parts(self.grounds[0].layout))
        if any(self._leaves(answer, plan, part) for part in parts):
            yield Explanation(plan.slugs, {})

    def _leaves(self, answer: Answer, plan: Plan, part: Expr) -> bool:
        """Whether an answer is what `plan` makes and, at each point, a multiple of `part`."""
        for ground, value in zip(self.grounds, answer.values, strict=True):
            rest = value - values(ground, plan)["whole"]
            other = ground.env.evaluate(part)
            if not self._scaled(ground, ground.column(rest), ground.column(other)):
                return False
        return True

    def _turned(self, answer: Answer) -> Iterator[Explanation]:
        if self.elsewhere:
            return
        slugs = answer.turned.slugs
        if slugs is not None and answer.shape:
            yield Explanation((TRANSPOSED, *slugs), {})

    def _one_and_more(self, answer: Answer) -> Iterator[Explanation]:
        for entry, slugs in answer.singles:
            if slugs:
                yield Explanation((*entry.plan.slugs, *slugs), entry.plan.fields)
        if not answer.shape:
            return
        turned = self._turned_shape(answer.shape)
        for entry, slugs in answer.turned.singles:
            yield Explanation((*entry.plan.slugs, *turned, *slugs), entry.plan.fields)

    def _turned_shape(self, shape: Shape) -> tuple[str, ...]:
        """Says that an answer is transposed where its shape shows it."""
        right = self.references[0].shape
        return (TRANSPOSED,) if shape != right and transpose(shape) == right else ()

    def _two(self, answer: Answer) -> Iterator[Explanation]:
        if self.elsewhere:
            return
        for entry, slugs in self.named(self._pairs, answer.columns):
            if not slugs:
                yield Explanation(entry.plan.slugs, entry.plan.fields)

    def _scaled(self, ground: Ground, rest: Column, part: Column) -> bool:
        """Whether a column is a part of a regulariser, times what may stand before one.

        That is a number, perhaps times one constant of the exercise; before ones, anything.
        """
        factors = _multiples(rest, part, ground.points)
        if factors is None or len(set(part.numbers)) == 1:
            return factors is not None
        program, values = ground.layout.program, ground.env.values
        scalars = [each for each in program.symbols if each.role == "constant" and not each.shape]
        columns = [ground.column(values[each.name]).numbers for each in scalars]
        return any(_level(factors / column) for column in (np.ones_like(factors), *columns))

    def _extra(self, answer: Answer) -> Iterator[Explanation]:
        right = self.references
        if any(a.shape != b.shape for a, b in zip(answer.values, right, strict=True)):
            return
        rest = self._columns([a - b for a, b in zip(answer.values, right, strict=True)])
        for name, columns in self._quantities:
            factors = _factors(rest, columns)
            if factors and self._slugs([each / factors[0] for each in factors]) == ():
                yield Explanation((EXTRA_TERM,), {"operand": name})

    def _odd_constant(self, answer: Answer) -> Iterator[Explanation]:
        factors = _factors(answer.columns, self._right)
        if factors and max(factors) - min(factors) <= 1e-9 * abs(factors[0]):
            yield Explanation((ODD_CONSTANT,), {})

    @cached_property
    def _right(self) -> tuple[Column, ...]:
        """The right gradient."""
        return self._columns(self.references)

    @cached_property
    def _quantities(self) -> tuple[tuple[str, tuple[Column, ...]], ...]:
        """Every quantity of the program."""
        return tuple(
            (name, self._columns([ground.env.values[name] for ground in self.grounds]))
            for name in self.grounds[0].env.values
        )

    def _columns(self, values: Sequence[Batch]) -> tuple[Column, ...]:
        return tuple(
            ground.column(value) for ground, value in zip(self.grounds, values, strict=True)
        )

    def factor_of_reference(self, columns: Sequence[Column]) -> tuple[str, ...] | None:
        """The mistakes at the loss that make these columns of the right ones."""
        factors = _factors(columns, self._right)
        return self._slugs(factors) if factors else None

    def named(
        self, table: Table | Pairs, columns: Sequence[Column]
    ) -> Iterator[tuple[Entry, tuple[str, ...]]]:
        """The entries of a table that `columns` are nameable multiples of on every ground."""
        for match in table.matches(columns[0]):
            more = _factors(columns[1:], self._elsewhere(match.entry))
            slugs = None if more is None else self._slugs((match.factor, *more))
            if slugs is not None:
                yield match.entry, slugs

    def at_singles(self, columns: Sequence[Column]) -> Iterator[tuple[Entry, tuple[str, ...]]]:
        """The single mistakes that `columns` are nameable multiples of."""
        return self.named(self._singles, columns)

    @cached_property
    def _known_elsewhere(self) -> WeakKeyDictionary[Plan, dict[Form, tuple[Column, ...]]]:
        """What is known of plans while they live: those of pairs are made for one answer."""
        return WeakKeyDictionary()

    def _elsewhere(self, entry: Entry) -> tuple[Column, ...]:
        """What the entry's plan makes of the gradient on the further grounds, as far as it gets."""
        known, form = self._known_elsewhere.setdefault(entry.plan, {}), entry.form
        if form not in known:
            found = [(ground, values(ground, entry.plan)) for ground in self.grounds[1:]]
            known[form] = tuple(ground.column(each[form]) for ground, each in found if form in each)
        return known[form]

    def _slugs(self, factors: Sequence[float]) -> tuple[str, ...] | None:
        return self.constants.slugs(factors, [ground.env.sizes for ground in self.grounds])


STEPS: tuple[Callable[[Search, Answer], Iterator[Explanation]], ...] = (
    Search._at_loss,
    Search._turned,
    Search._one,
    Search._in_writing,
    Search._at_regulariser,
    Search._one_and_more,
    Search._two,
    Search._extra,
    Search._odd_constant,
)


@dataclass(frozen=True, eq=False)
class Answer:
    """The values of an answer, one per ground, with what several steps ask of them."""

    search: Search
    values: tuple[Batch, ...]

    @property
    def shape(self) -> Shape:
        return self.values[0].shape

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The values as columns."""
        grounds = self.search.grounds
        return tuple(
            ground.column(value) for ground, value in zip(grounds, self.values, strict=True)
        )

    @cached_property
    def slugs(self) -> tuple[str, ...] | None:
        """The mistakes at the loss that lead to it; () for none, None where it is no multiple."""
        return self.search.factor_of_reference(self.columns)

    @cached_property
    def singles(self) -> tuple[tuple[Entry, tuple[str, ...]], ...]:
        """The single mistakes that lead to multiples of it."""
        return tuple(self.search.at_singles(self.columns))

    @property
    def turned(self) -> Answer:
        """Its transpose."""
        return self._turned or self

    @cached_property
    def _turned(self) -> Answer | None:
        """Its transpose, if it is a matrix; nothing that is kept may refer to itself."""
        if all(len(value.shape) != 2 for value in self.values):
            return None
        return Answer(self.search, tuple(_transposed(value) for value in self.values))


@lru_cache(maxsize=JUST_EVALUATED)
def _value(ground: Ground, answer: Expr) -> Batch:
    """The value of an answer, which the filter and the search ask for one after the other."""
    return ground.env.evaluate(answer)


def forget() -> None:
    """Empties the memory of values."""
    _value.cache_clear()


def _factors(left: Sequence[Column], right: Sequence[Column]) -> tuple[float, ...] | None:
    """On each ground: left = factor * right."""
    if len(left) != len(right):
        return None
    found: list[float] = []
    for one, other in zip(left, right, strict=True):
        factor = one.factor(other)
        if factor is None:
            return None
        found.append(factor)
    return tuple(found)


def _multiples(left: Column, right: Column, points: int) -> Numbers | None:
    """By which factors at each point a column of several entries is a multiple of another."""
    one, other = (each.numbers.reshape(points, -1) for each in (left, right))
    if one.shape != other.shape or one.shape[1] < 2:
        return None
    factors = np.einsum("pn,pn->p", one, other) / np.einsum("pn,pn->p", other, other)
    apart = np.abs(one - factors[:, None] * other).max()
    return factors if apart <= FAR * np.abs(one).max() else None


def _level(numbers: Numbers) -> bool:
    """Whether all numbers are the same up to rounding."""
    return bool(np.ptp(numbers) <= FAR * np.abs(numbers).max())


def _as_row(value: Batch) -> Batch:
    """A rank-1 value as a row."""
    if len(value.shape) != 1:
        return value
    return Batch(value.data[:, None, :], (1, *value.shape), value.field)


def _transposed(value: Batch) -> Batch:
    return value.T if len(value.shape) == 2 else value


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
