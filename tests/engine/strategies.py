"""Random well-typed expressions over the whole operator table.

Every row takes part with every combination of operand shapes and attributes that its shape rule
admits, so a new row needs nothing here.  `random_expr(Random(seed))` is reproducible;
`expressions()` is the Hypothesis strategy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import product
from random import Random
from typing import Any

from hypothesis import strategies as st

from engine.errors import ShapeError
from engine.expression import Const, Expr, Var, apply
from engine.notation import Scope
from engine.operators import TABLE, Operator
from engine.shapes import Dim, Shape

SYMBOLS: dict[str, Shape] = {
    "b": (),
    "y": (),
    "yhat": (),
    "a3": (),
    "lambda": (),
    "x": ("n", 1),
    "w": ("n", 1),
    "z1": ("n", 1),
    "p": ("m", 1),
    "x_hat": (1, "n"),
    "A": (1, "m"),
    "t": (1, "m"),
    "X": ("n", "m"),
    "Delta": ("n", "m"),
    "W": ("m", "n"),
    "dW4": ("m", "n"),
    "K": ("n", "n"),
    "W3": (2, 3),
    "W5": (3, 2),
    "a2": (2, 1),
    "h": (3, 1),
    "u": (1, 3),
    "Q": (6, 5),
    "r": ("n",),
}
DIMENSIONS = frozenset({"n", "m"})
SHAPES = tuple(dict.fromkeys(SYMBOLS.values()))
SCOPE = Scope(SYMBOLS, dimensions=DIMENSIONS)
INDICES = "ijkl"
# The kinds whose layout depends on what is around them are drawn more often.
LAID_OUT = frozenset({"infix", "prefix", "postfix", "quotient", "power", "binder"})
AXES = (None, 0, 1, -1)
Bound = dict[str, Dim]
Signature = tuple[str, tuple[Shape, ...], tuple[tuple[str, Any], ...]]


def _choices(row: Operator) -> Iterator[dict[str, Any]]:
    """The attributes that an operator is tried with."""
    values = {"axis": AXES, "keepdims": (False, True), "shape": SHAPES}
    names = [name for name, _ in row.notation.options]
    if not names:
        yield from {sample.attrs: dict(sample.attrs) for sample in row.samples}.values()
        return
    for combination in product(*(values[name] for name in names)):
        yield dict(zip(names, combination, strict=True))


def _admitted(row: Operator, shapes: tuple[Shape, ...], attrs: dict[str, Any]) -> Shape | None:
    try:
        return apply(row.name, *(Var("_", shape) for shape in shapes), **attrs).shape
    except ShapeError:
        return None


@cache
def signatures() -> dict[Shape, dict[str, list[Signature]]]:
    """Every way to make each shape, by operator."""
    table: dict[Shape, dict[str, list[Signature]]] = defaultdict(lambda: defaultdict(list))
    for row in TABLE.values():
        if row.notation.kind == "binder":
            continue
        for attrs in _choices(row):
            for shapes in product(SHAPES, repeat=row.arity):
                result = _admitted(row, shapes, attrs)
                if result in SHAPES:
                    table[result][row.name].append((row.name, shapes, tuple(attrs.items())))
    return table


class Generator:
    """Draws expressions from one source of randomness."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def expr(self, shape: Shape, depth: int, bound: Bound) -> Expr:
        """An expression of `shape`, at most `depth` operators deep."""
        if depth == 0 or self.random.random() < 0.1:
            return self.leaf(shape, bound)
        ways = signatures()[shape]
        names = [*ways, "sum_over"]
        if self.random.random() < 0.6:
            names = [name for name in names if TABLE[name].notation.kind in LAID_OUT]
        name = self.random.choice(names)
        if name == "sum_over":
            return self.sum_over(shape, depth, bound)
        return self.applied(self.random.choice(ways[name]), depth, bound)

    def leaf(self, shape: Shape, bound: Bound) -> Expr:
        names = [name for name, own in SYMBOLS.items() if own == shape]
        if shape:
            return Var(self.random.choice(names), shape)
        number = Const(Fraction(self.random.randint(-4, 9), self.random.choice((1, 1, 1, 2, 7))))
        return self.random.choice([number, *map(Var, [*names, *bound, *DIMENSIONS])])

    def applied(self, signature: Signature, depth: int, bound: Bound) -> Expr:
        name, shapes, attrs = signature
        if TABLE[name].notation.kind == "subscript":
            return self.selected(name, shapes[0], dict(attrs), depth, bound)
        args = [self.expr(shape, depth - 1, bound) for shape in shapes]
        if TABLE[name].notation.kind == "power" and not args[1].names:
            args[1] = self.exponent(shapes[1])
        return apply(name, *args, **dict(attrs))

    def exponent(self, shape: Shape) -> Expr:
        """An exponent that is no large number: the reader refuses those."""
        if not shape:
            return Const(Fraction(self.random.randint(-3, 4)))
        return self.random.choice([Var(name, own) for name, own in SYMBOLS.items() if own == shape])

    def selected(
        self, name: str, shape: Shape, attrs: dict[str, Any], depth: int, bound: Bound
    ) -> Expr:
        """An entry or a slice, at a number or at an index that runs along the axis."""
        axes = (attrs["axis"],) if "axis" in attrs else (0, 1)
        base = self.expr(shape, depth - 1, bound)
        return apply(name, base, *(self.index(shape[axis], bound) for axis in axes), **attrs)

    def index(self, size: Dim, bound: Bound) -> Expr:
        running = [Var(name) for name, own in bound.items() if own == size]
        if running and self.random.random() < 0.8:
            return self.random.choice(running)
        largest = size if isinstance(size, int) else 12
        return Const(Fraction(self.random.randint(1, largest)))

    def sum_over(self, shape: Shape, depth: int, bound: Bound) -> Expr:
        size = self.random.choice(("n", "m", 2, 3))
        free = [name for name in INDICES if name not in bound]
        if not free:
            return self.leaf(shape, bound)
        body = self.expr(shape, depth - 1, {**bound, free[0]: size})
        return apply("sum_over", body, index=free[0], size=size)


def random_expr(random: Random, depth: int = 5) -> Expr:
    """A well-typed expression over the names of `SCOPE`."""
    shape = random.choice(SHAPES)
    return Generator(random).expr(shape, random.randint(1, depth), {})


def expressions(depth: int = 5) -> st.SearchStrategy[Expr]:
    """Well-typed expressions over the names of `SCOPE`."""
    return st.integers(0, 2**32).map(lambda seed: random_expr(Random(seed), depth))
