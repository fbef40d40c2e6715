"""Sums over an index, `einsum`, and numbers of rows, columns and entries."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from engine.errors import ShapeError
from engine.expression import Const, Expr, Var, apply
from engine.notation import vocabulary as words
from engine.notation.components import einsum, gathered, is_bracketed, is_index, unbound
from engine.notation.elaborate.calls import Calls
from engine.notation.elaborate.symbols import ONE, free_name
from engine.notation.errors import Mistake, Problem
from engine.notation.indices import extent, extents
from engine.notation.sums import folded
from engine.notation.syntax import (
    LAST,
    LENGTH,
    WHOLE,
    Binder,
    Einsum,
    Group,
    Infix,
    Number,
    Size,
)
from engine.shapes import Dim, Shape


class Sums(Calls):
    """Sums and counts."""

    def binder(self, node: Binder) -> Expr:
        """A sum over an index; bounds that are left out are those of what it selects from."""
        if not node.index:
            return self.unindexed(node)
        whole = self.summed_away(node)
        if whole is not None:
            return whole
        before = self.bound.get(node.index)
        zero_based = isinstance(node.low, Number) and node.low.value == 0
        if node.low is None and node.high is None and self.scope.base == 0:
            zero_based = is_bracketed(node.body)
        own = free_name(node.index, self.scope)
        variable = Var(own)
        self.bound[node.index] = apply("sub", variable, ONE) if zero_based else variable
        if zero_based:
            self.counted[node.index] = variable
        if node.high is not None:
            self.ranges[own] = self.high(node, zero_based)
        body = self.body(node, own)
        self.counted.pop(node.index, None)
        if before is None:
            del self.bound[node.index]
        else:
            self.bound[node.index] = before
        size = self.high(node, zero_based) if node.high is not None else extent(body, own)
        if size is None:
            raise Mistake(
                Problem("parse", node.span, f"the sum does not say how far {node.index} goes")
            )
        self.check_extents(node, body, size, own)
        bounded = node.low is not None or node.high is not None
        whole = None if bounded else folded(body, own, size)
        return whole or apply(node.op, body, index=own, size=size)

    def body(self, node: Binder, own: str) -> Expr:
        """What is summed; where only the range tells what the index selects, the one that fits."""
        try:
            body = self.expr(node.body)
        except Mistake:
            if own in self.ranges or not self.unselected:
                raise
            sizes = {dim for shape in self.scope.symbols.values() for dim in shape if dim != 1}
            fitting = self.body_that_fits(node, own, sizes)
            if fitting is None:
                raise
            return fitting
        sizes = {size for size, _ in extents(body, own)}
        if len(sizes) < 2 or own in self.ranges:
            return body
        return self.body_that_fits(node, own, sizes) or body

    def body_that_fits(self, node: Binder, own: str, sizes: set[Dim]) -> Expr | None:
        """What is summed if the index runs along one of the sizes; None unless just one fits."""
        tried = [self.body_along(node, own, size) for size in sorted(sizes, key=str)]
        fitting = [body for body in tried if body is not None]
        return fitting[0] if len(fitting) == 1 else None

    def body_along(self, node: Binder, own: str, size: Dim) -> Expr | None:
        self.ranges[own] = size
        try:
            body = self.expr(node.body)
            self.check_extents(node, body, size, own)
        except Mistake:
            return None
        finally:
            del self.ranges[own]
        return body

    def unindexed(self, node: Binder) -> Expr:
        """Σ without an index: over all entries, or over the examples."""
        loose = unbound(node.body) - self.bound.keys() - self.free.keys()
        letters = sorted(letter for letter in loose if is_index(letter, self.scope))
        if letters:
            return self.binder(replace(node, index=letters[0]))
        axis = self.scope.example_axis if self.options.batch else None
        each = None if axis is None else self.over_examples(node, axis)
        if each is not None:
            return each
        body = self.expr(node.body)
        full = len(body.shape) == 2 and 1 not in body.shape
        self.swept = self.swept or full
        along = axis is not None and full and body.shape[axis] == self.scope.examples
        return self.total(node, body, axis if along else None)

    def over_examples(self, node: Binder, axis: int) -> Expr | None:
        """The sum over the examples of what is said about one; None where nothing is about one.

        A capital is the whole batch, so that `Σ dZ X^T` is about none.
        """
        if self.scope.examples is None or self.one_example is not None:
            return None
        index = self.one_example = Var(free_name("example", self.scope))
        self.whole_batch = False
        try:
            body = self.expr(node.body)
        finally:
            self.one_example = None
        if index.name not in body.names or self.whole_batch:
            return None
        whole = gathered(body, index)
        if whole is None:
            return apply("sum_over", body, index=index.name, size=self.scope.examples)
        alone = all(dim == 1 for at, dim in enumerate(whole.shape) if at != axis)
        return self.total(node, whole, None if alone else axis)

    def total(self, node: Binder, body: Expr, axis: int | None) -> Expr:
        """The sum of all entries, or along an axis."""
        return self.build("sum", node.span, body, axis=axis, keepdims=axis is not None)

    def summed_away(self, node: Binder) -> Expr | None:
        """Σ_m X, where m is a dimension of X and no index in it: the sum along its axis."""
        if node.high is not None or self.scope.dimension(node.index) != node.index:
            return None
        if node.index in unbound(node.body):
            return None
        body = self.expr(node.body)
        if body.shape.count(node.index) != 1:
            return None
        axis = body.shape.index(node.index)
        return self.build("sum", node.span, body, axis=axis, keepdims=True)

    def check_extents(self, node: Binder, body: Expr, size: Dim, own: str) -> None:
        """Refuses an index that runs further, or less far, than what it selects from."""
        for found, base in extents(body, own):
            short = isinstance(size, int) and isinstance(found, int) and size <= found
            if found != size and not short:
                where = f"the index {node.index} runs to {size}, but selects one of {found}"
                raise Mistake(Problem("shape", node.span, where, shapes=(base.shape,)))

    def high(self, node: Binder, zero_based: bool) -> Dim:
        """The number of terms, from the upper bound."""
        high = node.high
        while isinstance(high, Group):
            high = high.inner
        if isinstance(high, Infix) and high.op == "sub":
            inner = high.left.inner if isinstance(high.left, Group) else high.left
            if not zero_based and isinstance(inner, Number):
                return self.dim(Number(inner.span, inner.value - 1))
            if zero_based:
                return self.dim(inner)
            if isinstance(inner, Infix) and inner.op == "add":
                return self.dim(inner.left)
        if high is None or zero_based:
            raise Mistake(Problem("parse", node.span, "a sum runs from 1 to n, or from 0 to n - 1"))
        return self.dim(high)

    def size(self, node: Size) -> Expr:
        """The number of rows, columns or entries."""
        if node.axis == WHOLE:
            message = "a shape is no quantity: write .shape[0] or .shape[1]"
            raise Mistake(Problem("parse", node.span, message))
        base = self.expr(node.base)
        shape = _counted(base.shape, node.axis)
        factors = [Const(Fraction(dim)) if isinstance(dim, int) else Var(dim) for dim in shape]
        present = [factor for factor in factors if factor != ONE] or [ONE]
        product: Expr = present[0]
        for factor in present[1:]:
            product = apply(words.SCALING, product, factor)
        return product

    def einsum(self, node: Einsum) -> Expr:
        """`einsum('ij,jk->ik', X, Y)`."""
        operands = [self.expr(arg) for arg in node.args]
        try:
            return einsum(node.spec, operands)
        except ShapeError as error:
            shapes = tuple(operand.shape for operand in operands)
            raise Mistake(Problem("shape", node.span, str(error), shapes=shapes)) from error
        except ValueError as error:
            raise Mistake(Problem("parse", node.span, str(error))) from error


def _counted(shape: Shape, axis: int | None) -> Shape:
    """The dimensions whose product is asked for."""
    if axis == LAST:
        axis = len(shape) - 1
    if axis == LENGTH:
        axis = 1 if len(shape) == 2 and shape[0] == 1 else 0
    return shape if axis is None else shape[axis : axis + 1]
