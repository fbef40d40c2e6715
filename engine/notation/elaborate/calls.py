"""Functions: the row that a name stands for, with its operands and attributes.

f'(x)          the row's vector-Jacobian product with cotangent 1
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from engine.expression import Apply, Const, Expr, apply
from engine.notation import vocabulary as words
from engine.notation.elaborate.attributes import UNKNOWN, Attributes, operands, shape_node
from engine.notation.elaborate.products import check_exponent
from engine.notation.elaborate.symbols import ONE, ZERO
from engine.notation.errors import Mistake, Problem
from engine.notation.sugars import CLIPPING, SUGARS, Sugar, clipped, repeated, spread
from engine.notation.syntax import Call, Name, Number, Syntax
from engine.operators import TABLE, Operator
from engine.operators.row import CHAIN


class Calls(Attributes):
    """Applies functions."""

    def call(self, node: Call) -> Expr:
        for key in node.spelling, node.spelling.lower():
            own = self.scope.function(key)
            if own is not None:
                return self.applied(node, TABLE[own])
        if node.spelling in CLIPPING:
            return self.clipped(node)
        if node.spelling in words.SPREADING and node.args:
            return self.spread(node)
        sugar = SUGARS.get(node.spelling)
        if sugar is not None and (not node.rows or sugar.arity == len(node.args)):
            return self.sugared(node, sugar)
        return self.applied(node, self.choose(node))

    def choose(self, node: Call) -> Operator:
        """The row that takes this many operands."""
        rows = [TABLE[name] for name in node.rows]
        if node.qualified:
            own = [row for row in rows if row.notation.numpy.endswith(f".{node.spelling}")]
            return (own or rows)[0]
        count = len(node.args)
        exact = [row for row in rows if row.arity == count]
        return exact[0] if exact else rows[0]

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
        if node.primes or count < sugar.arity or (count > sugar.arity and not sugar.lenient):
            message = operands(node, sugar.arity)
            raise Mistake(
                Problem("parse", node.span, message if not node.primes else _no_slope(node))
            )
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
            raise Mistake(
                Problem(
                    "parse",
                    node.span,
                    operands(node, row.arity),
                )
            )
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
        if row.name == words.POWER_ROW:
            check_exponent(args[1], node.span)
        return self.build(row.name, node.span, *args, **attrs)

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

    def slope(self, node: Call, row: Operator) -> Expr:
        """f'(x): the derivative of an element-wise function, entry by entry."""
        if row.name == words.SOFTMAX_ROW and node.primes == len(node.args) == 1:
            jacobian = self.jacobian(node, row)
            if jacobian is not None:
                return jacobian
        if not row.elementwise or node.primes > 1 or len(node.args) != row.arity:
            raise Mistake(Problem("parse", node.span, _no_slope(node, row)))
        args = [self.expr(arg) for arg in node.args]
        out = self.build(row.name, node.span, *args)
        slope = row.vjp(ONE, out, *args)[0]
        return ZERO if slope is None else _without_ones(slope)

    def jacobian(self, node: Call, row: Operator) -> Expr | None:
        """softmax'(z) = diag(s) - s s^T, for a vector z."""
        arg = self.expr(node.args[0])
        if 1 not in arg.shape:
            return None
        out = self.build(row.name, node.span, arg)
        column = out if len(out.shape) == 2 and out.shape[1] == 1 else out.T
        square = self.build("diag", node.span, out)
        return self.build("sub", node.span, square, column @ column.T)


def _is_none(node: Syntax) -> bool:
    return isinstance(node, Name) and node.spelling == "None"


def _is_plain_norm(node: Call) -> bool:
    """Whether `norm(r, 2)` or `norm(r, ord=2)` only says what is usual."""
    orders = (*node.args[1:], *(value for name, value in node.keywords if name == "ord"))
    usual = all(isinstance(each, Number) and each.value == 2 for each in orders)
    return len(orders) == 1 and usual


def _no_slope(node: Call, row: Operator | None = None) -> str:
    """Why a derivative with primes is not read."""
    written = f"{node.spelling}{chr(39) * node.primes}"
    if row is not None and not row.elementwise:
        why = "is no entry-by-entry function: write the matrix or sum out"
        return f"the derivative {written} {why}"
    if node.primes > 1:
        return f"the second derivative {written} is not read: a gradient needs first ones only"
    return f"the derivative {written} is not read: write it out"


def _without_ones(expr: Expr) -> Expr:
    """`expr` without factors 1, which a cotangent 1 leaves behind."""
    if not isinstance(expr, Apply):
        return expr
    args = tuple(_without_ones(arg) for arg in expr.args)
    if expr.op == words.SCALING and ONE in args:
        kept = [arg for arg in args if arg != ONE]
        return kept[0] if kept else ONE
    return apply(expr.op, *args, **expr.keywords)
