"""Typed expressions: `Var`, `Const`, `Apply`, with the shape computed at construction.

    Expr ::= Var(name, shape) | Const(rational) | Apply(operator, args, attributes)

Expressions are immutable and hashable; an ill-shaped one cannot be built.  Literal constants are
folded (`-3`, `1/2`), so every rational has one form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any, TypeAlias

from engine.operand import Operand
from engine.operators import shape_of
from engine.shapes import SCALAR, Dim, Shape, canonical

Attrs: TypeAlias = tuple[tuple[str, Any], ...]


class Expr(Operand):
    """A typed expression; equality is equality of form."""

    shape: Shape
    args: tuple[Expr, ...] = ()
    nodes: int = 1  # of the tree
    _hash: int  # computed once

    def apply(self, operator: str, *others: Expr, **attrs: Any) -> Expr:
        return apply(operator, self, *others, **attrs)

    def constant(self, value: int | Fraction) -> Const:
        return Const(Fraction(value))

    def size(self, dim: Dim) -> Expr:
        return Const(Fraction(dim)) if isinstance(dim, int) else Var(dim)

    def nullary(self, operator: str, **attrs: Any) -> Expr:
        return apply(operator, **attrs)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of all free variables."""
        return frozenset().union(*(arg.names for arg in self.args))


@dataclass(frozen=True, eq=True)
class Var(Expr):
    """A named quantity: a symbol, a dimension used as a number, or a bound index."""

    name: str
    shape: Shape = SCALAR

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", canonical(self.shape))
        object.__setattr__(self, "_hash", hash(("Var", self.name, self.shape)))

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset((self.name,))


@dataclass(frozen=True, eq=True)
class Const(Expr):
    """An exact rational number."""

    value: Fraction
    shape: Shape = field(default=SCALAR, init=False)

    def __post_init__(self) -> None:
        value = self.value if type(self.value) is Fraction else Fraction(self.value)
        object.__setattr__(self, "value", value)
        object.__setattr__(self, "_hash", hash(("Const", value.numerator, value.denominator)))

    @property
    def is_constant(self) -> bool:
        return True

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True, eq=True)
class Apply(Expr):
    """An operator of the table applied to operands; build it with `apply`."""

    op: str
    args: tuple[Expr, ...] = field()
    attrs: Attrs = field()
    shape: Shape = field()

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.op, self.args, self.attrs)))
        object.__setattr__(self, "nodes", 1 + sum([arg.nodes for arg in self.args]))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return (
            isinstance(other, Apply)
            and self._hash == other._hash
            and self.op == other.op
            and self.attrs == other.attrs
            and self.args == other.args
        )

    @property
    def keywords(self) -> dict[str, Any]:
        """The attributes, as keyword arguments of the table's functions."""
        return dict(self.attrs)

    @cached_property
    def names(self) -> frozenset[str]:
        free = frozenset().union(*(arg.names for arg in self.args))
        return free - {self.keywords["index"]} if self.op == "sum_over" else free


def apply(name: str, *args: Expr, **attrs: Any) -> Expr:
    """`name` of the operator table applied to `args`; literal constants are folded.

    Raises ShapeError when the shapes do not fit and UnknownOperator when there is no such row.
    """
    folded = _fold(name, args)
    if folded is not None:
        return folded
    return _application(name, args, tuple(sorted(attrs.items())) if attrs else ())


@lru_cache(maxsize=4096)
def _application(name: str, args: tuple[Expr, ...], attrs: Attrs) -> Apply:
    """The node; one object for what is built again and again, as in reverse passes."""
    return Apply(name, args, attrs, shape_of(name, tuple([arg.shape for arg in args]), attrs))


def const(value: int | str | Fraction) -> Const:
    """The rational number `value`."""
    return Const(Fraction(value))


def _fold(name: str, args: tuple[Expr, ...]) -> Const | None:
    match name, args:
        case "neg", (Const(value=value),):
            return Const(-value)
        case "div", (Const(value=numerator), Const(value=denominator)) if denominator:
            return Const(numerator / denominator)
    return None


def walk(expr: Expr) -> Iterator[Expr]:
    """Every node of `expr`, parents before children."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.args))


def rebuild(expr: Expr, args: tuple[Expr, ...]) -> Expr:
    """`expr` with other operands; the shape is computed anew."""
    if not isinstance(expr, Apply) or args == expr.args:
        return expr
    return _fold(expr.op, args) or _application(expr.op, args, expr.attrs)


def transform(expr: Expr, function: Callable[[Expr], Expr]) -> Expr:
    """`expr` rebuilt from the leaves up, every node passed through `function`."""
    if not expr.args:
        return function(expr)
    args = tuple([transform(arg, function) for arg in expr.args])
    return function(rebuild(expr, args))


def substitute(expr: Expr, values: Mapping[str, Expr]) -> Expr:
    """`expr` with free variables replaced by name; bound indices are left alone."""
    if not values or expr.names.isdisjoint(values):
        return expr
    if isinstance(expr, Var):
        return values.get(expr.name, expr)
    if isinstance(expr, Apply) and expr.op == "sum_over":
        values = {name: value for name, value in values.items() if name != expr.keywords["index"]}
    return rebuild(expr, tuple(substitute(arg, values) for arg in expr.args))
