"""Functions beside the operator table: floor, gamma, erf and others that no network uses.

In expressions a variable stands for each application; its value is computed at every point, for
real and, where that has a meaning, for complex balls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flint import acb, arb

from engine.expression import Expr


@dataclass(frozen=True)
class Foreign:
    """A function of FUNCTIONS applied to operands; a variable stands for it in expressions."""

    function: str
    args: tuple[Expr, ...]


def _unknown(seed: int) -> Callable[[Any], Any]:
    """Some function that has a value everywhere and obeys no law that others obey."""
    return lambda x: (x + seed).sin().exp() * (x * x + seed)


# Functions beside the table, for real and, but for the steps, for complex balls.
STEPS: dict[str, Callable[..., arb]] = {
    "floor": lambda x: x.floor(),
    "ceil": lambda x: x.ceil(),
    "round": lambda x: (x + arb(1) / 2).floor(),
    "trunc": lambda x: x.floor() if x >= 0 else x.ceil() if x < 0 else arb("nan"),
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    **STEPS,
    "gamma": lambda x: x.gamma(),
    "erf": lambda x: x.erf(),
    "erfc": lambda x: x.erfc(),
    "f": _unknown(2),
    "g": _unknown(3),
    "re": lambda x: x,
    "im": lambda x: 0 * x,
    "conj": lambda x: x,
    "arg": lambda x: arb(0) if x > 0 else arb.pi() if x < 0 else arb("nan"),
    "atan2": lambda y, x: arb.atan2(y, x),
}
# What is otherwise for complex balls.
COMPLEX: dict[str, Callable[[acb], acb]] = {
    "re": lambda z: acb(z.real),
    "im": lambda z: acb(z.imag),
    "conj": lambda z: acb(z.real, -z.imag),
    "arg": lambda z: acb(z.log().imag),
}
REAL_ONLY = STEPS.keys() | {"atan2"}


def real_value(function: str, args: list[arb]) -> Any:
    """The value for real balls."""
    return FUNCTIONS[function](*args)


def complex_value(function: str, args: list[acb]) -> Any:
    """The principal value; none where a function of reals is applied to anything else."""
    if function not in REAL_ONLY:
        meaning: Callable[..., Any] = COMPLEX.get(function, FUNCTIONS[function])
        return meaning(*args)
    real = all(each.imag == 0 for each in args)
    return acb(FUNCTIONS[function](*(each.real for each in args))) if real else acb("nan")
