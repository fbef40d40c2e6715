"""Rows for reductions along an axis, and for softmax, which contains one."""

from __future__ import annotations

from typing import Any

from engine import shapes
from engine.operators import arrays
from engine.operators.arithmetic import ANY, COLUMN, MATRIX
from engine.operators.row import ATOM, REDUCED, Notation, Operator, Sample, WrongVJP
from engine.shapes import Shape

AXES = (
    Sample((MATRIX,), (ANY,), (("axis", None), ("keepdims", False))),
    Sample((MATRIX,), (ANY,), (("axis", 0), ("keepdims", True))),
    Sample((MATRIX,), (ANY,), (("axis", 1), ("keepdims", True))),
    Sample((MATRIX,), (ANY,), (("axis", 1), ("keepdims", False))),
    Sample((COLUMN,), (ANY,), (("axis", None), ("keepdims", False))),
)
REFUSED_AXES = (((MATRIX,), (("axis", 2), ("keepdims", True))),)


def _restored(g: Any, x: Any, axis: int | None, keepdims: bool) -> Any:
    """The cotangent of a reduction with the reduced axis put back as a 1."""
    if axis is None or keepdims:
        return g
    kept = shapes.reduce(x.shape, axis, True)
    return g if g.shape == kept else g.apply("reshape", shape=kept)


def _share(g: Any, x: Any, axis: int | None) -> Any:
    """The cotangent of a mean: each entry's share of it."""
    counted = x.shape if axis is None else (x.shape[axis],)
    return g / x.count(counted)


def _softmax_shape(x: Shape, axis: int | None = None) -> Shape:
    if axis is None:
        shapes.vector_length(x)
    else:
        shapes.checked_axis(x, axis)
    return x


def _softmax_vjp(g: Any, out: Any, x: Any, axis: int | None = None) -> tuple[Any]:
    return (out * (g - (g * out).sum(axis=axis, keepdims=True)),)


ROWS = (
    Operator(
        name="sum",
        notation=Notation(
            "call", ATOM, "sum", latex=r"\operatorname{sum}", numpy="np.sum", options=REDUCED
        ),
        arity=1,
        shape=shapes.reduce,
        forward=lambda x, axis, keepdims: x.sum(axis=arrays.axes(x, axis), keepdims=keepdims),
        vjp=lambda g, out, x, axis, keepdims: (_restored(g, x, axis, keepdims),),
        samples=AXES,
        refused=REFUSED_AXES,
        source="linearity",
        rule="every entry that is summed receives the gradient of the sum",
    ),
    Operator(
        name="mean",
        notation=Notation(
            "call",
            ATOM,
            "mean",
            latex=r"\operatorname{mean}",
            numpy="np.mean",
            names=("average",),
            options=REDUCED,
        ),
        arity=1,
        shape=shapes.reduce,
        forward=lambda x, axis, keepdims: (
            x.sum(axis=arrays.axes(x, axis), keepdims=keepdims) / arrays.count(x, axis)
        ),
        vjp=lambda g, out, x, axis, keepdims: (_share(_restored(g, x, axis, keepdims), x, axis),),
        wrong=(
            WrongVJP(
                "missing-batch-mean",
                lambda g, out, x, axis, keepdims: (_restored(g, x, axis, keepdims),),
            ),
        ),
        samples=AXES,
        refused=REFUSED_AXES,
        source="linearity",
        rule="every entry receives the gradient divided by the number of entries",
    ),
    Operator(
        name="max",
        notation=Notation(
            "call", ATOM, "max", latex=r"\max", numpy="np.max", names=("amax",), options=REDUCED
        ),
        arity=1,
        shape=shapes.reduce,
        forward=arrays.largest,
        vjp=lambda g, out, x, axis, keepdims: (
            _restored(g, x, axis, keepdims) * x.apply("equal", _restored(out, x, axis, keepdims)),
        ),
        kinks=arrays.lead,
        wrong=(
            WrongVJP(
                "max-gradient-shared",
                lambda g, out, x, axis, keepdims: (
                    _share(_restored(g, x, axis, keepdims), x, axis),
                ),
            ),
        ),
        samples=AXES,
        refused=REFUSED_AXES,
        source="the gradient goes to the largest entry; no convention at ties",
        rule="only the largest entry receives the gradient",
    ),
    Operator(
        name="softmax",
        notation=Notation(
            "call",
            ATOM,
            "softmax",
            latex=r"\operatorname{softmax}",
            options=(("axis", None),),
        ),
        arity=1,
        shape=_softmax_shape,
        forward=lambda x, axis=None: arrays.softmax(x, axis),
        vjp=_softmax_vjp,
        wrong=(
            WrongVJP(
                "softmax-jacobian-diagonal",
                lambda g, out, x, axis=None: (g * out * (1 - out),),
            ),
            WrongVJP("softmax-jacobian-diagonal", lambda g, out, x, axis=None: (g * out,)),
            WrongVJP("stopped-before-softmax", lambda g, out, x, axis=None: (g,)),
        ),
        samples=(
            Sample((COLUMN,), (ANY,), (("axis", None),)),
            Sample((MATRIX,), (ANY,), (("axis", 1),)),
            Sample((MATRIX,), (ANY,), (("axis", 0),)),
        ),
        refused=((((),), (("axis", None),)), ((MATRIX,), (("axis", 2),))),
        source="J = diag(s) - s s^T",
        rule=(
            r"each output $s$ of a softmax depends on all inputs: they receive"
            r" $s \odot (g - \sum_k g_k s_k)$"
        ),
    ),
)
