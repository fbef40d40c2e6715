"""Wrong derivatives that learners really give: the reverse pass with one mistaken rule.

The mistakes are the `wrong` rules of the operator table, planted at each node of the program where
they apply.  Nothing is written for a template.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.components import component
from engine.derived import path
from engine.errors import ShapeError
from engine.expression import Apply, Expr
from engine.gradient import TIDY, gradient
from engine.operators import WrongVJP, operator
from engine.program import Program, Target
from engine.reverse import Formulas, Reverse, Site
from engine.sampling import sample
from engine.seeding import Stream
from engine.simplify import simplify
from engine.terms import filled

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
class Place:
    """A mistaken rule at one node of the program."""

    statement: str
    path: tuple[int, ...]
    node: Apply
    wrong: WrongVJP


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
        later: list[Place] = []
        for place in chain(stream.shuffled(self._places()), later):
            if place.wrong.slug in used and place not in later:
                later.append(place)
                continue
            formula = self._mistaken(place)
            if formula is not None and self._is_new(formula, values):
                used.add(place.wrong.slug)
                yield Distractor(formula, place.wrong.slug)

    def _is_new(self, formula: Expr, values: list[NDArray[np.float64]]) -> bool:
        """Whether `formula` differs from all others; its values are then among `values`."""
        found = self._values(formula)
        if not formula.names or not all(_differ(found, each) for each in values):
            return False
        values.append(found)
        return True

    def _places(self) -> Iterator[Place]:
        """All mistakes at all nodes through which the target acts on the loss."""
        for name in path(self.program, self.target.variable):
            statement = self.program.definitions[name]
            for where, node in _applications(statement.value, ()):
                for wrong in operator(node.op).wrong:
                    yield Place(name, where, node, wrong)

    def _mistaken(self, place: Place) -> Expr | None:
        """The derivative by a pass with one mistaken rule; None where it has no sense or shape."""
        wrong = place.wrong
        if wrong.across and self._across(place.node) != wrong.across:
            return None

        def vjp(site: Site, g: Any, out: Any, args: Any, attrs: dict[str, Any]) -> tuple[Any, ...]:
            if (site.statement, site.path) != (place.statement, place.path):
                return TIDY.vjp(site, g, out, args, attrs)
            results = wrong.rule(g, out, *args, **attrs)
            return tuple(None if each is None else simplify(each) for each in results)

        try:
            found = Reverse(self.program, Formulas(), replace(TIDY, vjp=vjp)).adjoints()
            return self._shaped(found.get(self.target.variable))
        except ShapeError:
            return None

    def _across(self, node: Apply) -> str:
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
        whole = simplify(filled(formula, shape))
        if whole.shape != shape:
            return None
        return _entry_of(whole, self.program, self.target)

    def _values(self, formula: Expr) -> NDArray[np.float64]:
        with np.errstate(all="ignore"):
            arrays = [each.evaluate(formula).data.ravel() for each in self._environments]
        return np.concatenate(arrays)

    @cached_property
    def _environments(self) -> tuple[Any, ...]:
        samples = sample(self.program, "gradbook.distractors/1")
        return samples.environments(self.program)


def _differ(left: NDArray[np.float64], right: NDArray[np.float64]) -> bool:
    """Whether two formulas have different values somewhere; an undefined one differs from none."""
    if left.shape != right.shape:
        return True
    if not (np.all(np.isfinite(left)) and np.all(np.isfinite(right))):
        return False
    return bool(np.any(np.abs(left - right) > SAME * (np.abs(left) + np.abs(right))))


def _applications(expr: Expr, path: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], Apply]]:
    if isinstance(expr, Apply):
        yield path, expr
        for position, arg in enumerate(expr.args):
            yield from _applications(arg, (*path, position))
