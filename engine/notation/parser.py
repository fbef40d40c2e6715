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

from fractions import Fraction

from engine.notation import vocabulary as words
from engine.notation.atoms import ONE_SIGNS
from engine.notation.components import unbound
from engine.notation.conditions import CASES
from engine.notation.cursor import ALSO, CLOSING, in_one_word, is_comparison
from engine.notation.errors import Mistake, Problem
from engine.notation.lexer import Token
from engine.notation.prose import Prose
from engine.notation.scope import Scope
from engine.notation.syntax import (
    Answer,
    Binder,
    Call,
    Chain,
    Clause,
    Group,
    Infix,
    Name,
    Number,
    Syntax,
    Unary,
)

STARTING_SIGNS = (
    frozenset({"(", "[", "{", "√", "∂", "∇", "⟨", CASES}) | ONE_SIGNS | words.FENCES.keys()
)
SIGNS_OF_ORDER = {
    **words.COMPARISONS,
    **words.REVERSED,
    **dict.fromkeys(words.UNEQUAL, words.EQUALITY),
    "=": words.EQUALITY,
    "=>": words.COMPARISONS[">="],
}
OPERATOR_COMMANDS = frozenset(
    {*words.PRODUCTS, *words.QUOTIENTS, *words.COMPARISONS, *words.REVERSED, *words.POSTFIXES, "in"}
    - {"T", "t"}
)


def parse(text: str, scope: Scope) -> Answer:
    """The surface tree of `text`; raises Mistake."""
    return Parser(text, scope).answer()


class Parser(Prose):
    """Reads statements and the levels of binding power."""

    def answer(self) -> Answer:
        clauses = self.clauses
        while self.is_side_word():
            self.advance()
            clauses.append(self.clause(side=True))
            self.take(":", ",", ";")
        clauses.append(self.clause(side=False))
        while not self.ended():
            side = self.separator()
            if side and self.is_remark():
                self.skip_remark()
            elif self.takes_nickname():
                pass
            elif not self.ended() and self.next.text != ";":
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
        if self.take(";", "=>", "->") or self.next.start in self.breaks:
            return False
        if self.is_definition():
            self.bracketed_definition()
            return False
        if self.is_remark():
            self.skip_remark()
            return False
        if len(self.clauses) > 0 and self.take(":"):
            return False
        if self.ended() or self.take("."):
            return False
        self.fail("expected an operator or the end")

    def is_definition(self) -> bool:
        """Whether a definition in brackets comes behind a formula: `(s - y) x (s = sigmoid(z))`."""
        name = self.peek()
        defined = name.kind == "name" and name.text in self.defined
        return (
            self.next.text in ("(", "[")
            and self.next.spaced
            and not self.open
            and defined
            and self.peek(2).text == "="
            and self.scope.lookup(name.text) is None
        )

    def bracketed_definition(self) -> None:
        closing = CLOSING[self.advance().text]
        self.clauses.append(self.clause(side=True))
        self.expect(closing)

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

    def clause(self, side: bool) -> Clause:
        self.skip_prose()
        links = [self.fronted() if self.is_condition_word() else self.comparison()]
        if self.next.text in words.AUGMENTED:
            op = words.AUGMENTED[self.advance().text]
            links.append(self.infix(op, links[0], self.comparison()))
        while self.takes_link(links):
            links.append(self.comparison())
        return Clause(self.masked(links), side)

    def masked(self, links: list[Syntax]) -> tuple[Syntax, ...]:
        """`dz[z <= 0] = 0` as the new value of dz."""
        match links:
            case [Chain(items=(Name() as name, Group(inner=mask))), value] if is_comparison(mask):
                parts = mask, value, name
                span = name.span[0], value.span[1]
                return name, Call(span, "where", ("where",), parts, (), 0, False, self.deep(*parts))
        return tuple(links)

    def compared(self) -> Syntax:
        left = self.sum()
        node: Syntax | None = None
        while self.next.kind in ("op", "command") and self.compares(self.next):
            sign = self.advance().text
            right = self.sum()
            link = self.compare(sign, left, right)
            node = link if node is None else self.infix(words.SCALING, node, link, ALSO)
            left = right
        return node or left

    def compares(self, sign: Token) -> bool:
        """Whether a sign of comparison comes; an equals sign is one in brackets only."""
        if sign.text in ("=", "=>"):
            return bool(self.open)
        if sign.text == "<" and self.peek().text == "-" and not self.open:
            return self.peek().start > sign.end or self.peek().end < self.peek(2).start == 0
        return sign.text in SIGNS_OF_ORDER

    def compare(self, sign: str, left: Syntax, right: Syntax) -> Syntax:
        if sign in words.UNEQUAL:
            equal = self.infix(words.EQUALITY, left, right)
            return self.infix("sub", Number(equal.span, Fraction(1)), equal, sign)
        if sign in words.REVERSED:
            return self.infix(words.REVERSED[sign], right, left)
        return self.infix(SIGNS_OF_ORDER[sign], left, right)

    def sum(self) -> Syntax:
        self.take("+")
        left = self.product()
        while self.next.text in words.SUMS and self.next.kind == "op":
            op = words.SUMS[self.advance().text]
            right = self.product()
            left = self.reaching(op, left, right) or self.infix(op, left, right)
        return left

    def reaching(self, op: str, left: Syntax, right: Syntax) -> Syntax | None:
        """A sum over an index that `right` uses as well reaches as far: Σ_i a_i - y_i."""
        match left:
            case Binder(span, name, index, low, high, body) if index in unbound(right):
                inner = self.infix(op, body, right)
                span = span[0], right.span[1]
                return Binder(span, name, index, low, high, inner, self.deep(inner))
            case Chain(items=(*first, Binder() as last)):
                longer = self.reaching(op, last, right)
                return self.together([*first, longer]) if longer is not None else None
            case Infix(op=outer, left=first, right=Binder() as last, sign=sign):
                longer = self.reaching(op, last, right)
                return self.infix(outer, first, longer, sign) if longer is not None else None
        return None

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
            if self.next.text == "·" or self.is_dot():
                self.advance()
                items.append(self.signed())
            elif self.starts_factor():
                self.check_numbers()
                items.append(self.factor())
            else:
                break
        return self.together(items)

    def is_dot(self) -> bool:
        """Whether a full stop stands for a product: `X . Y`, `X.(Y)`; one that ends is tight."""
        dot, after = self.next, self.peek()
        if dot.text != "." or after.start in self.breaks or after.kind == "end":
            return False
        return dot.spaced and after.spaced if dot.spaced else after.text == "(" and not after.spaced

    def starts_factor(self) -> bool:
        token = self.next
        if token.start in self.breaks and not self.open:
            return False
        match token.kind:
            case "number":
                return True
            case "name":
                ends = token.text in words.JOINTS or token.text in words.ELSE
                return not (ends or self.is_side_word() or self.is_closing_word())
            case "command":
                return token.text not in OPERATOR_COMMANDS
            case "op":
                closing = self.open[-1] if self.open else ""
                if closing == "|" and token.text == "‖" and token.end == token.start + 2:
                    return False
                apart = token.text in ("(", "[") and not self.open
                if apart and (self.is_remark() or self.is_definition()):
                    return False
                return token.text in STARTING_SIGNS and token.text != closing
        return False

    def is_closing_word(self) -> bool:
        """Whether a word comes that ends a formula: `is` behind a left-hand side, a remark."""
        word = self.next.text
        return (word in words.LINKS or word in words.REMARKS) and self.is_said()

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
