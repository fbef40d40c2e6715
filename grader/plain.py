"""The names in two texts of plain mathematics: which words are variables, and which are several.

A single letter, a Greek letter or a name with a subscript or number is a variable.  A word of
several letters is one variable where both texts use it (`rate`); otherwise it is a product of
letters (`xy`), perhaps with a function among them (`xsin`, `sinx`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from engine.expression import Expr, apply, const
from engine.notation import Scope, vocabulary
from engine.notation.scope import normal
from engine.notation.spelling import GREEK
from engine.shapes import SCALAR, Shape
from grader.spelled import respelled

ELEMENTARY = (
    "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "sqrt",
    "sin", "cos", "tan", "sec", "csc", "cot", "exp", "log", "abs", "ln",
)  # fmt: skip
KNOWN = vocabulary.FUNCTIONS.keys() | {*ELEMENTARY, "log10", "log2", "min"}
PASSED = frozenset({"for", "in", "if", "and", "or", "np", "math"}) | vocabulary.SIDE_WORDS
COMMON = frozenset(("e",))
_WORD = re.compile(
    r"(?P<slash>\\?)(?P<word>[^\W\d_]+[^\W_]*)"
    r"(?P<sub>_(?:\{[^\W_]+\}|[^\W_]+)|[₀-₉ᵢⱼₖₗₘₙ]+)?(?P<dot>\.(?=[a-z]))?"
)
_GREEK_IN_FRONT = re.compile(r"([Α-Ωα-ω])(?=[^\W\d_])")
_LETTERS = re.compile(r"[^\W\d_]+")
_GLUED = re.compile(rf"^(?P<before>[^\W\d_]*?)(?P<function>{'|'.join(ELEMENTARY)})(?P<after>.*)$")
_CALLED = re.compile(r"(?<![^\W_])(?P<word>[^\W\d_]{3,})\(")
MOST_LETTERS = 8  # of a product written as one word


@dataclass(frozen=True)
class Texts:
    """Two texts, glued functions cut off, with all their names."""

    left: str
    right: str
    names: frozenset[str]

    @property
    def scope(self) -> Scope:
        """The scope in which the names are numbers."""
        return scope_of_names(self.names)


@lru_cache(maxsize=1024)
def scope_of_names(names: frozenset[str]) -> Scope:
    """The scope in which all `names` are real numbers, and e is what it always is."""
    symbols: dict[str, Shape] = {name: SCALAR for name in sorted({*names, "pi"})}
    euler: dict[str, Expr] = {} if "e" in names else {"e": apply("exp", const(1))}
    spellings = {} if "Pi" in names else {"Pi": "pi"}
    return Scope(symbols, spellings, definitions=euler)


def names_of(left: str, right: str) -> Texts:
    """The two texts with their names."""
    left, right = _prepared(left), _prepared(right)
    words = _words(left), _words(right)
    strange = _strange(left, words[0] | words[1]) | _strange(right, words[0] | words[1])
    words = words[0] - strange, words[1] - strange
    names = _certain(words[0] | words[1])
    split = _products(words, names)
    unique = {normal(name): name for name in sorted(names, reverse=True)}
    variables = frozenset(unique[key] for key in unique.keys() - {"pi", "e"})
    return Texts(_spaced(left, split), _spaced(right, split), variables)


def _prepared(text: str) -> str:
    return _GREEK_IN_FRONT.sub(r"\1 ", respelled(text))


@lru_cache(maxsize=2048)
def _words(text: str) -> frozenset[str]:
    """The words of a text that may be names, with their subscripts."""
    return frozenset(_candidates(text[:4000]))


def _candidates(text: str) -> Iterator[str]:
    for found in _WORD.finditer(text):
        word, sub = found["word"], (found["sub"] or "").strip("_{}")
        if found["dot"] or word in PASSED or (found["slash"] and word not in GREEK):
            continue
        if sub:
            yield word
            yield f"{word}_{''.join(_digit(mark) for mark in sub)}"
        elif normal(word) == "sigma":
            if text[found.end() : found.end() + 1] != "(":
                yield word
        elif word != "Pi" and (len(word) == 1 or word not in KNOWN):
            yield word


def _digit(mark: str) -> str:
    """A subscript sign as a plain one."""
    return normal(mark)


def _strange(text: str, words: frozenset[str]) -> frozenset[str]:
    """The words that are written like functions and are none: `erf(x)`, but not `xyz(x + y z)`."""
    return frozenset(
        found["word"]
        for found in _CALLED.finditer(text)
        if found["word"] in words
        and found["word"] not in GREEK
        and not _GLUED.match(found["word"])
        and not words.issuperset(found["word"])
    )


def _certain(words: frozenset[str]) -> set[str]:
    """The words that are variables in any case."""
    return {word for word in words if _is_one(word)}


def _is_one(word: str) -> bool:
    if "_" in word or len(word) == 1 or word in GREEK or word[-1].isdigit():
        return not _GLUED.match(word)
    return not _LETTERS.fullmatch(word) and not _GLUED.match(word)


def _products(words: tuple[frozenset[str], frozenset[str]], names: set[str]) -> frozenset[str]:
    """The glued words; adds to `names` the letters of products, and the words that are names."""
    open_words = (words[0] | words[1]) - names
    glued: set[str] = set()
    while True:
        cut = {word for word in open_words if _is_product(word, words, names)}
        if not cut:
            names |= open_words
            return frozenset(glued)
        for word in cut:
            glued |= {word} if _GLUED.match(word) else set()
            names |= set(_letters(word))
        open_words -= cut


def _is_product(word: str, words: tuple[frozenset[str], frozenset[str]], names: set[str]) -> bool:
    """Whether a word is several: only one text has it, or its letters stand alone elsewhere."""
    letters = _letters(word)
    if len(letters) > MOST_LETTERS:
        return False
    return not (word in words[0] and word in words[1]) or all(each in names for each in letters)


def _letters(word: str) -> list[str]:
    """The variables in a word of several."""
    found = _GLUED.match(word)
    if found:
        return [*_letters(found["before"]), *_letters(found["after"])]
    return [each for each in word if each.isalpha() and each not in COMMON]


def _spaced(text: str, glued: frozenset[str]) -> str:
    """`text` with spaces around the functions in glued words."""
    if not glued:
        return text
    return _WORD.sub(lambda found: _cut(found, glued), text)


def _cut(found: re.Match[str], glued: frozenset[str]) -> str:
    if found["word"] not in glued:
        return found[0]
    return f"{_parts(found['word'])}{found['sub'] or ''}"


def _parts(word: str) -> str:
    found = _GLUED.match(word)
    if not found:
        return word
    return f"{found['before']} {found['function']} {_parts(found['after'])}"
