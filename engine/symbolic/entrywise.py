"""Expressions at concrete sizes as arrays of entries over any scalar algebra.

An element-wise operator is expanded by its row's `entry`; a structural one (a product of matrices,
a sum, a norm) runs its own forward code on the entries, whose arithmetic and whose `exp`, `log`,
`sqrt` are the algebra's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.expression import Apply
from engine.numeric import Batch, Environment, Field
from engine.operators import operator
from engine.operators.arrays import aligned
from engine.program import Program
from engine.shapes import Dim, canonical, concrete


class Algebra(Protocol):
    """What `entry` functions may call: a field of scalars with some functions.

    `positive(x)` is 1 where x > 0 and 0 where x < 0; `choose(c, x, y)` is x where c is 1 and y
    where c is 0.
    """

    def number(self, value: Fraction) -> Any: ...
    def exp(self, x: Any) -> Any: ...
    def log(self, x: Any) -> Any: ...
    def sqrt(self, x: Any) -> Any: ...
    def sin(self, x: Any) -> Any: ...
    def cos(self, x: Any) -> Any: ...
    def power(self, x: Any, y: Any) -> Any: ...
    def positive(self, x: Any) -> Any: ...
    def choose(self, c: Any, x: Any, y: Any) -> Any: ...


class Scalar:
    """An element of an algebra as NumPy's ufuncs and the table's forward code see it."""

    __slots__ = ()

    algebra: Any

    def exp(self) -> Any:
        return self.algebra.exp(self)

    def log(self) -> Any:
        return self.algebra.log(self)

    def sqrt(self) -> Any:
        return self.algebra.sqrt(self)

    def sin(self) -> Any:
        return self.algebra.sin(self)

    def cos(self) -> Any:
        return self.algebra.cos(self)

    def positive(self) -> Any:
        return self.algebra.positive(self)


@dataclass(frozen=True)
class Entries(Environment):
    """An environment whose numbers are elements of `algebra`; unbound names come from `given`."""

    algebra: Any = None
    given: Callable[[str], Batch | None] = lambda name: None

    def combine(self, expr: Apply, args: tuple[Batch, ...]) -> Batch:
        entry = operator(expr.op).entry
        if entry is None:
            return super().combine(expr, args)
        if not any(arg.shape for arg in args):
            return self._scalar(entry(self.algebra, *[arg.data.item() for arg in args]))
        shape = canonical(operator(expr.op).shape(*(arg.shape for arg in args), **expr.keywords))
        function = np.frompyfunc(lambda *entries: entry(self.algebra, *entries), len(args), 1)
        data = function(*aligned(*(arg.data for arg in args)))
        return Batch(data.reshape((len(data), *shape)), shape, self.field)

    def _scalar(self, value: Any) -> Batch:
        data = np.empty(1, dtype=object)
        data[0] = value
        return Batch(data, (), self.field)

    def _lookup(self, name: str) -> Batch:
        found = None if name in self.values else self.given(name)
        return super()._lookup(name) if found is None else found


def entries(
    algebra: Algebra,
    sizes: Mapping[str, int],
    values: Mapping[str, Batch],
    given: Callable[[str], Batch | None] = lambda name: None,
) -> Entries:
    """An environment over `algebra`."""
    return Entries(dict(values), sizes, field_of(algebra), algebra, given)


def field_of(algebra: Algebra) -> Field:
    """The elements of an algebra as a field of numbers."""
    return Field(type(algebra).__name__, np.dtype(object), algebra.number)


def batch_of(array: NDArray[Any], algebra: Algebra) -> Batch:
    """An array of elements as a batch of one point."""
    return Batch(array[None], canonical(array.shape), field_of(algebra))


def entry_names(name: str, shape: tuple[Dim, ...], sizes: Mapping[str, int]) -> NDArray[Any]:
    """The names of the entries of a variable: `w_2_1`; a scalar keeps its own name."""
    size = concrete(shape, sizes)
    names = ["_".join((name, *(str(i + 1) for i in place))) for place in np.ndindex(size)]
    return np.array(names, dtype=object).reshape(size)


def small_sizes(program: Program, cycle: tuple[int, ...] = (2, 3)) -> dict[str, int]:
    """Small sizes for the symbolic dimensions: 2, 3, 2, 3, …"""
    declared = {symbol.name for symbol in program.symbols if symbol.role == "dimension"}
    names = sorted(program.dimensions | declared)
    return {name: cycle[place % len(cycle)] for place, name in enumerate(names)}


def flat(batch: Batch) -> Iterator[Any]:
    """The entries of a batch of one point, row by row."""
    yield from batch.data.reshape(-1)
