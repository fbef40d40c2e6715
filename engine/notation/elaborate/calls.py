"""Functions: the row that a name stands for, with its operands and attributes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from engine.expression import Const, Expr, apply, const
from engine.notation import vocabulary as words
from engine.notation.cursor import unwrapped
from engine.notation.elaborate.attributes import UNKNOWN, operands, shape_node
from engine.notation.elaborate.products import check_exponent
from engine.notation.elaborate.slopes import Slopes
from engine.notation.elaborate.symbols import ONE
from engine.notation.errors import Mistake, Problem
from engine.notation.sugars import CLIPPING, SUGARS, Sugar, clipped, repeated, spread
from engine.notation.syntax import Call, Group, Name, Number, Syntax, Tuple
from engine.notation.windows import FLIPS, MODES, USUAL, reversed_along, windowed
from engine.operators import TABLE, Operator
from engine.operators.row import CHAIN


class Calls(Slopes):
    """Applies functions."""

    def call(self, node: Call) -> Expr:
        for key in node.spelling, node.spelling.lower():
            own = self.scope.function(key)
            if own is not None:
                return self.applied(node, TABLE[own] if own else self.by_argument(node))
        if node.spelling in FLIPS:
            return self.turned(node, FLIPS[node.spelling])
        if node.rows and node.rows[0] in USUAL:
            return self.windowed(node, node.rows[0])
        if node.spelling in CLIPPING:
            return self.clipped(node)
        if node.spelling in words.SPREADING and node.args:
            return self.spread(node)
        sugar = SUGARS.get(node.spelling)
        if sugar is not None and (not node.rows or sugar.arity == len(node.args)):
            return self.sugared(node, sugar)
        return self.applied(node, self.choose(node))

    def by_argument(self, node: Call) -> Operator:
        """The function that the exercise applies to the argument: g'(Z1) is tanh'(Z1)."""
        argument = unwrapped(node.args[0]) if len(node.args) == 1 else None
        name = argument.spelling if isinstance(argument, Name) else ""
        row = self.scope.applied.get(self.scope.lookup(name) or "")
        if row is None:
            known = " or ".join(sorted(set(self.scope.applied.values())))
            message = f"the function {node.spelling} is not the same everywhere here: write {known}"
            raise Mistake(Problem("parse", node.span, message))
        return TABLE[row]

    def choose(self, node: Call) -> Operator:
        """The row that takes this many operands."""
        rows = [TABLE[name] for name in node.rows]
        if node.qualified:
            own = [row for row in rows if row.notation.numpy.endswith(f".{node.spelling}")]
            return (own or rows)[0]
        count = len(node.args)
        exact = [row for row in rows if row.arity == count]
        return exact[0] if exact else rows[0]

    def turned(self, node: Call, axes: tuple[int, ...] | None) -> Expr:
        """`flip(x)`, `np.flip(x, axis=0)`, `fliplr(x)`, `np.rot90(x, 2)`."""
        given = [*node.args[1:], *(value for name, value in node.keywords if name == "axis")]
        if not node.args or (axes == () and not _is_two(given)):
            message = f"{node.spelling} takes a matrix" + ", 2" * (axes == ())
            raise Mistake(Problem("parse", node.span, message))
        if axes == ():
            axes = None
        elif given:
            listed = [part for each in given for part in _listed(each)]
            axes = tuple(axis for axis in map(self.axis, listed) if axis is not None) or None
        x = self.expr(node.args[0])
        return self.conforming(node, reversed_along, x, axes)

    def windowed(self, node: Call, row: str) -> Expr:
        """`np.correlate(x, w, mode="valid")`."""
        modes = [*node.args[2:], *(value for name, value in node.keywords if name == "mode")]
        names = [each.spelling for each in modes if isinstance(each, Name)] or [USUAL[row]]
        if len(node.args) < 2 or len(modes) > 1 or len(node.keywords) > len(modes):
            raise Mistake(Problem("parse", node.span, operands(node, 2)))
        if names[0] not in MODES:
            message = "a kernel lies inside ('valid') or touches ('full'); no other mode is read"
            raise Mistake(Problem("parse", modes[0].span, message))
        x, w = (self.expr(arg) for arg in node.args[:2])
        return self.conforming(node, windowed, row, names[0], x, w, node.qualified)

    def clipped(self, node: Call) -> Expr:
        """`clip(x, low, high)`, `clamp(x, min=0)`; None is no bound."""
        given = dict(zip(("x", "low", "high"), node.args, strict=False)) | dict(node.keywords)
        bounds = [given.get(side) for side in ("low", "high")]
        if len(node.args) > 3 or not node.args or not given.keys() <= {"x", "low", "high"}:
            raise Mistake(Problem("parse", node.span, f"{node.spelling} takes two bounds"))
        low, high = (None if side is None or _is_none(side) else self.expr(side) for side in bounds)
        return self.conforming(node, clipped, self.expr(node.args[0]), low, high)

    def spread(self, node: Call) -> Expr:
        """`broadcast_to(x, shape)`, `tile(x, counts)`, `repeat(x, count, axis=0)`."""
        first, *rest = node.args
        shape = self.shape(shape_node(node.span, tuple(rest)))
        along = dict(node.keywords).get("axis")
        if along is not None and len(shape) == 1:
            shape = (*shape, 1) if self.axis(along) == 0 else (1, *shape)
        x = self.expr(first)
        if node.spelling in ("broadcast_to", "expand"):
            return self.conforming(node, lambda x: x * apply("ones", shape=shape), x)
        return self.conforming(node, repeated if node.spelling == "repeat" else spread, x, shape)

    def sugared(self, node: Call, sugar: Sugar) -> Expr:
        """A function that is written with the table's own."""
        count = len(node.args)
        if node.primes:
            return self.slope_of_sugar(node, sugar)
        if count < sugar.arity or (count > sugar.arity and not sugar.lenient):
            raise Mistake(Problem("parse", node.span, operands(node, sugar.arity)))
        args = [self.expr(arg) for arg in node.args[: sugar.arity]]
        return self.conforming(node, sugar.build, *args)

    def applied(self, node: Call, row: Operator) -> Expr:
        if node.primes:
            return self.slope(node, row)
        completed = words.COMPLETED.get(node.spelling)
        if completed is not None and completed[0] == row.name and node.args:
            second = Const(Fraction(completed[1]))
            return self.build(row.name, node.span, self.expr(node.args[0]), second)
        if len(node.args) < row.arity:
            return self.build(row.name, node.span, *self.all_operands(node, row))
        nodes, extra = node.args[: row.arity], node.args[row.arity :]
        if row.name == words.NORM_ROW and _is_plain_norm(node):
            return self.build(row.name, node.span, self.expr(nodes[0]))
        attrs = self.attributes(node, row, extra)
        if row.notation.power == CHAIN:
            return self.product(node.span, list(nodes), literal=True)
        args = [self.expr(arg) for arg in nodes]
        special = self.special(node, row, args, attrs)
        if special is not None:
            return special
        if UNKNOWN in attrs.get("shape", ()):
            attrs["shape"] = self.completed(node, attrs["shape"], args[0] if args else ONE)
        if len(attrs.get("shape", ())) == 1 and row.name == words.IDENTITY_ROW:
            attrs["shape"] *= 2
        if len(attrs.get("shape", ())) == 1 and row.name in words.WINDOWED and _is_full(args[0]):
            attrs["shape"] *= 2
        if row.name == words.POWER_ROW:
            check_exponent(args[1], node.span)
        value = self.build(row.name, node.span, *args, **attrs)
        entry = words.FILLED.get(node.spelling)
        return value if entry is None else apply(words.SCALING, const(entry), value)

    def special(
        self, node: Call, row: Operator, args: list[Expr], attrs: dict[str, Any]
    ) -> Expr | None:
        """What a function does with operands that its row does not take, or in MATLAB."""
        if row.name == words.OUTER_ROW and not all(arg.shape for arg in args):
            return self.build(words.SCALING, node.span, *args)
        shape = args[0].shape if args else ()
        if row.name == words.DIAGONAL_ROW and len(shape) == 2 and 1 not in shape:
            column = self.build("diagonal", node.span, *args)
            return apply("reshape", column, shape=column.shape[:1])
        if row.name == words.DIAGONAL_ROW and not shape:
            return args[0]
        if row.name == words.SOFTMAX_ROW and len(shape) == 2 and 1 not in shape:
            if attrs.get("axis") is None:
                attrs["axis"] = 0 if self.scope.example_axis == 1 else 1
                which = "column" if attrs["axis"] == 0 else "row"
                self.notes.append(f"softmax was taken over every {which}")
            return None
        plain = not (node.qualified or node.keywords)
        sums = self.options.matlab and plain and "keepdims" in attrs
        if sums and len(shape) == 2 and 1 not in shape:
            axis = attrs["axis"]
            attrs |= {"axis": 0 if axis is None else axis - 1, "keepdims": True}
        elif sums:
            attrs["axis"] = None
        return None


def _is_full(x: Expr) -> bool:
    """Whether a matrix has several rows and several columns."""
    return len(x.shape) == 2 and 1 not in x.shape


def _is_two(given: list[Syntax]) -> bool:
    """Whether a quarter turn is made twice."""
    return [each.value for each in given if isinstance(each, Number)] == [2]


def _listed(node: Syntax) -> tuple[Syntax, ...]:
    """What stands between the commas of `(0, 1)` or `[0, 1]`."""
    if isinstance(node, Tuple):
        return node.items
    return (node.inner if isinstance(node, Group) else node,)


def _is_none(node: Syntax) -> bool:
    return isinstance(node, Name) and node.spelling == "None"


def _is_plain_norm(node: Call) -> bool:
    """Whether `norm(r, 2)` or `norm(r, ord=2)` only says what is usual."""
    orders = (*node.args[1:], *(value for name, value in node.keywords if name == "ord"))
    usual = all(isinstance(each, Number) and each.value == 2 for each in orders)
    return len(orders) == 1 and usual
