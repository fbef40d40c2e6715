"""What two texts state, compared: values, equations by their solutions, inequalities likewise."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from engine.expression import Expr, Var, apply, const, substitute
from engine.symbolic import pointwise
from engine.symbolic.zeros import same_zeros
from grader import verdict
from grader.plain.statement import Statement
from grader.plain.values import (
    Different,
    Equal,
    Equality,
    Invalid,
    Pair,
    compared,
    in_the_complex_plane,
)
from grader.plain.words import IMAGINARY

MOST_SOLVED = 3  # variables for which an equation is solved


def statements_compared(left: Statement, right: Statement, positive: frozenset[str]) -> Equality:
    """What two statements have to do with each other; variables in `positive` are above 0."""
    pair = Pair(left.value, right.value, positive, dict(left.foreign + right.foreign))
    if IMAGINARY in left.names | right.names:
        if not _is_value(left, right):
            return Invalid("both", "Relations are compared over the real numbers only.")
        return in_the_complex_plane(pair)
    if _is_value(left, right):
        return compared(pair)
    if left.relations and right.relations:
        return _related(left, right, pair)
    return _chain(left, right, pair)


def _is_value(left: Statement, right: Statement) -> bool:
    """Whether the last sides are what is compared: a name on the left is only a name."""
    named_both = bool(left.label) and bool(right.label)
    if named_both:
        return left.label == right.label or "()" in left.label + right.label
    return all(side.label or not side.relations for side in (left, right))


def _chain(left: Statement, right: Statement, pair: Pair) -> Equality:
    """One side is an equation: a chain of equal steps has the value of its last one."""
    side, steps = ("left", left) if left.relations else ("right", right)
    if set(steps.relations) == {"="} and all(
        isinstance(compared(pair.of(a, b)), Equal) for a, b in pairwise(steps.sides)
    ):
        return compared(pair)
    return Different({}, None, None, f"the {side} side is a relation, the other one is none")


def _related(left: Statement, right: Statement, pair: Pair) -> Equality:
    """Two equations are equal when they have the same solutions, two inequalities likewise."""
    if len(left.relations) > 1 or len(right.relations) > 1:
        return Invalid("both", "A chain of relations is not compared with another one.")
    equations = (left.relations == ("=",), right.relations == ("=",))
    if equations == (True, True):
        return equations_compared(pair.of(_difference(left), _difference(right)))
    if any(equations):
        return Invalid("both", "One side is an equation, the other one is an inequality.")
    return _inequalities(left, right, pair)


def _difference(statement: Statement) -> Expr:
    first, last = statement.sides
    return last - first if statement.relations[0].startswith("<") else first - last


def equations_compared(pair: Pair) -> Equality:
    """Whether both sides of the pair are zero at the same places."""
    same = None if pair.foreign else same_zeros(pair.left, pair.right)
    if same:
        return Equal(verdict.Proof("the equations have the same factors"))
    if same is False:
        return Different({}, None, None, "the equations have different solutions")
    found = _proportional(pair) or _solved(pair)
    return found or Invalid("both", "Whether these equations have the same solutions is not known.")


def _solved(pair: Pair) -> Equality | None:
    """The comparison by solutions, where each equation can be solved for a variable."""
    forth, back = _holds_on(pair), _holds_on(pair.of(pair.right, pair.left))
    match forth, back:
        case (Different() as apart, _) | (_, Different() as apart):
            return replace(apart, reason=f"a solution of one of them alone, {apart.text}")
        case Equal() as equal, Equal():
            return replace(equal, remark="for the solutions of each")
    return None


def _holds_on(pair: Pair) -> Equal | Different | None:
    """Whether the right side is zero wherever the left one is, which is solved for a variable."""
    for name in sorted((pair.left.names & pair.right.names) - {pointwise.CONSTANT})[:MOST_SOLVED]:
        found = _holds_at(pair, name)
        if found:
            return found
    return None


def _holds_at(pair: Pair, name: str) -> Equal | Different | None:
    """The same for one variable, in which the left side is linear: a name + b."""
    zero = const(0)
    b = substitute(pair.left, {name: zero})
    a = substitute(pair.left, {name: const(1)}) - b
    linear = compared(pair.of(pair.left, a * Var(name) + b))
    if not isinstance(linear, Equal) or not isinstance(compared(pair.of(a, zero)), Different):
        return None
    found = compared(pair.of(substitute(pair.right, {name: -b / a}), zero))
    return None if isinstance(found, Invalid) else found


def _inequalities(left: Statement, right: Statement, pair: Pair) -> Equality:
    differences = pair.of(_difference(left), _difference(right))
    found = _proportional(differences, signed=True)
    if found and ("=" in left.relations[0]) != ("=" in right.relations[0]):
        return Different({}, None, None, "one of them holds at its boundary, the other does not")
    if found:
        return found
    zero = const(0)
    signs = [apply("greater", side, zero) for side in (differences.left, differences.right)]
    apart = compared(pair.of(*signs))
    if isinstance(apart, Different):
        return apart
    return Invalid("both", "Whether these inequalities have the same solutions is not known.")


def _proportional(pair: Pair, signed: bool = False) -> Equal | None:
    """Whether the sides are multiples of each other; positive ones where `signed`."""
    names = sorted((pair.left.names | pair.right.names) - {pointwise.CONSTANT})
    point = {name: const(pointwise.coordinate(n, 0, False)) for n, name in enumerate(names)}
    one, two = substitute(pair.left, point), substitute(pair.right, point)
    if not isinstance(compared(pair.of(one, const(0))), Different):
        return None
    if signed:
        one, two = one.apply("abs"), two.apply("abs")
    found = compared(pair.of(pair.left * two, pair.right * one))
    return found if isinstance(found, Equal) else None
