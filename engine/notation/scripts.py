"""What is attached behind an atom: superscripts, subscripts, square brackets, methods."""

from __future__ import annotations

from difflib import get_close_matches

from engine.notation import vocabulary as words
from engine.notation.errors import Mistake, Problem
from engine.notation.layers import Layers
from engine.notation.lexer import Token
from engine.notation.sugars import SUGARS
from engine.notation.syntax import (
    LAST,
    WHOLE,
    Group,
    Index,
    Name,
    Number,
    Size,
    Syntax,
    Unary,
)


class Scripts(Layers):
    """Reads what is attached to an atom."""

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
        if text in words.POWERS and not self.is_plus():
            return self.superscript(node)
        if text == "'" or text in words.POSTFIXES:
            self.advance()
            return self.transposed(node, token)
        if text == "_" and self.peek().text == "+":
            self.skip(2)
            return self.positive_part(node)
        if text == "^" and self.is_plus():
            self.skip(4 if self.peek().text == "{" else 2)
            return self.positive_part(node)
        if text == "_":
            self.advance()
            ends = self.next.spaced or (self.next.kind == "op" and self.next.text != "{")
            if ends and isinstance(node, Name):
                return node  # lambda_, since Python has another meaning for lambda
            return self.below(node, self.subscript())
        if text == "[" and not token.spaced and self.is_index():
            return self.bracketed(node)
        return None

    def is_index(self) -> bool:
        """Whether the square bracket that follows tightly holds positions, not a factor."""
        inside = self.peek(1)
        letter = inside.kind == "name" and self.is_index_letter(inside.text)
        single = (letter or inside.kind == "number") and self.peek(2).text == "]"
        return single or self.next.start in self.listing

    def bracketed(self, node: Syntax) -> Syntax:
        self.expect("[")
        items = self.items("]", raw=False)
        layer = self.as_layer(node, items)
        if layer is not None:
            return layer
        inner = [item for item in items if item is not None]
        end = self.tokens[self.at - 1].end
        return Index((node.span[0], end), node, items, True, self.deep(node, *inner))

    def as_layer(self, node: Syntax, items: tuple[Syntax | None, ...]) -> Syntax | None:
        """`W[2]` is W2 where there is no W."""
        match node, items:
            case Name(), (Number(value=value),) if value.denominator == 1:
                label = str(value.numerator)
                if self.is_layer(node, label):
                    return self.labelled(node, label)
        return None

    def method(self, node: Syntax) -> Syntax | None:
        token = self.advance()
        if token.text == "grad" and isinstance(node, Name) and self.next.text == "=":
            return Name((node.span[0], token.end), f"d{node.spelling}")
        if token.text in words.POSTFIXES and self.next.text != "(":
            return self.transposed(node, token)
        if token.text in words.PASSING and self.next.text == "(":
            self.arguments()
            return Group((node.span[0], self.tokens[self.at - 1].end), node, self.deep(node))
        if token.text == "shape" or token.text in words.SIZES:
            return self.size(node, token)
        rows = () if token.text in SUGARS else words.FUNCTIONS.get(token.text)
        if rows is None:
            near = get_close_matches(token.text, (*words.FUNCTIONS, *SUGARS), n=1)
            hint = f"did you mean .{near[0]}?" if near else ""
            message = f"there is no method .{token.text}"
            raise Mistake(Problem("unknown-symbol", token.span, message, hint))
        if self.next.text != "(":
            self.fail(f"expected '(' after .{token.text}")
        args, keywords = self.arguments()
        if words.TRANSPOSE_ROW in rows:
            args = tuple(arg for arg in args if not isinstance(arg, Number | Unary))
        return self.call(token, rows, (node, *args), keywords, 0, qualified=True)

    def size(self, node: Syntax, token: Token) -> Syntax:
        """`.shape[0]`, `.size`, `.numel()`."""
        axis = words.SIZES.get(token.text)
        if self.next.text == "(":
            args, _ = self.arguments()
            if args and isinstance(args[0], Number):
                axis = int(args[0].value)
        elif token.text == "shape" and self.next.text != "[":
            axis = WHOLE
        elif token.text == "shape":
            self.expect("[")
            last = self.take("-") and self.next.text == "1"
            if self.next.text not in ("0", "1"):
                self.fail("expected an axis: 0 or 1")
            axis = LAST if last else int(self.advance().text)
            if last:
                self.advance()
            self.expect("]")
        span = node.span[0], self.tokens[self.at - 1].end
        return Size(span, node, axis, self.deep(node))
