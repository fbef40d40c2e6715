"""What a text of plain mathematics states: an expression, an equation or an inequality."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from engine.errors import EngineError
from engine.expression import Const, Expr, substitute, walk
from engine.notation import Problem
from engine.symbolic.foreign import Foreign
from grader.plain.cursor import Options
from grader.plain.functions import MOST_BITS
from grader.plain.reader import read
from grader.plain.tokens import Token, Unread, tokens
from grader.plain.words import Names, resolved
from grader.reading import MOST_NODES

LARGEST = 2 * MOST_BITS  # bits of a number
PLAIN = Options()
RELATIONS = frozenset(("=", "!=", "<", ">", "<=", ">="))
# Left sides that only name what is on the right: f(x), y', dy/dx.
_NAMING = re.compile(
    r"[A-Za-z]'{0,3}\([A-Za-z](?:,[A-Za-z])*\)|[A-Za-z]'{1,3}"
    r"|\\frac\{d[A-Za-z]\}\{d[A-Za-z]\}|d[A-Za-z]/d[A-Za-z]"
)
OPENING, CLOSING = frozenset("([{⌊⌈"), frozenset(")]}⌋⌉")


@dataclass(frozen=True)
class Statement:
    """Sides with the relations between them; an expression is one side.

    `label` is the name on the left of an equation that only gives its right side a name.  Where it
    names a function or a derivative it ends in brackets, and is no side.
    """

    sides: tuple[Expr, ...]
    relations: tuple[str, ...] = ()
    label: str = ""
    foreign: tuple[tuple[str, Foreign], ...] = ()

    @property
    def value(self) -> Expr:
        """The last side."""
        return self.sides[-1]

    @cached_property
    def names(self) -> frozenset[str]:
        """The variables of all sides, and of what functions beside the table are applied to."""
        operands = [arg for _, each in self.foreign for arg in each.args]
        return frozenset().union(*(each.names for each in (*self.sides, *operands)))

    def where(self, meanings: Mapping[str, Expr]) -> Statement:
        """The same with expressions for some variables."""
        foreign = tuple(
            (name, replace(each, args=tuple(substitute(arg, meanings) for arg in each.args)))
            for name, each in self.foreign
        )
        sides = tuple(substitute(side, meanings) for side in self.sides)
        return replace(self, sides=sides, foreign=foreign)


@lru_cache(maxsize=512)
def stated(text: str, names: Names, options: Options = PLAIN) -> Statement | Problem:
    """What a text states; a reference is read once for many answers."""
    if not text.strip():
        return Problem("parse", (0, len(text)), "there is no expression here")
    try:
        return _stated(resolved(tokens(text), names), options)
    except Unread as unread:
        return unread.problem
    except EngineError as error:
        return Problem("parse", (0, len(text)), str(error))


def _stated(text: Sequence[Token], options: Options) -> Statement:
    parts = list(_parts(text))
    relations = tuple(part[-1].text for part in parts[:-1])
    label = _label(parts[0][:-1]) if relations and relations[0] == "=" else ""
    if label.endswith("()"):
        parts, relations = parts[1:], relations[1:]
    understood = [read(_ended(part), options) for part in parts]
    foreign = {name: each for part in understood for name, each in part.foreign.items()}
    sides = tuple(part.expr for part in understood)
    if any(label in side.names for side in sides[1:]):
        label = ""
    statement = Statement(sides, relations, label, tuple(foreign.items()))
    if _is_large(statement):
        raise Unread((0, text[-1].end), "this is longer than can be looked at", kind="limit")
    return statement


def _is_large(statement: Statement) -> bool:
    operands = [arg for _, each in statement.foreign for arg in each.args]
    return any(
        side.nodes > MOST_NODES
        or any(isinstance(node, Const) and _is_astronomical(node) for node in walk(side))
        for side in (*statement.sides, *operands)
    )


def _is_astronomical(number: Const) -> bool:
    value = number.value
    return max(value.numerator.bit_length(), value.denominator.bit_length()) > LARGEST


def _parts(text: Sequence[Token]) -> Iterator[list[Token]]:
    """The text cut behind the relations outside of brackets."""
    depth, part = 0, []
    conditional = any(token.kind == "op" and token.text == "if" for token in text)
    for token in text:
        depth += (token.text in OPENING) - (token.text in CLOSING)
        part.append(token)
        if token.kind == "op" and token.text in RELATIONS and not depth and not conditional:
            yield part
            part = []
    yield part


def _ended(part: list[Token]) -> list[Token]:
    last = part[-1]
    return [*part[:-1], Token("end", "", last.start, last.end, last.spaced)]


def _label(part: list[Token]) -> str:
    """The name that a part is; with brackets where it names a function or a derivative."""
    if len(part) == 1 and part[0].kind == "var":
        return part[0].text
    written = "".join(token.text for token in part)
    return f"{written}()" if _NAMING.fullmatch(written) else ""
