"""Surface trees to typed expressions: what a product or a subscript means is decided by shapes.

    symbols     names, bound or of the scope
    positions   x_1, X[0, 2], x^{(i)}    entries and slices
    units       1^T X, I + A             ones and identities, as large as their neighbours
    products    s X t Y, A ⊙ B           operators and factors side by side
    attributes  axis=1, (n, m)           what stands behind a function's operands
    calls       f(x), f'(x)              functions and their slopes
    sums        Σ_i, einsum, X.shape     sums over an index and sizes
    statements  dz = …; dw = …           whole answers

Each is a class over the one before.  The rows that are built here without having been written
(entries and slices for subscripts, ones, the identity, a reshaped rank-1 vector) are the sugars of
the language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from engine.expression import Const, Expr
from engine.notation.elaborate.options import PLAIN, Elaborated, Options
from engine.notation.elaborate.statements import Statements
from engine.notation.elaborate.symbols import ONE
from engine.notation.errors import Mistake, Problem
from engine.notation.scope import Scope
from engine.notation.syntax import (
    Answer,
    Binder,
    Call,
    Chain,
    Derivative,
    Einsum,
    Example,
    Group,
    Index,
    Infix,
    Name,
    Number,
    One,
    Size,
    Syntax,
    Tuple,
    Unary,
)

__all__ = ["PLAIN", "Elaborated", "Elaborator", "Options", "elaborate"]


def elaborate(answer: Answer, scope: Scope, options: Options = PLAIN) -> Elaborated:
    """The typed answer of a surface tree; raises Mistake.

    `forked` says that K (1 - K) has another reading; `entry` is what a component form says of
    one entry.
    """
    return Elaborator(scope, options).answer(answer)


class Elaborator(Statements):
    """The expression of every kind of node."""

    def expr(self, node: Syntax) -> Expr:
        """The typed expression of `node`."""
        return _RULES[type(node)](self, node)

    def number(self, node: Number) -> Expr:
        return Const(node.value)

    def one(self, node: One) -> Expr:
        return ONE

    def group(self, node: Group) -> Expr:
        return self.expr(node.inner)

    def listed(self, node: Tuple) -> NoReturn:
        came = "a list came" if node.items else "nothing came"
        message = f"expected a quantity between the brackets, but {came} here"
        raise Mistake(Problem("parse", node.span, message))


_RULES: Mapping[type[Any], Callable[[Elaborator, Any], Expr]] = {
    Number: Elaborator.number,
    One: Elaborator.one,
    Name: Elaborator.name,
    Group: Elaborator.group,
    Tuple: Elaborator.listed,
    Chain: Elaborator.chain,
    Infix: Elaborator.infix,
    Unary: Elaborator.unary,
    Call: Elaborator.call,
    Index: Elaborator.index,
    Example: Elaborator.example,
    Binder: Elaborator.binder,
    Derivative: Elaborator.derivative,
    Size: Elaborator.size,
    Einsum: Elaborator.einsum,
}
