"""Wrong derivatives that learners really give: the reverse pass with one mistaken rule.

The mistakes are the `wrong` rules of the operator table, planted at each node of the program where
they apply, paths not followed where several meet, and a loss differentiated with the wrong sign.
Nothing is written for a template.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.components import component
from engine.derived import path
from engine.errors import ShapeError
from engine.expression import Apply, Expr
from engine.facts import facts
from engine.gradient import TIDY, gradient
from engine.numeric import Environment
from engine.operators import WrongVJP, operator
from engine.program import Program, Target
from engine.reverse import Formulas, Pass, Reverse, Site
from engine.sampling import sample
from engine.seeding import Stream
from engine.simplify import simplify
from engine.terms import filled, repeated
from generator.joins import forks, leftovers

SAME = 1e-6  # two formulas nearer than this everywhere are taken for one and the same


@dataclass(frozen=True)
class Distractor:
    """A wrong derivative and the slug of the misconception that leads to it."""

    formula: Expr
    misconception: str


def closed_form(program: Program, target: Target) -> Expr:
    """The derivative with respect to `target`; for one entry of a matrix, in component form."""
    return _entry_of(gradient(program, replace(target, entry=None)), program, target)


def _entry_of(formula: Expr, program: Program, target: Target) -> Expr:
    if target.entry is None:
        return formula
    taken = frozenset(program.shapes) | program.dimensions
    return simplify(component(formula, *target.entry, avoid=taken))


@dataclass(frozen=True)
class Mistake:
    """A reverse pass with one mistake in it."""

    misconception: str
    way: Pass


def planted(statement: str, path: tuple[int, ...], wrong: WrongVJP) -> Pass:
    """The reverse pass that uses a wrong rule at one node of a statement."""

    def vjp(site: Site, g: Any, out: Any, args: Any, attrs: dict[str, Any]) -> tuple[Any, ...]:
        rule = wrong.rule if (site.statement, site.path) == (statement, path) else _right(site)
        return rule(g, out, *args, **attrs)

    return replace(TIDY, vjp=vjp)


def _right(site: Site) -> Callable[..., tuple[Any, ...]]:
    return operator(site.node.op).vjp


def _joining(joined: str, rule: Callable[[Expr, Expr], Expr]) -> Pass:
    """The reverse pass in which the contributions to one quantity are joined by `rule`."""

    def accumulate(name: str, total: Expr, term: Expr) -> Expr:
        return rule(total, term) if name == joined else TIDY.accumulate(name, total, term)

    return replace(TIDY, accumulate=accumulate)


@dataclass(frozen=True)
class Mistakes:
    """The wrong derivatives with respect to one target."""

    program: Program
    target: Target

    def pick(self, count: int, stream: Stream) -> tuple[Distractor, ...]:
        """Up to `count` wrong derivatives that differ from the right one and from each other.

        Different misconceptions come before further forms of the same one.
        """
        found = list(islice(self._different(stream), count))
        return stream.shuffled(found)

    def _different(self, stream: Stream) -> Iterator[Distractor]:
        values = [self._values(closed_form(self.program, self.target))]
        used: set[str] = set()
        later: list[Mistake] = []
        telling = stream.shuffled(self._mistakes())
        for mistake in chain(telling, iter(later), self._leftovers(stream)):
            if mistake.misconception in used and mistake in telling and mistake not in later:
                later.append(mistake)
                continue
            formula = self._mistaken(mistake)
            if formula is not None and self._is_new(formula, values):
                used.add(mistake.misconception)
                yield Distractor(formula, self._called(mistake, values))

    def _called(self, mistake: Mistake, values: list[NDArray[np.float64]]) -> str:
        """The mistake's slug; where nothing but the sign is wrong in the end, that one's."""
        right, found = values[0], values[-1]
        opposite = right.shape == found.shape and not differ(found, -right)
        return "sign-flip" if opposite and right.any() else mistake.misconception

    def _is_new(self, formula: Expr, values: list[NDArray[np.float64]]) -> bool:
        """Whether `formula` differs from all others; its values are then among `values`."""
        found = self._values(formula)
        if not formula.names or not all(differ(found, each) for each in values):
            return False
        values.append(found)
        return True

    def _mistakes(self) -> Iterator[Mistake]:
        """All mistakes at the loss, and at all nodes through which the target acts on it."""
        yield Mistake("sign-flip", replace(TIDY, seed=lambda one: -one))
        for name, where, node in self._nodes():
            for wrong in operator(node.op).wrong:
                if wrong.across in ("", self.across(node)):
                    yield Mistake(wrong.slug, planted(name, where, wrong))
        for name, where, node in self._nodes():
            for wrong in forks(node, self._relevant, self.program):
                yield Mistake(wrong.slug, planted(name, where, wrong))
        for name in sorted(self._relevant):
            if len(self._users(name)) > 1:
                yield Mistake("paths-overwritten", _joining(name, lambda total, term: term))
                yield Mistake("paths-overwritten", _joining(name, lambda total, term: total))

    def _leftovers(self, stream: Stream) -> Iterator[Mistake]:
        """Further mistakes, for derivatives that few of the others fit."""
        yield from stream.shuffled(
            Mistake(wrong.slug, planted(name, where, wrong))
            for name, where, node in self._nodes()
            for wrong in leftovers(node, self._relevant, self.program)
        )
        yield Mistake("factor-two", replace(TIDY, seed=lambda one: 2 * one))
        yield Mistake("factor-two", replace(TIDY, seed=lambda one: one / 2))

    def _nodes(self) -> Iterator[tuple[str, tuple[int, ...], Apply]]:
        """All nodes of the statements through which the target acts, by statement and place."""
        for name in path(self.program, self.target.variable):
            for where, node in applications(self.program.definitions[name].value, ()):
                yield name, where, node

    @cached_property
    def _relevant(self) -> frozenset[str]:
        """The target and the quantities through which it acts."""
        return frozenset((self.target.variable, *path(self.program, self.target.variable)))

    def _users(self, name: str) -> tuple[str, ...]:
        """The quantities on the way to the loss whose definitions use `name`."""
        on_way = path(self.program, self.target.variable)
        return tuple(each for each in on_way if name in self.program.definitions[each].value.names)

    def _mistaken(self, mistake: Mistake) -> Expr | None:
        """The derivative by a mistaken pass; None where it has no shape, or not the right one."""
        try:
            found = Reverse(self.program, Formulas(), mistake.way, self._relevant).adjoints()
            return self._shaped(found.get(self.target.variable))
        except ShapeError:
            return None

    def across(self, node: Apply) -> str:
        """What the operand holds that the gradient crosses on its way to the target."""
        roles = self.program.roles
        crossed = [
            arg for arg in node.args if self.target.variable not in self.program.inlined(arg).names
        ]
        names = frozenset().union(*(arg.names for arg in crossed)) if crossed else frozenset()
        return "parameter" if any(roles.get(name) == "parameter" for name in names) else "data"

    def _shaped(self, formula: Expr | None) -> Expr | None:
        if formula is None:
            return None
        shape = self.program.shapes[self.target.variable]
        whole = repeated(facts(self.program).tidied(filled(formula, shape)))
        if whole.shape != shape:
            return None
        return _entry_of(whole, self.program, self.target)

    def _values(self, formula: Expr) -> NDArray[np.float64]:
        with np.errstate(all="ignore"):
            arrays = [each.evaluate(formula).data.ravel() for each in sampled(self.program)]
        return np.concatenate(arrays)


@lru_cache(maxsize=16)
def sampled(program: Program) -> tuple[Environment, ...]:
    """The values of all quantities at the points where mistakes are told from each other."""
    return sample(program, "gradbook.distractors/1").environments(program)


def differ(left: NDArray[np.float64], right: NDArray[np.float64]) -> bool:
    """Whether two formulas have different values somewhere; an undefined one differs from none."""
    if left.shape != right.shape:
        return True
    if not (np.all(np.isfinite(left)) and np.all(np.isfinite(right))):
        return False
    return bool(np.any(np.abs(left - right) > SAME * (np.abs(left) + np.abs(right))))


def applications(expr: Expr, path: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], Apply]]:
    if isinstance(expr, Apply):
        yield path, expr
        for position, arg in enumerate(expr.args):
            yield from applications(arg, (*path, position))
