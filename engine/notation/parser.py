"""Tokens to a surface tree, by recursive descent over the binding powers of the operator table.

    answer     := clause ((";" | a new equation's line | "," | "where" | "with") clause)*
    clause     := comparison ("=" comparison)*
    comparison := compared ("if" compared "else" comparison)?
    compared   := sum (("<" | ">" | …) sum)?
    sum        := product (("+" | "-") product)*
    product    := chain (("*" | "@" | …) chain | "/" factor chain?)*
    chain      := signed ("·"? factor)*                 factors side by side
    signed     := "-" signed | factor
    factor     := atom (power | subscript | transpose | ".method(…)")*

What the factors of a chain mean to each other depends on their shapes, so it is left to the
elaboration. Nesting, depth and length are limited, and no alternative is tried twice: the work is
linear in the text.
"""

from __future__ import annotations

from engine.notation import vocabulary as words
from engine.notation.atoms import ONE_SIGNS, Atoms
from engine.notation.cursor import in_one_word, is_comparison, unwrapped
from engine.notation.errors import Mistake, Problem
from engine.notation.lexer import Token
from engine.notation.scope import Scope
from engine.notation.syntax import (
    Answer,
    Call,
    Chain,
    Clause,
    Number,
    Syntax,
    Unary,
)

STARTING_SIGNS = frozenset({"(", "[", "{", "√", "∂", "∇"}) | ONE_SIGNS | words.FENCES.keys()
OPERATOR_COMMANDS = frozenset(
    {*words.PRODUCTS, *words.QUOTIENTS, *words.COMPARISONS, *words.REVERSED, *words.POSTFIXES}
    - {"T", "t"}
)


def parse(text: str, scope: Scope) -> Answer:
    """The surface tree of `text`; raises Mistake."""
    return Parser(text, scope).answer()


class Parser(Atoms):
    """Reads statements and the levels of binding power."""

    def answer(self) -> Answer:
        clauses = [self.clause(side=False)]
        while not self.ended():
            side = self.separator()
            if not self.ended():
                clauses.append(self.clause(side))
        return Answer(self.written, tuple(clauses), self.matlab and self.without_numpy())

    def without_numpy(self) -> bool:
        """Whether no sign says that the answer is NumPy code, where `*` is element-wise."""
        return not any(
            token.kind == "method" or token.text == "@" or token.mark[-1:] == "."
            for token in self.tokens
        )

    def separator(self) -> bool:
        """Passes what stands between two clauses; whether a side definition follows."""
        if self.next.text == "in" and self.next.kind == "name":
            self.advance()
            return False
        if self.is_side_word() or self.next.text == ",":
            self.check_decimal()
            self.advance()
            while self.is_side_word():
                self.advance()
            return True
        if self.take(";") or self.next.start in self.breaks:
            return False
        if self.ended() or self.take("."):
            return False
        self.fail("expected an operator or the end")

    def check_numbers(self) -> None:
        """Refuses 1.2.3, and 2 3 for a product."""
        special = self.next.mark or self.next.text == "1"
        if self.next.kind == "number" == self.peek(-1).kind and not special:
            self.fail("expected an operator between two numbers")

    def check_decimal(self) -> None:
        """Refuses 1,5 for 1.5."""
        before, after = self.peek(-1), self.peek()
        tight = before.kind == after.kind == "number" and not (self.next.spaced or after.spaced)
        if self.next.text == "," and tight:
            written = f"{before.text}.{after.text}"
            message = f"a decimal has a point: write {written}"
            raise Mistake(Problem("parse", (before.start, after.end), message))

    def is_side_word(self) -> bool:
        """Whether `where` or `with` comes, and not the function `where(…)`."""
        return self.next.text in words.SIDE_WORDS and self.is_mere_word()

    def is_mere_word(self) -> bool:
        """Whether a word comes that is neither a function here nor a name."""
        word = self.next
        if word.kind != "name" or self.peek().text == "(":
            return False
        return self.resolved(word.text) is None

    def clause(self, side: bool) -> Clause:
        while self.next.text in words.OPENING_WORDS and self.is_mere_word():
            self.advance()
        links = [self.comparison()]
        while self.take("=", ":="):
            links.append(self.comparison())
        return Clause(tuple(links), side)

    def comparison(self) -> Syntax:
        node = self.compared()
        if self.next.text == "if" and self.next.kind == "name":
            return self.conditional(node)
        return node

    def conditional(self, yes: Syntax) -> Syntax:
        """`yes if condition else no`."""
        word = self.advance()
        self.enter()
        condition = self.compared()
        if not is_comparison(unwrapped(condition)):
            self.fail("expected a comparison such as z > 0 behind 'if'", condition.span, "parse")
        if self.peek().text in words.ELSE:
            self.take(",")
        if self.next.text not in words.ELSE:
            self.fail("expected 'else'")
        self.advance()
        no = self.comparison()
        self.leave()
        span, depth = (yes.span[0], no.span[1]), self.deep(condition, yes, no)
        return Call(span, word.text, ("where",), (condition, yes, no), (), 0, False, depth)

    def compared(self) -> Syntax:
        left = self.sum()
        sign = self.next
        if sign.kind not in ("op", "command"):
            return left
        op = words.COMPARISONS.get(sign.text)
        if op is None and sign.text == "=" and self.open:
            op = words.EQUALITY
        reverse = words.REVERSED.get(sign.text)
        if op is None and reverse is None:
            return left
        self.advance()
        right = self.sum()
        first, second = (right, left) if op is None else (left, right)
        return self.infix(op or reverse or "", first, second)

    def sum(self) -> Syntax:
        self.take("+")
        left = self.product()
        while self.next.text in words.SUMS and self.next.kind == "op":
            op = words.SUMS[self.advance().text]
            left = self.infix(op, left, self.product())
        return left

    def product(self) -> Syntax:
        left = self.chain()
        while self.next.kind == "op" or self.next.kind == "command":
            text = self.next.text
            if text in words.PRODUCTS:
                self.advance()
                left = self.infix(words.PRODUCTS[text], left, self.chain(), text)
            elif text in words.QUOTIENTS:
                self.advance()
                under, *rest = self.divisor()
                left = self.chained([self.infix(words.QUOTIENTS[text], left, under, text), *rest])
            else:
                break
        return left

    def chain(self) -> Syntax:
        return self.chained([self.signed()])

    def chained(self, items: list[Syntax]) -> Syntax:
        """`items` with the factors that follow side by side."""
        while True:
            if self.next.text == "·":
                self.advance()
                items.append(self.signed())
            elif self.starts_factor():
                self.check_numbers()
                items.append(self.factor())
            else:
                break
        return self.together(items)

    def starts_factor(self) -> bool:
        token = self.next
        if token.start in self.breaks and not self.open:
            return False
        match token.kind:
            case "number":
                return True
            case "name":
                ends = token.text in words.JOINTS or token.text in words.ELSE
                return not ends and not self.is_side_word()
            case "command":
                return token.text not in OPERATOR_COMMANDS
            case "op":
                closing = self.open[-1] if self.open else ""
                if closing == "|" and token.text == "‖" and token.end == token.start + 2:
                    return False
                return token.text in STARTING_SIGNS and token.text != closing
        return False

    def divisor(self) -> tuple[Syntax, ...]:
        """One factor, and what was written in one word with it: 1/mX is (1/m) X.

        A tightly written numeric coefficient belongs to the divisor, as in 1/2m.
        """
        first = self.signed()
        if (
            isinstance(first, Number)
            and not self.next.spaced
            and self.next.kind in ("name", "command")
        ):
            return self.coefficient(first)
        return in_one_word(first)

    def coefficient(self, first: Number) -> tuple[Syntax, ...]:
        """`first` with the factor tightly written behind it, then what follows in one word."""
        if not self.starts_factor():
            return (first,)
        second, *rest = in_one_word(self.factor())
        span = first.span[0], second.span[1]
        return Chain(span, (first, second), self.deep(first, second) + 2), *rest

    def signed(self) -> Syntax:
        signs: list[Token] = []
        while self.next.text in words.PREFIXES and self.next.kind == "op":
            signs.append(self.advance())
        node = self.factor()
        for sign in reversed(signs):
            op = words.PREFIXES[sign.text]
            node = Unary((sign.start, node.span[1]), op, node, self.deep(node))
        return node

    def factor(self) -> Syntax:
        return self.scripted(self.atom())
