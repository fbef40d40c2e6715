"""Tokens to an expression, by recursive descent; what stands side by side is multiplied.

    whole    := sum ("if" truth "else" whole)?
    truth    := sum (relation sum)?
    sum      := "±" product (("+" | "-") product)*
    product  := chain (("*" | "/") chain)*
    chain    := signed factor*
    signed   := "-" signed | factor
    factor   := atom ("!" | "%" | "°" | "^" signed)*
    call     := function ("_" base)? ("^" exponent)? operand

The operand of a function without brackets is what stands in one word with it: sin 2x, ln x^2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.expression import Expr, apply
from engine.symbolic.foreign import Foreign
from grader.plain.cursor import Options
from grader.plain.functions import PI, add, double_factorial, factorial, multiply, power, subtract
from grader.plain.operands import STARTING, Operands
from grader.plain.tokens import Token

RELATIONS: dict[str, Callable[[Expr, Expr], Expr]] = {
    "<": lambda a, b: apply("greater", b, a),
    ">": lambda a, b: apply("greater", a, b),
    "<=": lambda a, b: apply("greater_equal", b, a),
    ">=": lambda a, b: apply("greater_equal", a, b),
}


@dataclass(frozen=True)
class Plain:
    """What a text says, with the functions that variables stand for."""

    expr: Expr
    foreign: dict[str, Foreign]


def read(text: Sequence[Token], options: Options) -> Plain:
    """What resolved tokens say; raises Unread."""
    reader = Reader(text, options)
    expr = reader.whole()
    if reader.next.kind != "end":
        reader.fail("an operator or the end")
    return Plain(expr, reader.strangers.found)


class Reader(Operands):
    """Reads the levels of binding power; nothing is tried twice."""

    def whole(self) -> Expr:
        value = self.sum()
        if not self.take("if"):
            return value
        condition = self.truth()
        if not self.take("else", "otherwise"):
            self.fail("'else'")
        with self.nested():
            return apply("where", condition, value, self.whole())

    def truth(self) -> Expr:
        left = self.sum()
        if self.next.kind == "op" and self.next.text in RELATIONS:
            return RELATIONS[self.advance().text](left, self.sum())
        return left

    def sum(self) -> Expr:
        self.take("+")
        value = self.product()
        while sign := self.take("+", "-"):
            value = (add if sign.text == "+" else subtract)(value, self.product())
        return value

    def product(self) -> Expr:
        value = self.chain()
        while sign := self.take("*", "/"):
            if sign.text == "*":
                value = multiply(value, self.chain())
            else:
                value = self.chained(value / self.divisor())
        return value

    def divisor(self) -> Expr:
        """The factor behind a slash, by one reading with all that is written close to it."""
        value = self.signed()
        while self.options.tight and self.starts_factor() and not self.next.spaced:
            value = multiply(value, self.factor())
        return value

    def chain(self) -> Expr:
        return self.chained(self.signed())

    def chained(self, value: Expr) -> Expr:
        while self.starts_factor():
            if self.next.kind == "number" == self.text[self.place - 1].kind:
                self.fail("an operator between two numbers")
            value = multiply(value, self.factor())
        return value

    def starts_factor(self) -> bool:
        token = self.next
        if token.kind in ("number", "var", "fun", "constant"):
            return True
        if token.text == "|":
            return not self.bars[-1]
        return token.kind == "op" and token.text in STARTING

    def signed(self) -> Expr:
        if self.take("-"):
            with self.nested():
                return -self.signed()
        if self.take("+"):
            with self.nested():
                return self.signed()
        return self.factor()

    def factor(self) -> Expr:
        if self.next.kind == "fun":
            return self.postfixed(self.call())
        return self.postfixed(self.atom())

    def postfixed(self, value: Expr) -> Expr:
        while self.next.kind == "op":
            if self.take("^"):
                value = power(value, self.exponent())
            elif mark := self.take("!"):
                value = self.factorial(value, mark)
            elif self.at("%"):
                value = self.percent(value)
            elif self.take("°"):
                value = value * PI / 180
            else:
                break
        return value

    def factorial(self, value: Expr, mark: Token) -> Expr:
        twice = self.at("!") and self.next.start == mark.end
        if not twice:
            return factorial(self.strangers, value)
        self.advance()
        return self.built(lambda: double_factorial(self.strangers, value), mark)

    def percent(self, value: Expr) -> Expr:
        """A number of percent; % is no remainder."""
        if self.text[self.place - 1].kind != "number":
            self.fail("an operator")
        self.advance()
        if self.next.kind == "number":
            self.fail("an operator")
        return value / 100

    def exponent(self) -> Expr:
        with self.nested():
            return self.signed()
