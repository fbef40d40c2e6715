"""How the notations differ in which formulas are printed, and what a printed part is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from engine.operators.row import SUM

BINDER = SUM + 5  # a sum over an index ends where a product ends


@dataclass(frozen=True)
class Dialect:
    """How one notation differs from the others.

    `explicit`: every product has a sign; `stacked`: quotients and scripts are set in two
    dimensions, in braces; `raised`: whole exponents have characters of their own; `counted`: sums
    have indices, other functions the index of the axis that they run along.  `dot` multiplies
    numbers, `gap` parts words.
    """

    name: Literal["text", "numpy", "unicode", "latex"]
    explicit: bool = False
    stacked: bool = False
    raised: bool = False
    counted: bool = False
    dot: str = ""
    gap: str = " "
    times: str = ", "
    indicator: str = "1{{{}}}"


DIALECTS = {
    dialect.name: dialect
    for dialect in (
        Dialect("text"),
        Dialect("numpy", explicit=True),
        Dialect("unicode", raised=True, counted=True, dot="·", times="×", indicator="𝟏{{{}}}"),
        Dialect(
            "latex",
            stacked=True,
            counted=True,
            dot=r"\cdot",
            gap=r" \, ",
            times=r" \times ",
            indicator=r"\mathbf{{1}}\{{{}\}}",
        ),
    )
}


class Part(NamedTuple):
    """A rendered expression; `scripts` names the corners that are already taken."""

    text: str
    power: int
    scripts: str = ""

    @property
    def signed(self) -> bool:
        return self.text.startswith(("-", "−", "<mo>−"))
