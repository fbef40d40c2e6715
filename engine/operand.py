"""Arithmetic over the operator table, shared by expressions and by arrays.

A vector-Jacobian product is written once, with these methods; on `Expr` operands it builds a
formula, on `Batch` operands it computes numbers.
"""

from __future__ import annotations

from abc import abstractmethod
from fractions import Fraction
from functools import reduce
from operator import mul
from typing import Any, Self

from engine.shapes import Dim, Shape


class Operand:
    """Anything the operators of the table can be applied to.

    Abstract for the type checker alone: ABCMeta would slow down every isinstance of an expression.
    """

    __slots__ = ()

    shape: Shape

    @property
    def is_constant(self) -> bool:
        """Whether this is a number that nothing is differentiated for."""
        return False

    @abstractmethod
    def apply(self, operator: str, *others: Self, **attrs: Any) -> Self:
        """The result of `operator` on `self` and `others`."""

    @abstractmethod
    def constant(self, value: int | Fraction) -> Self:
        """A scalar operand of the same kind."""

    @abstractmethod
    def size(self, dim: Dim) -> Self:
        """The number that a dimension stands for, as a scalar operand of the same kind."""

    @abstractmethod
    def nullary(self, operator: str, **attrs: Any) -> Self:
        """An operand made from attributes alone, such as a matrix of ones."""

    def _lift(self, value: Self | int | Fraction) -> Self:
        return value if isinstance(value, Operand) else self.constant(value)

    def __add__(self, other: Self | int | Fraction) -> Self:
        return self.apply("add", self._lift(other))

    def __radd__(self, other: int | Fraction) -> Self:
        return self._lift(other).apply("add", self)

    def __sub__(self, other: Self | int | Fraction) -> Self:
        return self.apply("sub", self._lift(other))

    def __rsub__(self, other: int | Fraction) -> Self:
        return self._lift(other).apply("sub", self)

    def __mul__(self, other: Self | int | Fraction) -> Self:
        return self.apply("mul", self._lift(other))

    def __rmul__(self, other: int | Fraction) -> Self:
        return self._lift(other).apply("mul", self)

    def __truediv__(self, other: Self | int | Fraction) -> Self:
        return self.apply("div", self._lift(other))

    def __rtruediv__(self, other: int | Fraction) -> Self:
        return self._lift(other).apply("div", self)

    def __pow__(self, other: Self | int | Fraction) -> Self:
        return self.apply("pow", self._lift(other))

    def __neg__(self) -> Self:
        return self.apply("neg")

    def __matmul__(self, other: Self) -> Self:
        """The matrix product; with a scalar on either side, the scaled other side."""
        return self.apply("matmul" if self.shape and other.shape else "mul", other)

    @property
    def T(self) -> Self:
        """The transpose; a scalar is its own."""
        return self.apply("transpose") if self.shape else self

    def sum(self, axis: int | None = None, keepdims: bool = False) -> Self:
        """The sum of all entries, or along one axis; of a scalar, itself."""
        return self.apply("sum", axis=axis, keepdims=keepdims) if self.shape else self

    def filled(self, shape: Shape) -> Self:
        """`self` stretched to `shape`."""
        return self if self.shape == shape else self * self.nullary("ones", shape=shape)

    def count(self, shape: Shape) -> Self:
        """The number of entries of `shape`, as a scalar operand."""
        sizes = [self.size(dim) for dim in shape if dim != 1]
        return reduce(mul, sizes) if sizes else self.constant(1)
