"""Lists, points, intervals and sets: compared item by item, sets in any order.

    (1, 2)   [1, 2]   [0, 1)   {1, 2}   1, 2   x = 1 or x = 2   x = ±1   (0, 1) ∪ (2, 3)

What is separated outside of brackets is compared like a set: several solutions have no order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace

from grader import verdict
from grader.plain.tokens import Token, Unread, tokens
from grader.plain.values import Different, Equal, Equality, Invalid

MOST_ITEMS = 12
DEEPEST = 6
OPENING, CLOSING = frozenset("([{"), frozenset(")]}")
# What separates items outside of brackets, and the kind of list that it makes.
SEPARATORS = {",": "", "or": "or", "lor": "or", "and": "and", "land": "and", "∪": "∪"}
UNORDERED = ("{}", *SEPARATORS.values())
ALONE = "alone"  # instead of the brackets of what is no list
WORDS = {
    "{}": "a set", "()": "a point or an open interval", "[]": "a list", "": "several answers",
    "or": "alternatives", "and": "conditions", "∪": "a union", "alone": "no list",
}  # fmt: skip
_SEVERAL = re.compile(
    r"\[\s*\[|[,∪±]|\\pm|\bor\b|\band\b|\\(?:cup|lor|land)\b|[mM]atrix|array|\\begin"
)
EITHER = re.compile(r"±|\\pm(?![A-Za-z])")
_MATRIX = re.compile(
    r"\s*\\begin\{(?P<kind>[pbB]?matrix)\}(?P<rows>.*)\\end\{(?P=kind)\}\s*", re.DOTALL
)
_ROWS = re.compile(
    r"\s*(?:(?:sympy|sp|np|numpy)\.)?(?:[mM]atrix|array)\s*\((?P<rows>\s*\[.*\]\s*)\)\s*", re.DOTALL
)
# Intervals and unions as in Maxima, vectors, and U for a union between brackets.
ENDS = {"o": "()", "c": "[]"}
_INTERVAL = re.compile(r"%?\b(oo|oc|co|cc)\(([^()]*,[^()]*)\)")
_UNION = re.compile(r"\s*%?union\s*\((?P<inside>.*)\)\s*", re.DOTALL)
_PARTED = re.compile(r"(?<=[\])}])\s*,\s*(?=[\[({])")
_JOINED = re.compile(r"(?<=[\])}])\s*U\s*(?=[\[({][^\[\](){}]*,)")
_ANGLED = re.compile(
    r"\s*(?:\\left\s*)?(?:<|\\langle|⟨)(?P<inside>.*,.*?)(?:\\right\s*)?(?:>|\\rangle|⟩)\s*"
)
_VECTOR = re.compile(r"\s*[vV]ector\s*\((?P<inside>.*,.*)\)\s*")
_SPELT = re.compile(
    r"(?:oo|oc|co|cc|union|ector|atrix|array)\s*\(|[\])}]\s*U\s*[\[({]|^\s*(?:<|\\left|\\langle|⟨)|\\begin"
)
_NESTED = re.compile(r"\s*\[\s*\[")
INFINITE = re.compile(
    r"\s*(m(?=inf)|[+-]?)\s*(?:\\infty|∞|inf|infinity|oo)\s*(?:\\right\s*)?", re.IGNORECASE
)
_ENDLESS = re.compile(r"inf|∞|oo", re.IGNORECASE)

BELOW = ("-", "m", "M")  # signs of what is infinite below zero; Maxima writes minf

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
    if not _SEVERAL.search(text):
        return None
    if EITHER.search(text):
        return Items("", (EITHER.sub("+", text), EITHER.sub("-", text)))
    try:
        found = tokens(text)[:-1]
    except Unread:
        return None
    brackets = around(found)
    inside = found[1:-1] if brackets else found
    marks = [inside[place] for place in cuts(inside, "," if brackets else SEPARATORS)]
    if not marks and not (brackets == around(inside) == "[]"):  # a matrix of one row
        return None
    start = found[0].end if brackets else found[0].start
    end = found[-1].start if brackets else found[-1].end
    starts, ends = (start, *(mark.end for mark in marks)), (*(m.start for m in marks), end)
    texts = tuple(text[a:b] for a, b in zip(starts, ends, strict=True))
    return Items(brackets or SEPARATORS[word_of(marks[0])], texts)


def in_brackets(text: str) -> str:
    """Matrices, vectors, intervals and unions of other systems, written in brackets."""
    if not _SPELT.search(text):
        return text
    text = _INTERVAL.sub(
        lambda found: f"{ENDS[found[1][0]][0]}{found[2]}{ENDS[found[1][1]][1]}", text
    )
    text = _JOINED.sub("∪", text)
    for pattern in (_UNION, _ANGLED, _VECTOR):
        found = pattern.fullmatch(text)
        if found:
            inside = found["inside"]
            return _PARTED.sub("∪", inside) if pattern is _UNION else f"({inside})"
    latex, rows = _MATRIX.fullmatch(text), _ROWS.fullmatch(text)
    if latex:
        lines = [row.replace("&", ",") for row in latex["rows"].split("\\\\") if row.strip()]
        return f"[{','.join(f'[{row}]' for row in lines)}]"
    if rows:
        return rows["rows"] if _NESTED.match(rows["rows"]) else f"[{rows['rows']}]"
    return text


def word_of(token: Token) -> str:
    return token.text.lstrip("\\")


def around(text: Sequence[Token], deepest: int = DEEPEST) -> str:
    """The brackets around the whole text, if there are any, and no more than `deepest` in all."""
    depth = 0
    for place, token in enumerate(text):
        depth += (token.text in OPENING) - (token.text in CLOSING)
        if depth > deepest:
            return ""
        if not depth:
            whole = place == len(text) - 1 and token.text in CLOSING
            return text[0].text + token.text if whole else ""
    return ""


def cuts(text: Sequence[Token], words: Container[str]) -> list[int]:
    """Where the words stand that are outside of brackets."""
    depth, found = 0, []
    for place, token in enumerate(text):
        depth += (token.text in OPENING) - (token.text in CLOSING)
        if not depth and word_of(token) in words:
            found.append(place)
    return found


def separated(text: Sequence[Token], words: Container[str]) -> list[Sequence[Token]]:
    """The text cut at the words that stand outside of brackets."""
    places = cuts(text, words)
    starts, ends = (0, *(place + 1 for place in places)), (*places, len(text))
    return [text[a:b] for a, b in zip(starts, ends, strict=True)]


def compatible(left: str, right: str) -> bool:
    """Whether lists of these kinds are compared: a comma may stand for `or` and for `and`."""
    return left == right or ("" in (left, right) and {left, right} <= {"", "or", "and"})


def same_kind(left: Items | None, right: Items | None) -> bool:
    """Whether both are lists whose items are compared one by one: unions need not be."""
    if left is None or right is None or SEPARATORS["∪"] in (left.brackets, right.brackets):
        return False
    return compatible(left.brackets, right.brackets)


def lists_compared(left: Items, right: Items, compare: Compare) -> Equality:
    """Whether both lists have equal items."""
    if max(len(left.texts), len(right.texts)) > MOST_ITEMS:
        return Invalid("both", f"A list has at most {MOST_ITEMS} items.")
    if not compatible(left.brackets, right.brackets):
        return _of_two_kinds(left, right, compare)
    if left.brackets in UNORDERED or right.brackets in UNORDERED:
        return _as_sets(left.texts, right.texts, compare)
    if len(left.texts) != len(right.texts):
        return _differ(f"the left side has {len(left.texts)} items, the right {len(right.texts)}")
    return _together([compare(a, b) for a, b in zip(left.texts, right.texts, strict=True)])


def _of_two_kinds(left: Items, right: Items, compare: Compare) -> Equality:
    """A difference, if all can be read."""
    for side, items in (("left", left), ("right", right)):
        for text in items.texts:
            found = compare(text, text)
            if isinstance(found, Invalid):
                return replace(found, side=side)
    return _differ(f"the left side is {left.kind}, the right side {right.kind}")


def _differ(reason: str) -> Different:
    return Different({}, None, None, reason)


def ends_compared(left: str, right: str) -> Equality | None:
    """The comparison of what may be infinite; None where neither side is."""
    if not _ENDLESS.search(left + right):
        return None
    ends = INFINITE.fullmatch(left), INFINITE.fullmatch(right)
    if ends[0] and ends[1]:
        same = (ends[0][1] in BELOW) == (ends[1][1] in BELOW)
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
