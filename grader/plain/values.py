"""Two expressions in plain numbers, compared as real functions: points, normal forms, a proof.

compared(pair) -> Equal | Different | Invalid
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from engine.canonical import canonical, may_lack_values
from engine.expression import Expr
from engine.symbolic import pointwise
from engine.symbolic.foreign import Foreign
from engine.symbolic.principal import Principal
from grader import verdict
from grader.plain.words import IMAGINARY

EVERYWHERE = "equal by the laws of sums and products"
PROVED = "equal by a symbolic proof"
PROVABLE = 120  # nodes of both sides together
BUDGET = 4_000  # term products for a proof
FIRST = 2  # points at which a difference is looked for before a proof is
UNIT = frozenset((IMAGINARY,))


@dataclass(frozen=True)
class Equal:
    """Both are the same function of real numbers."""

    evidence: verdict.Proof | verdict.Agreement
    domain: str = ""  # of the variables, and whether values may be lacking
    remark: str = ""  # on how the texts were read

    @property
    def text(self) -> str:
        """The evidence in words."""
        return ", ".join(filter(None, (self.evidence.text, self.domain, self.remark)))


@dataclass(frozen=True)
class Different:
    """At `point` the sides surely differ; a side without a real value there is None."""

    point: Mapping[str, str]
    left: str | None
    right: str | None
    reason: str = ""

    @property
    def text(self) -> str:
        """The witness in words."""
        if self.reason:
            return self.reason
        where = ", ".join(f"{name} = {value}" for name, value in self.point.items())
        sides = f"left {self.left or 'not real'}, right {self.right or 'not real'}"
        return f"at {where}: {sides}" if where else sides


@dataclass(frozen=True)
class Invalid:
    """Nothing can be said: `side` is left, right or both; `span` is a part of `text`."""

    side: str
    problem: str
    span: tuple[int, int] | None = None
    text: str = ""


Equality: TypeAlias = Equal | Different | Invalid


@dataclass(frozen=True)
class Pair:
    """Two expressions to compare, with what their variables are."""

    left: Expr
    right: Expr
    positive: frozenset[str] = frozenset()
    foreign: Mapping[str, Foreign] = field(default_factory=dict)

    def of(self, left: Expr, right: Expr) -> Pair:
        """Other expressions over the same variables."""
        return replace(self, left=left, right=right)

    @property
    def domain(self) -> str:
        """For which values of the variables the sides are compared."""
        names = sorted((self.left.names | self.right.names) - {pointwise.CONSTANT} - UNIT)
        names = [name for name in names if name not in self.foreign]
        whole = pointwise.whole_numbers(self.left, self.right)
        kinds = [
            f"{name} whole"
            if name in whole
            else f"{name} > 0"
            if name in self.positive
            else f"{name} real"
            for name in names
        ]
        partial = any(may_lack_values(side, frozenset()) for side in (self.left, self.right))
        gaps = "where both sides have values" if partial and names else ""
        return " ".join(filter(None, (f"for {', '.join(kinds)}" if kinds else "", gaps)))


def compared(pair: Pair) -> Equality:
    comparing = pointwise.Comparing(pair.left, pair.right, pair.positive, pair.foreign)
    apart = comparing.further(FIRST)
    if apart is None and same_form(pair.left, pair.right) and comparing.agreed:
        return Equal(verdict.Proof(EVERYWHERE), pair.domain)
    apart = apart or comparing.further()
    if apart is not None:
        return _apart(apart)
    match comparing.outcome():
        case pointwise.Nowhere(left=False, right=False):
            return in_the_complex_plane(pair)
        case pointwise.Nowhere() as nowhere:
            return _nowhere(nowhere)
        case pointwise.Agreed(points=points, bits=bits):
            if _is_proved(pair):
                return Equal(verdict.Proof(PROVED), pair.domain)
            return Equal(verdict.Agreement(points, bits), pair.domain)
        case pointwise.Apart() as late:
            return _apart(late)


def in_the_complex_plane(pair: Pair) -> Equality:
    """The comparison of principal values in the complex plane."""
    sides = Principal(pair.left, pair.right, pair.positive, pair.foreign, UNIT)
    match sides.outcome():
        case pointwise.Nowhere() as nowhere:
            return _nowhere(nowhere)
        case pointwise.Agreed(points=points, bits=bits):
            return Equal(verdict.Agreement(points, bits), "as complex numbers")
        case pointwise.Apart() as apart:
            return _apart(apart)


def _nowhere(found: pointwise.Nowhere) -> Invalid:
    if not (found.left or found.right):
        return Invalid("both", "Neither side has a value at any point that was tried.")
    side = "right" if found.left else "left"
    return Invalid(side, f"The {side} side has no value at any point that was tried.")


def _apart(found: pointwise.Apart) -> Different:
    point = {name: str(value) for name, value in found.point.items()}
    return Different(point, found.left, found.right)


def same_form(left: Expr, right: Expr) -> bool:
    if left == right:
        return True
    normal = canonical(left)
    return normal is not None and normal == canonical(right)


def _is_proved(pair: Pair) -> bool:
    """Whether the bounded proof succeeds."""
    if pair.left.nodes + pair.right.nodes > PROVABLE:
        return False
    return pointwise.proved(pair.left, pair.right, pair.positive, BUDGET, frozenset(pair.foreign))
