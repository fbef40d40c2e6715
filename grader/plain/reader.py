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

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction

from engine.expression import Expr, Var, apply, const
from engine.symbolic.pointwise import Foreign
from grader.plain.functions import (
    EULER,
    FUNCTIONS,
    INVERSES,
    PI,
    Foreigners,
    Function,
    add,
    binomial,
    double_factorial,
    factorial,
    multiply,
    power,
    root,
    subtract,
)
from grader.plain.tokens import Token, Unread
from grader.plain.words import IMAGINARY

DEEPEST = 60
CLOSING = {"(": ")", "[": "]", "{": "}", "⌊": "⌋", "⌈": "⌉", "|": "|", "|(": "|)"}
ROOTS = {"√": None, "∛": const(3), "∜": const(4)}
STARTING = frozenset((*CLOSING, *ROOTS, "\\frac", "\\binom"))
FENCED = {"⌊": "floor", "⌈": "ceil"}
RELATIONS: dict[str, Callable[[Expr, Expr], Expr]] = {
    "<": lambda a, b: apply("greater", b, a),
    ">": lambda a, b: apply("greater", a, b),
    "<=": lambda a, b: apply("greater_equal", b, a),
    ">=": lambda a, b: apply("greater_equal", a, b),
}
HINTS = {
    "±": "write the + or the - that is meant", "∞": "infinity is no number here",
    "'": "a derivative means nothing here", "?": "a formula has no question mark",
    "!=": "an inequality cannot be compared here", ",": "a decimal has a point",
}  # fmt: skip


@dataclass(frozen=True)
class Plain:
    """What a text says, with the functions that variables stand for."""

    expr: Expr
    foreign: dict[str, Foreign]


@dataclass(frozen=True)
class Options:
    """Readings that a text may have: 1/2x as 1/(2x), log to the base 10."""

    tight: bool = False
    decimal: bool = False


def read(text: Sequence[Token], options: Options = Options()) -> Plain:
    """What resolved tokens say; raises Unread."""
    reader = _Reader(text, options)
    expr = reader.whole()
    if reader.next.kind != "end":
        reader.fail("an operator or the end")
    return Plain(expr, reader.strangers.found)


class _Reader:
    """Reads tokens from left to right; nothing is tried twice."""

    def __init__(self, text: Sequence[Token], options: Options) -> None:
        self.text = list(text)
        self.options = options
        self.place = 0
        self.depth = 0
        self.bars = [0]  # how many bars are open in each bracket
        self.strangers = Foreigners()

    # Tokens.

    @property
    def next(self) -> Token:
        return self.text[self.place]

    def advance(self) -> Token:
        self.place += 1
        return self.text[self.place - 1]

    def at(self, *signs: str) -> bool:
        return self.next.kind == "op" and self.next.text in signs

    def take(self, *signs: str) -> Token | None:
        return self.advance() if self.at(*signs) else None

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

    # Levels of binding power.

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
        """What stands behind a slash: a factor, by one reading with its numeric coefficient."""
        is_number = self.next.kind == "number"
        value = self.signed()
        tight = self.options.tight and is_number and not self.next.spaced
        return multiply(value, self.factor()) if tight and self.starts_factor() else value

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

    # Atoms.

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
            self.text[self.place] = replace(token, text=rest, value=Fraction(rest))
            return const(Fraction(first))
        return self.call() if token.kind == "fun" else self.atom()

    def under_root(self) -> Expr:
        """The factor behind a root sign."""
        return self.call() if self.next.kind == "fun" else self.atom()

    def number(self, token: Token) -> Expr:
        """A number, perhaps with a proper fraction behind it: 1 1/2."""
        part = self.fraction_behind(token)
        return const(token.value if part is None else token.value + part)

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

    # Functions.

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

    def built(self, build: Callable[[], Expr], token: Token) -> Expr:
        try:
            return build()
        except ValueError as error:
            raise Unread(token.span, str(error)) from None


# Proper fractions behind a whole number; n is a whole number itself.
MIXED = (
    ("n", "/", "n"),
    ("\\frac", "{", "n", "}", "{", "n", "}"),
)
