"""A quantity at all sample points as one column of numbers, with what look-ups ask of it.

A column is held against many others: its length, its largest number and its fingerprint are worked
out once.  The fingerprint is the size of its projection on a fixed direction, divided by its
length: a number that is the same for all multiples of it, the negative included.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.shapes import Shape

CLOSE = 1e-8  # between two columns, relative to the largest number
PARALLEL = 1 - 1e-9  # the least squared cosine of columns that may be multiples of each other

Numbers: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Column:
    """All numbers of a quantity of one shape, point after point."""

    shape: Shape
    numbers: Numbers

    @cached_property
    def square(self) -> float:
        """The square of the length."""
        return float(self.numbers @ self.numbers)

    @property
    def finite(self) -> bool:
        """Whether there is a number everywhere."""
        return math.isfinite(self.square)

    @property
    def zero(self) -> bool:
        """Whether all numbers are zero."""
        return self.square == 0

    @property
    def usable(self) -> bool:
        """Whether it can be told from others: finite, and not all zero."""
        return self.finite and not self.zero

    @cached_property
    def largest(self) -> float:
        """The size of the largest number."""
        return float(np.abs(self.numbers).max(initial=0.0))

    @cached_property
    def fingerprint(self) -> float:
        """The number from 0 to 1 that all multiples share."""
        along = float(self.numbers @ direction(len(self.numbers)))
        return abs(along) / (math.sqrt(self.square) or 1.0)

    def factor(self, other: Column) -> float | None:
        """The factor by which this is a multiple of `other`; 1 for two that are zero."""
        if self.shape != other.shape or len(self.numbers) != len(other.numbers):
            return None
        if self.usable and other.usable:
            return self._multiple(other)
        return 1.0 if self.zero and other.zero else None

    def _multiple(self, other: Column) -> float | None:
        along = float(self.numbers @ other.numbers)
        if not along * along >= PARALLEL * self.square * other.square:
            return None
        factor = along / other.square
        apart = float(np.abs(self.numbers - factor * other.numbers).max())
        return factor if apart <= CLOSE * abs(factor) * other.largest else None


def fingerprints(columns: Numbers) -> Numbers:
    """The fingerprint of each row."""
    lengths = np.sqrt(np.einsum("rn,rn->r", columns, columns))
    return np.asarray(
        np.abs(columns @ direction(columns.shape[1])) / np.where(lengths > 0, lengths, 1.0)
    )


@cache
def direction(size: int) -> Numbers:
    """A fixed direction without symmetries, of length 1."""
    steps = np.cos(1.0 + 1.618033988749895 * np.arange(1, size + 1) ** 2)
    return np.asarray(steps / np.linalg.norm(steps))
