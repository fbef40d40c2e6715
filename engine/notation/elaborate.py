"""Surface trees to typed expressions: what a product or a subscript means is decided by shapes.

s X t Y        (s t) (X Y)      scalars in front, matrices multiplied in order
A ⊙ B (1 - B)  element-wise, where B and 1 - B cannot be multiplied
f'(x)          the row's vector-Jacobian product with cotangent 1
1^T X          ones, as many as X has rows
x^{(i)}        a slice along the axis of the examples

The rows that are built here without having been written (entries and slices for subscripts, ones,
the identity, a reshaped rank-1 vector) are the sugars of the language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NoReturn

from engine.errors import ShapeError
from engine.expression import Apply, Const, Expr, Var, apply, walk
from engine.notation import vocabulary as words
from engine.notation.components import einsum, entire, is_bracketed, unbound
from engine.notation.cursor import is_comparison, unwrapped
from engine.notation.errors import Mistake, Problem, Span
from engine.notation.fitting import (
    ENTRY_BY_ENTRY,
    Ones,
    all_alike,
    lifted,
    lifted_product,
    two_readings,
)
from engine.notation.indices import extent, extents, is_position, parts, shifted
from engine.notation.scope import Scope
from engine.notation.sugars import CLIPPING, SUGARS, Sugar, clipped, repeated, spread
from engine.notation.syntax import (
    LAST,
    LENGTH,
    Answer,
    Binder,
    Call,
    Chain,
    Clause,
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
from engine.operators import TABLE, Operator
from engine.operators.row import CHAIN, REQUIRED
from engine.shapes import Dim, Shape
from engine.shapes import show as show_shape

MAX_EXPONENT = 1000
ONE = Const(Fraction(1))
ZERO = Const(Fraction(0))
NEW_AXIS = frozenset({"None", "newaxis"})
UNKNOWN = -1  # a size in a shape that is to be worked out
CROSSES = frozenset({"×", "times"})
MATLAB_PRODUCT = frozenset({"*", "∗", "ast"})


@dataclass(frozen=True)
class Elaborated:
    """A typed answer: the value of each link of its chain (the last counts), and remarks."""

    links: tuple[Expr | None, ...]
    notes: tuple[str, ...] = ()
    forked: bool = False
    entry: Expr | None = None


@dataclass(frozen=True)
class Options:
    """Which of several readings is taken.

    A strict reading never takes factors side by side for an element-wise product.  `entrywise`
    chooses the other reading of K (1 - K) for a square K, where both conform.  With `matlab`, `*`
    is a matrix product and sums go down the columns; with `columns`, an example of a batch in rows
    is a column; with `lengths`, |r| is the length of a vector; with `outer`, ⊗ is the outer product
    where factors have one shape; with `dots`, · between vectors of one shape is the dot product;
    with `crosses`, × is a matrix product; with `tight`, ⊙ binds as tightly as factors side by
    side.  `free` are the indices of a component form, `ordered` where a
    left-hand side says which of them counts rows, `from_zero` where they stand in square brackets.
    """

    strict: bool = False
    entrywise: bool = False
    matlab: bool = False
    columns: bool = False
    lengths: bool = False
    outer: bool = False
    dots: bool = False
    crosses: bool = False
    tight: bool = False
    free: tuple[str, ...] = ()
    ordered: bool = False
    from_zero: bool = False


PLAIN = Options()


def elaborate(answer: Answer, scope: Scope, options: Options = PLAIN) -> Elaborated:
    """The typed answer of a surface tree; raises Mistake.

    `forked` says that K (1 - K) has another reading; `entry` is what a component form says of
    one entry.
    """
    elaborator = Elaborator(scope, options.strict, options.entrywise, options)
    return elaborator.answer(answer)


class Elaborator:
    """Bound names and remarks of one elaboration."""

    def __init__(
        self, scope: Scope, strict: bool, entrywise: bool, options: Options = PLAIN
    ) -> None:
        self.matlab = options.matlab or scope.matlab
        self.options = options
        self.ordered = options.ordered
        self.text = ""
        self.units = False
        self.indices = tuple(free_name(name, scope) for name in options.free)
        self.free = {
            name: apply("sub", Var(own), ONE) if options.from_zero else Var(own)
            for name, own in zip(options.free, self.indices, strict=True)
        }
        self.entry: Expr | None = None
        self.scope = scope
        self.strict = strict
        self.entrywise = entrywise
        self.forked = False
        self.bound: dict[str, Expr] = {}
        self.notes: list[str] = []

    # Statements

    def answer(self, answer: Answer) -> Elaborated:
        self.text = answer.text
        self.units = "I" in answer.text and self.scope.lookup("I") is None
        main = _main_clause(answer.clauses, self.scope)
        self.define_all((*answer.clauses[main + 1 :], *answer.clauses[:main]))
        links = self.links(answer.clauses[main])
        return Elaborated(links, tuple(dict.fromkeys(self.notes)), self.forked, self.entry)

    def define_all(self, clauses: tuple[Clause, ...]) -> None:
        """Binds the side definitions; one may use another that comes later."""
        waiting = []
        for clause in clauses:
            try:
                self.define(clause)
            except Mistake as mistake:
                if mistake.problem.kind != "unknown-symbol":
                    raise
                waiting.append(clause)
        for clause in reversed(waiting):
            self.define(clause)

    def define(self, clause: Clause) -> None:
        """Binds the name on the left of a side definition."""
        if len(clause.links) < 2:
            if is_comparison(clause.links[0]):
                self.condition(clause.links[0])
                return
            raise Mistake(
                Problem(
                    "parse",
                    clause.links[0].span,
                    "expected a definition such as s = sigmoid(x) here",
                )
            )
        value = self.expr(clause.links[-1])
        for name in clause.links[:-1]:
            key = _key(name)
            if key is not None:
                self.bound[key] = value

    def condition(self, link: Syntax) -> None:
        """Looks at a mere condition such as λ > 0, whose names have to be known."""
        try:
            self.expr(link)
        except Mistake as mistake:
            if mistake.problem.kind != "shape":
                raise

    def links(self, clause: Clause) -> tuple[Expr | None, ...]:
        """The links' values; a left-hand side that only names the result has none."""
        *early, last = clause.links
        return (*(self.early(link) for link in early), self.whole(last))

    def whole(self, link: Syntax) -> Expr:
        """The value of a link; of a component form, the matrix with these entries."""
        value = self.expr(link)
        if not self.free or self.scope.wanted is None:
            return value
        try:
            result = entire(value, self.indices, self.ordered, self.scope.wanted)
        except ShapeError as error:
            raise Mistake(Problem("shape", link.span, str(error))) from error
        if result is None:
            letters = "".join(self.free)
            message = f"it is not clear which entries the indices {', '.join(letters)} count"
            hint = f"write what is asked with them on the left, as in dW_{{{letters}}} = …"
            raise Mistake(Problem("parse", link.span, message, hint))
        self.entry = value
        return result

    def early(self, link: Syntax) -> Expr | None:
        if isinstance(link, Index | Derivative) and self.free:
            return None
        if isinstance(link, Name) and self.scope.asked and self.scope.asks(link.spelling):
            return None
        try:
            return self.whole(link)
        except Mistake:
            if not _is_left_side(link):
                self.notes.append("only the last part of the equality chain was read")
            return None

    # Expressions

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

    def name(self, node: Name) -> Expr:
        bound = self.bound.get(node.spelling)
        if bound is not None:
            return bound
        meaning = self.scope.meaning(node.spelling)
        if meaning is not None:
            return meaning
        found = self.scope.lookup(node.spelling)
        if found is not None:
            return self.scope.meaning(found) or ZERO
        if node.spelling in self.free:
            return self.free[node.spelling]
        self.unknown(node.spelling, node.span)

    def unknown(self, name: str, span: Span) -> NoReturn:
        near = self.scope.nearest(name)
        raise Mistake(
            Problem(
                "unknown-symbol",
                span,
                f"'{name}' is not a symbol of this exercise",
                f"did you mean {near}?" if near else self.scope.overview,
            )
        )

    def derivative(self, node: Derivative) -> Expr:
        key = _key(node) or ""
        bound = self.bound.get(key)
        if bound is not None:
            return bound
        for name in (key, f"d{key.partition('/d')[2]}") if key else ():
            found = self.scope.lookup(name)
            if found is not None:
                return self.scope.meaning(found) or ZERO
        index = node.wrt
        if isinstance(index, Index):
            return self.expr(
                Index(
                    node.span,
                    Derivative(node.span, node.of, index.base, node.depth),
                    index.items,
                    index.bracket,
                    node.depth,
                )
            )
        self.unknown(f"∂{key[1:].replace('/d', '/∂')}", node.span)

    def unary(self, node: Unary) -> Expr:
        arg = self.expr(node.arg)
        is_vector = len(arg.shape) == 1 or 1 in arg.shape
        if self.options.lengths and node.op == words.ABSOLUTE_ROW and is_vector:
            return self.build(words.NORM_ROW, node.span, arg)
        return self.build(node.op, node.span, arg)

    def infix(self, node: Infix) -> Expr:
        if TABLE[node.op].notation.power == CHAIN:
            return self.product(node.span, [node.left, node.right], literal=True)
        if node.op == words.QUOTIENT_ROW:
            ratio = self.differential(node)
            if ratio is not None:
                return ratio
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
            _check_exponent(right, node.right.span)
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

    def asked_class(self, node: Infix) -> Expr | None:
        """1{k = y}, where y is one-hot: its entry at the index k."""
        for index, label in ((node.left, node.right), (node.right, node.left)):
            if not (isinstance(index, Name) and isinstance(label, Name)):
                continue
            position = self.bound.get(index.spelling) or self.free.get(index.spelling)
            base = self.expr(label) if position is not None and label != index else None
            if position is None or not isinstance(base, Var) or base.name not in self.scope.one_hot:
                continue
            if len([dim for dim in base.shape if dim != 1]) == 1:
                return self.subscripted(
                    Index(node.span, label, (index,), False, node.depth), base, [position]
                )
        return None

    def size(self, node: Size) -> Expr:
        """The number of rows, columns or entries."""
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

    def differential(self, node: Infix) -> Expr | None:
        """\\frac{dL}{dz}, where such a name is defined."""
        over, under = _key(node.left), _key(node.right)
        if over is None or under is None or over[0] != "d" or under[0] != "d":
            return None
        key = f"{over}/{under}"
        return self.bound.get(key) or self.scope.meaning(self.scope.lookup(key) or "")

    def beside(self, node: Syntax) -> Expr:
        """What stands right of an element-wise product: its factors may be element-wise too."""
        if isinstance(node, Chain):
            return self.product(node.span, list(node.items), elementwise=True)
        return self.expr(node)

    def chain(self, node: Chain) -> Expr:
        return self.product(node.span, list(node.items))

    # Products by shape

    def product(
        self, span: Span, nodes: list[Syntax], elementwise: bool = False, literal: bool = False
    ) -> Expr:
        """Scalars in front, then the matrices in order; `literal` admits no other reading."""
        nodes = [node for node in nodes if not self.is_identity(node)] or nodes
        values = [self.factor(node, position) for position, node in enumerate(nodes)]
        scalars: Expr | None = None
        matrices: Expr | None = None
        near = values
        same = not (self.strict or literal) and (elementwise or all_alike(nodes, values))
        for position, value in enumerate(values):
            if isinstance(value, Ones):
                value = self.filled(value, near, position)
            if not value.shape:
                scalars = value if scalars is None else apply(words.SCALING, scalars, value)
            elif matrices is None:
                matrices = value
            else:
                fork = not (literal or self.strict)
                matrices = self.times(span, matrices, value, same, fork)
        if matrices is None:
            return scalars or ONE
        return matrices if scalars is None else apply(words.SCALING, scalars, matrices)

    def factor(self, node: Syntax, position: int) -> Expr | Ones:
        """A factor; a vector of ones whose length its neighbour knows is kept open."""
        match node:
            case One():
                return Ones(False)
            case Number(value=value) if value == 1 and position > 0:
                return Ones(False)
            case Unary(op=words.TRANSPOSE_ROW, arg=One()):
                return Ones(True)
            case Group(inner=inner) if isinstance(inner, One | Unary):
                return self.factor(inner, 0)
        return self.expr(node)

    def filled(self, ones: Ones, values: list[Expr | Ones], position: int) -> Expr:
        """The vector of ones that fits its neighbour; a plain 1 where none is a matrix."""
        before = _nearest(reversed(values[:position]))
        after = _nearest(values[position + 1 :])
        if ones.row:
            return self.row_of_ones(values, position, before, after)
        if before is not None:
            return apply("ones", shape=(before.shape[1], 1))
        wanted = self.scope.wanted or ()
        last = _nearest(reversed(values))
        if after is not None and last is not None and after.shape[0] == 1 != len(wanted):
            return self.column_as_wanted(last, wanted)
        return ONE

    def column_as_wanted(self, last: Expr, wanted: Shape) -> Expr:
        """1 x^T as high as what is asked for, where it is as wide; else a plain 1."""
        if wanted[1:] == last.shape[1:]:
            return apply("ones", shape=(wanted[0], 1))
        return ONE

    def row_of_ones(
        self, values: list[Expr | Ones], position: int, before: Expr | None, after: Expr | None
    ) -> Expr:
        """1^T: as long as what follows has rows; behind a row a column, as some write it."""
        if after is not None:
            return apply(words.TRANSPOSE_ROW, apply("ones", shape=(after.shape[0], 1)))
        if position and isinstance(values[position - 1], Ones):
            column = self.filled(Ones(False), values, position - 1)
            return apply(words.TRANSPOSE_ROW, column) if column.shape else ONE
        if before is not None and before.shape[1] != 1:
            return apply("ones", shape=(before.shape[1], 1))
        return ONE

    def times(self, span: Span, left: Expr, right: Expr, elementwise: bool, fork: bool) -> Expr:
        """The matrix product; element-wise where only that fits and the place allows it."""
        if not left.shape or not right.shape:
            return apply(words.SCALING, left, right)
        left, right = lifted_product(left, right)
        if self.options.dots and left.shape == right.shape and 1 in left.shape:
            return self.build(words.INNER_ROW, span, left, right)
        if elementwise and left.shape == right.shape and left.shape[1:] != right.shape[:1]:
            self.notes.append(ENTRY_BY_ENTRY)
            return apply(words.SCALING, left, right)
        if fork and two_readings(left, right):
            self.forked = True
            if self.entrywise:
                return apply(words.SCALING, left, right)
        return self.build(words.PRODUCT_OF_MATRICES, span, left, right)

    def is_identity(self, node: Syntax) -> bool:
        """Whether `node` is a bare I, whose size its surroundings know."""
        if not isinstance(node, Name) or node.spelling in self.bound:
            return False
        rows = words.FUNCTIONS.get(node.spelling, ())
        return words.IDENTITY_ROW in rows and self.scope.lookup(node.spelling) is None

    def identity(self, node: Infix) -> Expr | None:
        """I + A or A - λ I, for a square A; λ I alone is λ until its size is known."""
        sides = [self.has_identity(node.left), self.has_identity(node.right)]
        if sides[0] == sides[1]:
            return None
        unit, rest = (node.left, node.right) if sides[0] else (node.right, node.left)
        other = self.expr(rest)
        bare = self.is_identity(unwrapped(unit))
        factor = ONE if bare else self.expr(unit)
        if not bare and factor.shape:
            return None
        if not other.shape:
            pair = (factor, other) if sides[0] else (other, factor)
            return self.build(node.op, node.span, *pair)
        eye = self.build(words.IDENTITY_ROW, node.span, shape=other.shape)
        eye = eye if bare else apply(words.SCALING, factor, eye)
        return self.build(node.op, node.span, *((eye, other) if sides[0] else (other, eye)))

    def has_identity(self, node: Syntax) -> bool:
        """Whether `node` is a multiple of a bare I, as it is written."""
        match node:
            case Name():
                return self.is_identity(node)
            case Group(inner=inner) | Unary(op="neg", arg=inner):
                return self.has_identity(inner)
            case Chain(items=items):
                return any(map(self.has_identity, items))
            case Infix(op=op, left=left, right=right) if op == words.SCALING:
                return self.has_identity(left) or self.has_identity(right)
            case Infix(op=op, left=left) if op == words.QUOTIENT_ROW:
                return self.has_identity(left)
        return False

    def build(self, op: str, span: Span, *args: Expr, **attrs: Any) -> Expr:
        """`op` applied; a conflict of shapes becomes a problem with its place."""
        try:
            return apply(op, *args, **attrs)
        except ShapeError as error:
            fitted = lifted(op, args)
            if fitted is not None:
                return apply(op, *fitted, **attrs)
            shapes = tuple(arg.shape for arg in args)
            raise Mistake(Problem("shape", span, str(error), shapes=shapes)) from error

    # Calls

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
        shape = self.shape(_shape_node(node.span, tuple(rest)))
        along = dict(node.keywords).get("axis")
        if along is not None and len(shape) == 1:
            shape = (*shape, 1) if self.axis(along) == 0 else (1, *shape)
        x = self.expr(first)
        if node.spelling in ("broadcast_to", "expand"):
            return self.conforming(node, lambda x: x * apply("ones", shape=shape), x)
        return self.conforming(node, repeated if node.spelling == "repeat" else spread, x, shape)

    def conforming(self, node: Call, build: Callable[..., Expr], *args: Any) -> Expr:
        """What `build` makes of `args`; a conflict of shapes becomes a problem with its place."""
        try:
            return build(*args)
        except ShapeError as error:
            shapes = tuple(arg.shape for arg in args if isinstance(arg, Var | Const | Apply))
            raise Mistake(Problem("shape", node.span, str(error), shapes=shapes)) from error

    def sugared(self, node: Call, sugar: Sugar) -> Expr:
        """A function that is written with the table's own."""
        count = len(node.args)
        if node.primes or count < sugar.arity or (count > sugar.arity and not sugar.lenient):
            message = _operands(node, sugar.arity)
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
                    _operands(node, row.arity),
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
            _check_exponent(args[1], node.span)
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

    def completed(self, node: Call, shape: Shape, arg: Expr) -> Shape:
        """A shape with its -1 worked out: as many as there are entries."""
        long = [dim for dim in arg.shape if dim != 1]
        if any(dim not in (1, UNKNOWN) for dim in shape) or shape.count(UNKNOWN) > 1:
            raise Mistake(Problem("parse", node.span, "expected one -1 in a shape, beside ones"))
        if len(long) > 1:
            message = f"{show_shape(arg.shape)} has more than one row and more than one column"
            raise Mistake(Problem("shape", node.span, message, shapes=(arg.shape,)))
        return tuple((*long, 1)[0] if dim == UNKNOWN else dim for dim in shape)

    def attributes(self, node: Call, row: Operator, extra: tuple[Syntax, ...]) -> dict[str, Any]:
        """The attributes of a call: keywords, then what is left of the positional arguments."""
        options = dict(row.notation.options)
        given: dict[str, Syntax] = dict(node.keywords)
        if "shape" in options and "shape" not in given:
            given["shape"] = _shape_node(node.span, extra)
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
                f"{_operands(node, row.arity)}; its further options: {names}",
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
        return tuple(self.dim(item) for item in items)

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
                if own is not None:
                    return own
        raise Mistake(Problem("parse", node.span, "expected a size: a number or a dimension"))

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

    # Entries and sums

    def index(self, node: Index) -> Expr:
        base = self.expr(node.base)
        if any(isinstance(item, Name) and item.spelling in NEW_AXIS for item in node.items):
            return self.lengthened(node, base)
        if not node.bracket:
            return self.subscripted(node, base, self.positions(node.items, base.shape))
        shift = 1 - self.scope.base
        if any(item is not None for item in node.items):
            self.notes.append(f"square brackets count from {self.scope.base}")
        items = [None if item is None else shifted(self.single(item), shift) for item in node.items]
        return self.subscripted(node, base, items)

    def lengthened(self, node: Index, base: Expr) -> Expr:
        """v[:, None] is a column, v[None, :] a row."""
        if len(node.items) != 2 or None not in node.items or len(base.shape) != 1:
            message = "[:, None] and [None, :] are read behind a vector of rank 1 only"
            raise Mistake(Problem("shape", node.span, message, shapes=(base.shape,)))
        (size,) = base.shape
        shape = (size, 1) if node.items[0] is None else (1, size)
        return self.build("reshape", node.span, base, shape=shape)

    def single(self, node: Syntax) -> Expr:
        """A position in square brackets; [[j]] and [j:j+1] keep the dimension."""
        return self.position(node.inner if isinstance(node, Group) else node)

    def positions(self, items: tuple[Syntax | None, ...], shape: Shape) -> list[Expr | None]:
        if len(items) == 1 and isinstance(items[0], Name):
            return [self.position(part) for part in parts(items[0], shape)]
        return [None if item is None else self.position(item) for item in items]

    def position(self, node: Syntax) -> Expr:
        if isinstance(node, Name) and node.spelling.isdecimal():
            return Const(Fraction(int(node.spelling)))
        if isinstance(node, Name) and node.spelling in self.free.keys() - self.bound.keys():
            return self.free[node.spelling]
        if isinstance(node, Name) and not self.is_known_index(node.spelling):
            self.unknown(node.spelling, node.span)
        position = self.expr(node)
        if position.names & self.scope.dimensions:
            raise Mistake(Problem("parse", node.span, "an index is a number or the index of a sum"))
        return position

    def is_known_index(self, name: str) -> bool:
        """Whether a name has a meaning as it stands: j is not the cost J."""
        known = name in self.bound or self.scope.lookup(name, fold=False) is not None
        return known or len(name) > 1

    def subscripted(self, node: Index, base: Expr, items: list[Expr | None]) -> Expr:
        if any(item is not None and item.shape for item in items):
            raise Mistake(
                Problem("shape", node.span, "an index is a single number", shapes=(base.shape,))
            )
        self.check_range(node, base, items)
        match items:
            case [Expr() as row, Expr() as column] if not base.shape and row == column == ONE:
                return base
            case [Expr() as row, Expr() as column]:
                return self.build("entry", node.span, base, row, column)
            case [Expr() as row, None]:
                return self.build("slice", node.span, base, row, axis=0)
            case [None, Expr() as column]:
                return self.build("slice", node.span, base, column, axis=1)
            case [Expr() as position]:
                return self.component(node, base, position)
            case [None, None]:
                return base
        raise Mistake(Problem("parse", node.span, "expected one or two indices"))

    def check_range(self, node: Index, base: Expr, items: list[Expr | None]) -> None:
        """Refuses a numeric index that is no position."""
        long = [dim for dim in base.shape if dim != 1]
        sizes = base.shape if len(items) == 2 else (*long, 1)[:1]
        for size, item in zip(sizes, items, strict=False):
            if isinstance(item, Const) and not is_position(item.value, size):
                message = f"{show_shape(base.shape)} has no entry number {item.value}"
                raise Mistake(Problem("shape", node.span, message, shapes=(base.shape,)))

    def component(self, node: Index, base: Expr, position: Expr) -> Expr:
        """One index: a component of a vector, or an example of a batch."""
        match base.shape:
            case () if node.bracket and position == ONE:
                return base
            case (1, size) if node.bracket and position == ONE and self.scope.base == 0:
                return self.build("reshape", node.span, base, shape=(size,))
            case (_, 1):
                return self.build("entry", node.span, base, position, ONE)
            case (1, _):
                return self.build("entry", node.span, base, ONE, position)
            case (_, _) if self.scope.example_axis is not None:
                axis = self.scope.example_axis
                row = self.build("slice", node.span, base, position, axis=axis)
                return self.standing(node.base, row)
        shape = show_shape(base.shape)
        raise Mistake(
            Problem(
                "shape", node.span, f"one index does not select from {shape}", shapes=(base.shape,)
            )
        )

    def example(self, node: Example) -> Expr:
        """x^{(i)}: along the axis of the examples."""
        index, axis = self.position(node.index), self.scope.example_axis
        if isinstance(node.base, Index) and not node.base.bracket and len(node.base.items) == 1:
            entry = self.entry_of_example(node.base, index, axis)
            if entry is not None:
                return entry
        base = self.expr(node.base)
        if axis is None or len(base.shape) != 2:
            shape = show_shape(base.shape)
            raise Mistake(
                Problem(
                    "shape",
                    node.span,
                    f"{shape} has no examples to select from",
                    shapes=(base.shape,),
                )
            )
        return self.standing(node.base, self.build("slice", node.span, base, index, axis=axis))

    def standing(self, base: Syntax, example: Expr) -> Expr:
        """An example as a column, where x^{(i)} is written for a row of X."""
        if not (self.options.columns and isinstance(base, Name)) or example.shape[:1] != (1,):
            return example
        letters = [mark for mark in self.text[slice(*base.span)] if mark.isalpha()]
        small = bool(letters) and letters[-1].islower() and base.spelling[:1].isupper()
        return example.T if small else example

    def entry_of_example(self, node: Index, example: Expr, axis: int | None) -> Expr | None:
        """x_j^{(i)}: one entry of one example."""
        base, item = self.expr(node.base), node.items[0]
        if axis is None or item is None or len(base.shape) != 2 or 1 in base.shape:
            return None
        entry = self.position(item)
        positions = (example, entry) if axis == 0 else (entry, example)
        self.check_range(node, base, [*positions])
        return self.build("entry", node.span, base, *positions)

    def binder(self, node: Binder) -> Expr:
        """A sum over an index; bounds that are left out are those of what it selects from."""
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
        body = self.expr(node.body)
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
        return apply(node.op, body, index=own, size=size)

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

_OPTIONS: Mapping[str, Callable[[Elaborator, Syntax], Any]] = {
    "axis": Elaborator.axis,
    "keepdims": Elaborator.flag,
    "shape": Elaborator.shape,
}


def _main_clause(clauses: tuple[Clause, ...], scope: Scope) -> int:
    """The clause that is the answer.

    It is the last that says what is asked for, else the last without a left-hand side, else the
    last statement.
    """
    asked = [at for at, clause in enumerate(clauses) if _says(clause, scope)]
    if asked:
        return asked[-1]
    bare = [at for at, clause in enumerate(clauses) if len(clause.links) == 1 and not clause.side]
    statements = [at for at, clause in enumerate(clauses) if not clause.side]
    return (bare or statements or [0])[-1]


def _says(clause: Clause, scope: Scope) -> bool:
    """Whether what is asked for stands on the left of `clause`."""
    if len(clause.links) < 2 or not scope.asked:
        return False
    left = clause.links[0]
    key = _key(left.base if isinstance(left, Index) else left)
    return key is not None and scope.asks(key)


def _counted(shape: Shape, axis: int | None) -> Shape:
    """The dimensions whose product is asked for."""
    if axis == LAST:
        axis = len(shape) - 1
    if axis == LENGTH:
        axis = 1 if len(shape) == 2 and shape[0] == 1 else 0
    return shape if axis is None else shape[axis : axis + 1]


def free_name(letter: str, scope: Scope) -> str:
    """The variable of a free index; its letter may be that of a dimension."""
    taken = scope.dimensions | scope.symbols.keys()
    return letter if letter not in taken else f"{letter}_at"


def _is_none(node: Syntax) -> bool:
    return isinstance(node, Name) and node.spelling == "None"


def _nearest(values: Iterable[Expr | Ones]) -> Expr | None:
    """The first matrix among `values`."""
    found = (value for value in values if isinstance(value, Expr) and value.shape)
    matrix = next(found, None)
    return matrix if matrix is not None and len(matrix.shape) == 2 else None


def _is_plain_norm(node: Call) -> bool:
    """Whether `norm(r, 2)` or `norm(r, ord=2)` only says what is usual."""
    orders = (*node.args[1:], *(value for name, value in node.keywords if name == "ord"))
    usual = all(isinstance(each, Number) and each.value == 2 for each in orders)
    return len(orders) == 1 and usual


def _operands(node: Call, arity: int) -> str:
    """How many operands a function takes, and how many came."""
    several = "s" * (arity != 1)
    return f"the function {node.spelling} takes {arity} operand{several}, not {len(node.args)}"


def _no_slope(node: Call, row: Operator | None = None) -> str:
    """Why a derivative with primes is not read."""
    written = f"{node.spelling}{chr(39) * node.primes}"
    if row is not None and not row.elementwise:
        why = "is no entry-by-entry function: write the matrix or sum out"
        return f"the derivative {written} {why}"
    if node.primes > 1:
        return f"the second derivative {written} is not read: a gradient needs first ones only"
    return f"the derivative {written} is not read: write it out"


def _key(node: Syntax) -> str | None:
    """The name that a left-hand side defines."""
    match node:
        case Name(spelling=spelling):
            return spelling
        case Group(inner=Name(spelling=spelling)):
            return spelling
        case Infix(op=words.QUOTIENT_ROW, left=left, right=right):
            over, under = _key(left), _key(right)
            return f"{over}/{under}" if over and under else None
        case Derivative(of=of, wrt=wrt):
            over, under = _key(of), _key(wrt)
            return f"d{over}/d{under}" if over and under else None
    return None


def _is_left_side(link: Syntax) -> bool:
    """Whether a part of an equality chain only names what is equated."""
    return isinstance(link, Name | Derivative | Index) or _key(link) is not None


def _check_exponent(exponent: Expr, span: Span) -> None:
    """Numbers in exponents are small, so that nothing astronomical is ever computed."""
    if isinstance(exponent, Const):
        large = max(abs(exponent.value.numerator), exponent.value.denominator) > MAX_EXPONENT
    else:
        large = not exponent.names and any(
            isinstance(part, Apply) and part.op == words.POWER_ROW for part in walk(exponent)
        )
    if large:
        raise Mistake(Problem("limit", span, f"an exponent is at most {MAX_EXPONENT}"))


def _without_ones(expr: Expr) -> Expr:
    """`expr` without factors 1, which a cotangent 1 leaves behind."""
    if not isinstance(expr, Apply):
        return expr
    args = tuple(_without_ones(arg) for arg in expr.args)
    if expr.op == words.SCALING and ONE in args:
        kept = [arg for arg in args if arg != ONE]
        return kept[0] if kept else ONE
    return apply(expr.op, *args, **expr.keywords)


def _shape_node(span: Span, extra: tuple[Syntax, ...]) -> Syntax:
    if len(extra) == 1 and isinstance(extra[0], Tuple):
        return extra[0]
    return Tuple(span, extra, 1)
