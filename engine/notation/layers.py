"""What stands above: a power, a transpose, a layer `W^{[2]}`, an example `x^{(i)}`."""

from __future__ import annotations

from fractions import Fraction

from engine.notation import vocabulary as words
from engine.notation.cursor import CLOSING
from engine.notation.errors import Mistake, Problem
from engine.notation.lexer import Token
from engine.notation.subscripts import Subscripts
from engine.notation.syntax import (
    Call,
    Derivative,
    Example,
    Group,
    Index,
    Name,
    Number,
    One,
    Syntax,
    Unary,
)

TRANSPOSED = "tr"  # a transpose in braces above; elsewhere the trace


class Layers(Subscripts):
    """Reads superscripts."""

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
            if token.kind == "number" and self.is_layer(node, token.text):
                return self.labelled(node, self.advance().text)
            braced = token.text == "{" and self.peek(2).text == "}"
            if braced and inside.kind == "number" and self.is_layer(node, inside.text):
                self.skip(3)
                return self.labelled(node, inside.text)
        self.enter()
        exponent = self.signed()
        self.leave()
        if isinstance(exponent, Group) and token.text == "{":
            exponent = exponent.inner
        return self.infix(words.POWERS[sign.text], node, exponent, sign.text)

    def raised(self, node: Syntax, token: Token) -> Syntax:
        """Unicode superscripts: x², xⁱ, x⁽ⁱ⁾."""
        text = token.text
        if text == "+":
            return self.positive_part(node)
        inner, closing, rest = text.partition(")")
        if closing and rest and inner[:1] == "(":
            cut = token.start + len(inner) + 1
            node = self.raised(node, Token("sup", f"{inner})", token.start, cut))
            behind = Token("sup", rest, cut, token.end)
            if not rest.isdecimal():
                return self.raised(node, behind)
            return self.infix(words.POWER_ROW, node, Number(behind.span, Fraction(rest)))
        if text.startswith("(") and text.endswith(")"):
            if text[1:-1].isdecimal() and self.known(node, text[1:-1]) is not None:
                return self.labelled(node, text[1:-1])
            name = Name(token.span, text[1:-1])
            return Example((node.span[0], token.end), node, name, self.deep(node))
        exponent: Syntax = Name(token.span, text)
        if self.is_layer(node, text):
            return self.labelled(node, text)
        try:
            exponent = Number(token.span, Fraction(int(text)))
        except ValueError:
            if not text.isalpha():
                raise Mistake(Problem("parse", token.span, f"'{text}' is no exponent")) from None
        return self.infix(words.POWER_ROW, node, exponent)

    def is_transposing(self, token: Token) -> bool:
        """Whether a sign comes that transposes what is before it."""
        if token.text == "^":
            inside = self.peek(2)
            inside = self.peek(3) if inside.text == "{" else inside
            return inside.text in words.POSTFIXES
        return token.text == "'" or token.text in words.POSTFIXES

    def transposed(self, node: Syntax, token: Token) -> Syntax:
        op = words.POSTFIXES.get(token.text, words.TRANSPOSE_ROW)
        self.matlab = self.matlab or token.text == "'"
        if isinstance(node, Number) and node.value == 1:
            node = One(node.span)
        return Unary((node.span[0], token.end), op, node, self.deep(node))

    def is_plus(self) -> bool:
        """Whether z^+ or z^{+} comes, and not a power with a sign."""
        if self.peek().text == "{":
            return self.peek(2).text == "+" and self.peek(3).text == "}"
        behind = self.peek(2)
        ends = behind.spaced or behind.kind == "end" or behind.text in words.SUMS
        return self.peek().text == "+" and (ends or behind.text in CLOSING.values())

    def positive_part(self, node: Syntax) -> Syntax:
        """z_+ is the larger of z and 0."""
        row = "relu"
        span = node.span[0], self.tokens[self.at - 1].end
        return Call(span, row, (row,), (node,), (), 0, False, self.deep(node))

    def split_transpose(self) -> None:
        """Makes `^Tx` a transpose and a factor, unless `Tx` is a name."""
        token = self.next
        if (
            token.kind != "name"
            or token.mark
            or token.text[0] not in "Tt"
            or not token.text[1:2].isalpha()
        ):
            return
        if self.resolved(token.text) is None:
            self.split_token(token)

    def is_postfix_script(self, token: Token) -> bool:
        braced = self.next.text == "{"
        named = token.text in words.POSTFIXES or (braced and token.text == TRANSPOSED)
        if token.kind not in ("name", "command", "op") or not named:
            return token.text == "'" and token.kind == "op"
        return not braced or self.peek(2).text == "}"

    def postfix_script(self, node: Syntax) -> Syntax:
        braced = self.take("{")
        token = self.advance()
        node = self.transposed(node, token)
        if braced:
            self.expect("}")
        return node

    def is_layer(self, node: Syntax, label: str) -> bool:
        """Whether `W^2` is the name W2, because there is no W that could be raised."""
        if not isinstance(node, Name) or not label.isdecimal():
            return False
        name = self.text[slice(*node.span)].lstrip("\\")
        unknown = name not in self.locals and self.scope.lookup(name, fold=False) is None
        return unknown and self.scope.lookup(f"{name}{label}") is not None

    def layer_or_example(self, node: Syntax) -> Syntax | None:
        """`^{[2]}` (a layer), `^{[2]T}`, `^{(i)}` (an example); None where it is an exponent."""
        shift = 1 if self.next.text == "{" else 0
        if self.peek(shift).text == "[":
            return self.layer(node, shift)
        name = self.peek(shift + 1)
        numbered = name.kind == "number" and self.scope.example_axis is not None
        single = self.peek(shift).text == "(" and self.peek(shift + 2).text == ")"
        behind = self.peek(shift + 3)
        if not single or (shift and behind.text != "}" and behind.text not in words.POSTFIXES):
            return None
        if name.kind == "number" and self.known(node, name.text) is not None:
            self.skip(shift + 3)
            node = self.labelled(node, name.text)
            return self.postfixed(node) if shift else node
        if numbered or (name.kind == "name" and self.is_index_name(name.text)):
            self.skip(shift + 1)
            index = Name(name.span, self.advance().text)
            self.advance()
            example = Example((node.span[0], name.end), node, index, self.deep(node))
            return self.postfixed(example) if shift else example
        return None

    def is_index_name(self, name: str) -> bool:
        equated = name in self.defined and self.scope.lookup(name, fold=False) is not None
        return not equated and (name in self.locals or self.is_index_letter(name))

    def layer(self, node: Syntax, braces: int) -> Syntax:
        self.skip(braces + 1)
        label = self.advance()
        self.expect("]")
        node = self.labelled(node, label.text)
        return self.postfixed(node) if braces else node

    def postfixed(self, node: Syntax) -> Syntax:
        """What follows a layer or an example in one superscript: W^{[2]T}, A^{[1](i)}, a^{[1]2}."""
        while not self.take("}"):
            if self.next.kind in ("name", "command", "op") and self.next.text in words.POSTFIXES:
                node = self.transposed(node, self.advance())
            elif self.next.text == "(" and self.peek(2).text == ")":
                self.advance()
                index = Name(self.next.span, self.advance().text)
                node = Example((node.span[0], self.next.end), node, index, self.deep(node))
                self.expect(")")
            elif self.next.kind == "number":
                power = Number(self.next.span, Fraction(self.advance().text))
                node = self.infix(words.POWER_ROW, node, power)
            else:
                self.fail("expected '}'")
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
        """The name that the name of `node` and a layer number make together."""
        while isinstance(node, Index):
            node = node.base
        return self.resolved(f"{node.spelling}{label}") if isinstance(node, Name) else None
