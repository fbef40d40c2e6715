"""Rows for windows: convolution and pooling.

One rule for all: along each axis a window moves over the entries.  A column is a signal, a matrix
an image, a matrix with a column for a kernel one signal in each column.  Sizes along an axis are
numbers, or the window has one entry there, or all of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from engine.errors import ShapeError
from engine.operators import arrays
from engine.operators.arithmetic import ANY
from engine.operators.row import ATOM, SHAPED, Notation, Operator, Sample, WrongVJP
from engine.shapes import SCALAR, Dim, Shape, show

SIGNAL: Shape = (5, 1)
KERNEL: Shape = (2, 1)
IMAGE: Shape = (4, 5)
PATCH: Shape = (2, 3)
PAIRS: Shape = (2, 1)
BLOCKS: Shape = (2, 2)


def _axes(x: Shape, y: Shape) -> Iterator[tuple[Dim, Dim]]:
    if len(x) != 2 or len(y) != 2:
        raise ShapeError(f"a convolution needs two vectors or matrices, not {show(x)}, {show(y)}")
    return zip(x, y, strict=True)


def _inside(size: Dim, window: Dim) -> Dim:
    """The number of positions of a window that lies inside."""
    if window == 1:
        return size
    if size == window:
        return 1
    if isinstance(size, int) and isinstance(window, int) and size > window:
        return size - window + 1
    raise ShapeError(f"a window of {window} does not fit into {size} entries")


def _touching(size: Dim, window: Dim) -> Dim:
    """The number of positions of a window that touches."""
    if 1 in (size, window):
        return window if size == 1 else size
    if isinstance(size, int) and isinstance(window, int):
        return size + window - 1
    raise ShapeError(f"{size} entries and a window of {window}: these sizes have to be numbers")


def _correlate_shape(x: Shape, w: Shape) -> Shape:
    shape = tuple(_inside(size, window) for size, window in _axes(x, w))
    if all(dim == 1 for dim in shape):
        raise ShapeError(f"{show(w)} has a single position in {show(x)}: that is a sum of products")
    return shape


def _convolve_shape(x: Shape, w: Shape) -> Shape:
    return tuple(_touching(size, window) for size, window in _axes(x, w))


def _window(x: Shape, shape: Shape, least: int = 1) -> tuple[int, ...]:
    """The window for `x`: of a vector, `(2,)` means two neighbours, whichever way it stands."""
    if len(shape) == 1 and 1 in x:
        shape = (shape[0], least) if x[1] == 1 else (least, shape[0])
    whole = all(isinstance(dim, int) and dim >= least for dim in shape)
    if len(x) != 2 or len(shape) != 2 or not whole:
        raise ShapeError(f"{show(shape)} is no window for {show(x)}")
    return tuple(dim for dim in shape if isinstance(dim, int))


def _pooled_shape(x: Shape, shape: Shape) -> Shape:
    pairs = tuple(zip(x, _window(x, shape), strict=True))
    if any(each != 1 and (not isinstance(dim, int) or dim % each) for dim, each in pairs):
        raise ShapeError(f"windows of {show(shape)} do not fill {show(x)}")
    return tuple(dim // each if isinstance(dim, int) else dim for dim, each in pairs)


def _repeated_shape(x: Shape, shape: Shape) -> Shape:
    pairs = tuple(zip(x, _window(x, shape), strict=True))
    if any(each != 1 and not isinstance(dim, int) for dim, each in pairs):
        raise ShapeError(f"{show(x)} cannot be repeated {show(shape)} times: sizes must be numbers")
    return tuple(dim * each if isinstance(dim, int) else dim for dim, each in pairs)


def _padded_shape(x: Shape, shape: Shape, sign: int = 1) -> Shape:
    pairs = tuple(zip(x, _window(x, shape, least=0), strict=True))
    if any(each and not isinstance(dim, int) for dim, each in pairs):
        raise ShapeError(f"{show(x)}: the size along an axis with a margin must be a number")
    sizes = tuple(dim + 2 * sign * each if isinstance(dim, int) else dim for dim, each in pairs)
    if any(isinstance(dim, int) and dim < 1 for dim in sizes):
        raise ShapeError(f"nothing is left of {show(x)} without a margin of {show(shape)}")
    return sizes


def _zeros(x: Any, rows: int, columns: int) -> Any:
    """Zeros of the kind that x has, as many points of them."""
    zero = x.reshape(-1)[0] * 0 if x.dtype == object else 0.0
    return np.full((len(x), rows, columns), zero, dtype=x.dtype)


def _pad(x: Any, shape: Shape) -> Any:
    p, q = _window(x.shape[1:], shape, least=0)
    rows, columns = x.shape[1:]
    result = _zeros(x, rows + 2 * p, columns + 2 * q)
    result[:, p : p + rows, q : q + columns] = x
    return result


def _crop(x: Any, shape: Shape) -> Any:
    p, q = _window(x.shape[1:], shape, least=0)
    return x[:, p : x.shape[1] - p, q : x.shape[2] - q]


def _dilate(x: Any, shape: Shape) -> Any:
    p, q = _window(x.shape[1:], shape)
    result = _zeros(x, x.shape[1] * p, x.shape[2] * q)
    result[:, ::p, ::q] = x
    return result


def _first(x: Any, shape: Shape) -> Any:
    p, q = _window(x.shape[1:], shape)
    return x[:, ::p, ::q]


def _correlate(x: Any, w: Any) -> Any:
    rows, columns = (a - b + 1 for a, b in zip(x.shape[1:], w.shape[1:], strict=True))
    total: Any = 0
    for i, j in product(*map(range, w.shape[1:])):
        total = total + x[:, i : i + rows, j : j + columns] * w[:, i : i + 1, j : j + 1]
    return total


def _convolve(x: Any, w: Any) -> Any:
    """Every kernel entry times the whole of x, at its place in an array of zeros."""
    rows, columns = x.shape[1:]
    size = tuple(a + b - 1 for a, b in zip(x.shape[1:], w.shape[1:], strict=True))
    result = np.zeros((max(len(x), len(w)), *size), dtype=np.result_type(x, w))
    for i, j in product(*map(range, w.shape[1:])):
        part = result[:, i : i + rows, j : j + columns] + x * w[:, i : i + 1, j : j + 1]
        result[:, i : i + rows, j : j + columns] = part
    return result


def _cut(x: Any, shape: Shape) -> Any:
    """(points, rows, columns, entries): the entries of every window behind each other."""
    p, q = _window(x.shape[1:], shape)
    points, rows, columns = x.shape
    blocks = x.reshape(points, rows // p, p, columns // q, q).swapaxes(2, 3)
    return blocks.reshape(points, rows // p, columns // q, p * q)


def _repeat(x: Any, shape: Shape) -> Any:
    p, q = _window(x.shape[1:], shape)
    return x.repeat(p, axis=1).repeat(q, axis=2)


def _lead(x: Any, shape: Shape) -> Any:
    """How far the largest entry of every window is ahead of its second."""
    return arrays.lead(_cut(x, shape), 2)


def _entries(x: Any, shape: Shape) -> int:
    return math.prod(_window(x.shape, shape))


def _spread(g: Any, x: Any, shape: Shape) -> Any:
    """The cotangent of a window at each of its entries."""
    return g.apply("upsample", shape=shape) if g.shape else g.filled(x.shape)


def _call(name: str, *names: str, numpy: str = "", pooled: bool = False) -> Notation:
    return Notation(
        "call",
        ATOM,
        name,
        latex=rf"\operatorname{{{name}}}",
        numpy=numpy or name,
        names=names,
        options=SHAPED if pooled else (),
    )


CONVOLVED = (
    Sample((SIGNAL, KERNEL), (ANY, ANY)),
    Sample((IMAGE, PATCH), (ANY, ANY)),
    Sample((("n", 4), (1, 2)), (ANY, ANY)),
)
POOLED = (
    Sample(((6, 1),), (ANY,), (("shape", PAIRS),)),
    Sample(((1, 6),), (ANY,), (("shape", (3,)),)),
    Sample(((4, 6),), (ANY,), (("shape", BLOCKS),)),
    Sample(((4, "n"),), (ANY,), (("shape", PAIRS),)),
)
REFUSED_POOLS = (
    (((5, 1),), (("shape", PAIRS),)),
    (((4, 6),), (("shape", (2,)),)),
    ((("n", 1),), (("shape", PAIRS),)),
    ((SCALAR,), (("shape", PAIRS),)),
)

ROWS = (
    Operator(
        name="correlate",
        notation=_call(
            "correlate", "correlate2d", "xcorr", "conv1d", "conv2d", numpy="np.correlate"
        ),
        arity=2,
        shape=_correlate_shape,
        forward=_correlate,
        vjp=lambda g, out, x, w: (g.apply("convolve", w), x.apply("correlate", g)),
        rule="in a cross-correlation, the kernel receives the input correlated with the gradient,"
        " the input the gradient convolved with the kernel",
        wrong=(
            WrongVJP(
                "convolution-positions",
                lambda g, out, x, w: (g.apply("convolve", _flipped(w)), x.apply("correlate", g)),
            ),
            WrongVJP(
                "convolution-positions",
                lambda g, out, x, w: (g.apply("convolve", w), _flipped(x.apply("correlate", g))),
            ),
        ),
        samples=CONVOLVED,
        refused=(((KERNEL, SIGNAL), ()), ((SIGNAL, SIGNAL), ()), ((("n", 1), KERNEL), ())),
        source="out_i = sum_k w_k x_(i+k): the kernel lies inside and is not flipped",
    ),
    Operator(
        name="convolve",
        notation=_call("convolve", "convolve2d", "conv", numpy="np.convolve"),
        arity=2,
        shape=_convolve_shape,
        forward=_convolve,
        vjp=lambda g, out, x, w: (g.apply("correlate", w), g.apply("correlate", x)),
        rule="in a full convolution, each operand receives the gradient correlated with the other",
        samples=CONVOLVED,
        refused=(((("n", 1), KERNEL), ()), ((SCALAR, KERNEL), ())),
        source="out_i = sum_k w_k x_(i-k), over all k for which there is an entry",
    ),
    Operator(
        name="flip",
        notation=_call("flip", "flipud", "rot180", numpy="np.flip"),
        arity=1,
        shape=lambda x: x,
        forward=lambda x: x[:, ::-1, ::-1] if x.ndim == 3 else x[:, ::-1] if x.ndim == 2 else x,
        vjp=lambda g, out, x: (g.apply("flip"),),
        rule="what is flipped receives the gradient flipped",
        samples=(Sample((SIGNAL,), (ANY,)), Sample((("n", "m"),), (ANY,))),
        source="the entries in reverse order along every axis",
    ),
    Operator(
        name="maxpool",
        notation=_call("maxpool", "max_pool", "max_pool1d", "max_pool2d", pooled=True),
        arity=1,
        shape=_pooled_shape,
        forward=lambda x, shape: arrays.largest(_cut(x, shape), 2, False),
        vjp=lambda g, out, x, shape: (
            _spread(g, x, shape) * x.apply("equal", _spread(out, x, shape)),
        ),
        rule="only the largest entry of each window receives the gradient",
        kinks=_lead,
        wrong=(
            WrongVJP(
                "max-gradient-shared",
                lambda g, out, x, shape: (_spread(g, x, shape) / _entries(x, shape),),
            ),
            WrongVJP("max-gradient-shared", lambda g, out, x, shape: (_spread(g, x, shape),)),
        ),
        samples=POOLED,
        refused=REFUSED_POOLS,
        source="the gradient goes to the largest entry of each window; no convention at ties",
    ),
    Operator(
        name="avgpool",
        notation=_call("avgpool", "avg_pool", "avg_pool1d", "avg_pool2d", pooled=True),
        arity=1,
        shape=_pooled_shape,
        forward=lambda x, shape: _cut(x, shape).sum(axis=3) / _cut(x, shape).shape[3],
        vjp=lambda g, out, x, shape: (_spread(g, x, shape) / _entries(x, shape),),
        rule="in an average over windows, each entry receives the gradient over their size",
        wrong=(WrongVJP("missing-batch-mean", lambda g, out, x, shape: (_spread(g, x, shape),)),),
        samples=POOLED,
        refused=REFUSED_POOLS,
        source="linearity",
    ),
    Operator(
        name="upsample",
        notation=_call("upsample", "upsample_nearest", pooled=True),
        arity=1,
        shape=_repeated_shape,
        forward=_repeat,
        vjp=lambda g, out, x, shape: (g.apply("avgpool", shape=shape) * _entries(out, shape),),
        rule="what is repeated receives the sum of the gradient over its repetitions",
        samples=(
            Sample(((3, 1),), (ANY,), (("shape", PAIRS),)),
            Sample(((2, 3),), (ANY,), (("shape", BLOCKS),)),
            Sample(((1, 3),), (ANY,), (("shape", (2,)),)),
        ),
        refused=(((("n", 1),), (("shape", PAIRS),)), ((SCALAR,), (("shape", PAIRS),))),
        source="every entry as a block of the given shape",
    ),
    Operator(
        name="downsample",
        notation=_call("downsample", "subsample", pooled=True),
        arity=1,
        shape=_pooled_shape,
        forward=_first,
        vjp=lambda g, out, x, shape: (_dilated(g, x, shape),),
        rule="only the entries that are kept receive the gradient",
        wrong=(WrongVJP("max-gradient-shared", lambda g, out, x, shape: (_spread(g, x, shape),)),),
        samples=POOLED,
        refused=REFUSED_POOLS,
        source="the first entry of every window: a stride",
    ),
    Operator(
        name="dilate",
        notation=_call("dilate", pooled=True),
        arity=1,
        shape=_repeated_shape,
        forward=_dilate,
        vjp=lambda g, out, x, shape: (g.apply("downsample", shape=shape),),
        rule="each entry receives the gradient at its place",
        samples=(
            Sample(((3, 1),), (ANY,), (("shape", PAIRS),)),
            Sample(((2, 3),), (ANY,), (("shape", BLOCKS),)),
        ),
        refused=(((("n", 1),), (("shape", PAIRS),)),),
        source="every entry as the first one of a window of zeros",
    ),
    Operator(
        name="pad",
        notation=_call("pad", "zero_pad", pooled=True),
        arity=1,
        shape=_padded_shape,
        forward=_pad,
        vjp=lambda g, out, x, shape: (g.apply("crop", shape=shape),),
        rule="the zeros around take nothing: what is inside receives the gradient there",
        samples=(
            Sample(((3, 1),), (ANY,), (("shape", (1,)),)),
            Sample(((2, 3),), (ANY,), (("shape", (1, 2)),)),
            Sample(((1, 3),), (ANY,), (("shape", (2,)),)),
        ),
        refused=(((("n", 1),), (("shape", (1,)),)),),
        source="zeros all around: shape gives how many above and below, and on either side",
    ),
    Operator(
        name="crop",
        notation=_call("crop", pooled=True),
        arity=1,
        shape=lambda x, shape: _padded_shape(x, shape, -1),
        forward=_crop,
        vjp=lambda g, out, x, shape: (g.apply("pad", shape=shape),),
        rule="the margin that is cut off receives nothing",
        samples=(
            Sample(((5, 1),), (ANY,), (("shape", (1,)),)),
            Sample(((5, 4),), (ANY,), (("shape", (2, 1)),)),
        ),
        refused=((((2, 1),), (("shape", (1,)),)),),
        source="without a margin on every side",
    ),
)


def _dilated(g: Any, x: Any, shape: Shape) -> Any:
    """The cotangent at the first entry of each window."""
    if g.shape:
        return g.apply("dilate", shape=shape)
    first = x.constant(1)
    return g * first.apply("basis", first, shape=x.shape)


def _flipped(x: Any) -> Any:
    return x.apply("flip")
