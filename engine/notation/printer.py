"""Expressions as people write them: one layout for every notation, over the table's glyphs.

A rendered part carries the binding power of its outermost operator; a part that binds more loosely
than its place allows is put in brackets.  What is printed is read back as the same expression.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Literal

from engine.expression import Apply, Const, Expr, Var, const
from engine.notation import vocabulary as words
from engine.notation.dialects import BINDER, DIALECTS, Dialect, Part
from engine.notation.factors import is_open, is_word, side_by_side
from engine.notation.indices import extent, pairs
from engine.notation.spelling import Style
from engine.notation.sugars import PI
from engine.notation.sums import LETTERS, folded, indexed
from engine.operators import TABLE
from engine.operators.row import (
    ATOM,
    CHAIN,
    COMPARISON,
    POSTFIX,
    POWER,
    PRODUCT,
    SIGN,
    Notation,
)
from engine.shapes import Dim, Shape

FRACTION = SIGN + 2  # one above the other: a factor, but no base of a script
PLAIN = Style()
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def render(
    expr: Expr, notation: Literal["text", "numpy", "unicode", "latex"], style: Style = PLAIN
) -> str:
    """`expr` in one of the notations that are also read."""
    return Printer(DIALECTS[notation], style).part(expr).text


class Printer:
    """The layout in one dialect; what occurs several times is rendered once."""

    def __init__(self, dialect: Dialect, style: Style) -> None:
        self.dialect = dialect
        self.style = style
        self.known: dict[Expr, Part] = {PI: self.circle()}

    def part(self, expr: Expr) -> Part:
        """`expr` rendered."""
        if isinstance(expr, Apply):
            return self.known.get(expr) or self.rendered(expr)
        if isinstance(expr, Var):
            return self.variable(expr.name)
        if isinstance(expr, Const):
            return self.number(expr.value)
        raise TypeError(f"{type(expr).__name__} is no expression")

    def rendered(self, expr: Apply) -> Part:
        """An application that is met for the first time; each kind of layout is a method."""
        layout: Callable[[Apply], Part] = getattr(self, TABLE[expr.op].notation.kind)
        part = self.known[expr] = layout(expr)
        return part

    def glyph(self, expr: Apply) -> str:
        return str(getattr(TABLE[expr.op].notation, self.dialect.name))

    # Brackets

    def bracketed(self, part: Part) -> Part:
        tall = r"\frac" in part.text
        left, right = (r"\left(", r"\right)") if tall else ("(", ")")
        return Part(f"{left}{part.text}{right}", ATOM)

    def at_least(self, power: int, part: Part, inner: bool = False) -> Part:
        """`part`, in brackets where it binds too loosely, or is signed and not the first."""
        if part.power < power or (inner and part.signed):
            return self.bracketed(part)
        return part

    # Leaves

    def circle(self) -> Part:
        """The number π."""
        return Part("np.pi", ATOM) if self.dialect.explicit else self.variable("pi")

    def variable(self, name: str) -> Part:
        text = self.style.spell(name, self.dialect.name)
        if not self.dialect.stacked:
            return Part(text, ATOM)
        return Part(text, ATOM, ("^" if "^" in text else "") + ("_" if "_{" in text else ""))

    def number(self, value: Fraction) -> Part:
        if value.denominator == 1:
            return self.negated(value < 0, Part(str(abs(value.numerator)), ATOM))
        over, under = str(abs(value.numerator)), str(value.denominator)
        if self.dialect.stacked:
            return self.negated(value < 0, Part(rf"\frac{{{over}}}{{{under}}}", FRACTION))
        slash = " / " if self.dialect.explicit else "/"
        sign = self.minus() if value < 0 else ""
        return Part(f"{sign}{over}{slash}{under}", PRODUCT)

    def negated(self, negative: bool, part: Part) -> Part:
        return Part(f"{self.minus()}{part.text}", SIGN) if negative else part

    def minus(self) -> str:
        return str(getattr(_NEGATION, self.dialect.name))

    # Infix operators

    def infix(self, expr: Apply) -> Part:
        power = TABLE[expr.op].notation.power
        if power == COMPARISON:
            return self.comparison(expr)
        if power >= PRODUCT:
            return self.product(expr)
        return self.spread(expr, power)

    def spread(self, expr: Apply, power: int) -> Part:
        left = self.at_least(power, self.part(expr.args[0]))
        right = self.at_least(power + 1, self.part(expr.args[1]), inner=True)
        return Part(f"{left.text} {self.operation(expr)} {right.text}", power)

    def operation(self, expr: Apply) -> str:
        """The sign between two operands; numbers are multiplied by a dot."""
        plain = expr.op == words.SCALING and not any(arg.shape for arg in expr.args)
        dot = self.dialect.dot if plain else ""
        return dot or self.glyph(expr) or TABLE[expr.op].notation.numpy

    def comparison(self, expr: Apply) -> Part:
        spread = self.spread(expr, COMPARISON + 1)
        if self.dialect.explicit:
            return Part(spread.text, COMPARISON)
        return Part(self.indicated(spread.text), ATOM)

    def indicated(self, text: str) -> str:
        """1 where the comparison `text` holds, else 0."""
        return self.dialect.indicator.format(text)

    def product(self, expr: Apply) -> Part:
        """Factors side by side where that is read back as the same, else with a sign."""
        factors = None if self.dialect.explicit else side_by_side(expr)
        if factors is None:
            return self.spread(expr, PRODUCT)
        first, *inner, last = (self.part(factor) for factor in factors)
        parts = [self.at_least(CHAIN + 1, first)]
        parts += [self.at_least(CHAIN + 1, part, inner=True) for part in inner]
        open_ended = is_open(factors[-1], last)
        parts.append(last if open_ended else self.at_least(CHAIN + 1, last, inner=True))
        text = parts[0].text
        for before, after, part in zip(factors, factors[1:], parts[1:], strict=False):
            text += self.between(is_word(before) or is_word(after)) + part.text
        return Part(text, BINDER if open_ended else CHAIN)

    def between(self, words: bool) -> str:
        """What parts two factors side by side; words such as `dz` would run together."""
        return self.dialect.gap if words else " "

    def quotient(self, expr: Apply) -> Part:
        over, under = (self.part(arg) for arg in expr.args)
        if self.dialect.stacked:
            return Part(rf"\frac{{{over.text}}}{{{under.text}}}", FRACTION)
        left, right = self.at_least(PRODUCT, over), self.at_least(POWER, under)
        tight = left.power >= SIGN and not self.dialect.explicit
        sign = self.glyph(expr) if tight else f" {self.glyph(expr)} "
        return Part(f"{left.text}{sign}{right.text}", PRODUCT)

    # Signs and scripts

    def prefix(self, expr: Apply) -> Part:
        operand = self.part(expr.args[0])
        if is_open(expr.args[0], operand):
            return Part(f"{self.glyph(expr)}{operand.text}", BINDER)
        operand = self.at_least(SIGN, operand, inner=True)
        return Part(f"{self.glyph(expr)}{operand.text}", SIGN)

    def postfix(self, expr: Apply) -> Part:
        glyph, arg = self.glyph(expr), expr.args[0]
        operand = self.part(arg)
        if self.dialect.stacked and isinstance(arg, Var) and operand.text.endswith("]}"):
            return Part(f"{operand.text[:-1]}{glyph[2:-1]}}}", POSTFIX, "^")
        if isinstance(arg, Const) or "^" in operand.scripts:
            operand = self.bracketed(operand)
        operand = self.at_least(POSTFIX, operand)
        return Part(f"{operand.text}{glyph}", POSTFIX, "^" if self.dialect.stacked else "")

    def power(self, expr: Apply) -> Part:
        base, exponent = (self.part(arg) for arg in expr.args)
        if "^" in base.scripts:
            base = self.bracketed(base)
        base = self.at_least(POSTFIX + 1 - self.dialect.explicit, base)
        return Part(f"{base.text}{self.exponent(expr, exponent)}", POWER, "^")

    def exponent(self, expr: Apply, exponent: Part) -> str:
        glyph, value = self.glyph(expr), expr.args[1]
        if self.dialect.explicit:
            return f" {glyph} {self.at_least(SIGN, exponent).text}"
        if self.dialect.stacked:
            text = f"{{{exponent.text}}}" if exponent.text in words.POSTFIXES else exponent.text
            return f"{glyph}{{{text}}}"
        if isinstance(value, Const) and value.value >= 0 and value.value.denominator == 1:
            return (
                exponent.text.translate(RAISED)
                if self.dialect.raised
                else f"{glyph}{exponent.text}"
            )
        if isinstance(value, Var) and exponent.text not in words.POSTFIXES:
            return f"{glyph}{exponent.text}"
        return f"{glyph}{self.bracketed(exponent).text}"

    # Functions and brackets

    def call(self, expr: Apply) -> Part:
        if self.dialect.counted:
            found = self.indexed(expr) or self.cases(expr)
            return found or self.called(self.glyph(expr), expr)
        return self.called(self.glyph(expr), expr)

    def indexed(self, expr: Apply) -> Part | None:
        """A sum over indices, or a function along the axis of an index; None for all else."""
        if expr.op == words.SUM_ROW:
            found = indexed(expr)
            return None if found is None else self.bound(found.indices, found.body)
        axis = _whole_axis(expr)
        return None if axis is None else self.along(LETTERS[axis], expr)

    def cases(self, expr: Apply) -> Part | None:
        """One value where a comparison holds, another elsewhere; None for all else."""
        if expr.op != words.CHOICE_ROW or self.dialect.name != "latex":
            return None
        condition, chosen, other = expr.args
        if not isinstance(condition, Apply) or _power(condition) != COMPARISON:
            return None
        holds = self.spread(condition, COMPARISON + 1).text
        rows = f"{self.part(chosen).text} & \\text{{if }} {holds} \\\\ {self.part(other).text}"
        return Part(rf"\begin{{cases}} {rows} & \text{{otherwise}} \end{{cases}}", ATOM)

    def along(self, index: str, expr: Apply) -> Part:
        """`mean_i(G)`: a function along the axis that the index counts."""
        below = f"_{{{index}}}" if self.dialect.stacked else f"_{index}"
        inside = self.bracketed(self.part(expr.args[0]))
        return Part(f"{self.glyph(expr)}{below}{inside.text}", ATOM)

    def bound(self, indices: tuple[str, ...], body: Expr) -> Part:
        """Σ over indices that run as far as they can."""
        term = self.at_least(PRODUCT, self.part(body), inner=True)
        below = ",".join(indices)
        script = f"_{{{below}}}" if self.dialect.stacked or len(indices) > 1 else f"_{below}"
        return Part(f"{self.sum_sign()}{script} {term.text}", BINDER)

    def sum_sign(self) -> str:
        return str(getattr(_SUM, self.dialect.name))

    def called(self, name: str, expr: Apply) -> Part:
        notation = TABLE[expr.op].notation
        inside = ", ".join([self.part(arg).text for arg in expr.args] + self.options(expr))
        if notation.braced and self.dialect.stacked:
            return Part(f"{name}{{{inside}}}", ATOM)
        return Part(f"{name}{self.bracketed(Part(inside, ATOM)).text}", ATOM)

    def options(self, expr: Apply) -> list[str]:
        """The attributes that differ from what is meant without them."""
        options, values = TABLE[expr.op].notation.options, expr.keywords
        return [
            self.option(name, values[name])
            for name, default in options
            if name in values and values[name] != default
        ]

    def option(self, name: str, value: object) -> str:
        if isinstance(value, tuple):
            return self.dim(value[0]) if len(value) == 1 else f"({self.dims(value, ', ')})"
        if self.dialect.stacked:
            word = rf"\mathrm{{{value}}}" if isinstance(value, bool) else str(value)
            return rf"\mathrm{{{name}}}={word}"
        return f"{name}={value}"

    def dims(self, shape: Shape, separator: str) -> str:
        inside = separator.join(self.dim(dim) for dim in shape)
        return f"{inside}," if len(shape) == 1 else inside

    def dim(self, dim: Dim) -> str:
        return str(dim) if isinstance(dim, int) else self.variable(dim).text

    def atom(self, expr: Apply) -> Part:
        glyph = self.glyph(expr)
        text = glyph.replace("#", self.extent(expr))
        return Part(text, ATOM, "_" if "_" in glyph else "")

    def extent(self, expr: Apply) -> str:
        """The dimensions of a matrix of ones or an identity; a column has its length alone."""
        shape: Shape = expr.keywords["shape"]
        short = expr.op == words.ONES_ROW and shape[1:] == (1,) and isinstance(shape[0], str)
        if self.dialect.counted and short:
            return self.dim(shape[0])
        return self.dims(shape, self.dialect.times)

    def fence(self, expr: Apply) -> Part:
        glyph = self.glyph(expr)
        opening, _, closing = glyph.partition(" ")
        inside = self.part(expr.args[0]).text
        if not closing:
            return self.called(glyph, expr)
        if opening in inside and not self.dialect.stacked:
            return self.called(expr.op, expr)
        gap = " " if self.dialect.stacked else ""
        return Part(f"{opening}{gap}{inside}{gap}{closing}", ATOM)

    # Entries, slices, sums

    def subscript(self, expr: Apply) -> Part:
        if self.is_example(expr):
            return self.example(expr)
        base = self.at_least(ATOM, self.part(expr.args[0]))
        if "_" in base.scripts:
            base = self.bracketed(base)
        if self.dialect.explicit:
            return Part(f"{base.text}[{self.positions(expr)}]", ATOM)
        return Part(f"{base.text}_{{{self.indices(expr)}}}", ATOM, base.scripts + "_")

    def is_example(self, expr: Apply) -> bool:
        """Whether a slice is one example of a batch, named by an index."""
        axis, index = expr.keywords.get("axis"), expr.args[1]
        named = isinstance(index, Var) and len(index.name) == 1 and not self.dialect.explicit
        return axis is not None and axis == self.style.example_axis and named

    def example(self, expr: Apply) -> Part:
        base, index = (self.part(arg) for arg in expr.args)
        base = self.bracketed(base) if "^" in base.scripts else self.at_least(ATOM, base)
        script = f"^{{({index.text})}}" if self.dialect.stacked else f"^({index.text})"
        return Part(f"{base.text}{script}", POSTFIX, base.scripts + "^")

    def positions(self, expr: Apply) -> str:
        """NumPy's indices, counted from 0."""
        texts = [self.part(_before(index)).text for index in expr.args[1:]]
        if "axis" not in expr.keywords:
            return ", ".join(texts)
        return f"[{texts[0]}], :" if expr.keywords["axis"] == 0 else f":, [{texts[0]}]"

    def indices(self, expr: Apply) -> str:
        texts = [self.part(index).text for index in expr.args[1:]]
        if "axis" in expr.keywords:
            return f"{texts[0]},:" if expr.keywords["axis"] == 0 else f":,{texts[0]}"
        base, shape = expr.args[0], expr.args[0].shape
        capital = isinstance(base, Var) and base.name[0].isupper()
        fenced = isinstance(base, Apply) and TABLE[base.op].notation.kind == "fence"
        if fenced:
            return ",".join(texts)
        if not capital and 1 in shape and expr.args[1 + shape.index(1)] == const(1):
            return texts[1 - shape.index(1)]
        short = all(len(text) == 1 for text in texts) and pairs("".join(texts), shape)
        return ("" if short else ",").join(texts)

    def is_bounded(self, body: Expr, index: str, size: Dim) -> bool:
        """Whether a sum has to say how far it goes, or it is read as another."""
        return extent(body, index) != size or folded(body, index, size) is not None

    def binder(self, expr: Apply) -> Part:
        index, size = str(expr.keywords["index"]), expr.keywords["size"]
        body = self.part(expr.args[0])
        if self.dialect.explicit:
            high = str(size + 1) if isinstance(size, int) else f"{self.dim(size)} + 1"
            text = f"{self.glyph(expr)}({body.text} for {index} in range(1, {high}))"
            return Part(text, ATOM)
        body = self.at_least(PRODUCT, body, inner=True)
        full = self.dialect.stacked or self.is_bounded(expr.args[0], index, size)
        bounds = f"_{{{index}=1}}^{{{self.dim(size)}}}" if full else f"_{index}"
        return Part(f"{self.glyph(expr)}{bounds} {body.text}", BINDER)


def _power(expr: Apply) -> int:
    return TABLE[expr.op].notation.power


def _whole_axis(expr: Apply) -> int | None:
    """The axis of a function that keeps its axes; None where there is no such axis."""
    options, given = dict(TABLE[expr.op].notation.options), expr.keywords
    kept = given.get("keepdims", True)
    axis = given.get("axis") if "axis" in options and kept else None
    return axis if axis in (0, 1) else None


def _before(index: Expr) -> Expr:
    """An index counted from 0."""
    return Const(index.value - 1) if isinstance(index, Const) else index - 1


_SUM: Notation = TABLE[words.BINDER_ROW].notation
_NEGATION: Notation = next(row.notation for row in TABLE.values() if row.notation.kind == "prefix")
