"""Whether two expressions are the same function: normal forms first, then balls.

There is no tolerance: see `engine.symbolic.balls`.  `same_function` compares two expressions over a
program, `equal` two texts in plain mathematics, whose symbols are the names that occur in them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from engine.canonical import may_lack_values
from engine.errors import PrecisionExhausted
from engine.expression import Expr, Var
from engine.notation import Problem
from engine.program import Program
from engine.symbolic.balls import Agreement
from grader.compiled import comparison_of
from grader.plain.conditions import Reading, conditions_compared, told_apart
from grader.plain.cursor import Options
from grader.plain.functions import EULER
from grader.plain.lists import (
    ALONE,
    Items,
    ends_compared,
    in_brackets,
    items_of,
    lists_compared,
    same_kind,
)
from grader.plain.relations import statements_compared
from grader.plain.statement import PLAIN, Statement, stated
from grader.plain.tokens import Unread, tokens
from grader.plain.values import Different, Equal, Equality, Invalid, same_form
from grader.plain.words import IMAGINARY, Names, named
from grader.plain.words import names_of as names_in
from grader.reading import sentence

__all__ = ("Different", "Equal", "Equality", "Invalid", "equal", "same_function", "sides_of")

TIGHT, DECIMAL = Options(tight=True), Options(decimal=True)
# Letters that may be constants, what they then are, and how that is said.
MEANINGS: Mapping[str, tuple[Expr, str]] = {
    **{each: (Var(IMAGINARY), f"with {each} the imaginary unit") for each in ("i", "j", "I")},
    "E": (EULER, "with E the base of the natural logarithm"),
}
_LOG = re.compile(r"(?<![A-Za-z])log(?![\w])")
_BASE = re.compile(r"E\s*(?:\^|\*\*)")
_RELATION = re.compile(
    r"[<>=≤≥≠∅∈]|\bin\b|\\in(?![a-z])|\\(?:[lgn]eq?|[lg]t|emptyset|varnothing)(?![a-z])"
)
_COMMA = re.compile(r"\s*(?P<opening>\()?\s*-?\d+,\d+\s*(?(opening)\))\s*")
_TIGHT = re.compile(r"/\s?[^\s+\-*/^()=,]+[\w\\(]")


def same_function(program: Program, left: Expr, right: Expr) -> bool:
    """Whether both have one shape, values at the same places, and agree there.

    Balls that stay too wide count as a disagreement.
    """
    if left.shape != right.shape:
        return False
    if left == right or (same_form(left, right) and _everywhere(program, left, right)):
        return True
    try:
        found = comparison_of(program).equal(left, right)
    except PrecisionExhausted:
        return False
    return isinstance(found, Agreement) and not (found.left or found.right)


def _everywhere(program: Program, *sides: Expr) -> bool:
    return not any(may_lack_values(side, program.dimensions) for side in sides)


def equal(left: str, right: str, positive: frozenset[str] = frozenset()) -> Equality:
    """Whether two texts are the same function of the real numbers that their names stand for.

    The variables named in `positive` are greater than 0.  Where the texts differ as they are read
    first, other readings are tried that a text may have.
    """
    left, right = in_brackets(left), in_brackets(right)
    ends = ends_compared(left, right)
    if ends:
        return ends
    lists = items_of(left), items_of(right)
    names = names_of(left, right)
    known = frozenset(map(named, positive))
    if isinstance(names, Names) and (any(lists) or _RELATION.search(left + right)):
        found = _as_conditions(left, right, names, known, PLAIN)
        if isinstance(found, Different):
            return _otherwise(left, right, names, known) or found
        if found and not (isinstance(found, Invalid) and same_kind(*lists)):
            return found
    if any(lists):
        return _by_commas(left, right, positive) or lists_compared(
            lists[0] or Items(ALONE, (left,)),
            lists[1] or Items(ALONE, (right,)),
            lambda one, other: equal(one, other, positive),
        )
    if isinstance(names, Invalid):
        return names
    found = _read_as(left, right, names, known, PLAIN)
    if isinstance(found, Invalid) and found.side == "both":
        return told_apart(left, right, Reading(names), known) or found
    return _otherwise(left, right, names, known) or found if isinstance(found, Different) else found


def _as_conditions(
    left: str, right: str, names: Names, positive: frozenset[str], options: Options
) -> Equality | None:
    """The comparison of texts that are conditions, intervals or sets; None where they are not."""
    sets = not same_kind(items_of(left), items_of(right))
    return conditions_compared(left, right, Reading(names, options), positive, sets)


def _by_commas(left: str, right: str, positive: frozenset[str]) -> Equality | None:
    """What a comma within a number makes of the texts, where one of them alone has it."""
    found = _COMMA.fullmatch(left), _COMMA.fullmatch(right)
    if bool(found[0]) == bool(found[1]):
        return None
    side, match = ("left", found[0]) if found[0] else ("right", found[1])
    assert match
    sign = "" if match["opening"] else "."
    number = match.string.replace(",", sign)
    same = equal(number, right, positive) if found[0] else equal(left, number, positive)
    if not isinstance(same, Equal):
        return None
    if match["opening"]:
        problem = "This is a pair of numbers, or a thousand. Leave the comma out."
        return Invalid(side, problem, match.span(), match.string)
    return replace(same, remark="with a decimal comma")


def names_of(left: str, right: str) -> Names | Invalid:
    """The names in both texts, where they can be told."""
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
        found = _by_reading(left, right, names, positive, DECIMAL)
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
        found = _by_reading(left, right, names, positive, TIGHT)
        if isinstance(found, Equal):
            return _asked_back(left, right)
    return None


def _by_reading(
    left: str, right: str, names: Names, positive: frozenset[str], options: Options
) -> Equality:
    found = _as_conditions(left, right, names, positive, options)
    return found or _read_as(left, right, names, positive, options)


def _asked_back(left: str, right: str) -> Invalid:
    side, text = ("left", left) if _TIGHT.search(left) else ("right", right)
    found = _TIGHT.search(text)
    span = found.span() if found else (0, len(text))
    return Invalid(
        side, "This can be read in two ways: as 1/(2x) or as (1/2)x. Write brackets.", span, text
    )


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
            case statement:
                statements.append(statement.where(meanings) if meanings else statement)
    return statements_compared(statements[0], statements[1], positive)


def sides_of(left: str, right: str) -> tuple[Expr, Expr] | None:
    """What two texts say, where both can be read."""
    names = names_of(left, right)
    if isinstance(names, Invalid):
        return None
    match stated(left, names), stated(right, names):
        case Statement() as one, Statement() as two:
            return one.value, two.value
    return None
