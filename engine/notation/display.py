"""One way to show an expression, whatever the notation."""

from __future__ import annotations

from typing import Literal, TypeAlias

from engine.expression import Expr
from engine.notation.mathml import mathml
from engine.notation.printer import PLAIN, render
from engine.notation.spelling import Style

Notation: TypeAlias = Literal["text", "numpy", "unicode", "latex", "mathml"]


def show(expr: Expr, notation: Notation = "text", style: Style = PLAIN) -> str:
    """`expr` as a person writes it in `notation`."""
    if notation == "mathml":
        return mathml(expr, style)
    return render(expr, notation, style)
