"""Tokens to a surface tree, by recursive descent over the binding powers of the operator table.

    answer     := clause ((";" | a new equation's line | "," | "where" | "with") clause)*
    clause     := comparison ("=" comparison)*
    comparison := sum (("<" | ">" | …) sum)?
    sum        := product (("+" | "-") product)*
    product    := chain (("*" | "@" | …) chain | "/" factor chain?)*
    chain      := signed ("·"? factor)*                 factors side by side
    signed     := "-" signed | factor
    factor     := atom (power | subscript | transpose | ".method(…)")*

What the factors of a chain mean to each other depends on their shapes, so it is left to the elaboration.
Nesting, depth and length are limited, and no alternative is tried twice: the work is linear in the text.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NoReturn

from engine.notation import vocabulary as words
from engine.notation.errors import Kind, Mistake, Problem, Span
from engine.notation.lexer import Token, tokens
from engine.notation.scope import Scope
from engine.notation.syntax import (
    Answer,
    Binder,
    Call,
    Chain,
    Clause,
    Derivative,
    Example,
    Group,
    Index,
    Infix,
    Name,
    Number,
    One,
    Syntax,
    Tuple,
    Unary,
)
from engine.operators import TABLE

MAX_NESTING = 40
MAX_DEPTH = 100
MAX_NAME = 60
MAX_CUT = 20  # letters of a run of names without spaces
MAX_CUTS = 30  # different such runs in one answer
CLOSING = {"(": ")", "[": "]", "{": "}"}
ONE_FONTS = frozenset({"mathbf", "boldsymbol", "bm", "mathbb", "mathds", "textbf"})
ONE_SIGNS = frozenset({"𝟙", "𝟏"})
STARTING_SIGNS = frozenset({"(", "[", "{", "√", "∂", "∇"}) | ONE_SIGNS | words.FENCES.keys()
_LINE = re.compile(r"[^\n]+")
_EQUATION = re.compile(r"[^=()<>]{1,80}:?=(?!=)")
_WORD = re.compile(r"\w+")


def parse(text: str, scope: Scope) -> Answer:
    """The surface tree of `text`; raises Mistake."""
    return Parser(text, scope).answer()


class Parser:
    """The state of one descent: where it is, how deep, inside which bracket."""

    def __init__(self, text: str, scope: Scope) -> None:
        self.text = text
        self.scope = scope
        self.tokens = tokens(text)
        self.at = 0
        self.next = self.tokens[0]
        self.nesting = 0
        self.open: list[str] = []
        self.loop: Binder | None = None
        self.locals = self._defined_names()
        self.listing = self._listing_brackets() if "[" in text else frozenset()
        self.breaks = self._line_breaks() if "\n" in text else frozenset()
        self.cuts: dict[str, list[str] | None] = {}

    def _defined_names(self) -> frozenset[str]:
        """Names that the text itself defines, as in `where s = …`."""
        pairs = list(zip(self.tokens, self.tokens[1:], strict=False))
        loops = frozenset(b.text for a, b in pairs if a.text == "for" and b.kind == "name")
        return loops | frozenset(
            a.text
            for a, b in pairs
            if a.kind == "name" and b.text == "=" and a.text not in words.KEYWORDS
        )

    # Moving

    def advance(self) -> Token:
        token = self.next
        if self.at < len(self.tokens) - 1:
            self.at += 1
            self.next = self.tokens[self.at]
        return token

    def peek(self, offset: int = 1) -> Token:
        return self.tokens[min(self.at + offset, len(self.tokens) - 1)]

    def take(self, *signs: str) -> bool:
        """Whether the next token is one of `signs`; then it is passed."""
        if self.next.text in signs and self.next.kind in ("op", "command"):
            self.advance()
            return True
        return False

    def expect(self, sign: str) -> None:
        if not self.take(sign):
            self.fail(f"expected '{sign}'")

    def ended(self) -> bool:
        return self.next.kind == "end"

    def fail(self, expected: str, span: Span | None = None, kind: Kind = "parse") -> NoReturn:
        token = self.next
        came = (
            "the answer ends"
            if token.kind == "end"
            else f"'{self.text[token.start : token.end]}' came"
        )
        message = f"{expected}, but {came} here" if kind == "parse" else expected
        raise Mistake(Problem(kind, span or token.span, message))

    def enter(self) -> None:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            self.fail(f"brackets are nested more than {MAX_NESTING} deep", kind="limit")

    def leave(self) -> None:
        self.nesting -= 1

    def deep(self, *nodes: Syntax) -> int:
        """The depth of a node over `nodes`."""
        depth = 1 + max((node.depth for node in nodes), default=0)
        if depth > MAX_DEPTH:
            self.fail("the formula has too many steps", kind="limit")
        return depth

    # Statements

    def answer(self) -> Answer:
        clauses = [self.clause(side=False)]
        while not self.ended():
            side = self.separator()
            if not self.ended():
                clauses.append(self.clause(side))
        return Answer(self.text, tuple(clauses))

    def separator(self) -> bool:
        """Passes what stands between two clauses; whether a side definition follows."""
        if self.is_side_word() or self.next.text == ",":
            self.advance()
            while self.is_side_word():
                self.advance()
            return True
        if self.take(";") or self.next.start in self.breaks:
            return False
        if self.ended() or self.take("."):
            return False
        self.fail("expected an operator or the end")

    def is_side_word(self) -> bool:
        """Whether `where` or `with` comes, and not the function `where(…)`."""
        return self.next.text in words.SIDE_WORDS and self.peek().text != "("

    def clause(self, side: bool) -> Clause:
        links = [self.comparison()]
        while self.take("=", ":="):
            links.append(self.comparison())
        return Clause(tuple(links), side)

    # Levels

    def comparison(self) -> Syntax:
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

    def infix(self, op: str, left: Syntax, right: Syntax) -> Infix:
        span = min(left.span[0], right.span[0]), max(left.span[1], right.span[1])
        return Infix(span, op, left, right, self.deep(left, right))

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
                left = self.infix(words.PRODUCTS[text], left, self.chain())
            elif text in words.QUOTIENTS:
                self.advance()
                under, *rest = self.divisor()
                left = self.chained([self.infix(words.QUOTIENTS[text], left, under), *rest])
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
                items.append(self.factor())
            else:
                break
        return self.together(items)

    def together(self, items: list[Syntax]) -> Syntax:
        """Factors side by side as one node."""
        if len(items) == 1:
            return items[0]
        items = [part for item in items for part in _in_one_word(item)]
        depth = self.deep(*items) + len(items)
        self.check_depth(depth)
        return Chain((items[0].span[0], items[-1].span[1]), tuple(items), depth)

    def check_depth(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            self.fail("the formula has too many steps", kind="limit")

    def starts_factor(self) -> bool:
        token = self.next
        if token.start in self.breaks and not self.open:
            return False
        match token.kind:
            case "number":
                return True
            case "name":
                return token.text not in ("for", "in", "if") and not self.is_side_word()
            case "command":
                return token.text not in _OPERATOR_COMMANDS
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
        return _in_one_word(first)

    def coefficient(self, first: Number) -> tuple[Syntax, ...]:
        """`first` with the factor that is tightly written behind it, then what follows in one word."""
        if not self.starts_factor():
            return (first,)
        second, *rest = _in_one_word(self.factor())
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

    # Factors

    def factor(self) -> Syntax:
        return self.scripted(self.atom())

    def scripted(self, node: Syntax) -> Syntax:
        """`node` with everything that is attached behind it."""
        while True:
            token = self.next
            if token.kind == "op":
                changed = self.attached_sign(node, token)
            elif token.kind == "sup":
                changed = self.raised(node, self.advance())
            elif token.kind == "sub":
                changed = self.below(node, (self.raw(self.advance()),))
            elif token.kind == "method":
                changed = self.method(node)
            else:
                return node
            if changed is None:
                return node
            node = changed

    def attached_sign(self, node: Syntax, token: Token) -> Syntax | None:
        text = token.text
        if text in words.POWERS:
            return self.superscript(node)
        if text == "'" or text in words.POSTFIXES:
            self.advance()
            return self.transposed(node, token)
        if text == "_":
            self.advance()
            return self.below(node, self.subscript())
        if text == "[" and not token.spaced and self.is_index():
            return self.bracketed(node)
        return None

    def transposed(self, node: Syntax, token: Token) -> Syntax:
        op = words.POSTFIXES.get(token.text, words.TRANSPOSE_ROW)
        if isinstance(node, Number) and node.value == 1:
            node = One(node.span)
        return Unary((node.span[0], token.end), op, node, self.deep(node))

    def superscript(self, node: Syntax) -> Syntax:
        sign = self.advance()
        self.split_transpose()
        token = self.next
        inside = self.peek() if token.text == "{" else token
        if sign.text == "^":
            if self.is_postfix_script(inside):
                return self.postfix_script(node)
            special = self.layer_or_example(node)
            if special is not None:
                return special
        self.enter()
        exponent = self.signed()
        self.leave()
        if isinstance(exponent, Group) and token.text == "{":
            exponent = exponent.inner
        return self.infix(words.POWERS[sign.text], node, exponent)

    def split_transpose(self) -> None:
        """Makes `^Tx` a transpose and a factor, unless `Tx` is a name."""
        token = self.next
        if (
            token.kind != "name"
            or token.mark
            or token.text[0] != "T"
            or not token.text[1:2].isalpha()
        ):
            return
        if self.resolved(token.text) is None:
            self.split_token(token)

    def split_token(self, token: Token) -> None:
        """Makes two tokens of one, the first a single character."""
        cut = token.start + 1
        head = Token(token.kind, token.text[0], token.start, cut, token.spaced)
        rest = Token(token.kind, token.text[1:], cut, token.end)
        self.tokens = (*self.tokens[: self.at], head, rest, *self.tokens[self.at + 1 :])
        self.next = head

    def split_bars(self) -> None:
        """Reads `||` as the end of one absolute value and the start of the next."""
        token = self.next
        middle = token.start + 1
        bars = Token("op", "|", token.start, middle), Token("op", "|", middle, token.end)
        self.tokens = (*self.tokens[: self.at], *bars, *self.tokens[self.at + 1 :])
        self.next = bars[0]

    def is_postfix_script(self, token: Token) -> bool:
        if token.kind not in ("name", "command", "op") or token.text not in words.POSTFIXES:
            return token.text == "'" and token.kind == "op"
        braced = self.next.text == "{"
        return not braced or self.peek(2).text == "}"

    def postfix_script(self, node: Syntax) -> Syntax:
        braced = self.take("{")
        token = self.advance()
        node = self.transposed(node, token)
        if braced:
            self.expect("}")
        return node

    def layer_or_example(self, node: Syntax) -> Syntax | None:
        """`^{[2]}` (a layer), `^{[2]T}`, `^{(i)}` (an example); None where it is an exponent."""
        shift = 1 if self.next.text == "{" else 0
        if self.peek(shift).text == "[":
            return self.layer(node, shift)
        name = self.peek(shift + 1)
        single = self.peek(shift).text == "(" and self.peek(shift + 2).text == ")"
        if not single or (shift and self.peek(shift + 3).text != "}"):
            return None
        if name.kind == "number" and self.known(node, name.text) is not None:
            self.skip(2 * shift + 3)
            return self.labelled(node, name.text)
        if name.kind == "name" and self.is_index_name(name.text):
            self.skip(shift + 1)
            index = Name(name.span, self.advance().text)
            self.skip(1 + shift)
            return Example((node.span[0], name.end), node, index, self.deep(node))
        return None

    def is_index_name(self, name: str) -> bool:
        return name in self.locals or (len(name) == 1 and self.scope.lookup(name) is None)

    def skip(self, count: int) -> None:
        for _ in range(count):
            self.advance()

    def layer(self, node: Syntax, braces: int) -> Syntax:
        self.skip(braces + 1)
        label = self.advance()
        self.expect("]")
        node = self.labelled(node, label.text)
        if braces:
            while self.next.kind in ("name", "command", "op") and self.next.text in words.POSTFIXES:
                node = self.transposed(node, self.advance())
            self.expect("}")
        return node

    def labelled(self, node: Syntax, label: str) -> Syntax:
        """The name of `node` with a layer number: a^{[2]}, a_1^{[2]}, (a)^{[2]}."""
        match node:
            case Name(span, spelling):
                base, _, sub = spelling.partition("_")
                written = self.text[span[0] : span[1]]
                found = self.resolved(f"{written if written.isalnum() else base}{label}")
                named = Name(span, found or f"{base}{label}")
                return self.below(named, (Name(span, sub),)) if sub else named
            case Index(span, base, items, bracket, depth):
                return Index(span, self.labelled(base, label), items, bracket, depth)
            case Derivative(span, of, wrt, depth):
                return Derivative(span, of, self.labelled(wrt, label), depth)
        self.fail("expected a name before a layer number")

    def known(self, node: Syntax, label: str) -> str | None:
        return self.resolved(f"{node.spelling}{label}") if isinstance(node, Name) else None

    def merged(self, name: str) -> str | None:
        """The name that a name and its subscript make together; capitals count."""
        return name if name in self.locals else self.scope.lookup(name, fold=False)

    def resolved(self, name: str) -> str | None:
        return name if name in self.locals else self.scope.lookup(name)

    def raised(self, node: Syntax, token: Token) -> Syntax:
        """Unicode superscripts: x², xⁱ, x⁽ⁱ⁾."""
        text = token.text
        if text.startswith("(") and text.endswith(")"):
            name = Name(token.span, text[1:-1])
            return Example((node.span[0], token.end), node, name, self.deep(node))
        exponent: Syntax = Name(token.span, text)
        try:
            exponent = Number(token.span, Fraction(int(text)))
        except ValueError:
            if not text.isalpha():
                raise Mistake(Problem("parse", token.span, f"'{text}' is no exponent")) from None
        return self.infix(words.POWER_ROW, node, exponent)

    # Subscripts and square brackets

    def subscript(self) -> tuple[Syntax | None, ...]:
        token = self.next
        if token.kind in ("name", "number"):
            return (self.raw(self.advance()),)
        if self.take("{"):
            return self.items("}", raw=True)
        self.fail("expected a subscript")

    def raw(self, token: Token) -> Name:
        return Name(token.span, token.text)

    def items(self, closing: str, raw: bool) -> tuple[Syntax | None, ...]:
        """What stands between commas up to `closing`; a lone colon is None."""
        self.enter()
        self.open.append(closing)
        items: list[Syntax | None] = []
        while not self.take(closing):
            items.append(self.item(raw))
            if self.next.text != closing and not self.take(","):
                self.fail(f"expected '{closing}' or ','")
        self.open.pop()
        self.leave()
        return tuple(items)

    def item(self, raw: bool) -> Syntax | None:
        if self.next.text == ":":
            self.advance()
            return None
        if raw and self.next.kind in ("name", "number") and self.peek().text in (",", "}", "]"):
            return self.raw(self.advance())
        if (
            raw
            and self.next.kind == "number"
            and self.peek().kind == "name"
            and not self.peek().spaced
        ):
            first, second = self.advance(), self.advance()
            return Name((first.start, second.end), first.text + second.text)
        item = self.comparison()
        if self.next.text == ":":
            self.advance()
            self.comparison()
        return item

    def below(self, node: Syntax, items: tuple[Syntax | None, ...]) -> Syntax:
        """`node` with a subscript: part of its name where the scope has such a name, else an index."""
        first = items[0] if len(items) == 1 else None
        if isinstance(node, One):
            return self.ones_or_indicator(node, items)
        if isinstance(node, Name) and isinstance(first, Name):
            if self.layer_at(0):
                return Index(node.span, node, items, False, self.deep(node))
            found = self.merged(f"{node.spelling}_{first.spelling}")
            if found is not None:
                return Name((node.span[0], first.span[1]), found)
        if isinstance(node, Unary) and node.op in _FENCED and isinstance(first, Name):
            return self.normed(node, first)
        ends = [item.span[1] for item in items if item is not None]
        span = node.span[0], max(ends, default=node.span[1])
        inner = [item for item in items if item is not None]
        return Index(span, node, items, False, self.deep(node, *inner))

    def normed(self, node: Unary, which: Name) -> Syntax:
        if which.spelling not in ("2", "F"):
            raise Mistake(Problem("parse", which.span, "only the Euclidean norm is read"))
        return Unary(node.span, words.NORM_ROW, node.arg, node.depth)

    def ones_or_indicator(self, one: One, items: tuple[Syntax | None, ...]) -> Syntax:
        """1_{z > 0} is an indicator, 1_{m × 1} and 1_m are ones."""
        return self.shaped(one.span, "ones", items)

    def shaped(self, span: Span, row: str, items: tuple[Syntax | None, ...]) -> Syntax:
        """A constant matrix with its dimensions below, or an indicator."""
        present = tuple(item for item in items if item is not None)
        if len(present) == 1 and _is_comparison(present[0]):
            return present[0]
        if len(present) == 1 and isinstance(present[0], Infix):
            present = present[0].left, present[0].right
        elif len(present) == 1 and self.text[: self.tokens[self.at - 1].start].rstrip()[-1:] != ",":
            present = (*present, Number(span, Fraction(1)))
        shape = Tuple(span, present, self.deep(*present))
        return Call(span, row, (row,), (shape,), (), 0, False, shape.depth + 1)

    def is_index(self) -> bool:
        """Whether the square bracket that follows tightly holds positions, not a factor."""
        single = self.peek(1).kind == "number" and self.peek(2).text == "]"
        return single or self.next.start in self.listing

    def _line_breaks(self) -> frozenset[int]:
        """Where lines that are equations of their own start."""
        starts = [match.start() for match in _LINE.finditer(self.text) if self.is_clause(match)]
        first = (next(t.start for t in self.tokens if t.start >= start) for start in starts)
        return frozenset(first)

    def is_clause(self, line: re.Match[str]) -> bool:
        """Whether a line defines a name, or uses one that the text defines."""
        equation = _EQUATION.match(line.group()) is not None
        return line.start() > 0 and (
            equation or not self.locals.isdisjoint(_WORD.findall(line.group()))
        )

    def _listing_brackets(self) -> frozenset[int]:
        """Where the brackets start that hold a comma or a colon of their own."""
        open_at: list[int] = []
        found: set[int] = set()
        for token in self.tokens:
            if token.text in CLOSING:
                open_at.append(token.start)
            elif token.text in (")", "]", "}") and open_at:
                open_at.pop()
            elif token.text in (",", ":") and open_at:
                found.add(open_at[-1])
        return frozenset(found)

    def bracketed(self, node: Syntax) -> Syntax:
        self.expect("[")
        items = self.items("]", raw=False)
        inner = [item for item in items if item is not None]
        end = self.tokens[self.at - 1].end
        return Index((node.span[0], end), node, items, True, self.deep(node, *inner))

    # Methods and calls

    def method(self, node: Syntax) -> Syntax | None:
        token = self.advance()
        if token.text in words.POSTFIXES and self.next.text != "(":
            return self.transposed(node, token)
        if token.text in words.PASSING and self.next.text == "(":
            self.arguments()
            return Group((node.span[0], self.tokens[self.at - 1].end), node, self.deep(node))
        rows = words.FUNCTIONS.get(token.text)
        if rows is None:
            raise Mistake(
                Problem("unknown-symbol", token.span, f"there is no method .{token.text}")
            )
        if self.next.text != "(":
            self.fail(f"expected '(' after .{token.text}")
        args, keywords = self.arguments()
        return self.call(token, rows, (node, *args), keywords, 0, qualified=True)

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
                keywords.append((name, self.comparison()))
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
        bounds, _ = self.arguments()
        low = bounds[0] if len(bounds) == 2 else Number(index.span, Fraction(0))
        high = self.infix("sub", bounds[-1], Number(index.span, Fraction(1)))
        depth = self.deep(body)
        self.loop = Binder(body.span, words.BINDER_ROW, index.text, low, high, body, depth)
        return self.loop

    # Atoms

    def atom(self) -> Syntax:
        token = self.next
        match token.kind:
            case "number":
                return self.number(self.advance())
            case "name" | "command":
                return self.named(self.advance())
            case "op":
                return self.opened(token)
        self.fail("expected a quantity")

    def opened(self, token: Token) -> Syntax:
        if token.text in CLOSING:
            return self.group()
        if token.text in words.FENCES:
            return self.fenced()
        if token.text in ONE_SIGNS:
            self.advance()
            return self.one(token)
        if token.text in words.FUNCTIONS:
            self.advance()
            return self.function(token, words.FUNCTIONS[token.text])
        if token.text == "∂":
            return self.slashed_derivative()
        if token.text == "∇":
            return self.nabla()
        self.fail("expected a quantity")

    def number(self, token: Token) -> Syntax:
        if token.text == "1":
            if token.mark in ONE_FONTS:
                return self.one(token)
            if self.indicator_follows():
                return self.indicator()
        return Number(token.span, _fraction(token))

    def indicator_follows(self) -> bool:
        """Whether a comparison in curly or square brackets, or below, comes next."""
        if self.next.text == "_" and self.peek().text == "{":
            return True
        return self.next.text in ("{", "[") and not self.next.spaced

    def indicator(self) -> Syntax:
        start = self.tokens[self.at - 1]
        self.take("_")
        inner = self.group()
        if isinstance(inner, Group) and _is_comparison(inner.inner):
            return inner.inner
        one = Number(start.span, Fraction(1))
        return Chain((start.start, inner.span[1]), (one, inner), self.deep(one, inner) + 2)

    def one(self, token: Token) -> Syntax:
        """A bold one: an indicator before a comparison, else a vector of ones."""
        node = One(token.span)
        if self.next.text not in CLOSING:
            return node
        inner = self.group()
        if isinstance(inner, Group) and _is_comparison(inner.inner):
            return inner.inner
        return Chain((token.start, inner.span[1]), (node, inner), self.deep(node, inner) + 2)

    def group(self) -> Syntax:
        start = self.advance()
        closing = CLOSING[start.text]
        self.enter()
        self.open.append(closing)
        items: list[Syntax] = []
        comma = False
        while not self.take(closing):
            items.append(self.comparison())
            if self.next.text != closing:
                if not self.take(","):
                    self.fail(f"expected '{closing}' or an operator")
                comma = True
        self.open.pop()
        self.leave()
        span = start.start, self.tokens[self.at - 1].end
        if comma or not items:
            return Tuple(span, tuple(items), self.deep(*items))
        return Group(span, items[0], self.deep(items[0]))

    def fenced(self) -> Syntax:
        start = self.advance()
        closing, op = words.FENCES[start.text]
        self.enter()
        self.open.append(closing)
        inner = self.comparison()
        self.open.pop()
        if closing == "|" and self.next.text == "‖" and self.next.end == self.next.start + 2:
            self.split_bars()
        self.expect(closing)
        self.leave()
        return Unary((start.start, self.tokens[self.at - 1].end), op, inner, self.deep(inner))

    def named(self, token: Token) -> Syntax:
        if token.kind == "command" and token.text == words.FRACTION:
            return self.fraction(token)
        if len(token.text) > MAX_NAME:
            return Name(token.span, token.text)
        if not token.mark.endswith("."):
            if self.next.text == "/" and token.text[0] == "d":
                ratio = self.differential(token)
                if ratio is not None:
                    return ratio
            whole = self.with_script(token)
            if whole is not None:
                return whole
            found = self.resolved(token.text)
            if found is not None and not self.layer_splits(token):
                return Name(token.span, found)
        return self.unresolved(token)

    def with_script(self, token: Token) -> Syntax | None:
        """`W_1`, `W_{1}`, `W₁` where the scope has a name of that spelling."""
        script, length = self.next, 1
        if script.text == "_":
            braced = self.peek().text == "{"
            script, length = self.peek(2 if braced else 1), 4 if braced else 2
            if braced and self.peek(3).text != "}":
                return None
        if script.kind not in ("sub", "name", "number") or self.next.text not in ("_", script.text):
            return None
        if self.next.kind not in ("sub", "op") or self.layer_at(length):
            return None
        found = self.merged(f"{token.text}_{script.text}")
        if found is None:
            return None
        self.skip(length)
        return Name((token.start, self.tokens[self.at - 1].end), found)

    def layer_at(self, offset: int) -> bool:
        """Whether a layer number such as ^{[2]} comes after `offset` tokens."""
        braced = self.peek(offset + 1).text == "{"
        return self.peek(offset).text == "^" and self.peek(offset + 1 + braced).text == "["

    def differential(self, token: Token) -> Syntax | None:
        """`dL/dz`, where the scope has such a name; a component may follow it: `dL/dz_1`."""
        under = self.peek()
        if under.kind != "name" or under.text[0] != "d":
            return None
        whole = self.resolved(f"{token.text}/{under.text}")
        base, _, sub = under.text.partition("_")
        found = whole or self.resolved(f"{token.text}/{base}")
        if found is None:
            return None
        self.skip(2)
        name = Name((token.start, under.end), found)
        return name if whole or not sub else self.below(name, (Name(under.span, sub),))

    def layer_splits(self, token: Token) -> bool:
        """Whether `a_1` is followed by a layer number, which belongs to `a`."""
        return "_" in token.text and self.layer_at(0)

    def unresolved(self, token: Token) -> Syntax:
        """A name that is no symbol: a function, a sum, a name with an index, or several names in a row."""
        text = token.text
        head, _, tail = text.partition("_")
        if self.binds(token, head, bool(tail)):
            return self.binder(token, tail)
        own = self.scope.function(text)
        rows = (own,) if own else words.FUNCTIONS.get(text)
        if rows is not None:
            return self.function(token, rows)
        if text in words.EXPONENTIAL and self.next.text == "^":
            return self.exponential(token)
        if text in words.EXPONENTIAL and self.next.kind == "sup":
            return self.exponential(token)
        if tail:
            return self.with_index(token)
        pieces = self.pieces(text)
        if pieces is None:
            return Name(token.span, text)
        return self.split(token, pieces)

    def with_index(self, token: Token) -> Syntax:
        base, _, sub = token.text.rpartition("_")
        cut = token.start + len(base)
        if self.layer_splits(token):
            return Name(token.span, token.text)
        inner = Token("name", base, token.start, cut)
        node = self.named(inner)
        return self.below(node, (Name((cut + 1, token.end), sub),))

    def split(self, token: Token, pieces: list[str]) -> Syntax:
        """Several names written without spaces, as in `wx`."""
        nodes: list[Syntax] = []
        start = token.start
        for piece in pieces:
            part = Token("name", piece, start, start + len(piece))
            start = part.end
            nodes.append(self.named(part) if part.end == token.end else self.scripted_piece(part))
        if len(nodes) > 1:
            last = self.scripted(nodes.pop())
            depth = self.deep(*nodes, last) + len(nodes) + 1
            self.check_depth(depth)
            return Chain(token.span, (*nodes, last), depth)
        return nodes[0]

    def scripted_piece(self, part: Token) -> Syntax:
        return Name(part.span, self.resolved(part.text) or part.text)

    def pieces(self, text: str) -> list[str] | None:
        """`text` cut into known names, longest first; a function may stand at the end."""
        if text not in self.cuts:
            if not 0 < len(text) <= MAX_CUT or len(self.cuts) >= MAX_CUTS:
                return None
            self.cuts[text] = self.cut(text)
        return self.cuts[text]

    def cut(self, text: str) -> list[str] | None:
        best: list[list[str] | None] = [None] * len(text) + [[]]
        for start in range(len(text) - 1, -1, -1):
            for end in range(len(text), start, -1):
                rest = best[end]
                if rest is not None and self.is_piece(text[start:end], end == len(text)):
                    best[start] = [text[start:end], *rest]
                    break
        return best[0]

    def is_piece(self, piece: str, last: bool) -> bool:
        if self.resolved(piece) is not None:
            return True
        return (
            last
            and len(piece) > 1
            and (piece in words.FUNCTIONS or self.scope.function(piece) is not None)
        )

    def binds(self, token: Token, head: str, tail: bool) -> bool:
        """Whether a big operator with an index starts here."""
        if head not in words.BINDERS or token.mark:
            return False
        return tail or self.next.text == "_" or self.next.kind == "sub"

    def binder(self, token: Token, tail: str) -> Syntax:
        index, low = (tail, None) if tail else self.lower_bound()
        high = self.upper_bound() if self.take("^") else None
        outer, self.locals = self.locals, self.locals | {index}
        self.enter()
        body = self.product()
        self.leave()
        self.locals = outer
        op = words.BINDERS[token.text.partition("_")[0]]
        return Binder((token.start, body.span[1]), op, index, low, high, body, self.deep(body))

    def lower_bound(self) -> tuple[str, Syntax | None]:
        if self.next.kind == "sub":
            return self.advance().text, None
        self.expect("_")
        braced = self.take("{")
        index = self.advance()
        if index.kind not in ("name", "command"):
            self.fail("expected the name of an index", index.span)
        low = self.comparison() if braced and self.take("=") else None
        if braced:
            self.expect("}")
        return index.text, low

    def upper_bound(self) -> Syntax:
        return self.group() if self.next.text == "{" else self.atom()

    def fraction(self, token: Token) -> Syntax:
        if self.peek(0).text == "{" and self.peek().text == "∂":
            return self.derivative(token)
        self.enter()
        over, under = self.braced(), self.braced()
        self.leave()
        return self.infix(words.QUOTIENT_ROW, over, under)

    def braced(self) -> Syntax:
        """A LaTeX argument: a group, or a single character."""
        if self.next.text == "{":
            return self.group()
        token = self.next
        whole = token.text.isalpha() or token.text.isdigit()
        if token.kind in ("number", "name") and len(token.text) > 1 and whole and not token.mark:
            self.split_token(token)
        return self.atom()

    def derivative(self, token: Token) -> Syntax:
        """\\frac{∂L}{∂z}."""
        self.expect("{")
        self.expect("∂")
        of = self.factor()
        self.expect("}")
        self.expect("{")
        self.expect("∂")
        wrt = self.factor()
        self.expect("}")
        return Derivative((token.start, self.tokens[self.at - 1].end), of, wrt, self.deep(of, wrt))

    def slashed_derivative(self) -> Syntax:
        """∂L/∂z."""
        start = self.advance()
        of = self.factor()
        self.expect("/")
        self.expect("∂")
        wrt = self.factor()
        return Derivative((start.start, wrt.span[1]), of, wrt, self.deep(of, wrt))

    def nabla(self) -> Syntax:
        """∇_w J."""
        start = self.advance()
        self.expect("_")
        braced = self.take("{")
        wrt = self.factor()
        if braced:
            self.expect("}")
        of = self.factor()
        return Derivative((start.start, of.span[1]), of, wrt, self.deep(of, wrt))

    # Functions

    def function(self, token: Token, rows: tuple[str, ...]) -> Syntax:
        """A function with its argument: f(x), f'(x), f^2(x), f x."""
        primes, power = self.marks()
        node: Syntax
        atom = next((row for row in rows if TABLE[row].notation.kind == "atom"), None)
        if atom is not None and self.take("_"):
            return self.shaped(token.span, atom, self.subscript())
        if self.next.text in ("(", "[", "{") and self.next.kind == "op":
            args, keywords = self.arguments()
        elif atom is not None:
            return Name(token.span, token.text)
        elif self.starts_factor():
            args, keywords = (self.bare_argument(),), ()
        else:
            self.fail(f"expected the argument of {token.text}")
        if len(args) == 1 and args[0] is self.loop and token.text in words.BINDERS:
            self.loop = None
            return args[0]
        if len(args) == 1 and atom is not None and _is_comparison(args[0]):
            return args[0]
        node = self.call(token, rows, args, keywords, primes, qualified=token.mark.endswith("."))
        return node if power is None else self.infix(words.POWER_ROW, node, power)

    def bare_argument(self) -> Syntax:
        self.enter()
        argument = self.factor()
        if (
            isinstance(argument, Number)
            and not self.next.spaced
            and self.next.kind in ("name", "command")
        ):
            argument = self.together(list(self.coefficient(argument)))
        self.leave()
        return argument

    def marks(self) -> tuple[int, Syntax | None]:
        """The primes and the power that stand between a function's name and its argument."""
        primes, power = 0, None
        while True:
            if self.next.text == "'":
                self.advance()
                primes += 1
            elif self.next.text == "^" and power is None:
                self.advance()
                if self.take("{"):
                    while self.take("'"):
                        primes += 1
                    power = None if self.next.text == "}" else self.signed()
                    self.expect("}")
                else:
                    power = self.signed_atom()
            elif self.next.kind == "sup" and power is None:
                token = self.advance()
                power = Number(token.span, Fraction(_integer(token)))
            else:
                return primes, power

    def signed_atom(self) -> Syntax:
        if self.next.text == "(":
            return self.group()
        sign = self.take("-")
        node = self.atom()
        return Unary(node.span, words.PREFIXES["-"], node, self.deep(node)) if sign else node

    def exponential(self, token: Token) -> Syntax:
        """e^{x} is a function of its exponent."""
        if self.next.kind == "sup":
            power = self.raised(Name(token.span, token.text), self.advance())
        else:
            power = self.superscript(Name(token.span, token.text))
        if not isinstance(power, Infix):
            raise Mistake(Problem("parse", token.span, "expected an exponent after e^"))
        row = words.EXPONENTIAL[token.text]
        return self.call(token, (row,), (power.right,), (), 0, qualified=False)


def _in_one_word(node: Syntax) -> tuple[Syntax, ...]:
    """The factors of a chain that was written as one word, such as `wx`."""
    return node.items if isinstance(node, Chain) else (node,)


def _is_comparison(node: Syntax) -> bool:
    comparisons = {*words.COMPARISONS.values(), words.EQUALITY}
    return isinstance(node, Infix) and node.op in comparisons


def _fraction(token: Token) -> Fraction:
    return Fraction(token.text.rstrip(".") if "e" not in token.text.lower() else token.text)


def _integer(token: Token) -> int:
    try:
        return int(token.text)
    except ValueError:
        raise Mistake(Problem("parse", token.span, f"'{token.text}' is no exponent")) from None


_FENCED = frozenset(op for _, op in words.FENCES.values())
_OPERATOR_COMMANDS = frozenset(
    {*words.PRODUCTS, *words.QUOTIENTS, *words.COMPARISONS, *words.REVERSED, *words.POSTFIXES}
    - {"T", "t"}
)
