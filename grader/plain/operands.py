"""Operands: numbers, brackets, roots and fractions, and functions with what they are applied to."""

from __future__ import annotations

from abc import abstractmethod
from fractions import Fraction

from engine.expression import Expr, Var, const
from grader.plain.cursor import Cursor
from grader.plain.functions import (
    EULER,
    FUNCTIONS,
    INVERSES,
    PI,
    Function,
    binomial,
    multiply,
    power,
    root,
)
from grader.plain.tokens import Token, Unread
from grader.plain.words import IMAGINARY

CLOSING = {"(": ")", "[": "]", "{": "}", "⌊": "⌋", "⌈": "⌉", "|": "|", "|(": "|)"}
ROOTS = {"√": None, "∛": const(3), "∜": const(4)}
STARTING = frozenset((*CLOSING, *ROOTS, "\\frac", "\\binom"))
FENCED = {"⌊": "floor", "⌈": "ceil"}
# Proper fractions behind a whole number; n is a whole number itself.
MIXED = (
    ("n", "/", "n"),
    ("\\frac", "{", "n", "}", "{", "n", "}"),
)


class Operands(Cursor):
    """Reads operands; `truth` and `factor` are what stands in brackets and side by side."""

    @abstractmethod
    def truth(self) -> Expr:
        """A sum, or a comparison of two."""

    @abstractmethod
    def factor(self) -> Expr:
        """An operand with its powers."""

    @abstractmethod
    def starts_factor(self) -> bool:
        """Whether a factor comes next."""

    def atom(self) -> Expr:
        token = self.next
        if token.kind == "op" and token.text in STARTING:
            with self.nested():
                return self.opened(self.advance())
        match token.kind:
            case "number":
                return self.number(self.advance())
            case "var":
                return Var(self.advance().text)
            case "constant":
                return self.constant(self.advance())
        return self.nothing()

    def nothing(self) -> Expr:
        self.fail("a quantity")
        raise AssertionError

    def constant(self, token: Token) -> Expr:
        if token.text == "golden":
            return (1 + const(5).apply("sqrt")) / 2
        return {"e": EULER, "pi": PI}.get(token.text) or Var(IMAGINARY)

    def opened(self, token: Token) -> Expr:
        """What stands in brackets, under a root or in a fraction."""
        if token.text == "\\frac":
            above = self.latex_operand()
            return above / self.latex_operand()
        if token.text == "\\binom":
            return binomial(self.strangers, self.latex_operand(), self.latex_operand())
        if token.text in ROOTS:
            return root(self.under_root(), ROOTS[token.text])
        inside = self.inside(token.text)
        if token.text in FENCED:
            return self.strangers.call(FENCED[token.text], inside)
        return inside.apply("abs") if token.text.startswith("|") else inside

    def inside(self, opening: str) -> Expr:
        """What stands before the closing bracket, which is passed."""
        self.bars.append(int(opening == "|"))
        value = self.truth()
        self.expect(CLOSING[opening])
        self.bars.pop()
        return value

    def latex_operand(self) -> Expr:
        """A group in braces, or one sign: one half is \\frac12."""
        if self.take("{"):
            return self.inside("{")
        token = self.next
        if token.kind == "number" and token.text.isdigit() and len(token.text) > 1:
            first, rest = token.text[0], token.text[1:]
            self.text[self.place] = token._replace(text=rest, value=Fraction(rest))
            return const(Fraction(first))
        return self.call() if token.kind == "fun" else self.atom()

    def under_root(self) -> Expr:
        """The factor behind a root sign."""
        return self.call() if self.next.kind == "fun" else self.atom()

    def number(self, token: Token) -> Expr:
        """A number, perhaps with a proper fraction behind it: 1 1/2."""
        if self.next.kind == "sub":
            return self.in_base(token)
        part = self.fraction_behind(token)
        return const(token.value if part is None else token.value + part)

    def in_base(self, token: Token) -> Expr:
        """A whole number whose base stands below: 1011_2."""
        base = self.advance()
        if not (token.text.isdigit() and base.text.isdigit() and 2 <= int(base.text[:3]) <= 36):
            raise Unread(base.span, "a number has no index")
        if any(int(digit) >= int(base.text) for digit in token.text):
            raise Unread(token.span, f"a number to the base {base.text} has smaller digits")
        return const(int(token.text, int(base.text)))

    def fraction_behind(self, whole: Token) -> Fraction | None:
        """The value of a proper fraction of whole numbers that comes next, which is passed."""
        if not whole.text.isdigit():
            return None
        if self.next.kind == "number" and not self.next.text[0].isascii():
            return self.advance().value
        halves = self.text[self.place + 1].text if self.at("\\frac") else ""
        if len(halves) == 2 and halves.isdigit() and "0" < halves[0] < halves[1]:  # \\frac12
            self.place += 2
            return Fraction(int(halves[0]), int(halves[1]))
        for pattern in MIXED:
            numbers = self.matched(pattern)
            if numbers and numbers[0].value < numbers[1].value:
                self.place += len(pattern)
                return numbers[0].value / numbers[1].value
        return None

    def matched(self, pattern: tuple[str, ...]) -> list[Token]:
        """The two whole numbers of what comes next, where it is of a pattern."""
        found = self.text[self.place : self.place + len(pattern)]
        if len(found) < len(pattern) or (pattern[0] == "n" and not self.next.spaced):
            return []
        fits = all(
            token.text.isdigit() if sign == "n" else token.text == sign
            for token, sign in zip(found, pattern, strict=True)
        )
        return [token for token in found if token.text.isdigit()] if fits else []

    def call(self) -> Expr:
        token = self.advance()
        with self.nested():
            base = self.base(token)
            exponent, inverse = self.raised(token)
            operands = self.operands(token, base)
            name = token.text
            value = self.applied(token, INVERSES[name] if inverse else FUNCTIONS[name], operands)
        return value if exponent is None else power(value, exponent)

    def base(self, token: Token) -> Expr | None:
        """The base of a logarithm, or the index of a root, that stands before the operand."""
        if self.next.kind == "sub" and token.text in ("log", "lg", "ln"):
            return self.subscript(self.advance())
        if token.text == "sqrt" and self.at("[") and self.has_index():
            self.advance()
            return self.inside("[")
        return const(10) if token.text == "log" and self.options.decimal else None

    def has_index(self) -> bool:
        """Whether the brackets that come next hold a root's index: braces follow them."""
        closing = next((n for n, t in enumerate(self.text) if n > self.place and t.text == "]"), 0)
        return bool(closing) and self.text[closing + 1].text in ("{", "(")

    def subscript(self, token: Token) -> Expr:
        if token.text.isdigit():
            return const(Fraction(token.text))
        return EULER if token.text == "e" else Var(token.text)

    def raised(self, token: Token) -> tuple[Expr | None, bool]:
        """The power of a function's value, or whether its inverse is meant: sin^2 x, sin^-1 x."""
        if not self.at("^"):
            return None, False
        self.advance()
        with self.nested():
            sign = self.take("-")
            value = -self.atom() if sign else self.atom()
        if value == const(-1) and token.text in INVERSES:
            return None, True
        return value, False

    def operands(self, token: Token, base: Expr | None) -> list[Expr]:
        brackets = next((sign for sign in ("(", "{", "[") if self.at(sign)), "")
        if brackets:
            self.advance()
            found = [self.argument()]
            while self.take(","):
                found.append(self.argument())
            self.expect(CLOSING[brackets])
        elif FUNCTIONS[token.text].most > 2 or FUNCTIONS[token.text].least > 1:
            self.fail(f"the operands of {token.text} in brackets")
        else:
            found = [self.bare(token)]
        return found if base is None or len(found) > 1 else [*found, base]

    def argument(self) -> Expr:
        self.bars.append(0)
        value = self.truth()
        self.bars.pop()
        return value

    def bare(self, token: Token) -> Expr:
        """An operand without brackets: what stands in one word behind the function."""
        if not (self.starts_factor() or self.at("-", "|")):
            self.fail(f"the operand of {token.text}")
        if token.text == "sqrt":
            return self.under_root()
        if self.next.kind == "fun":
            return self.call()
        number = self.next.kind == "number" or self.at("-")
        value = self.bare_sign()
        while self.continues(number):
            number = False
            value = multiply(value, self.factor())
        return value

    def bare_sign(self) -> Expr:
        return -self.factor() if self.take("-") else self.factor()

    def continues(self, number: bool) -> bool:
        """Whether the next factor belongs to a bare operand: tightly written, or behind numbers."""
        token = self.next
        if token.kind not in ("var", "constant", "number"):
            return token.text in ROOTS and number
        return number or not token.spaced

    def applied(self, token: Token, function: Function, operands: list[Expr]) -> Expr:
        count = len(operands)
        if not function.least <= count <= function.most:
            raise Unread(token.span, f"{token.text} does not take {count} operands")
        first = (self.strangers,) if function.foreign else ()
        return self.built(lambda: function.build(*first, *operands), token)
