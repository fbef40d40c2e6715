"""Whether two expressions are the same function: normal forms first, then balls.

There is no tolerance: see `engine.symbolic.balls`.  `same_function` compares two expressions over a
program, `equal` two texts in plain mathematics, whose symbols are the names that occur in them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TypeAlias

from engine.canonical import canonical, may_lack_values
from engine.errors import PrecisionExhausted
from engine.expression import Const, Expr, Var, apply, const, substitute, walk
from engine.notation import Problem
from engine.program import Program
from engine.symbolic import pointwise
from engine.symbolic.balls import Agreement
from engine.symbolic.zeros import same_zeros
from grader import verdict
from grader.compiled import comparison_of
from grader.plain.functions import EULER, MOST_BITS
from grader.plain.reader import Options
from grader.plain.statement import PLAIN, Statement, names_in, stated
from grader.plain.tokens import Unread, tokens
from grader.plain.words import IMAGINARY, Names, named
from grader.reading import MOST_NODES, sentence

EVERYWHERE = "equal by the laws of sums and products"
PROVED = "equal by a symbolic proof"
PROVABLE = 120  # nodes of both sides together
BUDGET = 4_000  # term products for a proof
LARGEST = 2 * MOST_BITS  # bits of a number
FIRST = 2  # points at which a difference is looked for before a proof is
TIGHT, DECIMAL = Options(tight=True), Options(decimal=True)
UNIT = frozenset((IMAGINARY,))
# Letters that may be constants, what they then are, and how that is said.
MEANINGS: Mapping[str, tuple[Expr, str]] = {
    **{each: (Var(IMAGINARY), f"with {each} the imaginary unit") for each in ("i", "j", "I")},
    "E": (EULER, "with E the base of the natural logarithm"),
}
_LOG = re.compile(r"(?<![A-Za-z])log(?![\w])")
_BASE = re.compile(r"E\s*(?:\^|\*\*)")
_TIGHT = re.compile(r"/\s?\d+(?:[A-Za-zα-ω\\])")


def same_function(program: Program, left: Expr, right: Expr) -> bool:
    """Whether both have one shape, values at the same places, and agree there.

    Balls that stay too wide count as a disagreement.
    """
    if left.shape != right.shape:
        return False
    if left == right or (_same_form(left, right) and _everywhere(program, left, right)):
        return True
    try:
        found = comparison_of(program).equal(left, right)
    except PrecisionExhausted:
        return False
    return isinstance(found, Agreement) and not (found.left or found.right)


def _everywhere(program: Program, *sides: Expr) -> bool:
    return not any(may_lack_values(side, program.dimensions) for side in sides)


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
class _Pair:
    """Two expressions to compare, with what their variables are."""

    left: Expr
    right: Expr
    positive: frozenset[str] = frozenset()
    foreign: Mapping[str, pointwise.Foreign] = field(default_factory=dict)

    def of(self, left: Expr, right: Expr) -> _Pair:
        """Other expressions over the same variables."""
        return replace(self, left=left, right=right)

    @property
    def domain(self) -> str:
        """For which values of the variables the sides are compared."""
        names = sorted((self.left.names | self.right.names) - {pointwise.CONSTANT} - UNIT)
        names = [name for name in names if name not in self.foreign]
        kinds = [f"{name} > 0" if name in self.positive else f"{name} real" for name in names]
        partial = any(may_lack_values(side, frozenset()) for side in (self.left, self.right))
        gaps = "where both sides have values" if partial and names else ""
        return " ".join(filter(None, (f"for {', '.join(kinds)}" if kinds else "", gaps)))


def equal(left: str, right: str, positive: frozenset[str] = frozenset()) -> Equality:
    """Whether two texts are the same function of the real numbers that their names stand for.

    The variables named in `positive` are greater than 0.  Where the texts differ as they are read
    first, other readings are tried that a text may have.
    """
    names = names_of(left, right)
    if isinstance(names, Invalid):
        return names
    known = frozenset(map(named, positive))
    found = _read_as(left, right, names, known, PLAIN)
    return _otherwise(left, right, names, known) or found if isinstance(found, Different) else found


def names_of(left: str, right: str) -> Names | Invalid:
    """The names in both texts."""
    for side, text in (("left", left), ("right", right)):
        try:
            tokens(text)
        except Unread as unread:
            return _unread(side, text, unread.problem)
    return names_in(left, right)


def _unread(side: str, text: str, problem: Problem) -> Invalid:
    return Invalid(side, sentence(problem), problem.span, text)


def _otherwise(left: str, right: str, names: Names, positive: frozenset[str]) -> Equality | None:
    """What another reading of the texts gives, where by one they are equal."""
    if bool(_LOG.search(left)) != bool(_LOG.search(right)):
        found = _read_as(left, right, names, positive, DECIMAL)
        if isinstance(found, Equal):
            return replace(found, remark="with log to the base 10")
    for letter in sorted(names.variables & MEANINGS.keys()):
        if letter == "E" and not _BASE.search(left + right):
            continue
        meaning, remark = MEANINGS[letter]
        found = _read_as(left, right, names, positive, PLAIN, {letter: meaning})
        if isinstance(found, Equal):
            return replace(found, remark=remark)
    if _TIGHT.search(left) or _TIGHT.search(right):
        found = _read_as(left, right, names, positive, TIGHT)
        if isinstance(found, Equal):
            return _asked_back(left, right)
    return None


def _asked_back(left: str, right: str) -> Invalid:
    side, text = ("left", left) if _TIGHT.search(left) else ("right", right)
    found = _TIGHT.search(text)
    span = found.span() if found else (0, len(text))
    return Invalid(side, "This can be read in two ways: write 1/(2x) or (1/2)x.", span, text)


def _read_as(
    left: str,
    right: str,
    names: Names,
    positive: frozenset[str],
    options: Options,
    meanings: Mapping[str, Expr] | None = None,
) -> Equality:
    """The comparison of the texts by one reading; `meanings` of letters that may be constants."""
    statements: list[Statement] = []
    for side, text in (("left", left), ("right", right)):
        match stated(text, names, options):
            case Problem() as problem:
                return _unread(side, text, problem)
            case Statement() as statement if _is_large(statement):
                problem = Problem("limit", (0, len(text)), "this is longer than can be looked at")
                return _unread(side, text, problem)
            case statement:
                statements.append(statement.where(meanings) if meanings else statement)
    return _stated(statements[0], statements[1], positive)


def sides_of(left: str, right: str) -> tuple[Expr, Expr] | None:
    """What two texts say, where both can be read."""
    names = names_of(left, right)
    if isinstance(names, Invalid):
        return None
    match stated(left, names), stated(right, names):
        case Statement() as one, Statement() as two:
            return one.value, two.value
    return None


def _is_large(statement: Statement) -> bool:
    operands = [arg for _, each in statement.foreign for arg in each.args]
    return any(
        side.nodes > MOST_NODES or any(map(_is_astronomical, walk(side)))
        for side in (*statement.sides, *operands)
    )


def _is_astronomical(node: Expr) -> bool:
    if not isinstance(node, Const):
        return False
    return max(node.value.numerator.bit_length(), node.value.denominator.bit_length()) > LARGEST


# Statements.


def _stated(left: Statement, right: Statement, positive: frozenset[str]) -> Equality:
    pair = _Pair(left.value, right.value, positive, dict(left.foreign + right.foreign))
    if IMAGINARY in left.names | right.names:
        if not _is_value(left, right):
            return Invalid("both", "Relations are compared over the real numbers only.")
        return _complex(pair)
    if _is_value(left, right):
        return _compared(pair)
    if left.relations and right.relations:
        return _related(left, right, pair)
    return _chain(left, right, pair)


def _is_value(left: Statement, right: Statement) -> bool:
    """Whether the last sides are what is compared: a name on the left is only a name."""
    named_both = bool(left.label) and bool(right.label)
    if named_both:
        return left.label == right.label or "()" in left.label + right.label
    return all(side.label or not side.relations for side in (left, right))


def _chain(left: Statement, right: Statement, pair: _Pair) -> Equality:
    """One side is an equation: a chain of equal steps has the value of its last one."""
    side, steps = ("left", left) if left.relations else ("right", right)
    if set(steps.relations) == {"="} and all(
        isinstance(_compared(pair.of(a, b)), Equal) for a, b in pairwise(steps.sides)
    ):
        return _compared(pair)
    return Invalid(side, f"The {side} side is a relation, the other one is an expression.")


def _related(left: Statement, right: Statement, pair: _Pair) -> Equality:
    """Two equations are equal when they have the same solutions, two inequalities likewise."""
    if len(left.relations) > 1 or len(right.relations) > 1:
        return Invalid("both", "A chain of relations is not compared with another one.")
    equations = (left.relations == ("=",), right.relations == ("=",))
    if equations == (True, True):
        return _equations(pair.of(_difference(left), _difference(right)))
    if any(equations):
        return Invalid("both", "One side is an equation, the other one is an inequality.")
    return _inequalities(left, right, pair)


def _difference(statement: Statement) -> Expr:
    first, last = statement.sides
    return last - first if statement.relations[0].startswith("<") else first - last


def _equations(pair: _Pair) -> Equality:
    same = None if pair.foreign else same_zeros(pair.left, pair.right)
    if same:
        return Equal(verdict.Proof("the equations have the same factors"))
    if same is False:
        return Different({}, None, None, "the equations have different solutions")
    found = _proportional(pair)
    return found or Invalid("both", "Whether these equations have the same solutions is not known.")


def _inequalities(left: Statement, right: Statement, pair: _Pair) -> Equality:
    differences = pair.of(_difference(left), _difference(right))
    found = _proportional(differences, signed=True)
    if found and ("=" in left.relations[0]) != ("=" in right.relations[0]):
        return Different({}, None, None, "one of them holds at its boundary, the other does not")
    if found:
        return found
    zero = const(0)
    signs = [apply("greater", side, zero) for side in (differences.left, differences.right)]
    apart = _compared(pair.of(*signs))
    if isinstance(apart, Different):
        return apart
    return Invalid("both", "Whether these inequalities have the same solutions is not known.")


def _proportional(pair: _Pair, signed: bool = False) -> Equal | None:
    """Whether the sides are multiples of each other; positive ones where `signed`."""
    names = sorted((pair.left.names | pair.right.names) - {pointwise.CONSTANT})
    point = {name: const(pointwise.coordinate(n, 0, False)) for n, name in enumerate(names)}
    one, two = substitute(pair.left, point), substitute(pair.right, point)
    if not isinstance(_compared(pair.of(one, const(0))), Different):
        return None
    if signed:
        one, two = one.apply("abs"), two.apply("abs")
    found = _compared(pair.of(pair.left * two, pair.right * one))
    return found if isinstance(found, Equal) else None


# Values.


def _compared(pair: _Pair) -> Equality:
    comparing = pointwise.Comparing(pair.left, pair.right, pair.positive, pair.foreign)
    apart = comparing.further(FIRST)
    if apart is None and _same_form(pair.left, pair.right) and comparing.agreed:
        return Equal(verdict.Proof(EVERYWHERE), pair.domain)
    apart = apart or comparing.further()
    if apart is not None:
        return _apart(apart)
    match comparing.outcome():
        case pointwise.Nowhere(left=False, right=False):
            return _complex(pair)
        case pointwise.Nowhere() as nowhere:
            return _nowhere(nowhere)
        case pointwise.Agreed(points=points, bits=bits):
            if _is_proved(pair):
                return Equal(verdict.Proof(PROVED), pair.domain)
            return Equal(verdict.Agreement(points, bits), pair.domain)
        case pointwise.Apart() as late:
            return _apart(late)


def _complex(pair: _Pair) -> Equality:
    """The comparison of principal values in the complex plane."""
    sides = pointwise.Principal(pair.left, pair.right, pair.positive, pair.foreign, UNIT)
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


def _same_form(left: Expr, right: Expr) -> bool:
    if left == right:
        return True
    normal = canonical(left)
    return normal is not None and normal == canonical(right)


def _is_proved(pair: _Pair) -> bool:
    """Whether the bounded proof succeeds."""
    if pair.left.nodes + pair.right.nodes > PROVABLE:
        return False
    return pointwise.proved(pair.left, pair.right, pair.positive, BUDGET)
