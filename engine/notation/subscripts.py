"""What stands below: part of a name, an index, a norm's kind, the size of a vector of ones."""

from __future__ import annotations

from fractions import Fraction

from engine.notation import vocabulary as words
from engine.notation.arguments import Arguments
from engine.notation.cursor import is_comparison, unwrapped
from engine.notation.errors import Mistake, Problem, Span
from engine.notation.lexer import Token
from engine.notation.spelling import LETTERS
from engine.notation.sugars import DERIVED
from engine.notation.syntax import (
    Call,
    Index,
    Infix,
    Name,
    Number,
    One,
    Syntax,
    Tuple,
    Unary,
)
from engine.notation.windows import REVERSED

_FENCED = frozenset(op for _, op in words.FENCES.values())


class Subscripts(Arguments):
    """Reads subscripts."""

    def subscript(self) -> tuple[Syntax | None, ...]:
        token = self.next
        if token.kind in ("name", "number") or token.text == "∞":
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
            return self.colon()
        is_raw = self.next.kind in ("name", "number") or self.next.text == "∞"
        letter = self.next.kind == "name" and self.is_index_letter(self.next.text)
        if ((raw and is_raw) or letter) and self.peek().text in (",", "}", "]"):
            return self.raw(self.advance())
        if (
            raw
            and self.next.kind == "number"
            and self.peek().kind == "name"
            and not self.peek().spaced
            and self.peek(2).text in (",", "}", "]")
        ):
            first, second = self.advance(), self.advance()
            return Name((first.start, second.end), first.text + second.text)
        item = self.comparison()
        if self.next.text == ":":
            self.advance()
            high = self.comparison()
            if isinstance(item, Number) and isinstance(high, Number):
                self.check_slice(item, high)
        return item

    def colon(self) -> Syntax | None:
        """`:` is all of an axis, `::-1` all of it in reverse order."""
        start = self.advance()
        if self.next.text != ":":
            return None
        self.advance()
        self.expect("-")
        end = self.advance()
        if end.text != "1":
            self.fail("expected ::-1", end.span, "parse")
        return Name((start.start, end.end), REVERSED)

    def check_slice(self, low: Number, high: Number) -> None:
        """Refuses a slice of several rows or columns."""
        if high.value != low.value + 1:
            span = low.span[0], high.span[1]
            message = "a slice holds one row or column: [i] or [i:i+1]"
            raise Mistake(Problem("parse", span, message))

    def below(self, node: Syntax, items: tuple[Syntax | None, ...]) -> Syntax:
        """`node` with a subscript: part of its name where there is such a name, else an index."""
        first = items[0] if len(items) == 1 else None
        kronecker = self.kronecker(node, items)
        if kronecker is not None:
            return kronecker
        if isinstance(node, One):
            return self.ones_or_indicator(node, items)
        if isinstance(node, Name) and isinstance(first, Name):
            if self.is_identity_of(node, first.spelling):
                return node
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

    def is_identity_of(self, node: Name, size: str) -> bool:
        """Whether I_n is the identity with n rows, which its surroundings give it anyway."""
        identity = words.IDENTITY_ROW in words.FUNCTIONS.get(node.spelling, ())
        known = self.scope.lookup(node.spelling) is not None
        return identity and not known and self.scope.dimension(size) is not None

    def kronecker(self, node: Syntax, items: tuple[Syntax | None, ...]) -> Syntax | None:
        """δ_{ij} is 1 where i = j."""
        if not (isinstance(node, Name) and LETTERS.get(node.spelling, node.spelling) == "delta"):
            return None
        if self.resolved(node.spelling) is not None:
            return None
        letters = [item.spelling for item in items if isinstance(item, Name)]
        if len("".join(letters)) != 2 or len(letters) != len(items):
            return None
        span = node.span[0], self.tokens[self.at - 1].end
        first, second = (Name(span, letter) for letter in "".join(letters))
        return self.infix(words.EQUALITY, first, second)

    def normed(self, node: Unary, which: Name) -> Syntax:
        if which.spelling in ("2", "F"):
            return Unary(node.span, words.NORM_ROW, node.arg, node.depth)
        row = DERIVED.get(which.spelling)
        if row is None:
            message = f"the norm with index {which.spelling} is not read: 1, 2, F and ∞ are"
            raise Mistake(Problem("parse", which.span, message))
        rows = (words.ABSOLUTE_ROW,)
        inner = Call(node.span, rows[0], rows, (node.arg,), (), 0, True, self.deep(node.arg))
        span = node.span[0], which.span[1]
        return Call(span, row, (row,), (inner,), (), 0, True, self.deep(inner))

    def ones_or_indicator(self, one: One, items: tuple[Syntax | None, ...]) -> Syntax:
        """1_{z > 0} is an indicator, 1_{m × 1} and 1_m are ones."""
        return self.shaped(one.span, "ones", items)

    def shaped(self, span: Span, row: str, items: tuple[Syntax | None, ...]) -> Syntax:
        """A constant matrix with its dimensions below, or an indicator."""
        present = tuple(unwrapped(item) for item in items if item is not None)
        if len(present) == 1 and is_comparison(present[0]):
            return present[0]
        if len(present) == 1 and isinstance(present[0], Infix):
            present = present[0].left, present[0].right
        elif len(present) == 1 and self.text[: self.tokens[self.at - 1].start].rstrip()[-1:] != ",":
            present = (*present, Number(span, Fraction(1)))
        shape = Tuple(span, present, self.deep(*present))
        return Call(span, row, (row,), (shape,), (), 0, False, shape.depth + 1)
