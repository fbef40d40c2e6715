"""Rows for matrices: products, transposes, diagonals, norms, and the constant matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import shapes
from engine.operators import arrays
from engine.operators.arithmetic import ANY, COLUMN, MATRIX, ROW
from engine.operators.row import (
    ATOM,
    CHAIN,
    POSTFIX,
    SHAPED,
    Notation,
    Operator,
    Sample,
    WrongVJP,
)
from engine.shapes import Shape

DENOMINATOR_LAYOUT = "Petersen & Pedersen, The Matrix Cookbook, in denominator layout"
SQUARE: Shape = ("n", "n")
RIGHT: Shape = ("m", "k")


_MATMUL_WRONG = (
    WrongVJP(
        "missing-transpose-weights", lambda g, out, x, y: (g @ y, x.T @ g), across="parameter"
    ),
    WrongVJP(
        "missing-transpose-weights", lambda g, out, x, y: (g @ y.T, x @ g), across="parameter"
    ),
    WrongVJP("missing-transpose-activations", lambda g, out, x, y: (g @ y, x.T @ g), across="data"),
    WrongVJP("missing-transpose-activations", lambda g, out, x, y: (g @ y.T, x @ g), across="data"),
    WrongVJP("wrong-matmul-order", lambda g, out, x, y: (y.T @ g, x.T @ g)),
    WrongVJP("wrong-matmul-order", lambda g, out, x, y: (g @ y.T, g @ x.T)),
    WrongVJP("elementwise-for-matmul", lambda g, out, x, y: (g * y, x.T @ g), across="data"),
    WrongVJP("elementwise-for-matmul", lambda g, out, x, y: (g @ y.T, x * g), across="data"),
    WrongVJP("local-input-factor", lambda g, out, x, y: (g, x.T @ g), across="data"),
    WrongVJP("local-input-factor", lambda g, out, x, y: (g @ y.T, g), across="data"),
)


def _dot_shape(x: Shape, y: Shape) -> Shape:
    return shapes.inner(x, y)


def _flat(x: Any) -> Any:
    return x.reshape(len(x), -1)


def _turned(g: Any, shape: Shape) -> Any:
    """A vector as the row or column that `shape` asks for."""
    return g if g.shape == shape else g.T


def _norm_vjp(g: Any, out: Any, x: Any) -> tuple[Any]:
    return (g * x / out,)


ROWS = (
    Operator(
        name="matmul",
        notation=Notation(
            "infix",
            CHAIN,
            "",
            numpy="@",
            names=("@", "matmul", "dot", "mm", "bmm"),
        ),
        arity=2,
        shape=shapes.matmul,
        forward=arrays.matmul,
        vjp=lambda g, out, x, y: (g @ y.T, x.T @ g),
        wrong=_MATMUL_WRONG,
        samples=(
            Sample((MATRIX, RIGHT), (ANY, ANY)),
            Sample((SQUARE, SQUARE), (ANY, ANY)),
            Sample(((1, "n"), COLUMN), (ANY, ANY)),
            Sample((COLUMN, ROW), (ANY, ANY)),
            Sample((MATRIX, ("m", 1)), (ANY, ANY)),
        ),
        refused=(((MATRIX, MATRIX), ()), ((COLUMN, COLUMN), ()), (((), MATRIX), ())),
        source=DENOMINATOR_LAYOUT,
        rule=(
            r"in a matrix product $A B$ under the gradient $G$, $A$ receives $G B^\top$ and $B$"
            r" receives $A^\top G$"
        ),
    ),
    Operator(
        name="transpose",
        notation=Notation(
            "postfix",
            POSTFIX,
            "^T",
            unicode="ᵀ",
            latex=r"^{\top}",
            numpy=".T",
            names=("T", "top", "intercal", "transpose", "trans", "t", "mT", "permute", "swapaxes"),
        ),
        arity=1,
        shape=shapes.transpose,
        forward=lambda x: np.swapaxes(x, -1, -2) if x.ndim > 2 else x,
        vjp=lambda g, out, x: (g.T,),
        samples=(Sample((MATRIX,), (ANY,)), Sample((COLUMN,), (ANY,))),
        source=DENOMINATOR_LAYOUT,
        rule="a transpose passes the gradient on transposed",
    ),
    Operator(
        name="outer",
        notation=Notation(
            "call", ATOM, "outer", latex=r"\operatorname{outer}", numpy="np.outer", names=("ger",)
        ),
        arity=2,
        shape=shapes.outer,
        forward=lambda x, y: _flat(x)[:, :, None] * _flat(y)[:, None, :],
        vjp=lambda g, out, x, y: (
            _turned(g @ _turned(y, (shapes.vector_length(y.shape), 1)), x.shape),
            _turned(g.T @ _turned(x, (shapes.vector_length(x.shape), 1)), y.shape),
        ),
        samples=(
            Sample((COLUMN, ("m", 1)), (ANY, ANY)),
            Sample((COLUMN, ROW), (ANY, ANY)),
            Sample(((1, "n"), ROW), (ANY, ANY)),
        ),
        refused=(((MATRIX, COLUMN), ()),),
        source="x y^T for columns x and y",
        rule=(
            r"in an outer product $x y^\top$ under the gradient $G$, $x$ receives $G y$ and $y$"
            r" receives $G^\top x$"
        ),
    ),
    Operator(
        name="dot",
        notation=Notation(
            "call", ATOM, "inner", latex=r"\operatorname{inner}", numpy="np.vdot", names=("vdot",)
        ),
        arity=2,
        shape=_dot_shape,
        forward=lambda x, y: (_flat(x) * _flat(y)).sum(axis=1),
        vjp=lambda g, out, x, y: (g * _turned(y, x.shape), g * _turned(x, y.shape)),
        samples=(
            Sample((COLUMN, COLUMN), (ANY, ANY)),
            Sample((COLUMN, (1, "n")), (ANY, ANY)),
        ),
        refused=(((COLUMN, ("m", 1)), ()), ((MATRIX, MATRIX), ())),
        source="x^T y for columns x and y",
        rule="each vector of an inner product receives the gradient times the other vector",
    ),
    Operator(
        name="trace",
        notation=Notation(
            "call",
            ATOM,
            "trace",
            unicode="tr",
            latex=r"\operatorname{tr}",
            numpy="np.trace",
            names=("tr", "Tr"),
        ),
        arity=1,
        shape=lambda x: shapes.reduce(shapes.square(x), None, False),
        forward=lambda x: np.trace(x, axis1=1, axis2=2),
        vjp=lambda g, out, x: (g * x.nullary("eye", shape=x.shape),),
        samples=(Sample((SQUARE,), (ANY,)),),
        refused=(((MATRIX,), ()), ((COLUMN,), ())),
        source=DENOMINATOR_LAYOUT,
        rule="each entry on the diagonal receives the gradient, the others nothing",
    ),
    Operator(
        name="diag",
        notation=Notation("call", ATOM, "diag", latex=r"\operatorname{diag}", numpy="np.diag"),
        arity=1,
        shape=shapes.diagonal_matrix,
        forward=arrays.diagonal_matrix,
        vjp=lambda g, out, x: (_turned(g.apply("diagonal"), x.shape),),
        samples=(Sample((COLUMN,), (ANY,)), Sample(((1, "n"),), (ANY,))),
        refused=(((MATRIX,), ()),),
        source="the matrix with the vector on its diagonal",
        rule="the vector receives what stands on the diagonal of the gradient",
    ),
    Operator(
        name="diagonal",
        notation=Notation(
            "call", ATOM, "diagonal", latex=r"\operatorname{diagonal}", numpy="np.diagonal"
        ),
        arity=1,
        shape=lambda x: (shapes.square(x)[0], 1),
        forward=arrays.diagonal,
        vjp=lambda g, out, x: (g.apply("diag"),),
        samples=(Sample((SQUARE,), (ANY,)),),
        refused=(((MATRIX,), ()),),
        source="the diagonal of a square matrix, as a column",
        rule="the entries on the diagonal receive the gradient, the others nothing",
    ),
    Operator(
        name="norm",
        notation=Notation(
            "fence",
            ATOM,
            "|| ||",
            unicode="‖ ‖",
            latex=r"\lVert \rVert",
            numpy="np.linalg.norm",
            names=("norm",),
        ),
        arity=1,
        shape=lambda x: shapes.reduce(x, None, False),
        forward=lambda x: np.sqrt((_flat(x) ** 2).sum(axis=1)),
        vjp=_norm_vjp,
        wrong=(WrongVJP("norm-for-squared-norm", lambda g, out, x: (g * 2 * x,)),),
        samples=(Sample((MATRIX,), (ANY,)), Sample((COLUMN,), (ANY,))),
        source="the Euclidean (Frobenius) norm; not differentiable at 0",
        rule=(
            r"the norm $\lVert v \rVert$ changes along $v$: $v$ receives the gradient times"
            r" $v / \lVert v \rVert$"
        ),
    ),
    Operator(
        name="ones",
        notation=Notation(
            "atom",
            ATOM,
            "ones(#)",
            unicode="𝟏_{#}",
            latex=r"\mathbf{1}_{#}",
            numpy="np.ones((#))",
            options=SHAPED,
        ),
        arity=0,
        shape=lambda shape: shape,
        forward=lambda shape: np.ones((1, *shape)),
        vjp=lambda g, out, shape: (),
        samples=(Sample((), (), (("shape", COLUMN),)), Sample((), (), (("shape", MATRIX),))),
        source="a matrix of ones",
    ),
    Operator(
        name="eye",
        notation=Notation(
            "atom",
            ATOM,
            "eye(#)",
            unicode="I_{#}",
            latex=r"\mathbf{I}_{#}",
            numpy="np.eye(#)",
            names=("identity", "I"),
            options=SHAPED,
        ),
        arity=0,
        shape=lambda shape: shapes.square(shape),
        forward=lambda shape: np.eye(shape[0])[None],
        vjp=lambda g, out, shape: (),
        samples=(Sample((), (), (("shape", SQUARE),)),),
        refused=(((), (("shape", MATRIX),)),),
        source="the identity matrix",
    ),
)
