"""Products that are read back as the same where their factors stand side by side."""

from __future__ import annotations

from engine.expression import Apply, Const, Expr, Var
from engine.notation import vocabulary as words
from engine.notation.dialects import BINDER, Part
from engine.notation.fitting import two_readings
from engine.notation.spelling import anatomy
from engine.operators import TABLE


def side_by_side(expr: Apply) -> list[Expr] | None:
    """The factors that are read back as `expr`: scalars first, then a run of matrix products."""
    if expr.op == words.PRODUCT_OF_MATRICES:
        return _run(expr)
    scale, scaled = expr.args
    if scale.shape or isinstance(scaled, Const):
        return None
    run = _run(scaled) if _is_plain_product(scaled) else None
    return [*_scalars(scale), *(run or [scaled])]


def is_open(expr: Expr, part: Part) -> bool:
    """Whether `expr` is a sum, which reaches to the end of the product it stands in."""
    if not isinstance(expr, Apply) or part.power != BINDER:
        return False
    return TABLE[expr.op].notation.kind in ("binder", "call")


def is_word(expr: Expr) -> bool:
    """Whether a factor has a name of several letters, so that it needs a gap beside it."""
    while isinstance(expr, Apply) and TABLE[expr.op].notation.kind in ("postfix", "subscript"):
        expr = expr.args[0]
    return isinstance(expr, Var) and len(anatomy(expr.name).letter) > 1


def _scalars(expr: Expr) -> list[Expr]:
    """A product of scalars, taken apart on its left side."""
    if isinstance(expr, Apply) and expr.op == words.SCALING and not isinstance(expr.args[1], Const):
        return [*_scalars(expr.args[0]), expr.args[1]]
    return [expr]


def _run(expr: Expr) -> list[Expr] | None:
    """The factors of matrix products, taken apart on the left; None where a sign is needed."""
    if not isinstance(expr, Apply) or not _is_plain_product(expr):
        return None
    left, right = expr.args
    return [*(_run(left) or [left]), right]


def _is_plain_product(expr: Expr) -> bool:
    """Whether `expr` is a matrix product that is read back without a sign."""
    return (
        isinstance(expr, Apply)
        and expr.op == words.PRODUCT_OF_MATRICES
        and not two_readings(*expr.args)
    )
