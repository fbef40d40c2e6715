"""Numeric evaluation, vectorised over sample points.

A `Batch` holds the values of one quantity at all points, as an array of shape (points, *shape).
The elements are those of a `Field`: float64 here, rationals or balls elsewhere; the table's forward
code serves them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import UnknownSymbol
from engine.expression import Apply, Const, Expr, Var
from engine.operand import Operand
from engine.operators import operator as row_of
from engine.operators import shape_of
from engine.operators.arrays import aligned
from engine.program import Program
from engine.shapes import Dim, Shape, canonical, concrete

SMALL = 1000  # whole numbers below are kept as constants


@dataclass(frozen=True)
class Field:
    """A kind of number: how an exact rational becomes an element of an array of `dtype`.

    Numbers that recur are kept with the field, and go with it: a field may hold a whole algebra.
    """

    name: str
    dtype: np.dtype[Any]
    number: Callable[[Fraction], Any]
    small: dict[int, NDArray[Any]] = field(default_factory=dict, repr=False, compare=False)

    def array(self, values: Any) -> NDArray[Any]:
        """A (nested) sequence of rationals as an array of elements."""
        exact = np.asarray(values, dtype=object)
        flat = [self.number(value) for value in exact.reshape(-1)]
        result = np.empty(len(flat), dtype=self.dtype)
        result[:] = flat
        return result.reshape(exact.shape)

    def adopted(self, data: NDArray[Any]) -> NDArray[Any]:
        """`data`; a constant matrix that came out as float64 gets elements of this field."""
        if data.dtype == self.dtype:
            return data
        return self.array([Fraction(float(value)) for value in data.flat]).reshape(data.shape)


def _rounded(value: Fraction) -> float:
    """The nearest float64; `float` does the same in three times the time."""
    over, under = value.as_integer_ratio()
    return over / under


FLOAT = Field("float64", np.dtype(np.float64), _rounded)
EXACT = Field("rational", np.dtype(object), Fraction)


@dataclass(frozen=True, eq=False)
class Batch(Operand):
    """One quantity at all sample points.

    `data` is (points, *shape); a constant has one point.
    """

    data: NDArray[Any]
    shape: Shape
    field: Field = FLOAT
    is_constant: bool = False

    def apply(self, operator: str, *others: Batch, **attrs: Any) -> Batch:
        return applied(operator, (self, *others), attrs)

    def constant(self, value: int | Fraction) -> Batch:
        return constant(value, self.field)

    def size(self, dim: Dim) -> Batch:
        return self.constant(int(dim))

    def nullary(self, operator: str, **attrs: Any) -> Batch:
        return nullary(operator, self.field, **attrs)


def applied(operator: str, operands: tuple[Batch, ...], attrs: dict[str, Any]) -> Batch:
    """`operator` on `operands`, which are of one field; raises ShapeError."""
    row, field = row_of(operator), operands[0].field
    arrays = [each.data for each in operands]
    shapes = tuple([each.shape for each in operands])
    shape = shape_of(operator, shapes, tuple(attrs.items()) if attrs else ())
    if row.elementwise and len(arrays) > 1:
        data = row.forward(*aligned(*arrays), **attrs)
    else:
        data = row.forward(*arrays, **attrs)
    if data.dtype is not field.dtype:
        data = field.adopted(data)
    if data.shape[1:] != shape:
        data = data.reshape((len(data), *map(int, shape)))
    return Batch(data, shape, field)


def constant(value: int | Fraction, field: Field = FLOAT) -> Batch:
    """A scalar that is the same at every point."""
    whole = value.numerator
    if value.denominator != 1 or not -SMALL < whole < SMALL:
        return Batch(_constant(value, field), (), field, is_constant=True)
    # a small whole number is exact in every field, whatever precision is in force
    kept = field.small.get(whole)
    if kept is None:
        kept = field.small[whole] = _constant(whole, field)
    return Batch(kept, (), field, is_constant=True)


def _constant(value: int | Fraction, field: Field) -> NDArray[Any]:
    data = np.empty(1, dtype=field.dtype)
    data[0] = field.number(Fraction(value))
    data.flags.writeable = False
    return data


def nullary(operator: str, field: Field = FLOAT, **attrs: Any) -> Batch:
    """A constant matrix made from attributes alone."""
    data = field.adopted(row_of(operator).forward(**attrs))
    return Batch(data, canonical(data.shape[1:]), field)


@dataclass(frozen=True)
class Environment:
    """The values of names at the sample points, and the numbers drawn for the dimensions."""

    values: Mapping[str, Batch]
    sizes: Mapping[str, int]
    field: Field = field(default=FLOAT)

    def bound(self, name: str, value: Batch) -> Environment:
        """The environment with one more name."""
        return replace(self, values={**self.values, name: value})

    def evaluate(self, expr: Expr) -> Batch:
        """The value of `expr` at every point; raises UnknownSymbol for an unbound name.

        What occurs several times in it is evaluated once.
        """
        return self._value(expr, {})

    def _value(self, expr: Expr, known: dict[Expr, Batch]) -> Batch:
        if not isinstance(expr, Apply):
            return self._leaf(expr)
        found = known.get(expr)
        if found is None:
            found = known[expr] = self._applied(expr, known)
        return found

    def _applied(self, expr: Apply, known: dict[Expr, Batch]) -> Batch:
        if expr.op == "sum_over":
            return self._sum_over(expr.args[0], **expr.keywords)
        return self.combine(expr, tuple([self._value(arg, known) for arg in expr.args]))

    def _leaf(self, expr: Expr) -> Batch:
        if isinstance(expr, Var):
            return self._lookup(expr.name)
        if isinstance(expr, Const):
            return constant(expr.value, self.field)
        raise TypeError(f"{expr!r} is not an expression")

    def combine(self, expr: Apply, args: tuple[Batch, ...]) -> Batch:
        """The value of an application whose operands have been evaluated."""
        attrs = self.concrete_attrs(expr) if expr.attrs else {}
        if not args:
            return nullary(expr.op, self.field, **attrs)
        return applied(expr.op, args, attrs)

    def concrete_attrs(self, expr: Apply) -> dict[str, Any]:
        """The attributes of an application, with numbers for the dimensions."""
        attrs = expr.keywords
        if "shape" in attrs:
            attrs["shape"] = concrete(attrs["shape"], self.sizes)
        return attrs

    def index_values(self, size: Dim) -> list[Batch]:
        """The values 1..size of a bound index."""
        return [
            constant(value, self.field) for value in range(1, concrete((size,), self.sizes)[0] + 1)
        ]

    def _sum_over(self, body: Expr, index: str, size: Dim) -> Batch:
        terms = [self.bound(index, value).evaluate(body) for value in self.index_values(size)]
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return total

    def _lookup(self, name: str) -> Batch:
        found = self.values.get(name)
        if found is not None:
            return found
        if name in self.sizes:
            return constant(self.sizes[name], self.field)
        raise UnknownSymbol(f"{name} has no value here")


def forward(program: Program, inputs: Environment) -> Environment:
    """`inputs` extended by the value of every statement of `program`."""
    values = dict(inputs.values)
    env = replace(inputs, values=values)
    for statement in program.statements:
        values[statement.name] = env.evaluate(statement.value)
    return env
