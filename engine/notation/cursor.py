"""Where a descent is: the tokens, the depth, the open brackets, the known names.

The grammar stands in the classes above this one; what they need of each other is declared here.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import NoReturn

from engine.notation import vocabulary as words
from engine.notation.errors import Kind, Mistake, Problem, Span
from engine.notation.lexer import Token, plain, tokens
from engine.notation.scope import Scope
from engine.notation.syntax import (
    Binder,
    Chain,
    Clause,
    Group,
    Infix,
    Number,
    Syntax,
)

SHOWN = 8  # characters behind a bracket that is still open
MAX_NESTING = 40
MAX_DEPTH = 100
ALSO = "and"  # joins the links of a < b < c
CLOSING = {"(": ")", "[": "]", "{": "}"}
COMPARING = frozenset({*words.COMPARISONS.values(), words.EQUALITY})
_LINE = re.compile(r"[^\n]+")
_EQUATION = re.compile(r"\s*[^\s=()<>][^=()<>]{0,80}:?=(?!=)")
_WORD = re.compile(r"\w+")


def _numbered(texts: list[str]) -> str:
    """The number below a name that an equals sign follows: ₂ =, _{2} =; else nothing."""
    match texts:
        case [digits, "=", *_] | ["_", digits, "=", *_] if digits.isdigit():
            return digits
        case ["_", "{", digits, "}", "="] if digits.isdigit():
            return digits
    return ""


class Cursor(ABC):
    """The state of one descent."""

    def __init__(self, text: str, scope: Scope) -> None:
        self.written = text
        self.text = text = plain(text)
        self.scope = scope
        self.tokens = tokens(text)
        self.at = 0
        self.next = self.tokens[0]
        self.nesting = 0
        self.open: list[str] = []
        self.loop: Binder | None = None
        self.matlab = False
        self.clauses: list[Clause] = []
        self.nicknames = self._defined_functions() if "=" in text else {}
        self.locals = self._defined_names() if self._may_define() else frozenset()
        self.defined = self.locals
        self.listing = self._listing_brackets() if "[" in text else frozenset()
        self.breaks = self._line_breaks() if "\n" in text else frozenset()
        self.lines = self._lines() if "\n" in text else frozenset()
        self.cuts: dict[str, list[str] | None] = {}

    def _may_define(self) -> bool:
        return "=" in self.text or "for" in self.text

    def _defined_names(self) -> frozenset[str]:
        """Names that the text itself defines, as in `where s = …`."""
        pairs = list(zip(self.tokens, self.tokens[1:], strict=False))
        below = {b.start for a, b in pairs if a.text in ("∂", "/")}  # the z of ∂L/∂z is no name
        loops = frozenset(b.text for a, b in pairs if a.text == "for" and b.kind == "name")
        equated = frozenset(
            a.text
            for a, b in pairs
            if a.kind == "name"
            and (b.text == "=" or b.text in words.AUGMENTED)
            and a.text not in words.KEYWORDS
            and a.text not in self.nicknames
            and a.text.partition("_")[0] not in words.BINDERS
            and a.start not in below
        )
        return loops | equated | self._defined_ratios() | self._defined_numbered()

    def _defined_numbered(self) -> frozenset[str]:
        """Names with a number below that the text itself defines, as in `where δ₂ = …`."""
        runs = zip(*(self.tokens[at:] for at in range(6)), strict=False)
        return frozenset(
            f"{name.text}_{digits}"
            for name, *behind in runs
            if name.kind in ("name", "command")
            and (digits := _numbered([each.text for each in behind]))
            and self.scope.lookup(name.text) is None  # else it is an entry
        )

    def _defined_functions(self) -> dict[str, str]:
        """Functions that the text names, as in `where g = ReLU`."""
        named: dict[str, str] = {}
        for name, sign, function, end in zip(*(self.tokens[at:] for at in range(4)), strict=False):
            rows = words.FUNCTIONS.get(function.text, ())
            closes = end.kind == "end" or end.text in (",", ";", ".")
            if name.kind == "name" and sign.text == "=" and rows and closes:
                named[name.text] = rows[0]
        return named

    def _defined_ratios(self) -> frozenset[str]:
        """Derivatives that the text itself defines, as in `dz/dw = x`."""
        runs = zip(*(self.tokens[at:] for at in range(4)), strict=False)
        return frozenset(
            f"{over.text}/{under.text}"
            for over, slash, under, sign in runs
            if slash.text == "/" and sign.text == "=" and over.text[:1] == under.text[:1] == "d"
        )

    def _lines(self) -> frozenset[int]:
        """Where the first token of every line but the first starts."""
        pairs = zip(self.tokens, self.tokens[1:], strict=False)
        return frozenset(b.start for a, b in pairs if "\n" in self.text[a.end : b.start])

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

    def skip(self, count: int) -> None:
        for _ in range(count):
            self.advance()

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
        hint = self.hint(token, expected) if kind == "parse" else ""
        raise Mistake(Problem(kind, span or token.span, message, hint))

    def hint(self, token: Token, expected: str) -> str:
        """What probably helps where `token` came unexpectedly."""
        if self.open and self.open[-1] in CLOSING.values() and expected.startswith("expected '"):
            last = self.last_open()
            behind = self.text[last.end : last.end + SHOWN].split("\n")[0]
            return f"the '{self.text[last.start : last.end]}' before '{behind}' is still open"
        if token.text in CLOSING.values() and expected.endswith("the end"):
            return f"no bracket that '{token.text}' would close is open"
        return words.HINTS.get(self.text[token.start : token.end], "")

    def last_open(self) -> Token:
        """The last bracket that has not been closed."""
        depth = 0
        for token in reversed(self.tokens[: self.at]):
            depth += (token.text in CLOSING.values()) - (token.text in CLOSING)
            if depth < 0:
                return token
        return self.tokens[0]

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

    def check_depth(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            self.fail("the formula has too many steps", kind="limit")

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

    def infix(self, op: str, left: Syntax, right: Syntax, sign: str = "") -> Infix:
        span = min(left.span[0], right.span[0]), max(left.span[1], right.span[1])
        self.matlab = self.matlab or sign[:1] == "."
        return Infix(span, op, left, right, self.deep(left, right), sign)

    def together(self, items: list[Syntax]) -> Syntax:
        """Factors side by side as one node."""
        if len(items) == 1:
            return items[0]
        items = [part for item in items for part in in_one_word(item)]
        depth = self.deep(*items) + len(items)
        self.check_depth(depth)
        return Chain((items[0].span[0], items[-1].span[1]), tuple(items), depth)

    def merged(self, name: str) -> str | None:
        """The name that a name and its subscript make together; capitals count."""
        return name if name in self.locals else self.scope.lookup(name, fold=False)

    def resolved(self, name: str) -> str | None:
        return name if name in self.locals else self.scope.lookup(name)

    def is_index_letter(self, name: str) -> bool:
        """Whether a letter counts something: it is bound, or no name as it stands."""
        known = self.scope.lookup(name, fold=False) is not None
        return len(name) == 1 and (name in self.locals or not known)

    def layer_at(self, offset: int) -> bool:
        """Whether a layer number such as ^{[2]} comes after `offset` tokens."""
        braced = self.peek(offset + 1).text == "{"
        return self.peek(offset).text == "^" and self.peek(offset + 1 + braced).text == "["

    # The grammar

    @abstractmethod
    def comparison(self) -> Syntax:
        """The loosest expression."""

    @abstractmethod
    def compared(self) -> Syntax:
        """A sum, or a comparison of sums."""

    @abstractmethod
    def sum(self) -> Syntax:
        """Products added and subtracted."""

    @abstractmethod
    def cases(self) -> Syntax:
        """A table of cases."""

    @abstractmethod
    def product(self) -> Syntax:
        """A product; a sum over an index reaches as far."""

    @abstractmethod
    def signed(self) -> Syntax:
        """A factor, perhaps with signs before it."""

    @abstractmethod
    def bracket(self) -> Syntax:
        """What stands in brackets."""

    @abstractmethod
    def factor(self) -> Syntax:
        """An atom with its scripts."""

    @abstractmethod
    def starts_factor(self) -> bool:
        """Whether a factor follows."""

    @abstractmethod
    def coefficient(self, first: Number) -> tuple[Syntax, ...]:
        """A number with what is tightly written behind it."""

    @abstractmethod
    def named(self, token: Token) -> Syntax:
        """What a name stands for."""

    @abstractmethod
    def fraction(self, token: Token) -> Syntax:
        """A quotient written as a command."""

    @abstractmethod
    def function(self, token: Token, rows: tuple[str, ...], primes: int = 0) -> Syntax:
        """A function with its argument; `primes` are in its name."""

    @abstractmethod
    def spoken_sum(self, token: Token) -> Syntax:
        """A sum over an index, in words."""

    @abstractmethod
    def summed(self, token: Token) -> Syntax:
        """A sum sign without an index."""

    @abstractmethod
    def binder(self, token: Token, tail: str) -> Syntax:
        """A sum over an index."""

    @abstractmethod
    def exponential(self, token: Token) -> Syntax:
        """A power of e."""


def in_one_word(node: Syntax) -> tuple[Syntax, ...]:
    """The factors of a chain that was written as one word, such as `wx`."""
    return node.items if isinstance(node, Chain) else (node,)


def is_comparison(node: Syntax) -> bool:
    """Whether `node` compares."""
    if not isinstance(node, Infix):
        return False
    return node.op in COMPARING or node.sign == ALSO or node.sign in words.UNEQUAL


def unwrapped(node: Syntax) -> Syntax:
    """`node` without brackets around it."""
    while isinstance(node, Group):
        node = node.inner
    return node
