"""Factors that their neighbours complete: vectors of ones, and identities."""

from __future__ import annotations

from collections.abc import Iterable

from engine.expression import Expr, apply
from engine.notation import vocabulary as words
from engine.notation.cursor import unwrapped
from engine.notation.elaborate.positions import Positions
from engine.notation.elaborate.symbols import ONE
from engine.notation.fitting import Ones
from engine.notation.syntax import Chain, Group, Infix, Name, Number, One, Syntax, Unary
from engine.shapes import Shape


class Units(Positions):
    """Finds the sizes of ones and identities."""

    def factor(self, node: Syntax, position: int) -> Expr | Ones:
        """A factor; a vector of ones whose length its neighbour knows is kept open."""
        match node:
            case One():
                return Ones(False)
            case Number(value=value) if value == 1 and position > 0:
                return Ones(False)
            case Unary(op=words.TRANSPOSE_ROW, arg=One()):
                return Ones(True)
            case Group(inner=inner) if isinstance(inner, One | Unary):
                return self.factor(inner, 0)
        return self.expr(node)

    def filled(self, ones: Ones, values: list[Expr | Ones], position: int) -> Expr:
        """The vector of ones that fits its neighbour; a plain 1 where none is a matrix."""
        before = _nearest(reversed(values[:position]))
        after = _nearest(values[position + 1 :])
        if ones.row:
            return self.row_of_ones(values, position, before, after)
        if before is not None:
            return apply("ones", shape=(before.shape[1], 1))
        wanted = self.scope.wanted or ()
        last = _nearest(reversed(values))
        if after is not None and last is not None and after.shape[0] == 1 != len(wanted):
            return self.column_as_wanted(last, wanted)
        return ONE

    def column_as_wanted(self, last: Expr, wanted: Shape) -> Expr:
        """1 x^T as high as what is asked for, where it is as wide; else a plain 1."""
        if wanted[1:] == last.shape[1:]:
            return apply("ones", shape=(wanted[0], 1))
        return ONE

    def row_of_ones(
        self, values: list[Expr | Ones], position: int, before: Expr | None, after: Expr | None
    ) -> Expr:
        """1^T: as long as what follows has rows; behind a row a column, as some write it."""
        if after is not None:
            return apply(words.TRANSPOSE_ROW, apply("ones", shape=(after.shape[0], 1)))
        if position and isinstance(values[position - 1], Ones):
            column = self.filled(Ones(False), values, position - 1)
            return apply(words.TRANSPOSE_ROW, column) if column.shape else ONE
        if before is not None and before.shape[1] != 1:
            return apply("ones", shape=(before.shape[1], 1))
        wanted = self.scope.wanted or ()
        if before is not None and position == len(values) - 1 and wanted[:1] == before.shape[:1]:
            return self.row_as_wanted(wanted)
        return ONE

    def row_as_wanted(self, wanted: Shape) -> Expr:
        """x 1^T, as wide as what is asked for."""
        return apply("ones", shape=(1, wanted[1])) if len(wanted) == 2 else ONE

    def is_identity(self, node: Syntax) -> bool:
        """Whether `node` is a bare I, whose size its surroundings know."""
        if not isinstance(node, Name) or node.spelling in self.bound:
            return False
        rows = words.FUNCTIONS.get(node.spelling, ())
        return words.IDENTITY_ROW in rows and self.scope.lookup(node.spelling) is None

    def identity(self, node: Infix) -> Expr | None:
        """I + A or A - λ I, for a square A; λ I alone is λ until its size is known."""
        sides = [self.has_identity(node.left), self.has_identity(node.right)]
        if sides[0] == sides[1]:
            return None
        unit, rest = (node.left, node.right) if sides[0] else (node.right, node.left)
        other = self.expr(rest)
        bare = self.is_identity(unwrapped(unit))
        factor = ONE if bare else self.expr(unit)
        if not bare and factor.shape:
            return None
        if not other.shape:
            pair = (factor, other) if sides[0] else (other, factor)
            return self.build(node.op, node.span, *pair)
        eye = self.build(words.IDENTITY_ROW, node.span, shape=other.shape)
        eye = eye if bare else apply(words.SCALING, factor, eye)
        return self.build(node.op, node.span, *((eye, other) if sides[0] else (other, eye)))

    def has_identity(self, node: Syntax) -> bool:
        """Whether `node` is a multiple of a bare I, as it is written."""
        match node:
            case Name():
                return self.is_identity(node)
            case Group(inner=inner) | Unary(op="neg", arg=inner):
                return self.has_identity(inner)
            case Chain(items=items):
                return any(map(self.has_identity, items))
            case Infix(op=op, left=left, right=right) if op == words.SCALING:
                return self.has_identity(left) or self.has_identity(right)
            case Infix(op=op, left=left) if op == words.QUOTIENT_ROW:
                return self.has_identity(left)
        return False


def _nearest(values: Iterable[Expr | Ones]) -> Expr | None:
    """The first matrix among `values`."""
    found = (value for value in values if isinstance(value, Expr) and value.shape)
    matrix = next(found, None)
    return matrix if matrix is not None and len(matrix.shape) == 2 else None
