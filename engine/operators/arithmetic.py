"""Rows for arithmetic: the field operations, powers and comparisons, all entry by entry."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import shapes
from engine.operators import arrays
from engine.operators.row import (
    COMPARISON,
    POWER,
    PRODUCT,
    SIGN,
    SUM,
    Notation,
    Operator,
    Sample,
    WrongVJP,
)
from engine.shapes import Shape

FLD = "textbook calculus"
COLUMN: Shape = ("n", 1)
MATRIX: Shape = ("n", "m")
ROW: Shape = (1, "m")
ANY = (-2.0, 2.0)
POSITIVE = (0.3, 2.0)

PAIRS = (
    Sample(((), ()), (ANY, POSITIVE)),
    Sample((MATRIX, MATRIX), (ANY, POSITIVE)),
    Sample((MATRIX, ROW), (ANY, POSITIVE)),
    Sample((COLUMN, MATRIX), (ANY, POSITIVE)),
    Sample(((), MATRIX), (ANY, POSITIVE)),
)
REFUSED_PAIRS = (((COLUMN, ROW), ()), ((MATRIX, ("m", "n")), ()))


def elementwise(*operands: Shape) -> Shape:
    """The shape rule of every operator that works entry by entry."""
    return shapes.common(*operands)


def _far(x: Any, y: Any) -> Any:
    return np.abs(x - y)


def _power_vjp(g: Any, out: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """d(x^y) = y x^(y-1) dx + x^y log(x) dy; a constant exponent asks for no logarithm."""
    return g * y * x ** (y - 1), None if y.is_constant else g * out * x.apply("log")


ROWS = (
    Operator(
        name="add",
        notation=Notation("infix", SUM, "+"),
        arity=2,
        shape=elementwise,
        forward=lambda x, y: x + y,
        vjp=lambda g, out, x, y: (g, g),
        entry=lambda k, x, y: x + y,
        elementwise=True,
        samples=PAIRS,
        refused=REFUSED_PAIRS,
        source=FLD,
        rule="each term of a sum receives the gradient as it is",
    ),
    Operator(
        name="sub",
        notation=Notation(
            "infix", SUM, "-", unicode="−", latex="-", numpy="-", names=("–", "subtract")
        ),
        arity=2,
        shape=elementwise,
        forward=lambda x, y: x - y,
        vjp=lambda g, out, x, y: (g, -g),
        entry=lambda k, x, y: x - y,
        elementwise=True,
        wrong=(WrongVJP("second-term-sign", lambda g, out, x, y: (g, g)),),
        samples=PAIRS,
        refused=REFUSED_PAIRS,
        source=FLD,
        rule="in a difference the first term receives the gradient, the second its negative",
    ),
    Operator(
        name="mul",
        notation=Notation(
            "infix",
            PRODUCT,
            "*",
            unicode="⊙",
            latex=r"\odot",
            numpy="*",
            names=(".*", "∘", "×", "∗", "circ", "times", "ast", "multiply"),
            scaling=True,
        ),
        arity=2,
        shape=elementwise,
        forward=lambda x, y: x * y,
        vjp=lambda g, out, x, y: (g * y, g * x),
        entry=lambda k, x, y: x * y,
        elementwise=True,
        samples=PAIRS,
        refused=REFUSED_PAIRS,
        source=FLD,
        rule="each factor of an element-wise product receives the gradient times the other factor",
    ),
    Operator(
        name="div",
        notation=Notation(
            "quotient", PRODUCT, "/", latex=r"\frac", names=("÷", "./", "div", "divide")
        ),
        arity=2,
        shape=elementwise,
        forward=lambda x, y: x / y,
        vjp=lambda g, out, x, y: (g / y, -g * x / y**2),
        entry=lambda k, x, y: x / y,
        elementwise=True,
        domain=lambda x, y: np.abs(y) > 1e-3,
        wrong=(
            WrongVJP("log-exp-division-rule", lambda g, out, x, y: (g / y, g * x / y**2)),
            WrongVJP("log-exp-division-rule", lambda g, out, x, y: (g / y, g / y)),
            WrongVJP("log-exp-division-rule", lambda g, out, x, y: (g / y, -g * x / y)),
        ),
        samples=PAIRS,
        refused=REFUSED_PAIRS,
        source=FLD,
        rule=(
            "in a quotient $u/v$, $u$ receives the gradient over $v$, and $v$ the gradient times"
            " $-u/v^2$"
        ),
    ),
    Operator(
        name="neg",
        notation=Notation(
            "prefix", SIGN, "-", unicode="−", latex="-", numpy="-", names=("–", "negative")
        ),
        arity=1,
        shape=elementwise,
        forward=lambda x: -x,
        vjp=lambda g, out, x: (-g,),
        entry=lambda k, x: -x,
        elementwise=True,
        wrong=(WrongVJP("sign-flip", lambda g, out, x: (g,)),),
        samples=(Sample((MATRIX,), (ANY,)),),
        source=FLD,
        rule="a minus sign changes the sign of the gradient",
    ),
    Operator(
        name="pow",
        notation=Notation("power", POWER, "^", latex="^", numpy="**", names=("**", ".^", "power")),
        arity=2,
        shape=elementwise,
        forward=arrays.power,
        vjp=_power_vjp,
        entry=lambda k, x, y: k.power(x, y),
        elementwise=True,
        wrong=(
            WrongVJP("factor-two", lambda g, out, x, y: (g * x ** (y - 1), None)),
            WrongVJP("power-rule", lambda g, out, x, y: (g * y * x, None)),
        ),
        samples=(
            Sample(((), ()), (POSITIVE, (2.0, 2.0))),
            Sample((MATRIX, ()), (POSITIVE, (3.0, 3.0))),
            Sample((MATRIX, ()), (ANY, (2.0, 2.0))),
            Sample((MATRIX, ()), (POSITIVE, (-1.0, -1.0))),
            Sample(((), MATRIX), (POSITIVE, ANY)),
        ),
        refused=REFUSED_PAIRS,
        source=FLD,
        rule=r"power rule: the base $u$ of $u^p$ receives the gradient times $p\, u^{p-1}$",
    ),
    Operator(
        name="greater",
        notation=Notation("infix", COMPARISON, ">", latex=">", names=("gt", "greater")),
        arity=2,
        shape=elementwise,
        forward=arrays.greater,
        vjp=lambda g, out, x, y: (None, None),
        entry=lambda k, x, y: k.positive(x - y),
        elementwise=True,
        kinks=_far,
        samples=PAIRS,
        refused=REFUSED_PAIRS,
        source="Iverson bracket; the derivative is 0 away from the jump",
    ),
    Operator(
        name="greater_equal",
        notation=Notation(
            "infix",
            COMPARISON,
            ">=",
            unicode="≥",
            latex=r"\ge",
            numpy=">=",
            names=("geq", "ge", "geqslant", "greater_equal"),
        ),
        arity=2,
        shape=elementwise,
        forward=lambda x, y: 1 - arrays.greater(y, x),
        vjp=lambda g, out, x, y: (None, None),
        entry=lambda k, x, y: 1 - k.positive(y - x),
        elementwise=True,
        kinks=_far,
        samples=PAIRS,
        refused=REFUSED_PAIRS,
        source="Iverson bracket; the derivative is 0 away from the jump",
    ),
    Operator(
        name="equal",
        notation=Notation(
            "infix", COMPARISON, "==", unicode="=", latex="=", numpy="==", names=("equal", "eq")
        ),
        arity=2,
        shape=elementwise,
        forward=lambda x, y: (1 - arrays.greater(x, y)) * (1 - arrays.greater(y, x)),
        vjp=lambda g, out, x, y: (None, None),
        entry=lambda k, x, y: (1 - k.positive(x - y)) * (1 - k.positive(y - x)),
        elementwise=True,
        kinks=_far,
        samples=PAIRS,
        refused=REFUSED_PAIRS,
        source="Iverson bracket; the derivative is 0 away from the jump",
    ),
)
