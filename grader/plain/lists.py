"""Lists, points, intervals and sets: compared item by item, sets in any order.

    (1, 2)   [1, 2]   [0, 1)   {1, 2}   1, 2

What stands between commas without brackets is compared like a set: several solutions have no order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from grader import verdict
from grader.plain.tokens import Token, Unread, tokens
from grader.plain.values import Different, Equal, Equality, Invalid

MOST_ITEMS = 12
DEEPEST = 6
OPENING, CLOSING = frozenset("([{"), frozenset(")]}")
UNORDERED = ("{}", "")
WORDS = {"{}": "a set", "()": "a point or an open interval", "[]": "a list", "": "several answers"}
_INFINITE = re.compile(
    r"\s*([+-]?)\s*(?:\\infty|∞|inf|infinity|oo)\s*(?:\\right\s*)?", re.IGNORECASE
)
_ENDLESS = re.compile(r"inf|∞|oo", re.IGNORECASE)

Compare = Callable[[str, str], Equality]


@dataclass(frozen=True)
class Items:
    """The items of a list and its brackets; none around several answers."""

    brackets: str
    texts: tuple[str, ...]

    @property
    def kind(self) -> str:
        """What this is in words."""
        return WORDS.get(self.brackets, "an interval")


def items_of(text: str) -> Items | None:
    """The items of a text, where it is a list."""
    if "," not in text:
        return None
    try:
        found = tokens(text)[:-1]
    except Unread:
        return None
    brackets = _around(found)
    commas = _commas(found, 1 if brackets else 0)
    if not commas:
        return None
    start = found[0].end if brackets else found[0].start
    end = found[-1].start if brackets else found[-1].end
    starts, ends = (start, *(comma.end for comma in commas)), (*(c.start for c in commas), end)
    return Items(brackets, tuple(text[a:b] for a, b in zip(starts, ends, strict=True)))


def _around(text: Sequence[Token]) -> str:
    """The brackets around the whole text, if there are any."""
    depth = 0
    for place, token in enumerate(text):
        depth += (token.text in OPENING) - (token.text in CLOSING)
        if depth > DEEPEST:
            return ""
        if not depth:
            whole = place == len(text) - 1 and token.text in CLOSING
            return text[0].text + token.text if whole else ""
    return ""


def _commas(text: Sequence[Token], wanted: int) -> list[Token]:
    depth, found = 0, []
    for token in text:
        depth += (token.text in OPENING) - (token.text in CLOSING)
        if token.text == "," and depth == wanted:
            found.append(token)
    return found


def lists_compared(left: Items | None, right: Items | None, compare: Compare) -> Equality:
    """Whether both lists have equal items."""
    if left is None or right is None:
        side, items = ("left", left) if left else ("right", right)
        return Invalid(
            side, f"The {side} side is {items.kind if items else ''}, the other is none."
        )
    if left.brackets != right.brackets:
        return Invalid("both", f"The left side is {left.kind}, the right side {right.kind}.")
    if max(len(left.texts), len(right.texts)) > MOST_ITEMS:
        return Invalid("both", f"A list has at most {MOST_ITEMS} items.")
    if left.brackets in UNORDERED:
        return _as_sets(left.texts, right.texts, compare)
    if len(left.texts) != len(right.texts):
        return _differ(f"the left side has {len(left.texts)} items, the right {len(right.texts)}")
    return _together([compare(a, b) for a, b in zip(left.texts, right.texts, strict=True)])


def _differ(reason: str) -> Different:
    return Different({}, None, None, reason)


def ends_compared(left: str, right: str) -> Equality | None:
    """The comparison of what may be infinite; None where neither side is."""
    if not _ENDLESS.search(left + right):
        return None
    ends = _INFINITE.fullmatch(left), _INFINITE.fullmatch(right)
    if ends[0] and ends[1]:
        same = (ends[0][1] == "-") == (ends[1][1] == "-")
        return Equal(verdict.Proof("both are infinite")) if same else _differ("opposite infinities")
    return _differ("one side is infinite, the other is not") if ends[0] or ends[1] else None


def _together(found: Sequence[Equality]) -> Equality:
    """What is known of the whole: an item that cannot be read first, then one that differs."""
    for kind in (Invalid, Different):
        for number, each in enumerate(found, start=1):
            if isinstance(each, kind):
                return each if kind is Invalid else _differ(f"item {number}: {_text(each)}")
    weakest = min((each for each in found if isinstance(each, Equal)), key=_strength)
    return weakest


def _text(found: Equality) -> str:
    return found.problem if isinstance(found, Invalid) else found.text


def _strength(found: Equal) -> int:
    match found.evidence:
        case verdict.Agreement(bits=bits):
            return bits
    return 10**9


def _as_sets(left: Sequence[str], right: Sequence[str], compare: Compare) -> Equality:
    """Every item of each side has an equal one on the other."""
    table = [[compare(a, b) for b in right] for a in left]
    columns = [list(column) for column in zip(*table, strict=True)]
    best: list[Equality] = []
    for number, row in enumerate((*table, *columns)):
        same = next((each for each in row if isinstance(each, Equal)), None)
        unread = next((each for each in row if isinstance(each, Invalid)), None)
        item = number % len(left) + 1 if number < len(left) else number - len(left) + 1
        side = "left" if number < len(left) else "right"
        best.append(same or unread or _differ(f"item {item} of the {side} side is only there"))
    for kind in (Invalid, Different):
        worst = next((each for each in best if isinstance(each, kind)), None)
        if worst:
            return worst
    return _together(best)
