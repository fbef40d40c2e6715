"""Strict shape algebra on symbolic dimensions.

A shape is a tuple of dimensions; a dimension is an integer or a name: `X` is `("n", "m")`.  Two
names are equal only when they are the same name, whatever numbers are drawn for them later.  A 1x1
matrix and a scalar are the same thing, written `()`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias

from engine.errors import ShapeError

Dim: TypeAlias = int | str
Shape: TypeAlias = tuple[Dim, ...]

SCALAR: Shape = ()


def canonical(shape: Shape) -> Shape:
    """`shape`, or `()` where every dimension is 1."""
    return SCALAR if all(dim == 1 for dim in shape) else tuple(shape)


def show(shape: Shape) -> str:
    """A shape as a student reads it: `(n, m)`, or `scalar`."""
    if not shape:
        return "scalar"
    inside = ", ".join(str(dim) for dim in shape)
    return f"({inside},)" if len(shape) == 1 else f"({inside})"


def concrete(shape: Shape, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """`shape` with every name replaced by its number in `sizes`."""
    return tuple(dim if isinstance(dim, int) else sizes[dim] for dim in shape)


def broadcast(left: Shape, right: Shape) -> Shape:
    """The shape of an element-wise combination.

    A scalar combines with anything; one axis of one operand may stretch; two operands stretching
    against each other (a column times a row) is an error, unlike in NumPy.
    """
    if not left or not right or left == right:
        return left or right
    if len(left) != len(right):
        raise ShapeError(_mismatch(left, right))
    stretched = {_stretch(a, b, left, right) for a, b in zip(left, right, strict=True)} - {""}
    if len(stretched) > 1:
        raise ShapeError(
            f"{_mismatch(left, right)}: each would have to be stretched along the other;"
            " a matrix product is probably meant"
        )
    return right if "left" in stretched else left


def _stretch(a: Dim, b: Dim, left: Shape, right: Shape) -> str:
    """Which operand stretches along one axis: `left`, `right`, or `` for none."""
    if a == b:
        return ""
    if a == 1:
        return "left"
    if b == 1:
        return "right"
    raise ShapeError(_mismatch(left, right))


def _mismatch(left: Shape, right: Shape) -> str:
    return f"{show(left)} and {show(right)} cannot be combined entry by entry"


def common(*shapes: Shape) -> Shape:
    """The shape of an element-wise combination of any number of operands."""
    result: Shape = SCALAR
    for shape in shapes:
        result = broadcast(result, shape)
    return result


@lru_cache(maxsize=1024)
def stretched(*shapes: Shape) -> Shape:
    """The shape that any number of factors have together, columns and rows among them.

    In which order they can be combined two by two is another question; see `common`.
    """
    longest = max(shapes, key=len, default=SCALAR)
    ranked = [shape for shape in shapes if len(shape) == len(longest)]
    dims = zip(*ranked, strict=True)
    return tuple(next((dim for dim in along if dim != 1), 1) for along in dims)


def matmul(left: Shape, right: Shape) -> Shape:
    """(r, k) times (k, c) is (r, c)."""
    if len(left) != 2 or len(right) != 2:
        raise ShapeError(f"a matrix product needs two matrices, not {show(left)} and {show(right)}")
    if left[1] != right[0]:
        raise ShapeError(
            f"{show(left)} times {show(right)}: inner sizes {left[1]} and {right[0]} differ"
        )
    return canonical((left[0], right[1]))


def transpose(shape: Shape) -> Shape:
    """The dimensions in reverse order."""
    return tuple(reversed(shape))


def reduce(shape: Shape, axis: int | None, keepdims: bool) -> Shape:
    """The shape after summing `axis` away (`None`: all of them)."""
    if axis is None:
        return SCALAR
    axis = checked_axis(shape, axis)
    kept = (1,) if keepdims else ()
    return canonical(shape[:axis] + kept + shape[axis + 1 :])


def checked_axis(shape: Shape, axis: int) -> int:
    """`axis` counted from the front; an axis the shape does not have is an error."""
    if not -len(shape) <= axis < len(shape):
        raise ShapeError(f"axis {axis} does not exist in {show(shape)}")
    return axis % len(shape)


def vector_length(shape: Shape) -> Dim:
    """The number of entries of a row, a column or a rank-1 vector."""
    long = [dim for dim in shape if dim != 1]
    if not shape or len(long) > 1:
        raise ShapeError(f"a vector is needed, not {show(shape)}")
    return long[0] if long else 1


def outer(left: Shape, right: Shape) -> Shape:
    """Two vectors of lengths r and c make (r, c)."""
    return canonical((vector_length(left), vector_length(right)))


def inner(left: Shape, right: Shape) -> Shape:
    """Two vectors of one length make a scalar."""
    if vector_length(left) != vector_length(right):
        raise ShapeError(f"{show(left)} and {show(right)} differ in length")
    return SCALAR


def diagonal_matrix(shape: Shape) -> Shape:
    """A vector of length k makes (k, k)."""
    return canonical((vector_length(shape), vector_length(shape)))


def square(shape: Shape) -> Shape:
    """`shape`, which must be a square matrix."""
    if len(shape) != 2 or shape[0] != shape[1]:
        raise ShapeError(f"a square matrix is needed, not {show(shape)}")
    return shape


def stretched_axes(small: Shape, large: Shape) -> tuple[int, ...]:
    """The axes along which `small` was stretched to become `large`; empty where they are equal."""
    if small == large:
        return ()
    if not small:
        return tuple(range(len(large)))
    pairs = zip(small, large, strict=True)
    return tuple(axis for axis, (a, b) in enumerate(pairs) if a != b)
