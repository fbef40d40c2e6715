"""Reverse mode: one walk for formulas and for numbers, over the operator table's vector-Jacobian
products.

The rules stand in the table; this walk alone knows about order, accumulation over several paths and
un-broadcasting.  A `Pass` says how each of these is carried out, so that a student's mistaken pass
is the same walk with one thing replaced.

An adjoint may be smaller than its variable when all its entries along an axis are equal; `filled`
restores it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from engine.expression import Apply, Const, Expr, Var, apply, const
from engine.numeric import Batch, Environment, constant
from engine.operand import Operand
from engine.operators import operator
from engine.program import Program, Statement
from engine.shapes import Dim, Shape, stretched_axes

Quantity = TypeVar("Quantity", bound=Operand)  # formulas or numbers


@dataclass(frozen=True)
class Site:
    """A place in a forward program: the node at `path` of a statement's right-hand side."""

    statement: str
    path: tuple[int, ...]
    node: Apply


class Valuation(Protocol[Quantity]):
    """What the forward pass left behind: an operand for every node of the program."""

    def one(self) -> Quantity:
        """The scalar 1."""
        ...

    def value(self, statement: Statement, path: tuple[int, ...], node: Expr) -> Quantity:
        """The operand of a node."""
        ...

    def attrs(self, node: Apply) -> dict[str, Any]:
        """The attributes of a node as the walk's operands take them."""
        ...

    def bindings(
        self, index: str, size: Dim
    ) -> Iterator[tuple[Valuation[Quantity], Callable[[Quantity], Quantity]]]:
        """The ways to go into a sum over `index`, each with what to do to a cotangent on the way
        out.
        """
        ...


@dataclass(frozen=True)
class Pass:
    """How one reverse pass is carried out; every field is something a student can get wrong.

    Only `settle` changes no value: it goes over every cotangent that is handed on.
    """

    seed: Callable[[Any], Any] = lambda one: one
    vjp: Callable[[Site, Any, Any, tuple[Any, ...], dict[str, Any]], tuple[Any, ...]] = (
        lambda site, g, out, args, attrs: operator(site.node.op).vjp(g, out, *args, **attrs)
    )
    unbroadcast: Callable[[Site, int, Any, Shape, Shape], Any] = (
        lambda site, operand, g, small, large: unbroadcast(g, small, large)
    )
    accumulate: Callable[[str, Any, Any], Any] = lambda name, total, term: total + term
    settle: Callable[[Any], Any] = lambda cotangent: cotangent


CORRECT = Pass()


def unbroadcast(g: Quantity, small: Shape, large: Shape) -> Quantity:
    """The cotangent of an operand of shape `small` that was stretched to `large`: the sum along the
    stretch.
    """
    if small == large:
        return g
    g = g.filled(large)
    if not small:
        return g.sum()
    for axis in stretched_axes(small, large):
        g = g.sum(axis=axis, keepdims=True)
    return g


@dataclass(frozen=True)
class Reverse(Generic[Quantity]):
    """One reverse pass over a program; `wanted` are the names worth following, `None` all."""

    program: Program
    valuation: Valuation[Quantity]
    way: Pass = CORRECT
    wanted: frozenset[str] | None = None

    def adjoints(self) -> dict[str, Quantity]:
        """d loss / d name for every name that the loss depends on (as small as its equal entries
        allow).
        """
        found: dict[str, Quantity] = {self.program.loss: self.way.seed(self.valuation.one())}
        self.go_back(self.program.statements, found)
        return found

    def go_back(self, statements: Sequence[Statement], found: dict[str, Quantity]) -> None:
        """Goes through `statements`, the last first, and adds to the adjoints found so far."""
        for statement in reversed(statements):
            if statement.name in found:
                for name, term in self._pull(
                    self.valuation, statement, (), statement.value, found[statement.name]
                ):
                    found[name] = (
                        self.way.accumulate(name, found[name], term) if name in found else term
                    )

    def _pull(
        self,
        valuation: Valuation[Quantity],
        statement: Statement,
        path: tuple[int, ...],
        node: Expr,
        g: Quantity,
    ) -> Iterator[tuple[str, Quantity]]:
        """The cotangents that `g` at `node` sends to the variables below it, one per occurrence."""
        if isinstance(node, Var):
            yield node.name, g
        elif isinstance(node, Apply) and node.op == "sum_over":
            for inner, leave in valuation.bindings(**node.keywords):
                for name, term in self._pull(inner, statement, (*path, 0), node.args[0], g):
                    yield name, leave(term)
        elif isinstance(node, Apply):
            for position, cotangent in self._cotangents(valuation, statement, path, node, g):
                below = (*path, position)
                yield from self._pull(valuation, statement, below, node.args[position], cotangent)

    def _cotangents(
        self,
        valuation: Valuation[Quantity],
        statement: Statement,
        path: tuple[int, ...],
        node: Apply,
        g: Quantity,
    ) -> Iterator[tuple[int, Quantity]]:
        """The cotangents of the operands of one node, in the shapes of the operands."""
        site = Site(statement.name, path, node)
        out = valuation.value(statement, path, node)
        args = tuple(
            valuation.value(statement, (*path, position), arg)
            for position, arg in enumerate(node.args)
        )
        elementwise = operator(node.op).elementwise
        upstream = g if elementwise else g.filled(out.shape)
        results = self.way.vjp(site, upstream, out, args, valuation.attrs(node))
        for position, result in enumerate(results):
            if result is None or not self._is_followed(node.args[position]):
                continue
            result = self.way.settle(result)
            if elementwise:
                result = self.way.unbroadcast(
                    site, position, result, args[position].shape, out.shape
                )
            yield position, result

    def _is_followed(self, arg: Expr) -> bool:
        if isinstance(arg, Const):
            return False
        return self.wanted is None or not arg.names.isdisjoint(self.wanted)


@dataclass(frozen=True)
class Formulas:
    """The valuation of a symbolic pass: every node stands for itself, a defined quantity for its
    name.
    """

    def one(self) -> Expr:
        return const(1)

    def value(self, statement: Statement, path: tuple[int, ...], node: Expr) -> Expr:
        return node if path else statement.var

    def attrs(self, node: Apply) -> dict[str, Any]:
        return node.keywords

    def bindings(self, index: str, size: Dim) -> Iterator[tuple[Formulas, Callable[[Expr], Expr]]]:
        yield self, lambda term: apply("sum_over", term, index=index, size=size)


class Numbers:
    """The valuation of a numeric pass over the environment that the forward pass left behind."""

    def __init__(self, env: Environment) -> None:
        self.env = env
        self._known: dict[tuple[str, tuple[int, ...]], Batch] = {}

    def one(self) -> Batch:
        return constant(1, self.env.field)

    def value(self, statement: Statement, path: tuple[int, ...], node: Expr) -> Batch:
        key = (statement.name, path)
        if key not in self._known:
            self._known[key] = self._computed(statement, path, node)
        return self._known[key]

    def _computed(self, statement: Statement, path: tuple[int, ...], node: Expr) -> Batch:
        if not path and statement.name in self.env.values:
            return self.env.values[statement.name]
        if not isinstance(node, Apply) or node.op == "sum_over":
            return self.env.evaluate(node)
        args = tuple(self.value(statement, (*path, i), arg) for i, arg in enumerate(node.args))
        return self.env.combine(node, args)

    def attrs(self, node: Apply) -> dict[str, Any]:
        return self.env.concrete_attrs(node)

    def bindings(self, index: str, size: Dim) -> Iterator[tuple[Numbers, Callable[[Batch], Batch]]]:
        for value in self.env.index_values(size):
            yield Numbers(self.env.bound(index, value)), lambda term: term


def numeric_adjoints(program: Program, env: Environment, way: Pass = CORRECT) -> dict[str, Batch]:
    """d loss / d name at every point, for every name the loss depends on, in the shape of the name.

    `env` must hold the values of all statements (see `engine.numeric.forward`).
    """
    return filled_adjoints(program, Numbers(env), way)


def filled_adjoints(program: Program, values: Numbers, way: Pass = CORRECT) -> dict[str, Batch]:
    """As `numeric_adjoints`, over a valuation that can be shared by many passes."""
    found = Reverse(program, values, way).adjoints()
    return {
        name: adjoint.filled(values.env.values[name].shape)
        for name, adjoint in found.items()
        if name in values.env.values
    }
