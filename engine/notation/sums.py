"""Sums as they stand on paper: `sum(a - y)` is Σ_i (a_i − y_i), `sum(G, axis=0)` is Σ_i G_{i,:}.

A sum of all entries and a sum along an axis are one operator; on paper each has an index.
`indexed` puts the index in, `folded` takes it out again: the one undoes the other, or there is no
such form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import ShapeError
from engine.expression import Apply, Expr, Var, apply, const
from engine.operators import TABLE
from engine.shapes import Dim, Shape

LETTERS = "ijklpqrstuvw"  # indices, in order of preference; rows before columns
FORMS = ((None, False), (0, True), (1, True))  # axis, keepdims
ONE = const(1)
Place = tuple[Expr, Expr]


@dataclass(frozen=True)
class IndexedSum:
    """Σ over one index or two; `body` is a term: a number, a row or a column."""

    indices: tuple[str, ...]
    body: Expr


def indexed(expr: Apply) -> IndexedSum | None:
    """A sum with its indices; None where it has no such form."""
    whole = expr.args[0]
    axis, kept = expr.keywords["axis"], expr.keywords["keepdims"]
    free = [letter for letter in LETTERS if letter not in whole.names]
    if len(whole.shape) != 2 or len(free) < 2 or (axis, kept) not in FORMS:
        return None
    if axis is not None:
        index = free[axis]
        term = apply("slice", whole, Var(index), axis=axis)
        return IndexedSum((index,), term)
    indices = tuple(free[: _matrix(whole.shape) + 1])
    for body in _terms(whole, _place(indices, whole.shape)):
        if _whole(body, indices, whole.shape) == whole:
            return IndexedSum(indices, body)
    return None


def folded(body: Expr, index: str, size: Dim) -> Expr | None:
    """The sum over `index` without it: of all entries, or along an axis; None where it has none."""
    match body:
        case Apply(op="slice", args=(base, Var(name=name))) if name == index:
            axis = body.keywords["axis"]
            if index not in base.names and base.shape[axis] == size:
                return apply("sum", base, axis=axis, keepdims=True)
        case Apply(op="sum_over", args=(inner,)):
            columns = body.keywords["size"]
            return _total(inner, (index, str(body.keywords["index"])), (size, columns))
        case _ if not body.shape:
            column = _total(body, (index,), (size, 1))
            return column or _total(body, (index,), (1, size))
    return None


def _total(body: Expr, indices: tuple[str, ...], shape: Shape) -> Expr | None:
    if _matrix(shape) != len(indices) - 1 or body.shape:
        return None
    whole = _whole(body, indices, shape)
    if whole is None or whole.shape != shape or not whole.names.isdisjoint(indices):
        return None
    return apply("sum", whole, axis=None, keepdims=False)


def _matrix(shape: Shape) -> bool:
    """Whether entries need two indices."""
    return 1 not in shape


def _place(indices: Sequence[str], shape: Shape) -> Place:
    """The row and the column of an entry."""
    if len(indices) == 2:
        return Var(indices[0]), Var(indices[1])
    return (ONE, Var(indices[0])) if shape[0] == 1 else (Var(indices[0]), ONE)


def _terms(whole: Expr, place: Place) -> list[Expr]:
    """An entry of `whole`: of entries of its parts where these are plain names, and its own."""
    own = apply("entry", whole, *place)
    inner = _entry(whole, whole.shape, place)
    return [own] if inner is None else [inner, own]


def _entry(expr: Expr, shape: Shape, place: Place) -> Expr | None:
    """The term that `expr`, of `shape` or stretched to it, has at a place; None: not plain."""
    if not expr.shape:
        return expr
    if isinstance(expr, Var):
        return None if "_" in expr.name else apply("entry", expr, *_stretched(expr, place))
    if not isinstance(expr, Apply) or not TABLE[expr.op].elementwise:
        return None
    args = [_entry(arg, shape, place) for arg in expr.args]
    known = [arg for arg in args if arg is not None]
    return apply(expr.op, *known, **expr.keywords) if len(known) == len(args) else None


def _stretched(expr: Expr, place: Place) -> Place:
    """The place in something that may be stretched along an axis."""
    row, column = (ONE if size == 1 else at for size, at in zip(expr.shape, place, strict=True))
    return row, column


def _whole(body: Expr, indices: tuple[str, ...], shape: Shape) -> Expr | None:
    """That of which `body` is an entry; None where it is not one."""
    if body.names.isdisjoint(indices):
        return body
    if not isinstance(body, Apply):
        return None
    if body.op == "entry":
        base, place = body.args[0], body.args[1:]
        fits = len(base.shape) == 2 and place == _stretched(base, _place(indices, shape))
        return base if fits and _fits(base.shape, shape) else None
    if not TABLE[body.op].elementwise:
        return None
    args = [_whole(arg, indices, shape) for arg in body.args]
    known = [arg for arg in args if arg is not None]
    if len(known) < len(args):
        return None
    try:
        return apply(body.op, *known, **body.keywords)
    except ShapeError:
        return None


def _fits(part: Shape, shape: Shape) -> bool:
    return all(size in (1, full) for size, full in zip(part, shape, strict=True))
