"""Which operands fit: rank-1 vectors as rows or columns, and what factors side by side can mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.errors import ShapeError
from engine.expression import Apply, Const, Expr, apply
from engine.notation.syntax import Name, Syntax
from engine.operators import TABLE
from engine.shapes import Dim, Shape

ENTRY_BY_ENTRY = "factors of one shape side by side were multiplied entry by entry"


@dataclass(frozen=True, slots=True)
class Ones:
    """A vector of ones of a length still to be found; `row` when it is transposed."""

    row: bool


def all_alike(nodes: list[Syntax], values: list[Expr | Ones]) -> bool:
    """Whether all matrices have one shape, so that no two of them could be matrix factors.

    Bare names side by side are meant as a matrix product, whatever their shapes.
    """
    pairs = zip(nodes, values, strict=True)
    matrices = [(node, value) for node, value in pairs if isinstance(value, Expr) and value.shape]
    bare = all(isinstance(node, Name) for node, _ in matrices)
    return not bare and len({value.shape for _, value in matrices}) == 1


def two_readings(left: Expr, right: Expr) -> bool:
    """Whether K (1 - K) stands here with a square K: the one conforms, the other is meant."""
    if left.shape != right.shape or left.shape[:1] != left.shape[1:]:
        return False
    return any(
        isinstance(side, Apply) and side.op == "sub" and isinstance(side.args[0], Const)
        for side in (left, right)
    )


def lifted_product(left: Expr, right: Expr) -> tuple[Expr, Expr]:
    """Rank-1 operands of a matrix product as a row on the left, a column on the right."""
    if len(left.shape) == 1:
        fits = len(right.shape) == 2 and right.shape[0] == 1
        left = apply("reshape", left, shape=(left.shape[0], 1) if fits else (1, left.shape[0]))
    if len(right.shape) == 1:
        fits = left.shape[1] == 1
        right = apply("reshape", right, shape=(1, right.shape[0]) if fits else (right.shape[0], 1))
    return left, right


def lifted(op: str, args: tuple[Expr, ...]) -> list[Expr] | None:
    """The operands with rank-1 vectors as rows or columns, where exactly one of the two fits."""
    if all(len(arg.shape) != 1 for arg in args) or not TABLE[op].elementwise:
        return None
    rows = [_oriented(arg, lambda size: (1, size)) for arg in args]
    columns = [_oriented(arg, lambda size: (size, 1)) for arg in args]
    return next((lifted for lifted in (rows, columns) if _fits(op, lifted)), None)


def _oriented(arg: Expr, shape: Callable[[Dim], Shape]) -> Expr:
    return apply("reshape", arg, shape=shape(arg.shape[0])) if len(arg.shape) == 1 else arg


def _fits(op: str, args: list[Expr]) -> bool:
    try:
        apply(op, *args)
    except ShapeError:
        return False
    return True
