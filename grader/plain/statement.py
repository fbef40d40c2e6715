"""What a text of plain mathematics states: an expression, an equation or an inequality."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from engine.errors import EngineError
from engine.expression import Expr
from engine.notation import Problem
from engine.symbolic.pointwise import Foreign
from grader.plain.reader import Options, read
from grader.plain.tokens import Token, Unread, tokens
from grader.plain.words import Names, names_of, resolved

PLAIN = Options()
RELATIONS = frozenset(("=", "<", ">", "<=", ">="))
OPENING, CLOSING = frozenset("([{⌊⌈"), frozenset(")]}⌋⌉")


@dataclass(frozen=True)
class Statement:
    """Sides with the relations between them; an expression is one side.

    `label` is the name on the left of an equation that only gives its right side a name; it ends in
    brackets where it is a function's.
    """

    sides: tuple[Expr, ...]
    relations: tuple[str, ...] = ()
    label: str = ""
    foreign: tuple[tuple[str, Foreign], ...] = ()

    @property
    def value(self) -> Expr:
        """The last side."""
        return self.sides[-1]

    @property
    def names(self) -> frozenset[str]:
        """The variables of all sides, and of what functions beside the table are applied to."""
        operands = [arg for _, each in self.foreign for arg in each.args]
        return frozenset().union(*(each.names for each in (*self.sides, *operands)))


def names_in(left: str, right: str) -> Names:
    """The names in two texts; raises Unread."""
    return names_of(tokens(left), tokens(right))


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
    read_parts = [read(_ended(part), options) for part in parts]
    foreign = {name: each for part in read_parts for name, each in part.foreign.items()}
    label = _label(parts[0][:-1]) if relations and relations[0] == "=" else ""
    return Statement(
        tuple(part.expr for part in read_parts), relations, label, tuple(foreign.items())
    )


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
    """The name that a part is; of f(x), f()."""
    match [token.text for token in part]:
        case [name] if part[0].kind == "var":
            return name
        case [name, "(", _, ")"] if part[0].kind in ("var", "fun") and part[2].kind == "var":
            return f"{name}()"
    return ""
