"""What stands in brackets behind a function: operands, options, `… for j in range(…)`."""

from __future__ import annotations

from fractions import Fraction

from engine.notation import vocabulary as words
from engine.notation.cursor import CLOSING, Cursor
from engine.notation.lexer import Token
from engine.notation.syntax import (
    Binder,
    Call,
    Number,
    Syntax,
)


class Arguments(Cursor):
    """Reads arguments."""

    def call(
        self,
        token: Token,
        rows: tuple[str, ...],
        args: tuple[Syntax, ...],
        keywords: tuple[tuple[str, Syntax], ...],
        primes: int,
        qualified: bool,
    ) -> Call:
        values = [value for _, value in keywords]
        start = min([token.start, *(arg.span[0] for arg in args)])
        span = start, self.tokens[self.at - 1].end
        depth = self.deep(*args, *values)
        return Call(span, token.text, rows, args, keywords, primes, qualified, depth)

    def arguments(self) -> tuple[tuple[Syntax, ...], tuple[tuple[str, Syntax], ...]]:
        """Positional and keyword arguments in brackets."""
        closing = CLOSING[self.advance().text]
        self.enter()
        self.open.append(closing)
        args: list[Syntax] = []
        keywords: list[tuple[str, Syntax]] = []
        while not self.take(closing):
            if self.next.text in words.KEYWORDS and self.peek().text == "=":
                name = words.KEYWORDS[self.advance().text]
                self.advance()
                value = self.comparison()
                keywords += [(name, value)] if name else []
            else:
                args.append(self.comparison())
                if self.next.text == "for":
                    args[-1] = self.generator(args[-1])
            if self.next.text != closing and not self.take(","):
                self.fail(f"expected '{closing}' or ','")
        self.open.pop()
        self.leave()
        return tuple(args), tuple(keywords)

    def generator(self, body: Syntax) -> Syntax:
        """`body for j in range(…)`, inside sum(…)."""
        self.advance()
        index = self.advance()
        if not (self.next.text == "in" and self.peek().text == "range"):
            self.fail("expected 'in range(…)'")
        self.skip(2)
        if self.next.text != "(":
            self.fail("expected 'in range(…)'")
        bounds, _ = self.arguments()
        if len(bounds) not in (1, 2):
            self.fail("expected one or two bounds in 'range(…)'")
        low = bounds[0] if len(bounds) == 2 else Number(index.span, Fraction(0))
        high = self.infix("sub", bounds[-1], Number(index.span, Fraction(1)))
        depth = self.deep(body)
        self.loop = Binder(body.span, words.BINDER_ROW, index.text, low, high, body, depth)
        return self.loop
