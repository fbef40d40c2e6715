"""What the words of two texts are: variables, products of letters, functions, constants.

A single letter, a Greek letter or a name with a subscript is a variable.  A word of several letters
is one variable where both texts use it (`rate`); otherwise it is a product (`xy`), perhaps with a
function in it (`xsin`).  `x2` is x with the subscript 2, unless x stands alone elsewhere and only
one text writes x2: then it is x times 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from engine.notation.spelling import GREEK
from grader.plain.functions import FUNCTIONS, GLUED, SHORT
from grader.plain.tokens import Kind, Token, Unread, tokens

CONSTANTS = {
    "e": "e", "pi": "pi", "Pi": "pi", "PI": "pi", "%pi": "pi", "%e": "e", "%phi": "golden",
}  # fmt: skip
IMAGINARY = "%i"
JOINTS = frozenset(("if", "else", "or", "and", "not", "in", "for", "otherwise"))
# Letters that are functions where a bracket follows and they never stand alone.
CALLED = {
    "f": "f", "g": "g", "gamma": "gamma", "Gamma": "gamma", "sigma": "sigmoid",
    "C": "binomial", "P": "perm",
}  # fmt: skip
SINGLE = GREEK.keys() | {"hbar", "ell"}
APPLIED = frozenset("({[|√^") | {"\\frac"}  # what may follow a function
LONGEST_PRODUCT = 8  # letters of a product written as one word
SHORTEST_NAME = 4  # letters of a variable's name
_LETTERS = re.compile(r"([^\W\d_]+)(\d*)")
_CHOICES = re.compile(r"(?<![A-Za-z])[CP](?=\([^()]*,)")  # C(n, k), but a product in C(x + 1)
_PARTS = re.compile(rf"{'|'.join(GLUED)}|theta|alpha|beta|omega|lambda|phi|pi|.")


@dataclass(frozen=True)
class Names:
    """What two texts call variables, and which letters are functions."""

    variables: frozenset[str]
    called: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Used:
    """The words of one text: all, those that are variables for sure, and how they are written."""

    words: frozenset[str]
    certain: frozenset[str]
    called: frozenset[str]  # with a bracket behind
    alone: frozenset[str]  # without one


def names_of(left: str, right: str) -> Names:
    """The names in both texts; raises Unread."""
    one, two = _used(left), _used(right)
    always = (one.called | two.called) - one.alone - two.alone
    called = always.intersection(CALLED) - ({"C", "P"} - set(_CHOICES.findall(left + right)))
    certain = (one.certain | two.certain) - called
    unsure = (one.words | two.words) - called - certain
    strange = frozenset(filter(_is_like_a_function, always & unsure))
    found = _settled(unsure - strange, one.words & two.words, certain)
    return Names(found, called)


def _is_like_a_function(word: str) -> bool:
    return len(word) > 2 and "_" not in word and not _has_function(word)


def _settled(
    unsure: frozenset[str], shared: frozenset[str], certain: frozenset[str]
) -> frozenset[str]:
    """The variables: certain ones, letters of products, and unsure words that are no products."""
    while True:
        cut = {word for word in unsure if _is_product(word, word in shared, certain)}
        if not cut:
            return certain | unsure
        certain |= {letter for word in cut for letter in letters(word)}
        unsure -= cut


def _is_product(word: str, shared: bool, certain: frozenset[str]) -> bool:
    """Whether a word is several factors; `certain` are the letters that stand alone."""
    parts = parts_of(word)
    if len(parts) == 1:  # x2, sin2
        return parts[0] in FUNCTIONS or (not shared and parts[0] in certain)
    if len(parts) > LONGEST_PRODUCT:
        return False
    few = len(parts) < SHORTEST_NAME and "_" not in word
    compound = any(len(part) > 1 for part in parts)
    return not shared or few or compound or all(each in certain for each in letters(word))


@lru_cache(maxsize=512)
def _used(text: str) -> _Used:
    words: set[str] = set()
    certain: set[str] = set()
    called: set[str] = set()
    alone: set[str] = set()
    for word, explicit, follows in _words(tokens(text)):
        (called if follows else alone).add(word)
        if not is_known(word, follows):
            words.add(word)
            if _is_one(word, explicit):
                certain.add(word)
    return _Used(*map(frozenset, (words, certain, called, alone)))


def _words(text: tuple[Token, ...]) -> Iterator[tuple[str, bool, bool]]:
    """Every word with its subscript, whether that is explicit, and whether a bracket follows."""
    for place, token in enumerate(text):
        if token.kind != "word":
            continue
        after = text[place + 1]
        if after.kind == "sub" and not _takes_base(token.text):
            yield named(token.text, after.text), True, False
        else:
            yield named(token.text), False, _is_applied(token, after)


def _is_applied(token: Token, after: Token) -> bool:
    """Whether a bracket follows closely; square ones behind the name of a function: Sqrt[x]."""
    function = len(token.text) > 1 and token.text.lower() in FUNCTIONS
    return not after.spaced and (after.text == "(" or (function and after.text == "["))


def named(word: str, sub: str = "") -> str:
    """A word with its subscript in the one spelling: x2, x_2 and x₂ are the same."""
    bare = word.lstrip("\\")
    found = _LETTERS.fullmatch(bare)
    if found and found[2] and bare not in FUNCTIONS:
        bare, sub = found[1], f"{found[2]}{sub}"
    return f"{bare}_{sub}" if sub else bare


def is_known(word: str, follows: bool = False) -> bool:
    """Whether a word is a constant, a function or a joint; `follows` when brackets come next."""
    if word in CONSTANTS or word in JOINTS or word == IMAGINARY:
        return True
    if word in FUNCTIONS:
        return word not in CALLED and (word not in SHORT or follows)
    return follows and len(word) > 1 and word.lower() in FUNCTIONS


def _takes_base(word: str) -> bool:
    return word.lstrip("\\") in ("log", "ln", "lg")


def _is_one(word: str, explicit: bool) -> bool:
    """Whether a word is one variable, whatever else there is."""
    stem, _, sub = word.partition("_")
    return stem in SINGLE or (len(stem) == 1 and (explicit or not sub))


def _has_function(word: str) -> bool:
    return any(len(part) > 1 and part in FUNCTIONS for part in parts_of(word))


@lru_cache(maxsize=1024)
def parts_of(word: str) -> tuple[str, ...]:
    """A word cut into functions, Greek letters, constants and letters."""
    return tuple(_PARTS.findall(word.partition("_")[0]))


def letters(word: str) -> tuple[str, ...]:
    """The variables in a word of several."""
    return tuple(
        part for part in parts_of(word) if part not in CONSTANTS and _kind(part)[0] == "var"
    )


# Words as tokens of their kinds.


def resolved(text: Sequence[Token], names: Names) -> tuple[Token, ...]:
    """The tokens with every word as variables, constants and functions."""
    found: list[Token] = []
    place = 0
    while place < len(text):
        token, after = text[place], text[min(place + 1, len(text) - 1)]
        place += 1
        if token.kind != "word":
            found.append(token)
            continue
        sub = after.text if after.kind == "sub" and not _takes_base(token.text) else ""
        place += bool(sub)
        found += _resolved(token, sub, after, names)
    has_increments = any(token.text == "Delta" for token in found)
    return tuple(_with_increments(found) if has_increments else found)


def _with_increments(text: Sequence[Token]) -> Iterator[Token]:
    """The tokens with an increment as one variable: Delta x."""
    place = 0
    while place < len(text):
        token, after = text[place], text[min(place + 1, len(text) - 1)]
        place += 1
        if token.kind == after.kind == "var" and token.text == "Delta" and token is not after:
            place += 1
            token = after._replace(text=f"Delta{after.text}", start=token.start)
        yield token


def _resolved(token: Token, sub: str, after: Token, names: Names) -> Iterator[Token]:
    word = named(token.text, sub)
    follows = not sub and _is_applied(token, after)
    if follows and word in names.called:
        yield _cut(token, "fun", CALLED[word])
    elif word in names.variables:
        yield _cut(token, "var", word)
    elif is_known(word, follows) and word[-1:].isdigit() and not _has_operand(after):
        yield from _parts(token, _LETTERS.sub(r"\1_\2", word), sub)  # log2 + log3
    elif is_known(word, follows):
        yield _known(token, word, follows)
    elif follows and _is_strange(word, names):
        raise Unread(token.span, f"there is no function called '{word}'")
    elif token.text.startswith("\\") and not _has_function(word):
        raise Unread(token.span, f"'{token.text}' means nothing here")
    else:
        yield from _parts(token, word, sub)


def _has_operand(after: Token) -> bool:
    """Whether a function is applied to what follows."""
    return after.kind not in ("op", "end") or after.text in APPLIED


def _known(token: Token, word: str, follows: bool) -> Token:
    if word in CONSTANTS or word == IMAGINARY:
        return _cut(token, "constant", CONSTANTS.get(word, word))
    if word in JOINTS and not (follows and word in FUNCTIONS):
        return _cut(token, "op", word)
    return _cut(token, "fun", word if word in FUNCTIONS else word.lower())


def _is_strange(word: str, names: Names) -> bool:
    """Whether a word is written like a function and is none: erf2(x), but not xyz(x + y z)."""
    return _is_like_a_function(word) and not names.variables.issuperset(word)


def _parts(token: Token, word: str, sub: str) -> Iterator[Token]:
    """The factors of a word of several, and the digits at its end."""
    stem, _, digits = word.partition("_")
    parts = parts_of(stem)
    for place, part in enumerate(parts):
        kind, text = _kind(part)
        if sub and place == len(parts) - 1:
            kind, text = "var", f"{part}_{digits}"
        yield Token(kind, text, token.start, token.end, token.spaced and not place)
    if digits and not sub:
        yield Token("number", digits, token.start, token.end, False, Fraction(digits))


def _kind(part: str) -> tuple[Kind, str]:
    if part in CONSTANTS:
        return "constant", CONSTANTS[part]
    return ("fun" if len(part) > 1 and part in FUNCTIONS else "var"), part


def _cut(token: Token, kind: Kind, text: str) -> Token:
    return Token(kind, text, token.start, token.end, token.spaced)
