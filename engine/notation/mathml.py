"""Presentation MathML (Core): the printer's layout, with elements instead of characters.

Which factors stand side by side and where brackets go is decided by the printer; here a part's text
is markup.
"""

from __future__ import annotations

from fractions import Fraction
from html import escape

from engine.expression import Apply, Expr
from engine.notation import spelling
from engine.notation.dialects import BINDER, Dialect, Part
from engine.notation.printer import FRACTION, Printer
from engine.notation.spelling import Style
from engine.operators import TABLE
from engine.operators.row import ATOM, POSTFIX, POWER, PRODUCT, SIGN
from engine.shapes import Dim, Shape

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
TIMES, APPLICATION = "\u2062", "\u2061"  # invisible: a product, the application of a function
THIN = '<mspace width="0.1667em"/>'  # between words that would run together
DIALECT = Dialect("unicode", stacked=True, counted=True, dot="·", gap=THIN)


def mathml(expr: Expr, style: Style) -> str:
    """`expr` as one `math` element."""
    return f'<math xmlns="{NAMESPACE}">{MathPrinter(DIALECT, style).part(expr).text}</math>'


def element(name: str, *inside: str) -> str:
    """An element with markup inside."""
    return f"<{name}>{''.join(inside)}</{name}>"


def row(*inside: str) -> str:
    """Several elements as one."""
    return element("mrow", *inside)


def sign(text: str) -> str:
    """An operator."""
    return element("mo", escape(text))


def word(text: str) -> str:
    """An identifier."""
    return element("mi", escape(text))


def brackets(inside: str, opening: str = "(", closing: str = ")") -> str:
    """Something in brackets."""
    return row(sign(opening), inside, sign(closing))


class MathPrinter(Printer):
    """The layout in elements."""

    def bracketed(self, part: Part) -> Part:
        return Part(brackets(part.text), ATOM)

    # Leaves

    def variable(self, name: str) -> Part:
        own = self.style.names.get(name)
        if own is not None:
            return Part(word(own.unicode), ATOM)
        parts = spelling.anatomy(name)
        text, scripts = word(parts.letter), ""
        if parts.index:
            text, scripts = element("msub", text, word(parts.index)), "_"
        if parts.layer:
            layer = brackets(element("mn", parts.layer), "[", "]")
            text, scripts = element("msup", text, layer), scripts + "^"
        return Part(text, ATOM, scripts)

    def number(self, value: Fraction) -> Part:
        over, under = (element("mn", str(abs(part))) for part in value.as_integer_ratio())
        whole = value.denominator == 1
        part = Part(over, ATOM) if whole else Part(element("mfrac", over, under), FRACTION)
        return self.negated(value < 0, part)

    def minus(self) -> str:
        return sign(super().minus())

    # Operators

    def spread(self, expr: Apply, power: int) -> Part:
        left = self.at_least(power, self.part(expr.args[0]))
        right = self.at_least(power + 1, self.part(expr.args[1]), inner=True)
        return Part(f"{left.text}{sign(self.operation(expr))}{right.text}", power)

    def operation(self, expr: Apply) -> str:
        return self.dialect.dot if not self.glyph(expr) else super().operation(expr)

    def indicated(self, text: str) -> str:
        return row(element("mn", "1"), brackets(text, "{", "}"))

    def between(self, words: bool) -> str:
        return sign(TIMES) + self.dialect.gap * words

    def quotient(self, expr: Apply) -> Part:
        over, under = (row(self.part(arg).text) for arg in expr.args)
        return Part(element("mfrac", over, under), FRACTION)

    def prefix(self, expr: Apply) -> Part:
        operand = self.at_least(SIGN, self.part(expr.args[0]), inner=True)
        return Part(f"{sign(self.glyph(expr))}{operand.text}", SIGN)

    def postfix(self, expr: Apply) -> Part:
        return self.raised(expr.args[0], word("⊤"), POSTFIX)

    def power(self, expr: Apply) -> Part:
        return self.raised(expr.args[0], row(self.part(expr.args[1]).text), POWER)

    def raised(self, base: Expr, script: str, power: int) -> Part:
        part = self.part(base)
        if "^" in part.scripts:
            part = self.bracketed(part)
        part = self.at_least(POSTFIX, part)
        return Part(element("msup", row(part.text), script), power, "^")

    # Functions and brackets

    def called(self, name: str, expr: Apply) -> Part:
        inside = [self.part(arg).text for arg in expr.args]
        inside += [element("mtext", escape(option)) for option in self.options(expr)]
        listed = sign(",").join(inside)
        if TABLE[expr.op].notation.braced:
            return Part(element("msqrt", listed), ATOM)
        return Part(row(word(name), sign(APPLICATION), brackets(listed)), ATOM)

    def dim(self, dim: Dim) -> str:
        return str(dim)

    def dims(self, shape: Shape, separator: str) -> str:
        return separator.join(str(dim) for dim in shape)

    def atom(self, expr: Apply) -> Part:
        letter = self.glyph(expr).partition("_")[0]
        below = element("mtext", escape(self.extent(expr)))
        return Part(element("msub", word(letter), below), ATOM, "_")

    def fence(self, expr: Apply) -> Part:
        opening, _, closing = self.glyph(expr).partition(" ")
        return Part(brackets(self.part(expr.args[0]).text, opening, closing), ATOM)

    # Entries and sums

    def example(self, expr: Apply) -> Part:
        return self.raised(expr.args[0], brackets(self.part(expr.args[1]).text), POSTFIX)

    def subscript(self, expr: Apply) -> Part:
        if self.is_example(expr):
            return self.example(expr)
        base = self.at_least(ATOM, self.part(expr.args[0]))
        positions = [row(self.part(index).text) for index in expr.args[1:]]
        if "axis" in expr.keywords:
            positions.insert(1 - int(expr.keywords["axis"]), sign(":"))
        below = row(sign(",").join(positions))
        return Part(element("msub", row(base.text), below), ATOM, base.scripts + "_")

    def along(self, index: str, expr: Apply) -> Part:
        name = element("msub", word(self.glyph(expr)), word(index))
        inside = brackets(self.part(expr.args[0]).text)
        return Part(row(name, sign(APPLICATION), inside), ATOM)

    def bound(self, indices: tuple[str, ...], body: Expr) -> Part:
        below = row(sign(",").join(map(word, indices)))
        term = self.at_least(PRODUCT, self.part(body), inner=True)
        return Part(element("munder", sign("∑"), below) + term.text, BINDER)

    def binder(self, expr: Apply) -> Part:
        index, size = str(expr.keywords["index"]), expr.keywords["size"]
        low = row(word(index), sign("="), element("mn", "1"))
        high = element("mn", str(size)) if isinstance(size, int) else self.variable(size).text
        body = self.at_least(PRODUCT, self.part(expr.args[0]), inner=True)
        text = element("munderover", sign("∑"), low, row(high)) + body.text
        return Part(text, BINDER)
