"""A place in resolved tokens: what comes next, what is open, and what was expected."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from engine.expression import Expr
from grader.plain.functions import Foreigners
from grader.plain.tokens import Token, Unread

DEEPEST = 60
HINTS = {
    "±": "write the + or the - that is meant", "∞": "infinity is no number here",
    "'": "a derivative means nothing here", "?": "a formula has no question mark",
    "∈": "a set cannot be compared here",
    "!=": "an inequality cannot be compared here", ",": "a decimal has a point",
}  # fmt: skip


@dataclass(frozen=True)
class Options:
    """Readings that a text may have: 1/2x as 1/(2x), log to the base 10."""

    tight: bool = False
    decimal: bool = False


class Cursor:
    """Walks over tokens from left to right."""

    def __init__(self, text: Sequence[Token], options: Options) -> None:
        self.text = list(text)
        self.options = options
        self.place = 0
        self.depth = 0
        self.bars = [0]  # how many bars are open in each bracket
        self.strangers = Foreigners()

    @property
    def next(self) -> Token:
        return self.text[self.place]

    def advance(self) -> Token:
        self.place += 1
        return self.text[self.place - 1]

    def at(self, *signs: str) -> bool:
        token = self.text[self.place]
        return token.kind == "op" and token.text in signs

    def take(self, *signs: str) -> Token | None:
        token = self.text[self.place]
        return self.advance() if token.kind == "op" and token.text in signs else None

    def expect(self, sign: str) -> None:
        if not self.take(sign):
            self.fail(f"'{sign.strip('(') or sign}' or an operator")

    def fail(self, expected: str) -> None:
        token = self.next
        came = f"'{token.text}' came here" if token.kind != "end" else "the expression ends here"
        raise Unread(token.span, f"expected {expected}, but {came}", HINTS.get(token.text, ""))

    @contextmanager
    def nested(self) -> Iterator[None]:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unread(self.next.span, "this is nested too deeply", kind="limit")
        yield
        self.depth -= 1

    def built(self, build: Callable[[], Expr], token: Token) -> Expr:
        try:
            return build()
        except ValueError as error:
            raise Unread(token.span, str(error)) from None
