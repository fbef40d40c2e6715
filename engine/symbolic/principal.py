"""Principal values in the complex plane, compared where nothing is real or i is meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flint import acb, arb

from engine.expression import Expr
from engine.symbolic.balls import BITS, NEEDED, precision
from engine.symbolic.foreign import Foreign
from engine.symbolic.pointwise import (
    ENOUGH,
    Agreed,
    Apart,
    Complexes,
    Nowhere,
    Outcome,
    Points,
    variables,
)


@dataclass
class Principal:
    """A comparison of principal values in the complex plane; `units` are imaginary units.

    The other variables are real.  Agreement is meant beside 1.
    """

    left: Expr
    right: Expr
    positive: frozenset[str] = frozenset()
    foreign: Mapping[str, Foreign] = field(default_factory=dict)
    units: frozenset[str] = frozenset()
    seen_left: bool = False
    seen_right: bool = False

    def outcome(self) -> Outcome:
        """What is found at the first points at which both sides have values."""
        names = variables(self.left, self.right, self.foreign)
        points = Points(tuple(name for name in names if name not in self.units), self.positive)
        agreed = 0
        for turn in range(points.count):
            found = self._at(points, turn, BITS) or self._at(points, turn, 2 * BITS)
            if isinstance(found, Apart):
                return found
            agreed += found
            if agreed == ENOUGH:
                break
        return Agreed(agreed, NEEDED) if agreed else Nowhere(self.seen_left, self.seen_right)

    def _at(self, points: Points, turn: int, bits: int) -> Apart | bool:
        """A difference, or whether the sides agree."""
        with precision(bits):
            values: dict[str, arb | acb] = dict(points.values(turn, bits))
            values |= dict.fromkeys(self.units, acb(0, 1))
            complexes = Complexes(values).with_foreign(self.foreign)
            a, b = complexes.value(self.left), complexes.value(self.right)
            self.seen_left |= a.is_finite()
            self.seen_right |= b.is_finite()
            if not (a.is_finite() and b.is_finite()):
                return False
            if not a.overlaps(b):
                return Apart(points.point(turn), _complex_digits(a), _complex_digits(b))
            return bool((a - b).abs_upper() * arb(2) ** NEEDED <= abs(a) + 1)


def _complex_digits(value: acb) -> str:
    return str(value.str(15, radius=False))
