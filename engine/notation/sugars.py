"""Functions that have no row of their own: each is written with those that have one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.errors import ShapeError
from engine.expression import Expr, apply, const
from engine.shapes import SCALAR, Shape, vector_length


@dataclass(frozen=True)
class Sugar:
    """`build` on `arity` operands; `lenient` passes over further arguments, such as an axis.

    A `curve` acts entry by entry and has a derivative.
    """

    arity: int
    build: Callable[..., Expr]
    lenient: bool = False
    curve: bool = False


def _flat(x: Expr) -> Expr:
    """A row or column as a rank-1 vector."""
    return apply("reshape", x, shape=(vector_length(x.shape),)) if x.shape else x


def _squeezed(x: Expr) -> Expr:
    """`x` without axes of length 1."""
    try:
        return _flat(x)
    except ShapeError:
        return x


def _filled(x: Expr, value: int) -> Expr:
    """`value` in every entry, in the shape of `x`."""
    ones = apply("ones", shape=x.shape) if x.shape != SCALAR else const(1)
    return ones if value == 1 else apply("mul", const(value), ones)


def _smaller(x: Expr, y: Expr) -> Expr:
    return -apply("maximum", -x, -y)


def clipped(x: Expr, low: Expr | None, high: Expr | None) -> Expr:
    """`x` within its bounds, of which one may be missing."""
    above = x if low is None else apply("maximum", x, low)
    return above if high is None else _smaller(above, high)


def spread(x: Expr, counts: Shape) -> Expr:
    """`x` repeated along its axes of length 1; raises ShapeError for any other axis."""
    if len(x.shape) != len(counts):
        x = apply("reshape", x, shape=(1, *x.shape)[-2:]) if len(x.shape) == 1 else x
    if any(1 not in pair for pair in zip(x.shape, counts, strict=False)):
        raise ShapeError("only an axis of length 1 can be repeated")
    shape = tuple(count if dim == 1 else dim for dim, count in zip(x.shape, counts, strict=False))
    return x * apply("ones", shape=shape)


def repeated(x: Expr, counts: Shape) -> Expr:
    """`x` with every entry repeated; where there is one along an axis, that is stretching."""
    try:
        whole = len(counts) == len(x.shape) or not x.shape
        return spread(x, counts) if whole else apply("upsample", x, shape=counts)
    except ShapeError:
        return (
            apply("upsample", x, shape=counts) if len(counts) == len(x.shape) else spread(x, counts)
        )


SUGARS: Mapping[str, Sugar] = {
    "cosh": Sugar(1, lambda x: 1 / apply("sech", x), curve=True),
    "sinh": Sugar(1, lambda x: apply("tanh", x) / apply("sech", x), curve=True),
    "log10": Sugar(1, lambda x: apply("log", x) / apply("log", const(10)), curve=True),
    "log2": Sugar(1, lambda x: apply("log", x) / apply("log", const(2)), curve=True),
    "log1p": Sugar(1, lambda x: apply("log", 1 + x), curve=True),
    "expm1": Sugar(1, lambda x: apply("exp", x) - 1, curve=True),
    "reciprocal": Sugar(1, lambda x: 1 / x, curve=True),
    "silu": Sugar(1, lambda x: x * apply("sigmoid", x), curve=True),
    "swish": Sugar(1, lambda x: x * apply("sigmoid", x), curve=True),
    "min": Sugar(2, _smaller),
    "minimum": Sugar(2, _smaller),
    "rowsum": Sugar(1, lambda x: apply("sum", x, axis=1, keepdims=True)),
    "row_sum": Sugar(1, lambda x: apply("sum", x, axis=1, keepdims=True)),
    "colsum": Sugar(1, lambda x: apply("sum", x, axis=0, keepdims=True)),
    "col_sum": Sugar(1, lambda x: apply("sum", x, axis=0, keepdims=True)),
    "diagflat": Sugar(1, lambda x: apply("diag", x)),
    "indicator": Sugar(1, lambda x: x),
    "ones_like": Sugar(1, lambda x: _filled(x, 1), lenient=True),
    "zeros_like": Sugar(1, lambda x: _filled(x, 0), lenient=True),
    "clip": Sugar(1, clipped, lenient=True),
    "clamp": Sugar(1, clipped, lenient=True),
    "ravel": Sugar(1, _flat, lenient=True),
    "flatten": Sugar(1, _flat, lenient=True),
    "squeeze": Sugar(1, _squeezed, lenient=True),
}
PI = 4 * apply("arctan", const(1))
CONSTANTS: Mapping[str, Expr] = {"pi": PI, "π": PI}
CLIPPING = frozenset({"clip", "clamp"})
PRIMED = ("_prime", "_derivative", "_deriv", "_grad")  # endings that make f_prime of f
DERIVED: Mapping[str, str] = {"1": "sum", "∞": "max", "inf": "max", "infty": "max"}  # norms of |x|
