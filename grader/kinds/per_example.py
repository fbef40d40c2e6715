"""Equations for one example, `z^{(i)} = w^T x^{(i)} + b`, as equations for the whole batch.

The left-hand side names an index; the right-hand side is read with that index free.  What it says
about example i is put in place i of the batch: sum_i value_i * (1 at i, 0 elsewhere).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from engine.errors import ShapeError
from engine.expression import Apply, Expr, Var, apply, const
from engine.notation import Read, Reading, Scope, Unreadable, read, read_again
from engine.notation.indices import extent
from engine.shapes import SCALAR, Dim, Shape

INDEX = re.compile(r"[\[({_^,:]\s*([ijkt])\s*[\])}]*\s*$|_([ijkt])\s*$")


@dataclass(frozen=True)
class Example:
    """The left-hand side of an equation for one example: the batch's name, and the index."""

    name: str
    index: str


def example_of(left: str, scope: Scope) -> Example | None:
    """What a left-hand side such as `a^{(i)}` names; None where it has no free index."""
    found = INDEX.search(left)
    index = (found[1] or found[2]) if found else None
    if index is None or scope.example_axis is None or scope.lookup(index, fold=False) is not None:
        return None
    match read_with(index, left, scope):
        case Read(expr=Apply(args=(Var(name=name), *positions))) if Var(index) in positions:
            return Example(name, index)
    return None


def read_with(index: str, text: str, scope: Scope) -> Reading:
    """What a text says in which an index is free.

    It is parsed without the index, so that `a^{(i)}` is no power, and elaborated with it.
    """
    match read(text, scope):
        case Unreadable(syntax=syntax) if syntax is not None:
            return read_again(syntax, replace(scope, symbols={**scope.symbols, index: SCALAR}))
        case outcome:
            return outcome


def batch_of(value: Expr, example: Example, axis: int, known: Shape | None) -> Expr | None:
    """The whole batch that `value` is example i of; None where it cannot be one.

    `known` is the batch's shape where the exercise has it; otherwise the index runs as far as what
    it selects from.
    """
    size = extent(value, example.index) if known is None else _along(known, axis)
    if size is None:
        return None
    try:
        whole = _placed(value, Var(example.index), axis, size)
    except ShapeError:
        return None
    return apply("sum_over", whole, index=example.index, size=size)


def _along(shape: Shape, axis: int) -> Dim | None:
    return shape[axis] if len(shape) == 2 else None


def _placed(value: Expr, index: Var, axis: int, size: Dim) -> Expr:
    """A row or a column of examples that is `value` at the index and 0 elsewhere."""
    one = const(1)
    if axis == 1:
        return value @ apply("basis", one, index, shape=(1, size))
    return apply("basis", index, one, shape=(size, 1)) @ value
