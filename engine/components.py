"""One entry of a matrix formula, written with the entries of what it is made of.

    (W^T (u * v))_{i1}  ->  sum over j of W_{ji} u_{j1} v_{j1}

An operator without a rule here keeps its entry around it, which is right but less telling.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, count

from engine.expression import Apply, Expr, Var, apply, const, walk
from engine.operators import operator
from engine.shapes import Dim

LETTERS = "jkilpqrst"


def component(
    expr: Expr, row: Expr | int, column: Expr | int, avoid: frozenset[str] = frozenset()
) -> Expr:
    """Entry (row, column) of `expr`, counted from 1; a scalar is its own only entry.

    Sums over inner sizes are bound to letters that are neither in `expr` nor in `avoid`.
    """
    row, column = _position(row), _position(column)
    bound = {index for node in walk(expr) for index in _bound_index(node)}
    taken = expr.names | row.names | column.names | avoid | bound
    return _Entries(_letters(taken)).of(expr, row, column)


def _position(place: Expr | int) -> Expr:
    return const(place) if isinstance(place, int) else place


def _bound_index(node: Expr) -> tuple[str, ...]:
    if isinstance(node, Apply) and node.op == "sum_over":
        return (node.keywords["index"],)
    return ()


def _letters(taken: frozenset[str]) -> Iterator[str]:
    """Names for indices, none of them in `taken`."""
    endless = chain(LETTERS, (f"{letter}{number}" for number in count(1) for letter in LETTERS))
    return (name for name in endless if name not in taken)


@dataclass(frozen=True)
class _Entries:
    letters: Iterator[str]

    def of(self, expr: Expr, row: Expr, column: Expr) -> Expr:
        if not expr.shape:
            return expr
        if isinstance(expr, Apply):
            if operator(expr.op).elementwise:
                return self._elementwise(expr, row, column)
            if expr.op in RULES:
                return RULES[expr.op](self, expr, row, column)
        return apply("entry", expr, row, column)

    def summed(self, size: Dim, term: Callable[[Expr], Expr]) -> Expr:
        """The sum of `term(index)` over 1..size; one term alone where the size is 1."""
        if size == 1:
            return term(const(1))
        index = next(self.letters)
        return apply("sum_over", term(Var(index)), index=index, size=size)

    def _elementwise(self, expr: Apply, row: Expr, column: Expr) -> Expr:
        return apply(expr.op, *(self._stretched(arg, row, column) for arg in expr.args))

    def _stretched(self, arg: Expr, row: Expr, column: Expr) -> Expr:
        """The entry of an operand that may be stretched along an axis."""
        if not arg.shape:
            return arg
        first, second = arg.shape
        return self.of(arg, const(1) if first == 1 else row, const(1) if second == 1 else column)

    def matmul(self, expr: Apply, row: Expr, column: Expr) -> Expr:
        """(A B)_{rc} = sum over j of A_{rj} B_{jc}."""
        left, right = expr.args
        return self.summed(
            left.shape[1], lambda j: self.of(left, row, j) * self.of(right, j, column)
        )

    def transpose(self, expr: Apply, row: Expr, column: Expr) -> Expr:
        """(A^T)_{rc} = A_{cr}."""
        return self.of(expr.args[0], column, row)

    def total(self, expr: Apply, row: Expr, column: Expr) -> Expr:
        """A sum along one axis that is kept: its entry is the sum of a row or of a column."""
        (inner,) = expr.args
        if expr.keywords["axis"] in (0, -2):
            return self.summed(inner.shape[0], lambda j: self.of(inner, j, column))
        return self.summed(inner.shape[1], lambda j: self.of(inner, row, j))

    def mean(self, expr: Apply, row: Expr, column: Expr) -> Expr:
        """As for a sum, over the length of the axis."""
        (inner,) = expr.args
        length = inner.shape[expr.keywords["axis"]]
        return self.total(expr, row, column) / inner.size(length)

    def ones(self, expr: Apply, row: Expr, column: Expr) -> Expr:
        """Every entry is 1."""
        return const(1)

    def sum_over(self, expr: Apply, row: Expr, column: Expr) -> Expr:
        """The sum of the entries."""
        return apply("sum_over", self.of(expr.args[0], row, column), **expr.keywords)


RULES: dict[str, Callable[[_Entries, Apply, Expr, Expr], Expr]] = {
    "matmul": _Entries.matmul,
    "transpose": _Entries.transpose,
    "sum": _Entries.total,
    "mean": _Entries.mean,
    "ones": _Entries.ones,
    "sum_over": _Entries.sum_over,
}
