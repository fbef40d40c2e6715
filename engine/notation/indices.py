"""Positions: which entries a subscript means, and how far an index runs."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from engine.expression import Apply, Const, Expr, Var, apply, walk
from engine.notation.syntax import Name, Syntax
from engine.operators import TABLE
from engine.shapes import Dim, Shape


def shifted(position: Expr, by: int) -> Expr:
    """A position counted from 1."""
    if by == 0:
        return position
    match position:
        case Const(value=value):
            return Const(value + by)
        case Apply(op="sub", args=(inner, Const(value=value))) if value == by:
            return inner
    return apply("add", position, Const(Fraction(by)))


def is_position(value: Fraction, size: Dim) -> bool:
    whole = value.denominator == 1 and value >= 1
    return whole and (isinstance(size, str) or value <= size)


def parts(item: Name, shape: Shape) -> list[Syntax]:
    """The indices in a subscript such as `1j`: two for a matrix, one for a vector."""
    text, (start, _) = item.spelling, item.span
    if len(text) != 2 or not pairs(text, shape):
        return [item]
    return [Name((start + at, start + at + 1), text[at]) for at in range(2)]


def pairs(text: str, shape: Shape) -> bool:
    """Whether two characters are a row and a column of something of this shape, not one index."""
    if len(shape) != 2 or 1 not in shape:
        return True
    long, one = (shape[1], text[0]) if shape[0] == 1 else (shape[0], text[1])
    if text.isdigit():
        return one == "1" and isinstance(long, int) and int(text) > long
    return one == "1"


def extents(body: Expr, index: str) -> Iterator[tuple[Dim, Expr]]:
    """The sizes of the axes that `index` runs along in `body`, with what it selects from."""
    variable = Var(index)
    for part in walk(body):
        if isinstance(part, Apply) and TABLE[part.op].notation.kind == "subscript":
            axes = (part.keywords["axis"],) if "axis" in part.keywords else (0, 1)
            for axis, position in zip(axes, part.args[1:], strict=True):
                if position == variable:
                    yield part.args[0].shape[axis], part.args[0]


def extent(body: Expr, index: str) -> Dim | None:
    """The size of the axis that `index` runs along in `body`."""
    return next((size for size, _ in extents(body, index)), None)
