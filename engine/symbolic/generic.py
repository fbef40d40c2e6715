"""Which polynomials over kernels are zero hardly anywhere, so that a tie with 0 can be ignored.

x > y and y > x complete each other away from x = y.  For two inputs that leaves out next to
nothing; for an entry and the largest entry of its row it leaves out what matters.  So a polynomial
counts as generic only where an input that it holds can be varied freely while everything else in
it stays: then its zeros are isolated along that input, unless all coefficients are zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from flint import fmpq, fmpq_mpoly, fmpz


@dataclass
class Independence:
    """What the generators of a ring depend on, as far as it is known."""

    free: set[int] = field(default_factory=set)  # can be varied on its own
    tied: set[int] = field(default_factory=set)  # may depend on anything
    nonzero: set[int] = field(default_factory=set)
    built_on: dict[int, frozenset[int]] = field(default_factory=dict)  # kernels

    def kernel(self, generator: int, *arguments: fmpq_mpoly) -> None:
        """Notes what a kernel is a function of."""
        held = [each for argument in arguments for each in support(argument)]
        self.built_on[generator] = frozenset(held).union(
            *(self.built_on.get(each, frozenset()) for each in held)
        )
        if not self.tied.isdisjoint(held):
            self.tied.add(generator)

    def is_generic(self, polynomial: fmpq_mpoly) -> bool:
        """Whether the zeros of `polynomial` surely fill no region."""
        held = support(polynomial)
        if self.nonzero.issuperset(held) and len(polynomial) == 1:  # a constant, too
            return True
        if not self.tied.isdisjoint(held):
            return False
        inside = frozenset[int]().union(*(self.built_on.get(each, ()) for each in held))
        varied = self.free.intersection(held) - inside
        return bool(varied) and any(map(self.is_generic, coefficients(polynomial, varied)))


def support(polynomial: fmpq_mpoly) -> list[int]:
    """The generators that occur."""
    return [number for number, degree in enumerate(polynomial.degrees()) if degree > 0]


def coefficients(polynomial: fmpq_mpoly, varied: set[int]) -> list[fmpq_mpoly]:
    """The coefficients of a polynomial in the generators `varied` alone."""
    parts: dict[tuple[int, ...], dict[tuple[int, ...], int | fmpz | fmpq]] = {}
    for powers, coefficient in polynomial.terms():
        inner = tuple(power if number in varied else 0 for number, power in enumerate(powers))
        rest = tuple(0 if number in varied else power for number, power in enumerate(powers))
        parts.setdefault(inner, {})[rest] = coefficient
    ring = polynomial.context()
    return [ring.from_dict(part) for part in parts.values()]
