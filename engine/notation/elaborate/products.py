"""Products and other operators: what factors side by side mean is decided by their shapes.

s X t Y        (s t) (X Y)      scalars in front, matrices multiplied in order
A ⊙ B (1 - B)  element-wise, where B and 1 - B cannot be multiplied
"""

from __future__ import annotations

from itertools import pairwise

from engine.expression import Apply, Const, Expr, Var, apply, walk
from engine.notation import vocabulary as words
from engine.notation.elaborate.symbols import ONE, ZERO
from engine.notation.elaborate.units import Units
from engine.notation.errors import Mistake, Problem, Span
from engine.notation.fitting import ENTRY_BY_ENTRY, Ones, all_alike, lifted_product, two_readings
from engine.notation.syntax import Chain, Group, Infix, Name, Number, One, Syntax, Unary
from engine.operators import TABLE
from engine.operators.row import CHAIN

MAX_EXPONENT = 1000
PRIMES = "'′’"
DOTS = ("·", "⋅", "∙", "•", "cdot")
MULTIPLES = (words.SCALING, words.QUOTIENT_ROW)
CROSSES = frozenset({"×", "times"})
MATLAB_PRODUCT = frozenset({"*", "∗", "ast"})


class Products(Units):
    """Applies operators."""

    def unary(self, node: Unary) -> Expr:
        arg = self.expr(node.arg)
        if node.op == words.TRANSPOSE_ROW and isinstance(node.arg, Name):
            self.check_primed(node, node.arg)
        is_vector = len(arg.shape) == 1 or 1 in arg.shape
        if self.options.lengths and node.op == words.ABSOLUTE_ROW and is_vector:
            return self.build(words.NORM_ROW, node.span, arg)
        return self.build(node.op, node.span, arg)

    def check_primed(self, node: Unary, name: Name) -> None:
        """Refuses f'(x) where f is what is differentiated: a prime would transpose it."""
        behind = self.text[name.span[1] :]
        called = behind.lstrip(PRIMES)
        if called[:1] == "(" and called != behind and self.scope.is_differentiated(name.spelling):
            message = (
                f"here {name.spelling}' only names what is asked for: write the derivative out"
            )
            raise Mistake(Problem("parse", node.span, message))

    def infix(self, node: Infix) -> Expr:
        if TABLE[node.op].notation.power == CHAIN:
            return self.product(node.span, [node.left, node.right], literal=True)
        if node.op == words.QUOTIENT_ROW:
            ratio = self.differential(node)
            if ratio is not None:
                return ratio
            if self.options.fractions and isinstance(node.left, Chain):
                *before, over = node.left.items
                span = over.span[0], node.span[1]
                fraction = Infix(span, node.op, over, node.right, node.depth, node.sign)
                return self.product(node.span, [*before, fraction])
        if self.units:
            identity = self.identity(node)
            if identity is not None:
                return identity
        if node.op == words.SCALING:
            if self.options.tight and isinstance(node.right, Chain):
                return self.tightly(node, node.right)
            left = self.expr(node.left)
            right = self.beside(node.right)
            crossed = self.options.crosses and node.sign in CROSSES
            if crossed or (self.matlab and node.sign in MATLAB_PRODUCT):
                return self.times(node.span, left, right, False, False)
        elif node.op == words.EQUALITY and self.asked_class(node) is not None:
            return self.asked_class(node) or ZERO
        else:
            left, right = self.expr(node.left), self.expr(node.right)
        if node.op == words.POWER_ROW:
            check_exponent(right, node.right.span)
        if node.op == words.OUTER_ROW:
            return self.crossed(node.span, left, right)
        return self.build(node.op, node.span, left, right)

    def tightly(self, node: Infix, right: Chain) -> Expr:
        """A ⊙ B C as (A ⊙ B) C."""
        first, *rest = right.items
        span = node.left.span[0], first.span[1]
        product = Infix(span, node.op, node.left, first, node.depth, node.sign)
        return self.product(node.span, [product, *rest])

    def crossed(self, span: Span, left: Expr, right: Expr) -> Expr:
        """⊗: entry by entry where the shapes are one, else the outer product."""
        entrywise = left.shape == right.shape and not self.options.outer
        if entrywise or not (left.shape and right.shape):
            return self.build(words.SCALING, span, left, right)
        return self.build(words.OUTER_ROW, span, left, right)

    def beside(self, node: Syntax) -> Expr:
        """What stands right of an element-wise product: its factors may be element-wise too."""
        if isinstance(node, Chain):
            return self.product(node.span, list(node.items), elementwise=True)
        return self.expr(node)

    def chain(self, node: Chain) -> Expr:
        for place, item in enumerate(node.items):
            if isinstance(item, Group) and self.is_open(item) and len(node.items) > 1:
                before, after = node.items[:place], node.items[place + 1 :]
                return self.expr(self.placed(item, before, after, node.depth))
        return self.product(node.span, list(node.items))

    def is_open(self, node: Syntax) -> bool:
        """Whether I or 1 1^T is a term, whose size only the factors around the sum tell."""
        match node:
            case Group(inner=inner) | Unary(op="neg", arg=inner):
                return self.is_open(inner)
            case Infix(op="add" | "sub", left=left, right=right):
                sides = [self.is_of_ones(left), self.is_of_ones(right)]
                return any(sides) or self.is_open(left) or self.is_open(right)
        return False

    def is_of_ones(self, node: Syntax) -> bool:
        """Whether a term is a multiple of 1 1^T alone."""
        match node:
            case Group(inner=inner) | Unary(op="neg", arg=inner):
                return self.is_of_ones(inner)
            case Infix(op=op, left=left, right=right) if op in MULTIPLES:
                return self.is_of_ones(left) or (op == words.SCALING and self.is_of_ones(right))
            case Chain(items=items):
                ones = {
                    place
                    for place, (one, two) in enumerate(pairwise(items))
                    if _is_one(one) and _is_one_transposed(two)
                }
                rest = (item for n, item in enumerate(items) if not {n, n - 1} & ones)
                return bool(ones) and not any(self.expr(item).shape for item in rest)
        return False

    def placed(
        self, node: Syntax, before: tuple[Syntax, ...], after: tuple[Syntax, ...], depth: int
    ) -> Syntax:
        """The terms of a sum, each with the factors around the sum."""
        match node:
            case Group(inner=inner):
                return self.placed(inner, before, after, depth)
            case Unary(op="neg", arg=arg, span=span):
                return Unary(span, "neg", self.placed(arg, before, after, depth), depth)
            case Infix(op="add" | "sub" as op, left=left, right=right, span=span):
                one, two = (self.placed(side, before, after, depth) for side in (left, right))
                return Infix(span, op, one, two, depth)
            case Infix(op=op, left=left, right=right, span=span) if self.is_of_ones(left):
                return Infix(span, op, self.placed(left, before, after, depth), right, depth)
            case Infix(op=op, left=left, right=right, span=span) if self.is_of_ones(right):
                return Infix(span, op, left, self.placed(right, before, after, depth), depth)
            case Chain(items=items, span=span):
                return Chain(span, (*before, *items, *after), depth)
        return Chain(node.span, (*before, node, *after), depth)

    def product(
        self, span: Span, nodes: list[Syntax], elementwise: bool = False, literal: bool = False
    ) -> Expr:
        """Scalars in front, then the matrices in order; `literal` admits no other reading."""
        nodes = [node for node in nodes if not self.is_identity(node)] or nodes
        values = [self.factor(node, position) for position, node in enumerate(nodes)]
        scalars: Expr | None = None
        matrices: Expr | None = None
        near = values
        same = not (self.options.strict or literal) and (elementwise or all_alike(nodes, values))
        dotted = self.options.entries and not literal
        for position, value in enumerate(values):
            if isinstance(value, Ones):
                value = self.filled(value, near, position)
            if not value.shape:
                scalars = value if scalars is None else apply(words.SCALING, scalars, value)
            elif matrices is None:
                matrices = value
            elif dotted and self.is_dotted(nodes, position, matrices, value):
                inner = self.is_inner(nodes, position) and matrices.shape == value.shape
                row = words.INNER_ROW if inner else words.SCALING
                matrices = self.build(row, span, matrices, value)
            else:
                fork = not (literal or self.options.strict)
                matrices = self.times(span, matrices, value, same, fork)
        if matrices is None:
            return scalars or ONE
        return matrices if scalars is None else apply(words.SCALING, scalars, matrices)

    def are_entrywise(self, left: Expr, right: Expr) -> bool:
        """Whether the exercise itself multiplies these two entry by entry, as in y ⊙ z."""
        if not (isinstance(left, Var) and isinstance(right, Var)) or self.options.strict:
            return False
        return frozenset((left.name, right.name)) in self.scope.entrywise

    def is_dotted(self, nodes: list[Syntax], position: int, left: Expr, right: Expr) -> bool:
        """Whether a dot stands before a factor, or may be thought there, and is no product."""
        alone = self.scope.products == frozenset()
        if len(left.shape) != len(right.shape):
            return alone
        if left.shape[1:] == right.shape[:1]:
            return False
        between = self.text[nodes[position - 1].span[1] : nodes[position].span[0]]
        return alone or any(dot in between for dot in DOTS)

    def is_inner(self, nodes: list[Syntax], position: int) -> bool:
        """Whether the dot before a factor is one of those that are dot products."""
        start, end = nodes[position - 1].span[1], nodes[position].span[0]
        return any(start <= place < end for place in self.options.inner)

    def times(self, span: Span, left: Expr, right: Expr, elementwise: bool, fork: bool) -> Expr:
        """The matrix product; element-wise where only that fits and the place allows it."""
        if not left.shape or not right.shape:
            return apply(words.SCALING, left, right)
        left, right = lifted_product(left, right)
        if self.options.dots and left.shape == right.shape and 1 in left.shape:
            return self.build(words.INNER_ROW, span, left, right)
        elementwise = elementwise or self.are_entrywise(left, right)
        if elementwise and left.shape == right.shape and left.shape[1:] != right.shape[:1]:
            self.notes.append(ENTRY_BY_ENTRY)
            return apply(words.SCALING, left, right)
        if fork and two_readings(left, right):
            self.forked = True
            if self.options.entrywise:
                return apply(words.SCALING, left, right)
        return self.build(words.PRODUCT_OF_MATRICES, span, left, right)


def _is_one(node: Syntax) -> bool:
    return isinstance(node, One) or (isinstance(node, Number) and node.value == 1)


def _is_one_transposed(node: Syntax) -> bool:
    return isinstance(node, Unary) and node.op == words.TRANSPOSE_ROW and isinstance(node.arg, One)


def check_exponent(exponent: Expr, span: Span) -> None:
    """Numbers in exponents are small, so that nothing astronomical is ever computed."""
    if isinstance(exponent, Const):
        large = max(abs(exponent.value.numerator), exponent.value.denominator) > MAX_EXPONENT
    else:
        large = not exponent.names and any(
            isinstance(part, Apply) and part.op == words.POWER_ROW for part in walk(exponent)
        )
    if large:
        raise Mistake(Problem("limit", span, f"an exponent is at most {MAX_EXPONENT}"))
