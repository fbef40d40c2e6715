"""Where mistaken passes are run: a program, what is differentiated for, and numbers for everything.

A ground is one assignment of sizes with the forward pass done at several points.  All mistaken
passes over it share the forward values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np

from engine.errors import ShapeError
from engine.expression import Apply, Expr, Var, walk
from engine.numeric import Batch, Environment
from engine.program import Program, Statement, Target
from engine.reverse import Numbers, Reverse, filled_adjoints
from engine.shapes import Shape
from grader.diagnosis.column import Column

SiteKey: TypeAlias = tuple[str, tuple[int, ...]]
MEASURES = frozenset(("norm", "sum", "mean", "pow", "abs", "mul", "matmul", "dot"))


@dataclass(frozen=True)
class Place:
    """A node of the forward program through which the gradient of the target passes."""

    statement: Statement
    path: tuple[int, ...]
    node: Apply
    relevant: tuple[int, ...]

    @property
    def key(self) -> SiteKey:
        """The node's address."""
        return self.statement.name, self.path


@dataclass(frozen=True)
class Layout:
    """The part of a program that lies between the loss and a target."""

    program: Program
    target: Target

    @cached_property
    def between(self) -> frozenset[str]:
        """The target, and every quantity computed from it."""
        found = {self.target.variable}
        for statement in self.program.statements:
            if statement.name not in found and not statement.value.names.isdisjoint(found):
                found.add(statement.name)
        return frozenset(found)

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Every node between the loss and the target, in the order of the forward pass."""
        return tuple(
            place
            for statement in self.program.statements
            if statement.name in self.between and statement.name != self.target.variable
            for place in self._within(statement, (), statement.value)
        )

    @cached_property
    def quantities(self) -> dict[str, Shape]:
        """The shape of everything that has values at the points: dimensions have sizes instead."""
        roles = self.program.roles
        shapes = self.program.shapes.items()
        return {name: shape for name, shape in shapes if roles.get(name) != "dimension"}

    def _within(self, statement: Statement, path: tuple[int, ...], node: Expr) -> Iterator[Place]:
        if not isinstance(node, Apply):
            return
        relevant = tuple(
            i for i, arg in enumerate(node.args) if not arg.names.isdisjoint(self.between)
        )
        if relevant:
            yield Place(statement, path, node, relevant)
        for position in relevant:
            yield from self._within(statement, (*path, position), node.args[position])

    @cached_property
    def relevant(self) -> dict[SiteKey, tuple[int, ...]]:
        """The operands through which the gradient passes, by node."""
        return {place.key: place.relevant for place in self.places}

    def holds(self, expr: Expr) -> str:
        """`parameter` for an expression of parameters alone, `constant`, or `data`."""
        roles = {
            self.program.roles.get(name, "data")
            for name in expr.names
            if name not in self.program.dimensions
        }
        if roles <= {"constant", "dimension"}:
            return "constant"
        return "parameter" if roles <= {"parameter", "constant"} else "data"

    def regularises(self, statement: Statement, term: Expr) -> bool:
        """Whether a term of `statement` is one of the loss that measures nothing but parameters.

        The logarithm of a standard deviation that is learned holds a parameter, but measures none.
        """
        if not any(isinstance(node, Apply) and node.op in MEASURES for node in walk(term)):
            return False
        if not {"data", "label"} & set(self.program.roles.values()):
            return False  # the loss is about parameters alone
        unclear = self.label is not None and self.prediction is None
        after = unclear or statement in self.comparison or statement.name == self.program.loss
        return after and not statement.value.shape and self.holds(term) == "parameter"

    @cached_property
    def label(self) -> str | None:
        """The label, if the program has one."""
        return next((s.name for s in self.program.symbols if s.role == "label"), None)

    @cached_property
    def prediction(self) -> str | None:
        """The quantity that the loss compares with the label."""
        for statement in self.program.statements:
            if self.label is None or self.label not in statement.value.names:
                continue
            shape = self.program.shapes[self.label]
            for name in sorted(statement.value.names & self.between):
                if name in self.program.definitions and self.program.shapes[name] == shape:
                    return name
        return None

    @cached_property
    def comparison(self) -> tuple[Statement, ...]:
        """The statements after the prediction: the loss."""
        if self.prediction is None:
            return ()
        names = [statement.name for statement in self.program.statements]
        return self.program.statements[names.index(self.prediction) + 1 :]


@dataclass(frozen=True, eq=False)
class Ground:
    """Forward values at several points; `env` holds the value of every statement.

    All stand there for each of `rows`, one point only once.
    """

    layout: Layout
    env: Environment
    rows: int = 1

    @cached_property
    def numbers(self) -> Numbers:
        """The value of every node, shared by all passes."""
        return Numbers(self.env)

    @cached_property
    def adjoints(self) -> dict[str, Batch]:
        """The right derivative of the loss with respect to every quantity."""
        return filled_adjoints(self.layout.program, self.numbers)

    @cached_property
    def stages(self) -> tuple[Mapping[str, Batch], ...]:
        """The adjoints that a right pass has found when it has so many statements yet to go."""
        program = self.layout.program
        walk = Reverse(program, self.numbers, wanted=self.layout.between)
        found = {program.loss: self.numbers.one()}
        stages = [dict(found)]
        for statement in reversed(program.statements):
            walk.go_back((statement,), found)
            stages.append(dict(found))
        return tuple(reversed(stages))

    @cached_property
    def points(self) -> int:
        """The number of sample points, those of all rows."""
        return max(self.rows, *(len(batch.data) for batch in self.env.values.values()))

    @cached_property
    def _values(self) -> dict[Expr, Batch]:
        return {}

    def value(self, expr: Expr) -> Batch:
        """The value of an expression of the exercise, for which many rules ask."""
        found = self._values.get(expr)
        if found is None:
            found = self._values[expr] = self.env.evaluate(expr)
        return found

    def picked(self, value: Batch) -> Batch:
        """The entry of `value` that is asked for, or all; raises ShapeError if it has none."""
        entry = self.layout.target.entry
        if entry is None:
            return value
        row, column = entry
        if len(value.shape) != 2 or row > int(value.shape[0]) or column > int(value.shape[1]):
            raise ShapeError("the gradient has no such entry")
        return Batch(value.data[:, row - 1, column - 1], (), value.field)

    def column(self, value: Batch) -> Column:
        """All numbers of `value`, point after point."""
        data = value.data
        if len(data) != self.points:
            data = np.broadcast_to(data, (self.points, *data.shape[1:]))
        return Column(value.shape, np.asarray(data, dtype=np.float64).reshape(-1))

    def at(self, first: int, last: int) -> Ground:
        """Some of its points as a ground: from `first` up to, but without, `last`."""
        values = {
            name: replace(value, data=value.data[first:last]) if len(value.data) > 1 else value
            for name, value in self.env.values.items()
        }
        return Ground(self.layout, replace(self.env, values=values))

    def named(self, expr: Expr) -> str:
        """How a sentence calls `expr`."""
        if isinstance(expr, Var):
            return expr.name
        if isinstance(expr, Apply) and expr.op == "transpose":
            return self.named(expr.args[0])
        return "the other factor"
