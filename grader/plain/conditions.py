"""Texts as conditions on one number, compared by the numbers that fulfil them.

    x^2 > 4   1 < x < 3   x = 1 or x = 2   not (x < 1)   x = ±2   x ∈ [1, 2) ∪ {3}

Relations with the words between them are conditions; intervals, sets of numbers and their unions
are conditions on a number without a name.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache, reduce
from itertools import pairwise
from operator import mul
from typing import Literal, NamedTuple

from engine.canonical import canonical
from engine.expression import Expr, Var, apply, const, substitute
from engine.notation import Problem
from engine.symbolic.pointwise import CONSTANT, coordinate
from engine.symbolic.regions import (
    MOST_BITS,
    Apart,
    Condition,
    Joined,
    Negated,
    Relation,
    Same,
    Sign,
    names_of,
    same_region,
    signs_of,
)
from grader import verdict
from grader.plain.cursor import DEEPEST, Options
from grader.plain.functions import ONE
from grader.plain.lists import BELOW, EITHER, INFINITE, around, separated, word_of
from grader.plain.relations import equations_compared
from grader.plain.statement import PLAIN, Statement, stated
from grader.plain.tokens import Token, Unread, tokens
from grader.plain.values import Different, Equal, Equality, Invalid, Pair, compared
from grader.plain.words import IMAGINARY, Names, named

ZERO: Expr = const(0)
MOST_VARIABLES, TRIED = 3, 2  # variables, and values of all others for each of them
NUMBER = "·"  # the name of the number in an interval or a set
# What joins conditions; the last is what a comma between equations means.
WORDS: tuple[tuple[frozenset[str], Literal["and", "or"]], ...] = (
    (frozenset(("or", "lor", "∨", ",")), "or"),
    (frozenset(("and", "land", "wedge", "∧")), "and"),
)
ELEMENT = ("∈", "in")
NOT = frozenset(("not", "lnot", "neg", "¬"))
EVERYTHING = frozenset(("R", "ℝ", "reals"))
EMPTY = frozenset(("∅", "emptyset", "varnothing"))
UNDECIDED = Invalid("both", "Whether the same numbers fulfil both is not known.")
# A relation of two sides as a comparison of their difference with zero; True: the second first.
RELATIONS: dict[str, tuple[Relation, bool]] = {
    "=": ("=", False),
    "!=": ("!=", False),
    ">": (">", False),
    ">=": (">=", False),
    "<": (">", True),
    "<=": (">=", True),
}


class Reading(NamedTuple):
    """The names in both texts, and how the texts are read."""

    names: Names
    options: Options = PLAIN


def conditions_compared(
    left: str, right: str, reading: Reading, positive: frozenset[str], sets: bool
) -> Equality | None:
    """Whether the same numbers fulfil both; None where the texts are no conditions or simple ones.

    With `sets`, an interval, a set of numbers or a union is a condition as well.
    """
    one, two = (condition_of(text, reading) for text in (left, right))
    if sets and (one is None or two is None):
        found = names_of(*(each for each in (one, two) if each is not None))
        number = min(found, default=NUMBER)
        one, two = one or _set(left, number, reading), two or _set(right, number, reading)
    if one is None or two is None or IMAGINARY in (every := names_of(one, two)):
        return None
    match same_region(one, two, bool(every & positive)):
        case Same(merged=merged):
            proof = verdict.Proof("the same numbers fulfil both")
            evidence = verdict.Agreement(merged, MOST_BITS) if merged else proof
            return Equal(evidence, _domain(every, positive))
        case Apart(point=point, left=holds):
            alone = "left" if holds else "right"
            name = "".join(every - {NUMBER}) or "the number"
            return Different({}, None, None, f"{name} = {point} fulfils the {alone} side alone")
    simple = isinstance(one, Sign) and isinstance(two, Sign) and one.relation == two.relation
    return None if simple else _on_several(one, two, positive)


def told_apart(
    left: str, right: str, reading: Reading, positive: frozenset[str]
) -> Different | None:
    """A difference of conditions on several variables, all but one of which are given numbers."""
    one, two = (condition_of(text, reading) for text in (left, right))
    if one is None or two is None or IMAGINARY in names_of(one, two):
        return None
    return _apart_on_a_line(one, two, positive)


def _apart_on_a_line(
    left: Condition, right: Condition, positive: frozenset[str]
) -> Different | None:
    several = sorted(names_of(left, right))
    for kept in several if 1 < len(several) <= MOST_VARIABLES else ():
        for turn in range(TRIED):
            point = {
                name: coordinate(place, turn, False)
                for place, name in enumerate(several)
                if name != kept
            }
            values = {name: const(value) for name, value in point.items()}
            sides = (_with_values(left, values), _with_values(right, values))
            found = same_region(*sides, kept in positive)
            if isinstance(found, Apart):
                where = ", ".join(f"{name} = {value}" for name, value in point.items())
                alone = "left" if found.left else "right"
                reason = f"{where}, {kept} = {found.point} fulfils the {alone} side alone"
                return Different({}, None, None, reason)
    return None


def _with_values(condition: Condition, values: Mapping[str, Expr]) -> Condition:
    match condition:
        case Sign(expr=expr, relation=relation):
            return Sign(substitute(expr, values), relation)
        case Negated(part=part):
            return Negated(_with_values(part, values))
        case Joined(word=word, parts=parts):
            return Joined(word, tuple(_with_values(part, values) for part in parts))


def _on_several(left: Condition, right: Condition, positive: frozenset[str]) -> Equality:
    """The comparison of conditions on several variables, as far as it goes."""
    if _form(left) == _form(right):
        return Equal(verdict.Proof("the conditions are the same"))
    products = _product(left), _product(right)
    if products[0] is not None and products[1] is not None:
        same = equations_compared(Pair(products[0], products[1], positive))
        if not isinstance(same, Invalid):
            return same
        return _apart_on_a_line(left, right, positive) or same
    found = compared(Pair(_truth(left), _truth(right), positive))
    apart = found if isinstance(found, Different) else _apart_on_a_line(left, right, positive)
    return apart or UNDECIDED


def _form(condition: Condition) -> Hashable:
    """What is the same for conditions of the same parts in any order."""
    match condition:
        case Sign(expr=expr, relation=relation):
            return (canonical(expr) or expr, relation)
        case Negated(part=part):
            return ("not", _form(part))
        case Joined(word=word, parts=parts):
            return (word, frozenset(_form(each) for each in parts))


def _product(condition: Condition) -> Expr | None:
    """What is zero where one of several equations holds; None where it is something else."""
    match condition:
        case Sign(expr=expr, relation="="):
            return expr
        case Joined(word="or", parts=parts):
            factors = [_product(part) for part in parts]
            known = [each for each in factors if each is not None]
            return reduce(mul, known, ONE) if len(known) == len(factors) else None
    return None


def _truth(condition: Condition) -> Expr:
    """1 where the condition holds and 0 elsewhere, but for a set without inner points."""
    match condition:
        case Sign(expr=expr, relation=relation):
            if relation in ("=", "!="):
                return const(int(relation == "!="))
            return apply("greater", expr, const(0))
        case Negated(part=part):
            return 1 - _truth(part)
        case Joined(word="and", parts=parts):
            return reduce(mul, map(_truth, parts), ONE)
        case Joined(parts=parts):
            return reduce(lambda a, b: apply("maximum", a, b), map(_truth, parts), ZERO)


def _domain(names: frozenset[str], positive: frozenset[str]) -> str:
    kinds = (f"{name} > 0" if name in positive else f"{name} real" for name in names - {NUMBER})
    return "".join(f"for {kind}" for kind in kinds)


@lru_cache(maxsize=256)
def condition_of(text: str, reading: Reading) -> Condition | None:
    """The condition that a text states; None where it cannot be read or is none."""
    if EITHER.search(text):
        both = [condition_of(EITHER.sub(sign, text), reading) for sign in "+-"]
        return _joined("or", both)
    try:
        found = tokens(text)[:-1]
    except Unread:
        return None
    return _condition(text, found, reading) if found else None


def _condition(text: str, found: Sequence[Token], reading: Reading) -> Condition | None:
    for words, word in WORDS:
        parts = separated(found, words)
        if len(parts) > 1:
            if not all(parts):
                return None
            commas = word == "or" and any(each.text == "," for each in found)
            conditions = [_condition(text, part, reading) for part in parts]
            return None if commas and not _are_equations(conditions) else _joined(word, conditions)
    if word_of(found[0]) in NOT and len(found) > 1:
        part = _condition(text, found[1:], reading)
        return Negated(part) if part else None
    if len(found) > 2 and found[0].kind == "word" and found[1].text in ELEMENT:
        return _in_set(text, found[2:], named(found[0].text), reading)
    if len(found) > 2 and around(found, DEEPEST) == "()":
        return _condition(text, found[1:-1], reading)
    return _relation(text[found[0].start : found[-1].end], reading)


def _joined(word: Literal["and", "or"], parts: Sequence[Condition | None]) -> Condition | None:
    known = tuple(part for part in parts if part is not None)
    if len(known) < len(parts):
        return None
    return known[0] if len(known) == 1 else Joined(word, known)


def _are_equations(conditions: Sequence[Condition | None]) -> bool:
    return all(
        each is not None and all(sign.relation == "=" for sign in signs_of(each))
        for each in conditions
    )


def _relation(text: str, reading: Reading) -> Condition | None:
    match stated(text, reading.names, reading.options):
        case Problem():
            return None
        case Statement(sides=sides, relations=relations, foreign=()) if relations:
            steps = zip(pairwise(sides), relations, strict=True)
            return _joined("and", [_compared(a, b, relation) for (a, b), relation in steps])
    return None


def _compared(a: Expr, b: Expr, relation: str) -> Sign:
    kind, swapped = RELATIONS[relation]
    return Sign(b - a if swapped else a - b, kind)


# Intervals, sets and unions.


def _set(text: str, number: str, reading: Reading) -> Condition | None:
    """The condition that `number` is in a set; None where the text is no set of numbers."""
    try:
        found = tokens(text)[:-1]
    except Unread:
        return None
    return _in_set(text, found, number, reading)


def _in_set(text: str, found: Sequence[Token], number: str, reading: Reading) -> Condition | None:
    parts = separated(found, frozenset(("∪", "U")))
    if not found or not all(parts):
        return None
    return _joined("or", [_piece(text, part, number, reading) for part in parts])


def _piece(text: str, found: Sequence[Token], number: str, reading: Reading) -> Condition | None:
    brackets = around(found)
    if (len(found) == 1 and word_of(found[0]) in EMPTY) or (brackets == "{}" and len(found) == 2):
        return Joined("or", ())
    if len(found) == 1 and word_of(found[0]) in EVERYTHING:
        return Joined("and", ())
    items = [text[part[0].start : part[-1].end] for part in separated(found[1:-1], ",") if part]
    if brackets == "{}":
        return _joined("or", [_beside(item, "=", number, reading) for item in items])
    if len(brackets) != 2 or len(items) != 2:
        return None
    kinds = [">=" if brackets[0] == "[" else ">", "<=" if brackets[1] == "]" else "<"]
    ends = zip(items, kinds, strict=True)
    return _joined("and", [_beside(item, kind, number, reading) for item, kind in ends])


def _beside(text: str, relation: str, number: str, reading: Reading) -> Condition | None:
    """How the number compares with an element or an end."""
    infinite = INFINITE.fullmatch(text)
    if infinite:
        outward = (infinite[1] in BELOW) == (relation[0] == ">")
        return Joined("and" if outward and relation != "=" else "or", ())
    match stated(text, reading.names, reading.options):
        case Statement(sides=(value,), relations=(), foreign=()) if value.names <= {CONSTANT}:
            return _compared(Var(number), value, relation)
    return None
