"""The operator table: one row per operator, collected from the themed modules."""

from __future__ import annotations

import difflib
from functools import lru_cache
from typing import Any

from engine.errors import UnknownOperator
from engine.operators import arithmetic, functions, indexing, matrices, reductions, windows
from engine.operators.row import Notation, Operator, Sample, WrongVJP
from engine.shapes import Shape, canonical

TABLE: dict[str, Operator] = {
    row.name: row
    for module in (arithmetic, functions, matrices, reductions, indexing, windows)
    for row in module.ROWS
}


def operator(name: str) -> Operator:
    """The row of `name`; raises UnknownOperator with the nearest names."""
    row = TABLE.get(name)
    if row is None:
        near = ", ".join(difflib.get_close_matches(name, TABLE, n=3)) or "none is near"
        raise UnknownOperator(f"no operator is called {name!r}; did you mean: {near}?")
    return row


@lru_cache(maxsize=4096)
def shape_of(name: str, shapes: tuple[Shape, ...], attrs: tuple[tuple[str, Any], ...]) -> Shape:
    """The shape of a result; raises ShapeError.

    Remembered, because the same few combinations come back in every expression.
    """
    return canonical(operator(name).shape(*shapes, **dict(attrs)))


__all__ = ["TABLE", "Notation", "Operator", "Sample", "WrongVJP", "operator", "shape_of"]
