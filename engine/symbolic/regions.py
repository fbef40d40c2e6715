"""Sets of real numbers that conditions on one variable describe, compared exactly.

    same_region(left, right) -> Same | Apart | None

A condition compares rational functions with zero.  Between two neighbouring real zeros of their
numerators and denominators no sign changes: a rational number in every gap and the zeros themselves
decide.  Irreducible polynomials have different zeros; where their coefficients are no rational
numbers, such as in x - sqrt(2), zeros are taken for the same if they agree to MOST_BITS bits.
Equations with other functions of the variable, which stands in them once, are solved.  Conditions
on several variables, or with functions other than absolute values and maxima, are not decided.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import prod
from typing import Any, Literal, TypeAlias

from flint import Ordering, arb, fmpq, fmpq_mpoly_ctx, fmpq_poly

from engine.expression import Apply, Expr, Var, transform, walk
from engine.symbolic.balls import BITS, precision
from engine.symbolic.inverse import solved
from engine.symbolic.kernels import terms_of
from engine.symbolic.pointwise import CONSTANT, real_number
from engine.symbolic.zeros import MOST_NODES, Undecided, leaves_of, ratio

MOST_CASES = 4  # absolute values of a condition, each of which doubles it
MOST_ZEROS = 40
LONGEST_SHOWN = 24  # characters of a fraction
MOST_BITS = 4 * BITS

Relation: TypeAlias = Literal["=", "!=", ">", ">="]
Condition: TypeAlias = "Sign | Joined | Negated"


@dataclass(frozen=True)
class Sign:
    """`expr` compared with zero."""

    expr: Expr
    relation: Relation


@dataclass(frozen=True)
class Joined:
    """All of the parts, or any of them."""

    word: Literal["and", "or"]
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Negated:
    """What the part does not say."""

    part: Condition


@dataclass(frozen=True)
class Apart:
    """A number that one condition alone admits; `left` tells which."""

    point: str
    left: bool


@dataclass(frozen=True)
class Same:
    """Both admit the same numbers, where `merged` zeros agree to MOST_BITS bits."""

    merged: int


Outcome: TypeAlias = Same | Apart


def signs_of(condition: Condition) -> Iterator[Sign]:
    """The comparisons that a condition consists of."""
    match condition:
        case Sign():
            yield condition
        case Negated(part=part):
            yield from signs_of(part)
        case Joined(parts=parts):
            for each in parts:
                yield from signs_of(each)


def names_of(*conditions: Condition) -> frozenset[str]:
    """The variables of conditions."""
    found = (sign.expr.names for each in conditions for sign in signs_of(each))
    return frozenset().union(*found) - {CONSTANT}


def same_region(left: Condition, right: Condition, positive: bool = False) -> Outcome | None:
    """Whether the same numbers fulfil both; positive ones only where `positive`."""
    if len(names_of(left, right)) > 1:
        return None
    try:
        line = _Line.of(_split(left), _split(right))
        return _with_enough_bits(line, positive)
    except Undecided:
        return None


class TooWide(Exception):
    """A ball has no sign at the precision in force."""


def _with_enough_bits(line: _Line, positive: bool) -> Outcome:
    bits = BITS
    while bits <= MOST_BITS:
        try:
            with precision(bits):
                return line.compared(positive, merging=bits == MOST_BITS)
        except TooWide:
            bits *= 2
    raise Undecided


# Absolute values and maxima, by cases.


_CASES: Mapping[str, Callable[..., tuple[Expr, Expr, Expr]]] = {  # which, if it is ≥ 0, otherwise
    "abs": lambda u: (u, u, -u),
    "maximum": lambda u, v: (u - v, u, v),
}


def _split(condition: Condition) -> Condition:
    """The same condition without absolute values and maxima."""
    cases = sum(
        isinstance(node, Apply) and node.op in _CASES
        for sign in signs_of(condition)
        for node in walk(sign.expr)
    )
    if cases > MOST_CASES:
        raise Undecided
    match condition:
        case Sign():
            return _solved(condition) or _by_cases(condition)
        case Negated(part=part):
            return Negated(_split(part))
        case Joined(word=word, parts=parts):
            return Joined(word, tuple(map(_split, parts)))


def _solved(sign: Sign) -> Condition | None:
    """An equation that is no rational one, by its solutions; None where they are not known."""
    names = names_of(sign)
    if sign.relation not in ("=", "!=") or not names:
        return None
    (name,) = names
    if all(leaf == Var(name) or name not in leaf.names for _, leaf in leaves_of(sign.expr)):
        return None
    found = solved(sign.expr, name)
    if found is None:
        return None
    unknown: Expr = Var(name)
    solutions = Joined("or", tuple(Sign(unknown - each, "=") for each in found))
    return solutions if sign.relation == "=" else Negated(solutions)


def _by_cases(sign: Sign) -> Condition:
    for node in walk(sign.expr):
        if isinstance(node, Apply) and node.op in _CASES:
            which, yes, no = _CASES[node.op](*node.args)
            first = Sign(which, ">=")
            cases = [Sign(_with(sign.expr, node, each), sign.relation) for each in (yes, no)]
            one, two = map(_by_cases, cases)
            here, there = _by_cases(first), Negated(_by_cases(first))
            return Joined("or", (Joined("and", (here, one)), Joined("and", (there, two))))
    return sign


def _with(expr: Expr, node: Expr, other: Expr) -> Expr:
    """`expr` with `other` in the place of `node`."""
    return transform(expr, lambda each: other if each == node else each)


# The line, cut at the zeros.


@dataclass(frozen=True)
class _Cell:
    """A number that is the zero of the factors with these keys, of none between zeros."""

    place: arb
    exact: fmpq | None
    zero_of: frozenset[Hashable] = frozenset()

    @property
    def shown(self) -> str:
        exact = "" if self.exact is None else str(self.exact)
        return exact if 0 < len(exact) <= LONGEST_SHOWN else str(self.place.str(15, radius=False))


@dataclass(frozen=True)
class _Ratio:
    """The sign of a number, and keys of the factors of a fraction with their multiplicities."""

    above: tuple[Any, Mapping[Hashable, int]]
    below: tuple[Any, Mapping[Hashable, int]]


@dataclass
class _Line:
    """Two conditions with the fractions that they compare, and the irreducible factors of those."""

    left: Condition
    right: Condition
    constants: tuple[Expr, ...] = ()  # what stands for the generators behind the first one
    ratios: dict[Expr, _Ratio] = field(default_factory=dict)
    factors: dict[Hashable, Any] = field(default_factory=dict)
    merged: int = 0  # zeros of several factors, as far as balls can tell

    @classmethod
    def of(cls, left: Condition, right: Condition) -> _Line:
        signs = (*signs_of(left), *signs_of(right))
        if any(sign.expr.nodes > MOST_NODES for sign in signs):
            raise Undecided
        variable = names_of(left, right)
        leaves = {key: leaf for sign in signs for key, leaf in leaves_of(sign.expr)}
        constants = {key: leaf for key, leaf in leaves.items() if key not in variable}
        if any(variable & leaf.names for leaf in constants.values()):
            raise Undecided
        context = fmpq_mpoly_ctx.get([f"x{n}" for n in range(1 + len(constants))], Ordering.lex)
        generators = dict(zip((*variable, *constants), context.gens()[not variable :], strict=True))
        line = cls(left, right, tuple(constants.values()))
        for sign in signs:
            parts = map(line.factored, ratio(sign.expr, generators, context))
            line.ratios[sign.expr] = _Ratio(*parts)
        return line

    def factored(self, polynomial: Any) -> tuple[Any, Mapping[Hashable, int]]:
        """A leading number, and the powers of the irreducible factors, which are kept."""
        if polynomial == 0:
            return fmpq(0), {}
        number, factors = polynomial.factor()
        powers = {}
        for each, power in factors:
            powers[terms_of(each)] = power
            self.factors[terms_of(each)] = each
        return number, powers

    def compared(self, positive: bool, merging: bool) -> Outcome:
        """Whether the same cells fulfil both conditions; raises TooWide."""
        values = [_constant(each) for each in self.constants]
        polynomials = {key: _univariate(each, values) for key, each in self.factors.items()}
        for cell in self._cells(polynomials, merging):
            if positive and not cell.place > 0:
                continue
            signs = {key: _sign(each, key, cell) for key, each in polynomials.items()}
            one, two = _holds(self.left, signs, self.ratios), _holds(self.right, signs, self.ratios)
            if one != two:
                return Apart(cell.shown, one)
        return Same(self.merged)

    def _cells(self, polynomials: Mapping[Hashable, list[Any]], merging: bool) -> list[_Cell]:
        """The zeros in their order, and a rational number in every gap."""
        zeros = [zero for key, each in polynomials.items() for zero in _zeros_of(each, key)]
        if len(zeros) > MOST_ZEROS:
            raise Undecided
        found: list[_Cell] = []
        for zero in sorted(zeros, key=lambda cell: cell.place.mid()):
            if found and found[-1].place.overlaps(zero.place):
                if not merging:
                    raise TooWide
                self.merged += 1
                zero = replace(zero, zero_of=zero.zero_of | found.pop().zero_of)
            found.append(zero)
        return _with_gaps(found)


def _constant(expr: Expr) -> arb:
    value = real_number(expr)
    if not value.is_finite():
        raise Undecided
    return value


def _univariate(polynomial: Any, constants: Sequence[arb]) -> list[Any]:
    """The coefficients of the powers of the first variable; numbers for the others."""
    found: list[Any] = [fmpq(0)] * (1 + int(polynomial.degrees()[0]))
    for (power, *others), number in polynomial.to_dict().items():
        for value, exponent in zip(constants, others, strict=True):
            number = number * value ** int(exponent) if exponent else number
        found[power] = found[power] + number
    return found


def _zeros_of(coefficients: list[Any], key: Hashable) -> list[_Cell]:
    """The real zeros of an irreducible polynomial."""
    exact = all(isinstance(each, fmpq) for each in coefficients)
    match coefficients:
        case [_]:
            return []
        case [b, a]:
            zero = -b / a
            return [_Cell(arb(zero), zero if exact else None, frozenset((key,)))]
        case [c, b, a] if not exact:
            roots = _quadratic(a, b, c)
        case _ if exact:
            found: Any = fmpq_poly(coefficients).complex_roots()
            roots = [root.real for root, _ in found if root.imag == 0]
        case _:
            raise Undecided
    return [_Cell(root, None, frozenset((key,))) for root in roots]


def _quadratic(a: Any, b: Any, c: Any) -> list[arb]:
    inside = arb(b * b - 4 * a * c)
    if inside < 0:
        return []
    if not inside > 0:
        raise TooWide
    return [(-b + sign * inside.sqrt()) / (2 * a) for sign in (1, -1)]


def _sign(coefficients: list[Any], key: Hashable, cell: _Cell) -> int:
    """The sign of a polynomial in a cell."""
    if key in cell.zero_of:
        return 0
    place = cell.place if cell.exact is None else cell.exact
    value: Any = fmpq(0)
    for each in reversed(coefficients):
        value = value * place + each
    if not (value > 0 or value < 0):
        raise TooWide
    return 1 if value > 0 else -1


def _holds(
    condition: Condition, signs: Mapping[Hashable, int], ratios: Mapping[Expr, _Ratio]
) -> bool:
    match condition:
        case Sign(expr=expr, relation=relation):
            above, below = _product(ratios[expr].above, signs), _product(ratios[expr].below, signs)
            return bool(below) and _HOLD[relation](above * below)
        case Negated(part=part):
            return not _holds(part, signs, ratios)
        case Joined(word=word, parts=parts):
            return (all if word == "and" else any)(_holds(each, signs, ratios) for each in parts)


def _product(part: tuple[Any, Mapping[Hashable, int]], signs: Mapping[Hashable, int]) -> int:
    """The sign of a product of powers."""
    number, powers = part
    first = int(number > 0) - int(number < 0)
    found: int = prod((signs[key] ** power for key, power in powers.items()), start=first)
    return found


_HOLD: Mapping[Relation, Callable[[int], bool]] = {
    "=": lambda sign: sign == 0,
    "!=": lambda sign: sign != 0,
    ">": lambda sign: sign > 0,
    ">=": lambda sign: sign >= 0,
}


def _with_gaps(zeros: list[_Cell]) -> list[_Cell]:
    """The zeros, and rational numbers before, between and behind them."""
    if not zeros:
        return [_gap(fmpq(1))]
    places = [each.place.mid() for each in zeros]
    found = [_gap(_whole(places[0] - 1)), zeros[0]]
    for (a, b), zero in zip(pairwise(places), zeros[1:], strict=True):
        found += [_gap(_between(a, b)), zero]
    return [*found, _gap(_whole(places[-1] + 2))]


def _gap(number: fmpq) -> _Cell:
    return _Cell(arb(number), number)


def _between(a: arb, b: arb) -> fmpq:
    """A rational number between, with a small denominator where there is room."""
    unit = 1
    while (b - a) * unit <= 2:
        unit *= 2
    return _whole((a + b) / 2 * unit) / unit


def _whole(value: arb) -> fmpq:
    return fmpq(int(str(value.mid().floor().unique_fmpz())))
