"""Matrices written entry by entry: `p_k - y_k`, `dW_ij = δ_i x_j`, `einsum('ij,jk->ik', X, Y)`.

An entry-wise formula becomes the sum over its free indices of the formula times the matrix that is
1 at that entry; where every step is element-wise, the indices are simply dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from engine.errors import ShapeError
from engine.expression import Apply, Expr, Var, apply, const, transform, walk
from engine.notation.indices import extents
from engine.notation.scope import Scope
from engine.notation.syntax import Answer, Binder, Clause, Derivative, Example, Index, Name, Syntax
from engine.notation.tree import parts
from engine.operators import TABLE
from engine.shapes import Dim, Shape, vector_length

ONE = const(1)
COUNTING = "ijk"  # letters that count where they have no meaning

# Free indices


def free_indices(answer: Answer, scope: Scope) -> tuple[str, ...]:
    """The letters that stand as indices in `answer` and are bound by nothing, in their order.

    Those of a left-hand side come first: they say which of them counts rows.
    """
    left = frozenset(
        letter
        for clause in answer.clauses
        for link in left_sides(clause, scope)
        for letter in _letters(link, frozenset())
    )
    found = (
        letter
        for clause in answer.clauses
        for link in (*left_sides(clause, scope), clause.links[-1])
        for letter in _letters(link, frozenset(), left)
    )
    return tuple(dict.fromkeys(each for each in found if is_index(each, scope)))


def left_sides(clause: Clause, scope: Scope) -> list[Syntax]:
    """What stands on the left of a clause, names with indices taken apart."""
    return [_as_index(link, scope) for link in clause.links[:-1]]


def _as_index(link: Syntax, scope: Scope) -> Syntax:
    """The index that a left-hand side such as `dW_ij` is, which the text defines as a name."""
    if isinstance(link, Derivative):
        return replace(link, wrt=_as_index(link.wrt, scope))
    if not isinstance(link, Name):
        return link
    base, low, letters = link.spelling.rpartition("_")
    if not low:
        base = link.spelling.rstrip(COUNTING)
        letters = link.spelling[len(base) :]
        if not letters or not base or not scope.asks(base):
            return link
    return Index(link.span, Name(link.span, base), (Name(link.span, letters),), False, 2)


def is_index(letter: str, scope: Scope) -> bool:
    """Whether a letter has no meaning as a number; a dimension may lend its letter to an index."""
    known = scope.lookup(letter, fold=False)
    return known is None or known in scope.dimensions


def _letters(
    node: Syntax, bound: frozenset[str], left: frozenset[str] | None = None
) -> Iterator[str]:
    """The letters that are bound by nothing; with `left`, a Σ without an index binds all others."""
    match node:
        case Binder(index="", body=body) if left is not None:
            yield from (letter for letter in _letters(body, bound) if letter in left)
        case Index(base=base, items=items):
            yield from _letters(base, bound, left)
            for item in items:
                yield from _in_index(item, bound)
        case Example(base=base, index=index):
            yield from _letters(base, bound, left)
            yield from _in_index(index, bound)
        case Binder(index=index, body=body):
            yield from _letters(body, bound | {index}, left)
        case Derivative(wrt=wrt):
            yield from _letters(wrt, bound, left)
        case _:
            for each in parts(node):
                yield from _letters(each, bound, left)


def _in_index(item: Syntax | None, bound: frozenset[str]) -> Iterator[str]:
    if isinstance(item, Name) and item.spelling.isalpha() and len(item.spelling) <= 2:
        yield from (letter for letter in item.spelling if letter not in bound)


def unbound(node: Syntax) -> frozenset[str]:
    """The letters that stand as indices in `node` and are bound by nothing in it."""
    return frozenset(_letters(node, frozenset()))


def has_brackets(answer: Answer) -> bool:
    """Whether an index stands in square brackets."""
    return any(is_bracketed(link) for clause in answer.clauses for link in clause.links)


def is_bracketed(node: Syntax) -> bool:
    if isinstance(node, Index) and node.bracket:
        return True
    return any(is_bracketed(each) for each in parts(node))


def is_left_sided(answer: Answer, scope: Scope) -> bool:
    """Whether a left-hand side has indices of its own."""
    return any(
        any(_letters(link, frozenset()))
        for clause in answer.clauses
        for link in left_sides(clause, scope)
    )


# Entries to matrices


def entire(body: Expr, indices: tuple[str, ...], ordered: bool, shape: Shape) -> Expr | None:
    """The matrix of this shape whose entries are `body`; None where the indices do not say it.

    `indices` are variables of `body`; without an order they are matched to the axes by how far
    they run.  Raises ShapeError where one runs too far.
    """
    axes = [dim for dim in shape if dim != 1]
    if body.shape and len(indices) == 1:
        return _of_slices(body, indices[0], shape)
    if body.shape or len(axes) != len(indices):
        return None
    orders = {indices} if ordered or len(indices) == 1 else {indices, indices[::-1]}
    fitting = [order for order in orders if all(map(_runs, [body] * 2, order, axes))]
    if not fitting:
        raise ShapeError(_conflict(body, indices, axes))
    if len(fitting) > 1:
        return None
    plain = _dropped(body, fitting[0][0], shape) if len(indices) == 1 else None
    return plain or assembled(body, fitting[0], shape)


def _of_slices(part: Expr, index: str, shape: Shape) -> Expr | None:
    """The matrix whose row or column at `index` is `part`, along the axis that the index runs."""
    sizes = {size for size, _ in extents(part, index)}
    axes = [axis for axis, dim in enumerate(shape) if dim in sizes]
    if len(shape) != 2 or len(sizes) > 1:
        return None
    if not sizes:
        axes = [axis for axis in (0, 1) if part.shape == _slice_shape(shape, axis)]
    if len(axes) != 1:
        return None
    axis = axes[0]
    wanted = _slice_shape(shape, axis)
    if part.shape in (wanted[::-1], (vector_length(wanted),)):
        part = apply("reshape", part, shape=wanted)
    if part.shape != wanted:
        return None
    at, size = Var(index), shape[axis]
    place = (at, ONE) if axis == 0 else (ONE, at)
    unit = apply("basis", *place, shape=(size, 1) if axis == 0 else (1, size))
    return apply("sum_over", unit @ part if axis == 0 else part @ unit, index=index, size=size)


def _slice_shape(shape: Shape, axis: int) -> Shape:
    """The shape of one row (axis 0) or one column (axis 1)."""
    return (1, shape[1]) if axis == 0 else (shape[0], 1)


def _runs(body: Expr, index: str, size: Dim) -> bool:
    """Whether `index` runs along axes of this size only."""
    return all(found == size for found, _ in extents(body, index))


def _conflict(body: Expr, indices: tuple[str, ...], axes: list[Dim]) -> str:
    runs = (
        f"the index {index} runs to {size}" for index in indices for size, _ in extents(body, index)
    )
    found = ", ".join(dict.fromkeys(runs))
    return f"{found}, but the answer has {' times '.join(map(str, axes))} entries"


def _dropped(body: Expr, index: str, shape: Shape) -> Expr | None:
    """`body` without its index, where every step on the index's way is element-wise."""
    if not all(_elementwise(node) for node in walk(body) if index in node.names and node.args):
        return None
    whole = transform(body, lambda node: _vector(node, index, shape))
    return whole if whole.shape == shape and index not in whole.names else None


def gathered(body: Expr, index: Var) -> Expr | None:
    """What `body` says of one example, said of all; None where a step is not element-wise."""
    way = [node for node in walk(body) if index.name in node.names and node.args]
    if not all(isinstance(node, Apply) and _carries(node, index) for node in way):
        return None
    try:
        whole = transform(body, lambda node: _batch(node, index))
    except ShapeError:
        return None
    return whole if index.name not in whole.names else None


def _carries(node: Apply, index: Var) -> bool:
    """Whether a step treats every example alike and apart."""
    return node.op == "slice" or TABLE[node.op].elementwise


def _batch(node: Expr, index: Var) -> Expr:
    """The batch that one example was taken from."""
    sliced = isinstance(node, Apply) and node.op == "slice" and node.args[1] == index
    return node.args[0] if sliced else node


def _elementwise(node: Expr) -> bool:
    return isinstance(node, Apply) and (node.op == "entry" or TABLE[node.op].elementwise)


def _vector(node: Expr, index: str, shape: Shape) -> Expr:
    """The vector that an entry at `index` was taken from, turned to `shape`."""
    if not isinstance(node, Apply) or node.op != "entry":
        return node
    base, *positions = node.args
    if Var(index) not in positions or ONE not in positions:
        return node
    return base if base.shape == shape else base.T


def assembled(body: Expr, indices: tuple[str, ...], shape: Shape) -> Expr:
    """The matrix or vector whose entry at `indices` is `body`, as a sum over them."""
    free = iter(indices)
    positions = [ONE if dim == 1 else Var(next(free)) for dim in shape]
    whole = apply("mul", body, apply("basis", *positions, shape=shape))
    sizes = [dim for dim in shape if dim != 1]
    for index, size in reversed(list(zip(indices, sizes, strict=True))):
        whole = apply("sum_over", whole, index=index, size=size)
    return whole


# Einstein sums


def einsum(spec: str, operands: list[Expr]) -> Expr:
    """The sum that `spec` such as `ij,jk->ik` says; raises ShapeError, or ValueError for a spec."""
    inputs, arrow, output = "".join(spec.split()).partition("->")
    terms, letters = inputs.split(","), inputs.replace(",", "")
    if len(terms) != len(operands):
        raise ValueError(f"'{spec}' names {len(terms)} operands, but {len(operands)} came")
    if not arrow:
        output = "".join(sorted(each for each in set(letters) if letters.count(each) == 1))
    if len(output) > 2 or len(set(output)) < len(output) or not set(output) <= set(letters):
        raise ValueError(f"the result of '{spec}' is no scalar, vector or matrix")
    sizes = _sizes(terms, operands)
    for known in (_matrix_product, _outer_product, _transposed):
        product = known(terms, output, operands)
        if product is not None:
            return product
    taken = frozenset().union(*(operand.names for operand in operands))
    own = {each: each if each not in taken else f"{each}_at" for each in letters}
    return _summed(terms, output, operands, sizes, own)


def _sizes(terms: list[str], operands: list[Expr]) -> dict[str, Dim]:
    """How far every index runs; raises ShapeError where it would run to two ends."""
    sizes: dict[str, Dim] = {}
    for term, operand in zip(terms, operands, strict=True):
        for letter, size in zip(term, _axes(term, operand), strict=True):
            if sizes.setdefault(letter, size) != size:
                raise ShapeError(f"{letter} runs to {sizes[letter]} and to {size}")
    return sizes


def _axes(term: str, operand: Expr) -> Shape:
    shape = operand.shape
    if len(term) == 1 and len(shape) == 2 and 1 in shape:
        shape = (vector_length(shape),)
    if len(term) != len(shape):
        raise ShapeError(f"'{term}' names {len(term)} axes of an operand with {len(shape)}")
    return shape


def _matrix_product(terms: list[str], output: str, operands: list[Expr]) -> Expr | None:
    """The product of two matrices, where that is what is said."""
    shared = "".join(sorted(set(terms[0]) & set(terms[-1])))
    lengths = [len(output), *map(len, terms)]
    if lengths != [2, 2, 2] or len(shared) != 1 or shared in output:
        return None
    first = operands[0] if terms[0][1] == shared else operands[0].T
    second = operands[1] if terms[1][0] == shared else operands[1].T
    product = first @ second
    return product if output[0] in terms[0] else product.T


def _outer_product(terms: list[str], output: str, operands: list[Expr]) -> Expr | None:
    """The outer product of two vectors, where that is what is said."""
    if list(map(len, terms)) != [1, 1] or len(output) != 2:
        return None
    first, second = operands if output == "".join(terms) else reversed(operands)
    return apply("outer", first, second)


def _transposed(terms: list[str], output: str, operands: list[Expr]) -> Expr | None:
    """The transpose of a matrix, where that is what is said."""
    return operands[0].T if len(output) == 2 and terms == [output[::-1]] else None


def _summed(
    terms: list[str],
    output: str,
    operands: list[Expr],
    sizes: Mapping[str, Dim],
    own: Mapping[str, str],
) -> Expr:
    """The sum written out entry by entry; `own` are the indices, apart from all symbols."""
    picked = [
        _picked([own[each] for each in term], operand)
        for term, operand in zip(terms, operands, strict=True)
    ]
    body = picked[0]
    for each in picked[1:]:
        body = body * each
    for letter in sorted(set("".join(terms)) - set(output)):
        body = apply("sum_over", body, index=own[letter], size=sizes[letter])
    if not output:
        return body
    shape = (*(sizes[letter] for letter in output), 1)[:2]
    kept = tuple(own[letter] for letter in output if sizes[letter] != 1)
    whole = assembled(body, kept, shape)
    return whole if len(output) == 2 else apply("reshape", whole, shape=shape[:1])


def _picked(indices: list[str], operand: Expr) -> Expr:
    """The entry of `operand` at `indices`."""
    if not indices:
        return operand
    if len(operand.shape) == 1:
        operand = apply("reshape", operand, shape=(*operand.shape, 1))
    positions: list[Expr] = [Var(index) for index in indices]
    if len(positions) == 1:
        positions.insert(0 if operand.shape[0] == 1 else 1, ONE)
    return apply("entry", operand, *positions)
