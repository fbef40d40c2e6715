"""Subscripts: entries, slices and examples; a position counts from 1, in brackets from the base."""

from __future__ import annotations

from fractions import Fraction

from engine.expression import Const, Expr, Var
from engine.notation.elaborate.symbols import ONE, Symbols
from engine.notation.errors import Mistake, Problem
from engine.notation.indices import is_position, parts, shifted
from engine.notation.syntax import Example, Group, Index, Infix, Name, Syntax
from engine.notation.windows import REVERSED, reversed_along
from engine.shapes import Shape
from engine.shapes import show as show_shape

NEW_AXIS = frozenset({"None", "newaxis"})


class Positions(Symbols):
    """Selects from matrices."""

    def index(self, node: Index) -> Expr:
        base = self.selected_from(node.base)
        if any(isinstance(item, Name) and item.spelling in NEW_AXIS for item in node.items):
            return self.lengthened(node, base)
        if any(isinstance(item, Name) and item.spelling == REVERSED for item in node.items):
            return self.reversed(node, base)
        if not node.bracket:
            return self.subscripted(node, base, self.positions(node.items, base.shape))
        shift = 1 - self.scope.base
        if any(item is not None for item in node.items):
            self.notes.append(f"square brackets count from {self.scope.base}")
        items = [None if item is None else shifted(self.single(item), shift) for item in node.items]
        return self.subscripted(node, base, items)

    def selected_from(self, base: Syntax) -> Expr:
        """What an index selects from: k_i is of K where k is only a dimension."""
        if isinstance(base, Name) and base.spelling in self.scope.dimensions - self.bound.keys():
            return self.scope.meaning(base.spelling.swapcase()) or self.expr(base)
        return self.expr(base)

    def lengthened(self, node: Index, base: Expr) -> Expr:
        """v[:, None] is a column, v[None, :] a row."""
        if len(node.items) != 2 or None not in node.items or len(base.shape) != 1:
            message = "[:, None] and [None, :] are read behind a vector of rank 1 only"
            raise Mistake(Problem("shape", node.span, message, shapes=(base.shape,)))
        (size,) = base.shape
        shape = (size, 1) if node.items[0] is None else (1, size)
        return self.build("reshape", node.span, base, shape=shape)

    def reversed(self, node: Index, base: Expr) -> Expr:
        """x[::-1], K[::-1, ::-1]: the order of the entries reversed along axes."""
        if any(item is not None and not isinstance(item, Name) for item in node.items):
            raise Mistake(Problem("parse", node.span, "expected : or ::-1 for each axis"))
        axes = tuple(axis for axis, item in enumerate(node.items) if item is not None)
        return reversed_along(base, axes)

    def single(self, node: Syntax) -> Expr:
        """A position in square brackets; [[j]] and [j:j+1] keep the dimension."""
        return self.position(node.inner if isinstance(node, Group) else node, bracket=True)

    def positions(self, items: tuple[Syntax | None, ...], shape: Shape) -> list[Expr | None]:
        if len(items) == 1 and isinstance(items[0], Name):
            return [self.position(part) for part in parts(items[0], shape)]
        return [None if item is None else self.position(item) for item in items]

    def position(self, node: Syntax, bracket: bool = False) -> Expr:
        if not bracket and isinstance(node, Name) and node.spelling in self.counted:
            return self.counted[node.spelling]
        if isinstance(node, Name) and node.spelling.isdecimal():
            return Const(Fraction(int(node.spelling)))
        if isinstance(node, Name) and node.spelling in self.free.keys() - self.bound.keys():
            return self.free[node.spelling]
        if isinstance(node, Name) and not self.is_known_index(node.spelling):
            self.unknown(node.spelling, node.span)
        position = self.expr(node)
        if position.names & self.scope.dimensions:
            raise Mistake(Problem("parse", node.span, "an index is a number or the index of a sum"))
        return position

    def is_known_index(self, name: str) -> bool:
        """Whether a name has a meaning as it stands: j is not the cost J."""
        known = name in self.bound or self.scope.lookup(name, fold=False) is not None
        return known or len(name) > 1

    def subscripted(self, node: Index, base: Expr, items: list[Expr | None]) -> Expr:
        if any(item is not None and item.shape for item in items):
            raise Mistake(
                Problem("shape", node.span, "an index is a single number", shapes=(base.shape,))
            )
        self.check_range(node, base, items)
        match items:
            case [Expr() as row, Expr() as column] if not base.shape and row == column == ONE:
                return base
            case [Expr() as row, Expr() as column]:
                return self.build("entry", node.span, base, row, column)
            case [Expr() as row, None]:
                return self.build("slice", node.span, base, row, axis=0)
            case [None, Expr() as column]:
                return self.build("slice", node.span, base, column, axis=1)
            case [Expr() as position]:
                return self.component(node, base, position)
            case [None, None]:
                return base
        raise Mistake(Problem("parse", node.span, "expected one or two indices"))

    def check_range(self, node: Index, base: Expr, items: list[Expr | None]) -> None:
        """Refuses a numeric index that is no position."""
        long = [dim for dim in base.shape if dim != 1]
        sizes = base.shape if len(items) == 2 else (*long, 1)[:1]
        for size, item in zip(sizes, items, strict=False):
            if isinstance(item, Const) and not is_position(item.value, size):
                message = f"{show_shape(base.shape)} has no entry number {item.value}"
                raise Mistake(Problem("shape", node.span, message, shapes=(base.shape,)))

    def component(self, node: Index, base: Expr, position: Expr) -> Expr:
        """One index: a component of a vector, or an example of a batch."""
        match base.shape:
            case () if node.bracket and position == ONE:
                return base
            case (1, size) if node.bracket and position == ONE and self.scope.base == 0:
                return self.build("reshape", node.span, base, shape=(size,))
            case (_, 1):
                return self.build("entry", node.span, base, position, ONE)
            case (1, _):
                return self.build("entry", node.span, base, ONE, position)
        axis = self.axis_by_range(node, position, base.shape)
        if axis is not None:
            return self.row_or_column(node, base, position, axis)
        self.unselected = True
        shape = show_shape(base.shape)
        raise Mistake(
            Problem(
                "shape", node.span, f"one index does not select from {shape}", shapes=(base.shape,)
            )
        )

    def axis_by_range(self, node: Index, position: Expr, shape: Shape) -> int | None:
        """The axis along which one index selects from a matrix.

        It is as long as the index of a sum runs, u_k being a column of U; else that of examples.
        """
        if len(shape) != 2:
            return None
        size = self.ranges.get(min(position.names, default=""))
        if size is not None and shape.count(size) == 1:
            return shape.index(size)
        return 0 if node.bracket and self.scope.example_axis is None else self.scope.example_axis

    def row_or_column(self, node: Index, base: Expr, position: Expr, axis: int) -> Expr:
        """One row or column of a matrix; A[i] is of rank 1 where rows are no examples."""
        part = self.build("slice", node.span, base, position, axis=axis)
        if node.bracket and self.scope.example_axis is None:
            return self.build("reshape", node.span, part, shape=base.shape[1:])
        return self.standing(node.base, part)

    def example(self, node: Example) -> Expr:
        """x^{(i)}: along the axis of the examples."""
        index, axis = self.position(node.index), self.scope.example_axis
        if isinstance(node.base, Index) and not node.base.bracket and len(node.base.items) == 1:
            entry = self.entry_of_example(node.base, index, axis)
            if entry is not None:
                return entry
        base = self.expr(node.base)
        if axis is None or len(base.shape) != 2:
            shape = show_shape(base.shape)
            raise Mistake(
                Problem(
                    "shape",
                    node.span,
                    f"{shape} has no examples to select from",
                    shapes=(base.shape,),
                )
            )
        return self.standing(node.base, self.build("slice", node.span, base, index, axis=axis))

    def standing(self, base: Syntax, example: Expr) -> Expr:
        """An example as a column, where x^{(i)} is written for a row of X."""
        if not (self.options.columns and isinstance(base, Name)) or example.shape[:1] != (1,):
            return example
        if self.scope.example_axis is None:
            return example.T
        letters = [mark for mark in self.text[slice(*base.span)] if mark.isalpha()]
        small = bool(letters) and letters[-1].islower() and base.spelling[:1].isupper()
        return example.T if small else example

    def entry_of_example(self, node: Index, example: Expr, axis: int | None) -> Expr | None:
        """x_j^{(i)}: one entry of one example."""
        base, item = self.expr(node.base), node.items[0]
        if axis is None or item is None or len(base.shape) != 2 or 1 in base.shape:
            return None
        entry = self.position(item)
        positions = (example, entry) if axis == 0 else (entry, example)
        self.check_range(node, base, [*positions])
        return self.build("entry", node.span, base, *positions)

    def asked_class(self, node: Infix) -> Expr | None:
        """1{k = y}, where y is one-hot: its entry at the index k."""
        for index, label in ((node.left, node.right), (node.right, node.left)):
            if not (isinstance(index, Name) and isinstance(label, Name)):
                continue
            position = self.bound.get(index.spelling) or self.free.get(index.spelling)
            base = self.expr(label) if position is not None and label != index else None
            if position is None or not isinstance(base, Var) or base.name not in self.scope.one_hot:
                continue
            if len([dim for dim in base.shape if dim != 1]) == 1:
                return self.subscripted(
                    Index(node.span, label, (index,), False, node.depth), base, [position]
                )
        return None
