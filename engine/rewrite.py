"""Identities between operators, as pattern -> replacement.

A name in a pattern matches any expression, the same one at each of its places.  Every row is sound
on the domain of its left side; a row that needs more says so in `when`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.expression import Apply, Const, Expr, apply, const
from engine.operand import Operand
from engine.shapes import Dim, Shape


class Pattern(Operand):
    """A pattern over the same operators as expressions; its shape is unknown."""

    shape: Shape = ("?", "?")

    def apply(self, operator: str, *others: Pattern, **attrs: Any) -> Pattern:
        return Node(operator, (self, *others), tuple(sorted(attrs.items())))

    def constant(self, value: Any) -> Pattern:
        return Literal(const(value))

    def size(self, dim: Dim) -> Pattern:
        return Literal(const(dim)) if isinstance(dim, int) else Any_(dim)

    def nullary(self, operator: str, **attrs: Any) -> Pattern:
        return Node(operator, (), tuple(sorted(attrs.items())))


@dataclass(frozen=True)
class Any_(Pattern):
    """Matches any expression."""

    name: str


@dataclass(frozen=True)
class Literal(Pattern):
    """Matches one constant."""

    value: Const


@dataclass(frozen=True)
class Node(Pattern):
    """Matches an application of one operator; only attributes that are stated count."""

    op: str
    args: tuple[Pattern, ...]
    attrs: tuple[tuple[str, Any], ...] = ()


Bindings = dict[str, Expr]


@dataclass(frozen=True)
class Identity:
    """left = right; `right` builds the replacement from what the names matched."""

    left: Pattern
    right: Callable[..., Expr]
    when: Callable[..., bool] = lambda **_: True


x, y, z = Any_("x"), Any_("y"), Any_("z")


def _node(op: str, *args: Pattern, **attrs: Any) -> Node:
    return Node(op, args, tuple(sorted(attrs.items())))


def _count(x: Apply, axis: int | None) -> Expr:
    """The number of entries that a sum of ones along `axis` adds up."""
    counted = x.shape if axis is None else (x.shape[axis],)
    return const(1).count(counted)


def _is_ones(x: Expr) -> bool:
    return isinstance(x, Apply) and x.op == "ones"


def _is_eye(x: Expr) -> bool:
    return isinstance(x, Apply) and x.op == "eye"


IDENTITIES: tuple[Identity, ...] = (
    # (xᵀ)ᵀ = x
    Identity(_node("transpose", _node("transpose", x)), lambda x: x),
    # (x y)ᵀ = yᵀ xᵀ; scalars do not occur as operands of a matrix product
    Identity(_node("transpose", _node("matmul", x, y)), lambda x, y: y.T @ x.T),
    # the transpose of ones is ones
    Identity(
        _node("transpose", x),
        lambda x: apply("ones", shape=tuple(reversed(x.shape))),
        when=lambda x: _is_ones(x),
    ),
    # Iᵀ = I
    Identity(_node("transpose", x), lambda x: x, when=lambda x: _is_eye(x)),
    # x I = x and I x = x
    Identity(_node("matmul", x, y), lambda x, y: x, when=lambda x, y: _is_eye(y)),
    Identity(_node("matmul", x, y), lambda x, y: y, when=lambda x, y: _is_eye(x)),
    # -x > -y is y > x
    Identity(
        _node("greater", _node("neg", x), _node("neg", y)), lambda x, y: apply("greater", y, x)
    ),
    # exp(log x) = x on the domain x > 0 of the left side
    Identity(_node("exp", _node("log", x)), lambda x: x),
    # log(exp x) = x
    Identity(_node("log", _node("exp", x)), lambda x: x),
    # x^1 = x
    Identity(_node("pow", x, Literal(const(1))), lambda x: x),
    # x^0 = 1, also at 0: the power is a repeated product
    Identity(_node("pow", x, Literal(const(0))), lambda x: const(1).filled(x.shape)),
    # (√x)^2 = x on the domain x >= 0 of the left side
    Identity(_node("pow", _node("sqrt", x), Literal(const(2))), lambda x: x),
    # the column sums of xᵀ are the row sums of x, as a row
    *(
        Identity(
            _node("sum", _node("transpose", x), axis=axis, keepdims=True),
            lambda x, other=1 - axis: x.sum(axis=other, keepdims=True).T,
        )
        for axis in (0, 1)
    ),
    # the sum of all entries is a scalar, with or without the axes kept
    Identity(_node("sum", x, axis=None, keepdims=True), lambda x: x.sum()),
    # a sum of sums along an axis is the sum of all entries
    Identity(_node("sum", _node("sum", x, keepdims=True), axis=None), lambda x: x.sum()),
    # 1 + 1 + ... + 1 = the number of terms
    Identity(_node("sum", x, axis=None), lambda x: _count(x, None), when=lambda x: _is_ones(x)),
    # tr(diag v) = sum v
    Identity(_node("trace", _node("diag", x)), lambda x: x.sum()),
    # the diagonal of diag v is v, as a column
    Identity(_node("diagonal", _node("diag", x)), lambda x: x, when=lambda x: x.shape[-1:] == (1,)),
    # 0 < relu'(x): the indicator of the output is the indicator of the input
    Identity(
        _node("greater", _node("relu", x), Literal(const(0))),
        lambda x: apply("greater", x, const(0)),
    ),
)

_BY_OPERATOR: dict[str, tuple[Identity, ...]] = {
    op: tuple(row for row in IDENTITIES if isinstance(row.left, Node) and row.left.op == op)
    for op in {row.left.op for row in IDENTITIES if isinstance(row.left, Node)}
}


def rewritten(expr: Apply) -> Expr:
    """`expr` after the first identity that fits at its root, or `expr` itself."""
    for row in _BY_OPERATOR.get(expr.op, ()):
        bindings: Bindings = {}
        if _matches(row.left, expr, bindings) and row.when(**bindings):
            return row.right(**bindings)
    return expr


def _matches(pattern: Pattern, expr: Expr, bindings: Bindings) -> bool:
    match pattern:
        case Any_(name=name):
            return bindings.setdefault(name, expr) == expr
        case Literal(value=value):
            return expr == value
        case Node(op=op, args=args, attrs=attrs):
            return (
                isinstance(expr, Apply)
                and expr.op == op
                and set(attrs) <= set(expr.attrs)
                and all(_matches(p, e, bindings) for p, e in zip(args, expr.args, strict=True))
            )
    return False
