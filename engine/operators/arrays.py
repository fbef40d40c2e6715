"""Array forms of the operators, for float64 and for object arrays alike.

Every array is (points, *shape).  On object arrays NumPy's ufuncs call the elements' own methods, so
the same code runs on balls; where a comparison of two balls cannot be decided the result is not-a-
number.
"""

from __future__ import annotations

import functools
import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

# NumPy types arithmetic on arrays of unknown elements as Any; so does this module.
Array: TypeAlias = Any


def aligned(*arrays: Array) -> tuple[Array, ...]:
    """The arrays with singleton axes behind the points axis, so that scalars meet matrices."""
    ranks = {array.ndim for array in arrays}
    if len(ranks) == 1:
        return arrays
    rank = max(ranks)
    return tuple(
        [
            array
            if array.ndim == rank
            else array.reshape(array.shape[:1] + (1,) * (rank - array.ndim) + array.shape[1:])
            for array in arrays
        ]
    )


def axes(array: Array, axis: int | None) -> int | tuple[int, ...]:
    """The NumPy axes of `axis` counted behind the points axis; `None` means all of them."""
    if axis is None:
        return tuple(range(1, array.ndim))
    return axis + 1 if axis >= 0 else axis


def count(array: Array, axis: int | None) -> int:
    """How many entries of each point lie along `axis`; all of them for `None`."""
    along = axes(array, axis)
    return math.prod(array.shape[1:]) if isinstance(along, tuple) else int(array.shape[along])


def _decide(value: Any) -> Any:
    """An exact 1 for a positive `value` and 0 for another, not-a-number for an undecided one."""
    if hasattr(value, "positive"):  # an entry of a symbolic algebra knows its own indicator
        return value.positive()
    if value > 0:
        return type(value)(1)
    return type(value)(0) if value <= 0 else value * math.nan


def positive(x: Array) -> Array:
    """1 where x > 0, else 0."""
    if x.dtype == object:
        return np.frompyfunc(_decide, 1, 1)(x)
    return np.where(np.isnan(x), x, (x > 0).astype(float))


def greater(x: Array, y: Array) -> Array:
    """1 where x > y, else 0; one and the same element is not greater than itself."""
    if object in (x.dtype, y.dtype):
        return np.frompyfunc(_greater, 2, 1)(x, y)
    return positive(x - y)


def _greater(a: Any, b: Any) -> Any:
    return a * 0 if a is b else _decide(a - b)


def sigmoid(x: Array) -> Array:
    """1/(1 + exp(-x)), without overflow and with full relative accuracy in both tails."""
    if x.dtype == object:
        return 1 / (1 + np.exp(-x))
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1.0 + small)


def softplus(x: Array) -> Array:
    """log(1 + exp(x)), without overflow."""
    if x.dtype == object:
        return np.log(1 + np.exp(x))
    return np.logaddexp(0.0, x)


def relu(x: Array) -> Array:
    """max(x, 0)."""
    return x * positive(x) if x.dtype == object else np.maximum(x, 0.0)


def select(condition: Array, yes: Array, no: Array) -> Array:
    """`yes` where the 0/1 condition is 1, else `no`; what is not chosen is not looked at."""
    if object in (condition.dtype, yes.dtype, no.dtype):
        return np.frompyfunc(lambda c, y, n: y if c > 0 else n if c <= 0 else c * math.nan, 3, 1)(
            *np.broadcast_arrays(condition, yes, no)
        )
    return np.where(condition > 0, yes, no)


def maximum(x: Array, y: Array) -> Array:
    """The larger of two arrays, entry by entry."""
    if object in (x.dtype, y.dtype):
        return np.frompyfunc(_maximum, 2, 1)(x, y)
    return np.maximum(x, y)


def _maximum(a: Any, b: Any) -> Any:
    """The larger of two balls, itself, so that a second comparison meets an exact number again."""
    if a is b:
        return a
    if isinstance(a, type(b)) and not hasattr(a, "positive") and (a >= b or b >= a):
        return a if a >= b else b
    return b + (a - b) * _decide(a - b)


def softmax(x: Array, axis: int | None) -> Array:
    """exp(x) normalised to sum 1 along `axis`."""
    along = axes(x, axis)
    shift = 0.0 if x.dtype == object else x.max(axis=along, keepdims=True)
    e = np.exp(x - shift)
    return e / e.sum(axis=along, keepdims=True)


def largest(x: Array, axis: int | None, keepdims: bool) -> Array:
    """The largest entry, of all or along `axis`."""
    if x.dtype != object:
        return x.max(axis=axes(x, axis), keepdims=keepdims)
    if axis is None:
        flat = x.reshape(len(x), -1)
        return np.array([_largest(row) for row in flat], dtype=object)
    result = np.apply_along_axis(_largest, axis % (x.ndim - 1) + 1, x)
    return np.expand_dims(result, axis % (x.ndim - 1) + 1) if keepdims else result


def _largest(values: Array) -> Any:
    """One of the values, itself; which of the smaller ones is larger need not be known."""
    if hasattr(values[0], "positive"):
        return functools.reduce(_larger, values)
    ahead = [values[0]]
    for value in values[1:]:
        if not any(each >= value for each in ahead):
            ahead = [*(each for each in ahead if not value >= each), value]
    return functools.reduce(_larger, ahead)


def _larger(a: Any, b: Any) -> Any:
    """One of the two, itself; not-a-number where two balls overlap."""
    if hasattr(a, "positive"):
        return a + (b - a) * _decide(b - a)
    return a if a >= b else b if b >= a else (a - b) * math.nan


def lead(x: Array, axis: int | None, keepdims: bool = False) -> Array:
    """How far the largest entry is ahead of the second, of all or along `axis`."""
    lines = x.reshape(len(x), -1) if axis is None else np.moveaxis(x, axis % (x.ndim - 1) + 1, -1)
    if lines.shape[-1] == 1:
        return np.full(lines.shape[:-1], np.inf)
    ordered = np.sort(lines, axis=-1)
    return ordered[..., -1] - ordered[..., -2]


def power(x: Array, y: Array) -> Array:
    """x ** y; whole exponents are taken exactly, also of negative bases."""
    whole = _whole(y.flat[0]) if y.size == 1 else None
    if whole is not None:
        return _whole_power(x, whole)
    if x.dtype == object:
        return np.frompyfunc(_power, 2, 1)(x, y)
    return np.power(x, y)


def _whole(exponent: Any) -> int | None:
    """The whole number that an exponent is, if it is one and not too large."""
    near = round(float(exponent)) if abs(exponent) < 1000 else None
    return near if near is not None and exponent == near else None


def _power(base: Any, exponent: Any) -> Any:
    """One element to the power of another."""
    whole = _whole(exponent)
    return base**exponent if whole is None else _whole_power(base, whole)


def _whole_power(base: Any, exponent: int) -> Any:
    """base ** exponent by products: a ball around zero has whole powers, but no logarithm."""
    if exponent <= 0:
        return 1 / _whole_power(base, -exponent) if exponent else base * 0 + 1
    half = _whole_power(base, exponent // 2) if exponent > 1 else None
    squared = base if half is None else half * half
    return squared * base if exponent > 1 and exponent % 2 else squared


def one_hot_matrix(shape: tuple[int, int], row: Array, column: Array) -> Array:
    """A matrix per point that is 1 at (row, column), counted from 1, and 0 elsewhere."""
    points = max(len(row), len(column))
    result = np.zeros((points, *shape))
    result[np.arange(points), positions(row, shape[0]), positions(column, shape[1])] = 1.0
    return result


def positions(index: Array, size: int) -> NDArray[np.intp]:
    """Indices counted from 0; an index outside 1..size raises IndexError."""
    return np.array([position(value, size) for value in index.reshape(-1)], dtype=np.intp)


def position(value: Any, size: int) -> int:
    """An index counted from 0; one outside 1..size raises IndexError."""
    number = float(value)
    if not math.isfinite(number):
        raise IndexError("an index has no value")
    if not 1 <= round(number) <= size:
        raise IndexError(f"an index lies outside 1..{size}")
    return round(number) - 1


def entry(array: Array, row: Array, column: Array) -> Array:
    """Entry (row, column), counted from 1, of each point's matrix."""
    if row.size == column.size == 1:  # the same entry at every point
        at = position(row.item(), array.shape[1]), position(column.item(), array.shape[2])
        return array[:, at[0], at[1]]
    rows, columns = positions(row, array.shape[1]), positions(column, array.shape[2])
    points = max(len(array), len(rows), len(columns))
    return np.broadcast_to(array, (points, *array.shape[1:]))[np.arange(points), rows, columns]


def line(array: Array, index: Array, axis: int) -> Array:
    """Row (axis 0) or column (axis 1) `index`, counted from 1, of each point's matrix."""
    if index.size == 1:  # the same one at every point
        at = position(index.item(), array.shape[axis + 1])
        return array[:, at : at + 1] if axis == 0 else array[:, :, at : at + 1]
    picked = positions(index, array.shape[axis + 1])
    points = np.arange(max(len(array), len(picked)))
    rows = np.broadcast_to(picked, points.shape)
    values = np.broadcast_to(array, (len(points), *array.shape[1:]))
    chosen = values[points, rows] if axis == 0 else values[points, :, rows]
    return np.expand_dims(chosen, axis + 1)


def matmul(x: Array, y: Array) -> Array:
    """The matrix product of each point; one with the same matrix at all points at once."""
    if len(y) == 1 < len(x):
        return np.matmul(x.reshape(-1, x.shape[2]), y[0]).reshape(len(x), x.shape[1], y.shape[2])
    if len(x) == 1 < len(y):
        return np.swapaxes(matmul(np.swapaxes(y, 1, 2), np.swapaxes(x, 1, 2)), 1, 2)
    return np.matmul(x, y)


def diagonal_matrix(x: Array) -> Array:
    """A diagonal matrix per point from a row or a column."""
    flat = x.reshape(len(x), -1)
    return flat[:, :, None] * np.eye(flat.shape[1], dtype=x.dtype)


def diagonal(x: Array) -> Array:
    """The diagonal of each point's matrix, as a column."""
    return np.diagonal(x, axis1=1, axis2=2)[:, :, None]
