"""Convolutions and reversals as libraries spell them.

Which places of the kernel count is a mode: `valid`, where it lies inside, or `full`, where it
touches.  The table has one row for each of the two usual pairings; the others turn the kernel.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import ShapeError
from engine.expression import Apply, Expr, Var, apply, const
from engine.notation.components import assembled
from engine.shapes import Dim, Shape

USUAL: Mapping[str, str] = {"correlate": "valid", "convolve": "full"}  # the mode of each row
MODES = frozenset(USUAL.values())
REVERSED = "::-1"
# Functions that reverse the order of entries, along these axes; None is all of them, () none:
# a quarter turn, which has to be made twice.
FLIPS: Mapping[str, tuple[int, ...] | None] = {
    "flip": None,
    "rot180": None,
    "rot90": (),
    "flipud": (0,),
    "fliplr": (1,),
}


def windowed(row: str, mode: str, x: Expr, w: Expr, swapping: bool) -> Expr:
    """`row` of x and the kernel w in a mode; raises ShapeError.

    With `swapping`, what is longer counts as the signal, as in NumPy: the order of the entries
    turns round with it.
    """
    x, w = _standing(x), _standing(w)
    if mode == "full":
        return apply("convolve", x, w if row == "convolve" else _turned(w))
    if swapping and _is_longer(w.shape, x.shape):
        swapped = apply("correlate", w, x if row == "correlate" else _turned(x))
        return _turned(swapped) if row == "correlate" else swapped
    return apply("correlate", x, w if row == "correlate" else _turned(w))


def reversed_along(x: Expr, axes: tuple[int, ...] | None) -> Expr:
    """`x` with its entries in reverse order along axes."""
    if len(x.shape) < 2:
        return apply("flip", x)
    long = {axis for axis, dim in enumerate(x.shape) if dim != 1}
    turned = long if axes is None else long.intersection(axes)
    if turned == long:
        return apply("flip", x)
    return _partly_reversed(x, turned.pop()) if turned else x


def _partly_reversed(x: Expr, axis: int) -> Expr:
    """A matrix with the order of its rows or of its columns reversed."""
    size = x.shape[axis]
    count: Expr = const(size) if isinstance(size, int) else Var(size)
    row, column = Var("row_at"), Var("column_at")
    positions: list[Expr] = [row, column]
    positions[axis] = count + 1 - positions[axis]
    return assembled(apply("entry", x, *positions), (row.name, column.name), x.shape)


def _standing(x: Expr) -> Expr:
    """A rank-1 vector as a column."""
    return apply("reshape", x, shape=(*x.shape, 1)) if len(x.shape) == 1 else x


def _turned(w: Expr) -> Expr:
    """A kernel turned round; what is turned round twice is itself."""
    return w.args[0] if isinstance(w, Apply) and w.op == "flip" else apply("flip", w)


def _is_longer(w: Shape, x: Shape) -> bool:
    """Whether w has more entries than x along an axis, and fewer along none."""
    if len(w) != len(x):
        raise ShapeError("a signal and its kernel have the same number of axes")
    pairs = [pair for pair in zip(w, x, strict=True) if pair[0] != pair[1]]
    return bool(pairs) and all(map(_exceeds, pairs))


def _exceeds(pair: tuple[Dim, Dim]) -> bool:
    first, second = pair
    return isinstance(first, int) and isinstance(second, int) and first > second
