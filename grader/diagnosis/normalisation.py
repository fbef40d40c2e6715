"""Mistakes about statistics of a batch: mean and variance taken for constants, or misjudged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.operators import operator
from grader.diagnosis.functions import planted
from grader.diagnosis.ground import Layout, Place
from grader.diagnosis.plan import Plan

CUT = {
    "mean": ("batch-statistics-constant", "normalisation-path-wrong", "path-dropped"),
    "sum": ("batch-statistics-constant", "path-dropped"),
}


def statistic_mistakes(layout: Layout) -> Iterator[Plan]:
    """A statistic that passes nothing on, one or all of them; a variance with another divisor."""
    statistics = [place for place in layout.places if _is_statistic(layout, place)]
    for place in statistics:
        for slug in CUT[place.node.op]:
            yield planted(layout, place, slug, _constant)
        if place.node.op == "mean":
            yield planted(layout, place, "normalisation-path-wrong", _one_fewer)
    if len(statistics) > 1:
        cut = {place.key: lambda ground, g, out, *args, **attrs: (None,) for place in statistics}
        yield Plan(("batch-statistics-constant",), vjp=cut)


def _is_statistic(layout: Layout, place: Place) -> bool:
    """Whether a sum or mean comes back into the quantity it was taken of, before the loss."""
    if place.node.op not in ("mean", "sum"):
        return False
    return place.statement.name != layout.program.loss and place.statement not in layout.comparison


def _constant(g: Any, out: Any, x: Any, axis: Any, keepdims: Any) -> tuple[None]:
    return (None,)


def _one_fewer(g: Any, out: Any, x: Any, axis: Any, keepdims: Any) -> tuple[Any, ...]:
    """The rule of a mean that divides by the number of entries less one."""
    number = x.data[0].size if axis is None else x.data.shape[axis + 1]
    (right,) = operator("mean").vjp(g, out, x, axis, keepdims)
    return (right * number / (number - 1),) if number > 1 else (None,)
