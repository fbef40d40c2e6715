"""What names stand for: the scope's, those that the answer binds, and derivatives as symbols."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NoReturn

from engine.errors import ShapeError
from engine.expression import Apply, Const, Expr, Var, apply, const
from engine.notation import vocabulary as words
from engine.notation.elaborate.options import PLAIN, Options
from engine.notation.errors import Mistake, Problem, Span
from engine.notation.fitting import lifted
from engine.notation.scope import Scope
from engine.notation.sugars import CONSTANTS
from engine.notation.syntax import Call, Derivative, Group, Index, Infix, Name, Syntax
from engine.shapes import Dim

ONE = Const(Fraction(1))
ZERO = Const(Fraction(0))


class Symbols(ABC):
    """Bound names and remarks of one elaboration.

    The steps stand in the classes above this one; what they need of each other is declared here.
    """

    def __init__(self, scope: Scope, options: Options = PLAIN) -> None:
        self.scope = scope
        self.options = options
        self.matlab = options.matlab or scope.matlab
        self.text = ""
        self.units = False
        self.indices = tuple(free_name(name, scope) for name in options.free)
        counts = map(const, options.fixed) if options.fixed else map(Var, self.indices)
        self.free: dict[str, Expr] = {
            name: apply("sub", count, ONE) if options.from_zero else count
            for name, count in zip(options.free, counts, strict=True)
        }
        self.entry: Expr | None = None
        self.counted: dict[str, Expr] = {}  # indices from 0, counted from 1 where they stand below
        if options.from_zero:
            self.counted = dict(zip(options.free, map(Var, self.indices), strict=True))
        self.forked = False
        self.swept = False
        self.one_example: Var | None = None
        self.whole_batch = False
        self.bound: dict[str, Expr] = {}
        self.ranges: dict[str, Dim] = {}  # of bound indices whose range is known
        long = [dim for dim in scope.wanted or () if dim != 1]
        if len(long) == len(self.indices) == 1:
            self.ranges[self.indices[0]] = long[0]
        self.unselected = False  # whether an index was met whose axis only its range tells
        self.notes: list[str] = []

    @abstractmethod
    def expr(self, node: Syntax) -> Expr:
        """The typed expression of `node`."""

    @abstractmethod
    def standing(self, base: Syntax, example: Expr) -> Expr:
        """An example as a column, where x^{(i)} is written for a row of X."""

    # Names

    def name(self, node: Name) -> Expr:
        bound = self.bound.get(node.spelling)
        if bound is not None:
            return bound
        meaning = self.scope.meaning(node.spelling)
        if meaning is not None:
            return meaning if self.one_example is None else self.of_example(node, meaning)
        found = self.scope.lookup(node.spelling)
        if found is not None:
            return self.scope.meaning(found) or ZERO
        if node.spelling in self.free:
            return self.free[node.spelling]
        if node.spelling in CONSTANTS:
            return CONSTANTS[node.spelling]
        self.unknown(node.spelling, node.span)

    def of_example(self, node: Name, meaning: Expr) -> Expr:
        """One example of what a name means for the batch; a capital is the whole matrix."""
        axis, size = self.scope.example_axis, self.scope.examples
        if self.one_example is None or axis is None or meaning.shape[axis : axis + 1] != (size,):
            return meaning
        if 1 not in meaning.shape and self.text[slice(*node.span)].lstrip("\\")[:1].isupper():
            self.whole_batch = True
            return meaning
        return self.standing(
            node, self.build("slice", node.span, meaning, self.one_example, axis=axis)
        )

    def unknown(self, name: str, span: Span) -> NoReturn:
        near = self.scope.nearest(name)
        raise Mistake(
            Problem(
                "unknown-symbol",
                span,
                f"'{name}' is not a symbol of this exercise",
                f"did you mean {near}?" if near else self.scope.overview,
            )
        )

    def derivative(self, node: Derivative) -> Expr:
        key = key_of(node) or ""
        bound = self.bound.get(key)
        if bound is not None:
            return bound
        for name in (key, f"d{key.partition('/d')[2]}") if key else ():
            found = self.scope.lookup(name)
            if found is not None:
                return self.scope.meaning(found) or ZERO
        index = node.wrt
        if isinstance(index, Index):
            return self.expr(
                Index(
                    node.span,
                    Derivative(node.span, node.of, index.base, node.depth),
                    index.items,
                    index.bracket,
                    node.depth,
                )
            )
        self.unknown(f"∂{key[1:].replace('/d', '/∂')}", node.span)

    def differential(self, node: Infix) -> Expr | None:
        """\\frac{dL}{dz}, where such a name is defined."""
        over, under = key_of(node.left), key_of(node.right)
        if over is None or under is None or over[0] != "d" or under[0] != "d":
            return None
        key = f"{over}/{under}"
        return self.bound.get(key) or self.scope.meaning(self.scope.lookup(key) or "")

    # Applications

    def build(self, op: str, span: Span, *args: Expr, **attrs: Any) -> Expr:
        """`op` applied; a conflict of shapes becomes a problem with its place."""
        try:
            return apply(op, *args, **attrs)
        except ShapeError as error:
            fitted = lifted(op, args)
            if fitted is not None:
                return apply(op, *fitted, **attrs)
            shapes = tuple(arg.shape for arg in args)
            raise Mistake(Problem("shape", span, str(error), shapes=shapes)) from error

    def conforming(self, node: Call, build: Callable[..., Expr], *args: Any) -> Expr:
        """What `build` makes of `args`; a conflict of shapes becomes a problem with its place."""
        try:
            return build(*args)
        except ShapeError as error:
            shapes = tuple(arg.shape for arg in args if isinstance(arg, Var | Const | Apply))
            raise Mistake(Problem("shape", node.span, str(error), shapes=shapes)) from error


def free_name(letter: str, scope: Scope) -> str:
    """The variable of a free index; its letter may be that of a dimension."""
    taken = scope.dimensions | scope.symbols.keys()
    return letter if letter not in taken else f"{letter}_at"


def key_of(node: Syntax) -> str | None:
    """The name that a left-hand side defines."""
    match node:
        case Name(spelling=spelling):
            return spelling
        case Group(inner=Name(spelling=spelling)):
            return spelling
        case Infix(op=words.QUOTIENT_ROW, left=left, right=right):
            over, under = key_of(left), key_of(right)
            return f"{over}/{under}" if over and under else None
        case Derivative(of=of, wrt=wrt):
            over, under = key_of(of), key_of(wrt)
            return f"d{over}/d{under}" if over and under else None
    return None
