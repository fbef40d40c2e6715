"""Rows for entries, slices and sums over an index.  Indices count from 1, as on paper."""

from __future__ import annotations

import math
from typing import Any

from engine import shapes
from engine.errors import ShapeError
from engine.operators import arrays
from engine.operators.arithmetic import ANY, COLUMN, MATRIX
from engine.operators.row import ATOM, SHAPED, SUM, Notation, Operator, Sample
from engine.shapes import Dim, Shape

INDEX = (1.0, 1.0)
SECOND = (2.0, 2.0)


def _entry_shape(x: Shape, *position: Shape) -> Shape:
    if len(x) != 2 or any(position):
        raise ShapeError(f"an entry needs a matrix and two scalar indices, not {shapes.show(x)}")
    return shapes.SCALAR


def _basis_shape(row: Shape, column: Shape, shape: Shape) -> Shape:
    return _entry_shape(shape, row, column) or shape


def _slice_shape(x: Shape, position: Shape, axis: int) -> Shape:
    if len(x) != 2 or position:
        raise ShapeError(f"a slice needs a matrix and one scalar index, not {shapes.show(x)}")
    return shapes.reduce(x, axis, True)


def _slice_vjp(g: Any, out: Any, x: Any, position: Any, axis: int) -> tuple[Any, None]:
    one = x.constant(1)
    if axis == 0:
        return position.apply("basis", one, shape=(x.shape[0], 1)) @ g, None
    return g @ one.apply("basis", position, shape=(1, x.shape[1])), None


ROWS = (
    Operator(
        name="entry",
        notation=Notation("subscript", ATOM, "_"),
        arity=3,
        shape=_entry_shape,
        forward=arrays.entry,
        vjp=lambda g, out, x, row, column: (
            g * row.apply("basis", column, shape=x.shape),
            None,
            None,
        ),
        samples=(
            Sample((MATRIX, (), ()), (ANY, INDEX, SECOND)),
            Sample((COLUMN, (), ()), (ANY, SECOND, INDEX)),
        ),
        refused=((((), (), ()), ()), ((MATRIX, COLUMN, ()), ())),
        source="one entry of a matrix",
        rule="only the chosen entry receives the gradient",
    ),
    Operator(
        name="basis",
        notation=Notation("call", ATOM, "basis", latex=r"\operatorname{basis}", options=SHAPED),
        arity=2,
        shape=_basis_shape,
        forward=lambda row, column, shape: arrays.one_hot_matrix(shape, row, column),
        vjp=lambda g, out, row, column, shape: (None, None),
        samples=(Sample(((), ()), (INDEX, SECOND), (("shape", MATRIX),)),),
        source="the matrix that is 1 at one entry and 0 elsewhere",
    ),
    Operator(
        name="slice",
        notation=Notation("subscript", ATOM, "["),
        arity=2,
        shape=_slice_shape,
        forward=arrays.line,
        vjp=_slice_vjp,
        samples=(
            Sample((MATRIX, ()), (ANY, SECOND), (("axis", 0),)),
            Sample((MATRIX, ()), (ANY, SECOND), (("axis", 1),)),
        ),
        refused=((((), ()), (("axis", 0),)),),
        source="one row (axis 0) or one column (axis 1) of a matrix, kept two-dimensional",
        rule="only the chosen row or column receives the gradient",
    ),
    Operator(
        name="reshape",
        notation=Notation(
            "call",
            ATOM,
            "reshape",
            latex=r"\operatorname{reshape}",
            numpy="np.reshape",
            options=SHAPED,
        ),
        arity=1,
        shape=lambda x, shape: _same_entries(x, shape),
        forward=lambda x, shape: x.reshape((len(x), *shape)),
        vjp=lambda g, out, x, shape: (g.apply("reshape", shape=x.shape),),
        samples=(
            Sample((("n",),), (ANY,), (("shape", (1, "n")),)),
            Sample((("n",),), (ANY,), (("shape", COLUMN),)),
            Sample(((2, 3),), (ANY,), (("shape", (6, 1)),)),
        ),
        refused=(((MATRIX,), (("shape", COLUMN),)), (((2, 3),), (("shape", (4, 1)),))),
        source="the same entries, row by row, in another shape",
        rule="the entries receive their gradients in the old arrangement",
    ),
    Operator(
        name="sum_over",
        notation=Notation(
            "binder", SUM, "sum", unicode="Σ", latex=r"\sum", names=("Σ", "∑", "Sigma")
        ),
        arity=1,
        shape=lambda body, index, size: body,
        forward=lambda body, index, size: body,
        vjp=lambda g, out, body, index, size: (g,),
        samples=(),
        source="the sum of the body over index = 1..size; the walks bind the index",
        rule="every term of the sum receives the gradient",
    ),
)


def _same_entries(x: Shape, shape: Shape) -> Shape:
    if _count(x) != _count(shape):
        raise ShapeError(f"{shapes.show(x)} cannot be reshaped to {shapes.show(shape)}")
    return shape


def _count(shape: Shape) -> Dim:
    """The number of entries, where it is known: of a vector, or where all sizes are numbers."""
    numbers = [dim for dim in shape if isinstance(dim, int)]
    return math.prod(numbers) if len(numbers) == len(shape) else shapes.vector_length(shape)
