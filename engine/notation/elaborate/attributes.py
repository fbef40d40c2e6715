"""What stands behind a function's operands: an axis, a flag, a shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from engine.expression import Const, Expr, Var
from engine.notation import vocabulary as words
from engine.notation.elaborate.products import Products
from engine.notation.errors import Mistake, Problem, Span
from engine.notation.syntax import WHOLE, Call, Group, Name, Number, Size, Syntax, Tuple, Unary
from engine.operators import Operator
from engine.operators.row import REQUIRED
from engine.shapes import Dim, Shape
from engine.shapes import show as show_shape

UNKNOWN = -1  # a size in a shape that is to be worked out


class Attributes(Products):
    """Reads attributes of calls."""

    def attributes(self, node: Call, row: Operator, extra: tuple[Syntax, ...]) -> dict[str, Any]:
        """The attributes of a call: keywords, then what is left of the positional arguments."""
        options = dict(row.notation.options)
        given: dict[str, Syntax] = dict(node.keywords)
        if "shape" in options and "shape" not in given:
            given["shape"] = shape_node(node.span, extra)
            extra = ()
        free = [name for name in options if name not in given]
        if len(extra) > len(free) or not given.keys() <= options.keys():
            self.refuse(node, row)
        given |= dict(zip(free, extra, strict=False))
        return {
            name: self.option(name, given[name]) if name in given else default
            for name, default in options.items()
            if name in given or default is not REQUIRED
        }

    def refuse(self, node: Call, row: Operator) -> NoReturn:
        names = ", ".join(name for name, _ in row.notation.options) or "none"
        raise Mistake(
            Problem(
                "parse",
                node.span,
                f"{operands(node, row.arity)}; its further options: {names}",
            )
        )

    def option(self, name: str, node: Syntax) -> Any:
        return _OPTIONS[name](self, node)

    def axis(self, node: Syntax) -> int | None:
        match node:
            case Number(value=value) if value.denominator == 1:
                return int(value)
            case Unary(op="neg", arg=Number(value=value)) if value.denominator == 1:
                return -int(value)
            case Name(spelling="None"):
                return None
        raise Mistake(Problem("parse", node.span, "expected an axis: 0 or 1"))

    def flag(self, node: Syntax) -> bool:
        match node:
            case Name(spelling=spelling) if spelling in words.FLAGS:
                return bool(words.FLAGS[spelling])
            case Number(value=value):
                return bool(value)
        raise Mistake(Problem("parse", node.span, "expected True or False"))

    def shape(self, node: Syntax) -> Shape:
        items = node.items if isinstance(node, Tuple) else (node,)
        if len(items) == 1 and isinstance(items[0], Size) and items[0].axis == WHOLE:
            return self.expr(items[0].base).shape
        return tuple(self.dim(item) for item in items)

    def completed(self, node: Call, shape: Shape, arg: Expr) -> Shape:
        """A shape with its -1 worked out: as many as there are entries."""
        long = [dim for dim in arg.shape if dim != 1]
        if any(dim not in (1, UNKNOWN) for dim in shape) or shape.count(UNKNOWN) > 1:
            raise Mistake(Problem("parse", node.span, "expected one -1 in a shape, beside ones"))
        if len(long) > 1:
            message = f"{show_shape(arg.shape)} has more than one row and more than one column"
            raise Mistake(Problem("shape", node.span, message, shapes=(arg.shape,)))
        return tuple((*long, 1)[0] if dim == UNKNOWN else dim for dim in shape)

    def dim(self, node: Syntax) -> Dim:
        match node:
            case Group(inner=inner):
                return self.dim(inner)
            case Number(value=value) if value.denominator == 1 and value > 0:
                return int(value)
            case Unary(op="neg", arg=Number(value=value)) if value == 1:
                return UNKNOWN
            case Size():
                size = self.expr(node)
                if isinstance(size, Const):
                    return int(size.value)
                if isinstance(size, Var):
                    return size.name
            case Name(spelling=spelling):
                own = self.scope.dimension(spelling)
                count = self.scope.meaning(self.scope.lookup(spelling) or "")
                if own is not None:
                    return own
                if isinstance(count, Const) and count.value.denominator == 1:
                    return int(count.value)
        raise Mistake(Problem("parse", node.span, "expected a size: a number or a dimension"))


_OPTIONS: Mapping[str, Callable[[Attributes, Syntax], Any]] = {
    "axis": Attributes.axis,
    "keepdims": Attributes.flag,
    "shape": Attributes.shape,
}


def operands(node: Call, arity: int) -> str:
    """How many operands a function takes, and how many came."""
    several = "s" * (arity != 1)
    return f"the function {node.spelling} takes {arity} operand{several}, not {len(node.args)}"


def shape_node(span: Span, extra: tuple[Syntax, ...]) -> Syntax:
    if len(extra) == 1 and isinstance(extra[0], Tuple):
        return extra[0]
    return Tuple(span, extra, 1)
