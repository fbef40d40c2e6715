"""Backpropagation line by line: each derivative from those nearer to the loss.

    da = -y / a + (1 - y) / (1 - a)
    dz = da * a * (1 - a)
    dw = x dz^T

A line may be made with one mistaken rule; the lines below it go on from it correctly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.derived import path
from engine.errors import ShapeError
from engine.expression import Apply, Expr, Var, substitute
from engine.facts import facts
from engine.gradient import TIDY, adjoint_formulas
from engine.operators import WrongVJP, operator
from engine.program import Program, Statement, Symbol, Target
from engine.reverse import Formulas, Pass, Reverse
from engine.seeding import Stream
from engine.simplify import simplify
from engine.terms import filled, repeated
from generator.distractors import Mistakes, applications, differ, planted, sampled
from generator.joins import forks, leftovers

WrongForm: TypeAlias = tuple[str, Callable[[], Expr]]  # a misconception's slug, what it leads to

SINK = "loss!"  # no name of a program has an exclamation mark


def derivative_name(name: str) -> str:
    """How a derivation calls the derivative of the loss for `name`."""
    return f"d{name}"


@dataclass(frozen=True)
class Line:
    """`dname = formula`, in quantities of the forward pass and derivatives of earlier lines."""

    name: str
    formula: Expr


@dataclass(frozen=True)
class WrongLine:
    """A line with a mistake, the misconception that leads to it, and its place counted from 1."""

    line: Line
    misconception: str
    place: int


@dataclass(frozen=True)
class Derivation:
    """The reverse pass from the loss to `target`, written out."""

    program: Program
    target: Target

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What the lines differentiate for, the nearest to the loss first."""
        between = path(self.program, self.target.variable)
        order = [name for name in reversed(between) if name != self.program.loss]
        return (*order, self.target.variable)

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines, right."""
        return tuple(Line(name, repeated(self._formula(name))) for name in self.names)

    def wrong(self, stream: Stream) -> WrongLine | None:
        """One line with one mistake, drawn from all that make a difference; None if none does."""
        for mistakes in (self._mistakes, self._leftovers):
            candidates = stream.shuffled(
                (place, name, mistake)
                for place, name in enumerate(self.names, 1)
                for mistake in mistakes(name)
            )
            for place, name, (slug, formed) in candidates:
                formula = self._mistaken(name, formed)
                if formula is not None:
                    return WrongLine(Line(name, repeated(formula)), slug, place)
        return None

    def users(self, name: str) -> tuple[Statement, ...]:
        """The statements on the way to the loss that use `name`."""
        on_way = path(self.program, self.target.variable)
        definitions = (self.program.definitions[each] for each in on_way)
        return tuple(each for each in definitions if name in each.value.names)

    def _mistakes(self, name: str) -> Iterator[WrongForm]:
        """Wrong forms of a line: mistaken rules where `name` acts, one of its uses forgotten."""
        mistakes = Mistakes(self.program, Target(name))
        users = self.users(name)
        for user, where, node in self._nodes(name):
            for wrong in operator(node.op).wrong:
                if wrong.across in ("", mistakes.across(node)):
                    yield wrong.slug, self._formed(name, user, where, wrong)
        for user, where, node in self._nodes(name):
            for wrong in forks(node, frozenset((name,)), self.program):
                yield wrong.slug, self._formed(name, user, where, wrong)
        for forgotten in users if len(users) > 1 else ():
            others = tuple(user for user in users if user is not forgotten)
            yield "paths-overwritten", partial(self._sum, name, others)

    def _leftovers(self, name: str) -> Iterator[WrongForm]:
        """Further wrong forms, for lines that none of the others fits."""
        yield "sign-flip", lambda: simplify(-self._formula(name))
        for user, where, node in self._nodes(name):
            for wrong in leftovers(node, frozenset((name,)), self.program):
                yield wrong.slug, self._formed(name, user, where, wrong)

    def _nodes(self, name: str) -> Iterator[tuple[Statement, tuple[int, ...], Apply]]:
        """The nodes through which `name` acts, with their statements and places."""
        for user in self.users(name):
            for where, node in applications(user.value, ()):
                if name in node.names:
                    yield user, where, node

    def _formed(
        self, name: str, user: Statement, where: tuple[int, ...], wrong: WrongVJP
    ) -> Callable[[], Expr]:
        """A line with one mistaken rule, made when it is needed."""
        return partial(self._formula, name, user, planted(user.name, where, wrong))

    def _formula(self, name: str, wrong: Statement | None = None, way: Pass = TIDY) -> Expr:
        """A line's right-hand side, with another pass through one of the statements.

        Raises ShapeError where the parts do not fit.
        """
        return self._sum(name, self.users(name), wrong, way)

    def _sum(
        self,
        name: str,
        users: tuple[Statement, ...],
        wrong: Statement | None = None,
        way: Pass = TIDY,
    ) -> Expr:
        """What comes back to `name` through these statements together."""
        terms = [self._through(name, user, way if user is wrong else TIDY) for user in users]
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return facts(self.program).tidied(total)

    def _through(self, name: str, user: Statement, way: Pass) -> Expr:
        """What comes back to `name` through one statement."""
        shape = self.program.shapes[name]
        found = Reverse(self._local(user), Formulas(), way, frozenset((name, user.name))).adjoints()
        if name not in found:
            raise ShapeError(f"nothing comes back to {name} through {user.name}")
        return simplify(filled(found[name], shape))

    def _local(self, user: Statement) -> Program:
        """One statement alone, with a loss whose derivative for it is a symbol of that name."""
        given = tuple(
            Symbol(name, shape, self.program.roles.get(name, "data"))
            for name, shape in self.program.shapes.items()
            if name != user.name
        )
        if user.name == self.program.loss:
            return Program(given, (user,), user.name)
        upstream = Symbol(derivative_name(user.name), user.value.shape, "data")
        product: Expr = upstream.var
        product = product * user.var
        sink = Statement(SINK, product.sum() if product.shape else product)
        return Program((*given, upstream), (user, sink), SINK)

    def _mistaken(self, name: str, formed: Callable[[], Expr]) -> Expr | None:
        """A wrong line; None where its parts do not fit, or it is not wrong."""
        try:
            formula = formed()
        except ShapeError:
            return None
        fits = formula.shape == self.program.shapes[name] and bool(formula.names)
        right = self._values(self._formula(name))
        return formula if fits and differ(self._values(formula), right) else None

    def _values(self, formula: Expr) -> NDArray[np.float64]:
        """The values of a line at sample points, with earlier lines right."""
        adjoints = adjoint_formulas(self.program)
        known = {derivative_name(name): adjoints[name] for name in self.names[:-1]}
        whole = substitute(formula, known)
        with np.errstate(all="ignore"):
            arrays = [env.evaluate(whole).data.ravel() for env in sampled(self.program)]
        return np.concatenate(arrays)


def with_wrong(lines: tuple[Line, ...], wrong: WrongLine) -> tuple[Line, ...]:
    """The lines with one of them replaced."""
    return tuple(
        replace(each, formula=wrong.line.formula) if place == wrong.place else each
        for place, each in enumerate(lines, 1)
    )


def is_name_free(program: Program, names: tuple[str, ...]) -> bool:
    """Whether no quantity is called as one of the derivatives is."""
    taken = {*program.shapes, *program.dimensions}
    return taken.isdisjoint(Var(derivative_name(name)).name for name in names)
