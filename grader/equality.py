"""Whether two expressions are the same function: normal forms first, then balls.

There is no tolerance: see `engine.symbolic.balls`.  `same_function` compares two expressions over a
program, `equal` two texts in plain mathematics, whose symbols are the names that occur in them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

from engine.canonical import canonical, may_lack_values
from engine.errors import EngineError, PrecisionExhausted
from engine.expression import Apply, Const, Expr, apply, const, rebuild, walk
from engine.notation import Ambiguous, Problem, Read, Unreadable, read, show
from engine.program import Program
from engine.symbolic import pointwise
from engine.symbolic.balls import Agreement
from grader import verdict
from grader.compiled import comparison_of
from grader.plain import names_of, scope_of_names
from grader.reading import LARGEST_NUMBER, MOST_NODES, sentence
from grader.spelled import LONGEST

EVERYWHERE = "equal by the laws of sums and products"
PROVED = "equal by a symbolic proof"
KEPT = 512  # texts
PROVABLE = 120  # nodes of both sides together
BUDGET = 4_000  # term products for a proof
SINGLE = frozenset(("transpose", "sum", "mean", "trace"))  # of one number: the number
STRAY = re.compile(r"\.\.|%|'|′|’")  # read as something else where there is an exercise
EULER = apply("exp", const(1))
FIRST = 2  # points at which a difference is looked for before a proof is


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


@dataclass(frozen=True)
class Different:
    """At `point` the sides surely differ; a side without a real value there is None."""

    point: Mapping[str, str]
    left: str | None
    right: str | None

    @property
    def text(self) -> str:
        """The witness in words."""
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


def equal(left: str, right: str, positive: frozenset[str] = frozenset()) -> Equality:
    """Whether two texts are the same function of the real numbers that their names stand for.

    The variables named in `positive` are greater than 0.
    """
    for side, text in (("left", left), ("right", right)):
        if len(text) > LONGEST:
            return Invalid(side, f"An expression has at most {LONGEST} characters.")
    texts = names_of(left, right)
    sides: list[Expr] = []
    for side, text in (("left", texts.left), ("right", texts.right)):
        match _understood(text, texts.names):
            case Problem() as problem:
                return Invalid(side, sentence(problem), problem.span, text)
            case expr:
                sides.append(expr)
    return _compared(sides[0], sides[1], frozenset(filter(None, map(texts.scope.lookup, positive))))


@lru_cache(maxsize=KEPT)
def _understood(text: str, names: frozenset[str]) -> Expr | Problem:
    """What a text says in plain numbers; a reference is read once for many answers."""
    whole = (0, len(text))
    if not text.strip():
        return Problem("parse", whole, "there is no expression here", text=text)
    stray = STRAY.search(text)
    if stray:
        return Problem("parse", stray.span(), f"'{stray[0]}' means nothing here", text=text)
    try:
        reading = read(text, scope_of_names(names))
    except EngineError as error:
        return Problem("parse", whole, str(error), text=text)
    match reading:
        case Unreadable(problem=problem):
            return _unknown(problem, text) if problem.kind == "unknown-symbol" else problem
        case Ambiguous(readings=readings):
            both = " or ".join(show(each.expr, "unicode") for each in readings)
            return Problem("parse", whole, f"this can be read as {both}", text=text)
        case Read(expr=expr):
            return _plain(expr, whole, text)


def _unknown(problem: Problem, text: str) -> Problem:
    """The problem of an unknown name, where there is no exercise that could know it."""
    name = text[slice(*problem.span)]
    return replace(problem, message=f"there is no function called '{name}'")


def _plain(expr: Expr, whole: tuple[int, int], text: str) -> Expr | Problem:
    if expr.nodes > MOST_NODES or any(map(_is_astronomical, walk(expr))):
        return Problem("limit", whole, "this is longer than can be looked at", text=text)
    try:
        pointwise.check(expr)
    except pointwise.NoNumber as stranger:
        return Problem("parse", whole, f"{stranger} has no meaning for plain numbers", text=text)
    return _simplified(expr)


def _is_astronomical(node: Expr) -> bool:
    if not isinstance(node, Const):
        return False
    return max(abs(node.value.numerator), node.value.denominator) > LARGEST_NUMBER


def _simplified(expr: Expr) -> Expr:
    """`expr` with powers of e as exponentials, and without sums over a single number."""
    if not isinstance(expr, Apply):
        return expr
    args = tuple([_simplified(arg) for arg in expr.args])
    if expr.op == "pow" and args[0] == EULER:
        return args[1].apply("exp")
    return args[0] if expr.op in SINGLE else rebuild(expr, args)


def _compared(left: Expr, right: Expr, positive: frozenset[str]) -> Equality:
    comparing = pointwise.Comparing(left, right, positive)
    apart = comparing.further(FIRST)
    if apart is None and _same_form(left, right) and comparing.agreed:
        return Equal(verdict.Proof(EVERYWHERE))
    apart = apart or comparing.further()
    if apart is not None:
        return _apart(apart)
    match comparing.outcome():
        case pointwise.Nowhere() as nowhere:
            return _nowhere(nowhere)
        case pointwise.Agreed(points=points, bits=bits):
            if _is_proved(left, right, positive):
                return Equal(verdict.Proof(PROVED))
            return Equal(verdict.Agreement(points, bits))
        case pointwise.Apart() as late:
            return _apart(late)


def _nowhere(found: pointwise.Nowhere) -> Invalid:
    if not (found.left or found.right):
        return Invalid("both", "Neither side has a real value at any point that was tried.")
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


def _is_proved(left: Expr, right: Expr, positive: frozenset[str]) -> bool:
    """Whether the bounded proof succeeds."""
    if left.nodes + right.nodes > PROVABLE:
        return False
    return pointwise.proved(left, right, positive, BUDGET)
