"""Rows for functions of one real variable, entry by entry, and for choices between values."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.operators import arrays
from engine.operators.arithmetic import ANY, COLUMN, MATRIX, POSITIVE, ROW, elementwise
from engine.operators.row import ATOM, Kind, Notation, Operator, Sample, WrongVJP

CALCULUS = "textbook calculus"
KINKED = (-2.0, 2.0)
WITHIN_ONE = (-0.9, 0.9)


def _function(
    name: str,
    *,
    forward: Any,
    vjp: Any,
    entry: Any,
    text: str = "",
    unicode: str = "",
    latex: str = "",
    numpy: str = "",
    names: tuple[str, ...] = (),
    kind: Kind = "call",
    braced: bool = False,
    ranges: tuple[float, float] = ANY,
    wrong: tuple[WrongVJP, ...] = (),
    domain: Any = None,
    kinks: Any = None,
    source: str = CALCULUS,
) -> Operator:
    """The row of a function applied entry by entry."""
    return Operator(
        name=name,
        notation=Notation(
            kind,
            ATOM,
            text or name,
            unicode=unicode,
            latex=latex or rf"\operatorname{{{name}}}",
            numpy=numpy or f"np.{name}",
            names=names,
            braced=braced,
        ),
        arity=1,
        shape=elementwise,
        forward=forward,
        vjp=vjp,
        entry=entry,
        elementwise=True,
        domain=domain,
        kinks=kinks,
        wrong=(WrongVJP("activation-derivative-skipped", lambda g, out, x: (g,)), *wrong),
        samples=tuple(Sample((shape,), (ranges,)) for shape in ((), COLUMN, MATRIX)),
        source=source,
    )


def _sech2(k: Any, x: Any) -> Any:
    return 4 * k.exp(2 * x) / (k.exp(2 * x) + 1) ** 2


_SIGMOID_WRONG = (
    WrongVJP("sigmoid-derivative", lambda g, out, x: (g * out,)),
    WrongVJP("sigmoid-derivative", lambda g, out, x: (g * (1 - out),)),
    WrongVJP("sigmoid-derivative", lambda g, out, x: (g * (1 - out**2),)),
    WrongVJP("sign-flip", lambda g, out, x: (g * out * (out - 1),)),
    WrongVJP(
        "derivative-at-activated-value",
        lambda g, out, x: (g * out.apply("sigmoid") * (1 - out.apply("sigmoid")),),
    ),
    WrongVJP("derivative-at-activated-value", lambda g, out, x: (g * x * (1 - x),)),
    WrongVJP("derivative-read-as-product", lambda g, out, x: (g * out * (1 - out) * x,)),
    WrongVJP("shortcut-counted-twice", lambda g, out, x: (g * (out * (1 - out)) ** 2,)),
)

_TANH_WRONG = (
    WrongVJP("tanh-derivative", lambda g, out, x: (g * (1 - out),)),
    WrongVJP("sigmoid-derivative", lambda g, out, x: (g * out * (1 - out),)),
    WrongVJP("tanh-derivative-from-preactivation", lambda g, out, x: (g * (1 - x**2),)),
    WrongVJP(
        "derivative-at-activated-value", lambda g, out, x: (g * (1 - out.apply("tanh") ** 2),)
    ),
    WrongVJP("derivative-read-as-product", lambda g, out, x: (g * (1 - out**2) * x,)),
    WrongVJP("sign-flip", lambda g, out, x: (g * (out**2 - 1),)),
)

_RELU_WRONG = (
    WrongVJP("relu-as-own-derivative", lambda g, out, x: (g * out,)),
    WrongVJP(
        "indicator-on-wrong-quantity", lambda g, out, x: (g * g.apply("greater", g.constant(0)),)
    ),
    WrongVJP("derivative-read-as-product", lambda g, out, x: (g * out,)),
)


def _arc(function: Any, method: str) -> Any:
    """An inverse function on arrays of float64, and on arrays of numbers that have a method."""
    each = np.frompyfunc(lambda number: getattr(number, method)(), 1, 1)
    return lambda x: each(x) if x.dtype == object else function(x)


def _within_one(x: Any) -> Any:
    return np.abs(x) < 0.98


def _greater_zero(x: Any) -> Any:
    return x.apply("greater", x.constant(0))


ROWS: tuple[Operator, ...] = (
    _function(
        "exp",
        forward=np.exp,
        vjp=lambda g, out, x: (g * out,),
        entry=lambda k, x: k.exp(x),
        latex=r"\exp",
        wrong=(WrongVJP("log-exp-division-rule", lambda g, out, x: (g * x * out,)),),
    ),
    _function(
        "log",
        forward=np.log,
        vjp=lambda g, out, x: (g / x,),
        entry=lambda k, x: k.log(x),
        latex=r"\log",
        names=("ln",),
        ranges=POSITIVE,
        domain=lambda x: x > 1e-3,
        wrong=(
            WrongVJP("log-exp-division-rule", lambda g, out, x: (g * out,)),
            WrongVJP("log-exp-division-rule", lambda g, out, x: (g * x,)),
            WrongVJP(
                "log-exp-division-rule", lambda g, out, x: (g / (x * x.constant(10).apply("log")),)
            ),
        ),
    ),
    _function(
        "sqrt",
        forward=np.sqrt,
        vjp=lambda g, out, x: (g / (2 * out),),
        entry=lambda k, x: k.sqrt(x),
        latex=r"\sqrt",
        names=("√",),
        braced=True,
        ranges=POSITIVE,
        domain=lambda x: x > 1e-3,
        wrong=(WrongVJP("power-rule", lambda g, out, x: (g / out,)),),
    ),
    _function(
        "abs",
        forward=np.abs,
        vjp=lambda g, out, x: (g * x.apply("sign"),),
        entry=lambda k, x: x * (2 * k.positive(x) - 1),
        kinks=np.abs,
        kind="fence",
        unicode="| |",
        latex=r"\lvert \rvert",
        names=("absolute", "fabs"),
    ),
    _function(
        "sign",
        forward=lambda x: arrays.positive(x) - arrays.positive(-x),
        vjp=lambda g, out, x: (None,),
        entry=lambda k, x: k.positive(x) - k.positive(-x),
        kinks=np.abs,
        names=("sgn",),
        source="derivative 0 away from the jump",
    ),
    _function(
        "sin",
        forward=np.sin,
        vjp=lambda g, out, x: (g * x.apply("cos"),),
        entry=lambda k, x: k.sin(x),
        latex=r"\sin",
        wrong=(WrongVJP("sign-flip", lambda g, out, x: (-g * x.apply("cos"),)),),
    ),
    _function(
        "cos",
        forward=np.cos,
        vjp=lambda g, out, x: (-g * x.apply("sin"),),
        entry=lambda k, x: k.cos(x),
        latex=r"\cos",
        wrong=(WrongVJP("sign-flip", lambda g, out, x: (g * x.apply("sin"),)),),
    ),
    _function(
        "tan",
        forward=np.tan,
        vjp=lambda g, out, x: (g * (1 + out**2),),
        entry=lambda k, x: k.sin(x) / k.cos(x),
        latex=r"\tan",
        ranges=(-1.2, 1.2),
        domain=lambda x: np.abs(np.cos(x)) > 0.1,
    ),
    _function(
        "cot",
        forward=lambda x: np.cos(x) / np.sin(x),
        vjp=lambda g, out, x: (-g * (1 + out**2),),
        entry=lambda k, x: k.cos(x) / k.sin(x),
        latex=r"\cot",
        numpy="cot",
        ranges=(0.4, 1.2),
        domain=lambda x: np.abs(np.sin(x)) > 0.1,
    ),
    _function(
        "sec",
        forward=lambda x: 1 / np.cos(x),
        vjp=lambda g, out, x: (g * out * x.apply("tan"),),
        entry=lambda k, x: 1 / k.cos(x),
        latex=r"\sec",
        numpy="sec",
        ranges=(-1.2, 1.2),
        domain=lambda x: np.abs(np.cos(x)) > 0.1,
    ),
    _function(
        "csc",
        forward=lambda x: 1 / np.sin(x),
        vjp=lambda g, out, x: (-g * out * x.apply("cot"),),
        entry=lambda k, x: 1 / k.sin(x),
        latex=r"\csc",
        numpy="csc",
        names=("cosec",),
        ranges=(0.4, 1.2),
        domain=lambda x: np.abs(np.sin(x)) > 0.1,
    ),
    _function(
        "arcsin",
        forward=_arc(np.arcsin, "asin"),
        vjp=lambda g, out, x: (g / (1 - x**2).apply("sqrt"),),
        entry=lambda k, x: k.arcsin(x),
        latex=r"\arcsin",
        names=("asin",),
        ranges=WITHIN_ONE,
        domain=_within_one,
    ),
    _function(
        "arccos",
        forward=_arc(np.arccos, "acos"),
        vjp=lambda g, out, x: (-g / (1 - x**2).apply("sqrt"),),
        entry=lambda k, x: k.arccos(x),
        latex=r"\arccos",
        names=("acos",),
        ranges=WITHIN_ONE,
        domain=_within_one,
    ),
    _function(
        "arctan",
        forward=_arc(np.arctan, "atan"),
        vjp=lambda g, out, x: (g / (1 + x**2),),
        entry=lambda k, x: k.arctan(x),
        latex=r"\arctan",
        names=("atan",),
    ),
    _function(
        "tanh",
        forward=np.tanh,
        vjp=lambda g, out, x: (g * (1 - out**2),),
        entry=lambda k, x: 1 - 2 / (k.exp(2 * x) + 1),
        latex=r"\tanh",
        wrong=_TANH_WRONG,
    ),
    _function(
        "sech",
        forward=lambda x: 2 / (np.exp(x) + np.exp(-x)),
        vjp=lambda g, out, x: (-g * out * x.apply("tanh"),),
        entry=lambda k, x: 2 * k.exp(x) / (k.exp(2 * x) + 1),
        numpy="sech",
    ),
    _function(
        "sigmoid",
        forward=arrays.sigmoid,
        vjp=lambda g, out, x: (g * out * (1 - out),),
        entry=lambda k, x: 1 / (1 + k.exp(-x)),
        unicode="σ",
        latex=r"\sigma",
        numpy="sigmoid",
        names=("sigma", "sig", "logistic", "expit"),
        wrong=_SIGMOID_WRONG,
    ),
    _function(
        "relu",
        forward=arrays.relu,
        vjp=lambda g, out, x: (g * _greater_zero(x),),
        entry=lambda k, x: x * k.positive(x),
        unicode="ReLU",
        latex=r"\operatorname{ReLU}",
        numpy="relu",
        names=("ReLU", "Relu", "RELU"),
        kinks=np.abs,
        wrong=_RELU_WRONG,
    ),
    _function(
        "softplus",
        forward=arrays.softplus,
        vjp=lambda g, out, x: (g * x.apply("sigmoid"),),
        entry=lambda k, x: k.log(1 + k.exp(x)),
        numpy="softplus",
        wrong=(WrongVJP("activation-derivative", lambda g, out, x: (g * x.apply("exp"),)),),
    ),
    Operator(
        name="leaky_relu",
        notation=Notation(
            "call",
            ATOM,
            "leaky_relu",
            unicode="LeakyReLU",
            latex=r"\operatorname{LeakyReLU}",
            numpy="leaky_relu",
            names=("LeakyReLU", "leakyrelu", "lrelu"),
        ),
        arity=2,
        shape=elementwise,
        forward=lambda x, slope: arrays.select(arrays.positive(x), x, slope * x),
        vjp=lambda g, out, x, slope: (
            g * (slope + (1 - slope) * _greater_zero(x)),
            g * x * (1 - _greater_zero(x)),
        ),
        entry=lambda k, x, slope: x * (slope + (1 - slope) * k.positive(x)),
        elementwise=True,
        kinks=lambda x, slope: np.abs(x) + 0.0 * slope,
        wrong=(
            WrongVJP("activation-derivative-skipped", lambda g, out, x, slope: (g, None)),
            WrongVJP(
                "activation-derivative", lambda g, out, x, slope: (g * _greater_zero(x), None)
            ),
            WrongVJP("relu-as-own-derivative", lambda g, out, x, slope: (g * out, None)),
        ),
        samples=(
            Sample((COLUMN, ()), (KINKED, (0.1, 0.3))),
            Sample((MATRIX, ()), (KINKED, (0.01, 0.1))),
        ),
        source="Maas, Hannun, Ng 2013: x for x > 0, slope x otherwise",
        rule="a positive argument receives the gradient, a negative one the slope times it",
    ),
    Operator(
        name="maximum",
        notation=Notation(
            "call",
            ATOM,
            "maximum",
            unicode="max",
            latex=r"\max",
            numpy="np.maximum",
            names=("fmax",),
        ),
        arity=2,
        shape=elementwise,
        forward=arrays.maximum,
        vjp=lambda g, out, x, y: (g * x.apply("greater", y), g * y.apply("greater", x)),
        entry=lambda k, x, y: y + (x - y) * k.positive(x - y),
        elementwise=True,
        kinks=lambda x, y: np.abs(x - y),
        wrong=(WrongVJP("max-gradient-shared", lambda g, out, x, y: (g / 2, g / 2)),),
        samples=(
            Sample((MATRIX, MATRIX), (KINKED, KINKED)),
            Sample((MATRIX, ()), (KINKED, KINKED)),
        ),
        refused=(((COLUMN, ROW), ()),),
        source="the gradient goes to the larger operand; no convention at ties",
        rule="only the larger operand receives the gradient",
    ),
    Operator(
        name="where",
        notation=Notation("call", ATOM, "where", latex=r"\operatorname{where}", numpy="np.where"),
        arity=3,
        shape=elementwise,
        forward=arrays.select,
        vjp=lambda g, out, c, x, y: (None, g * c, g * (1 - c)),
        entry=lambda k, c, x, y: k.choose(c, x, y),
        elementwise=True,
        samples=(
            Sample((MATRIX, MATRIX, MATRIX), ((0.0, 0.0), ANY, ANY)),
            Sample((MATRIX, MATRIX, ()), ((1.0, 1.0), ANY, ANY)),
        ),
        refused=(((COLUMN, ROW, ()), ()),),
        source="a choice by a 0/1 condition, through which no gradient flows",
        rule="only the operand that is chosen receives the gradient",
    ),
)
