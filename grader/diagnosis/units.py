"""Mistakes made in one unit of a layer only, as when the terms of a sum are written out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from engine.numeric import Batch
from engine.operators import operator
from grader.diagnosis.functions import RowRule, is_function, planted
from grader.diagnosis.ground import Layout, Place
from grader.diagnosis.plan import Plan

MOST_UNITS = 4


def one_unit_mistakes(layout: Layout) -> Iterator[Plan]:
    """The wrong rules of a function in one unit of a small layer; one unit forgotten."""
    for place in layout.places:
        if is_function(place.node):
            for unit in range(_units(place)):
                yield from _in_unit(layout, place, unit)


def _units(place: Place) -> int:
    """How many units a layer has whose terms can be written out; 0 for any other."""
    match place.node.shape:
        case (int(rows), 1) if 1 < rows <= MOST_UNITS:
            return rows
    return 0


def _in_unit(layout: Layout, place: Place, unit: int) -> Iterator[Plan]:
    row = operator(place.node.op)
    for wrong in row.wrong:
        yield planted(layout, place, wrong.slug, _only_at(unit, row.vjp, wrong.rule))
    forgotten = _only_at(unit, row.vjp, lambda g, out, x: (g * 0,))
    yield planted(layout, place, "term-lost", forgotten)


def _only_at(unit: int, right: RowRule, wrong: RowRule) -> RowRule:
    """The right rule in all units but one."""

    def rule(g: Any, out: Any, x: Any) -> tuple[Batch]:
        (all_right,), (all_wrong,) = right(g, out, x), wrong(g, out, x)
        data = np.array(_spread(all_right, out))
        data[:, unit] = _spread(all_wrong, out)[:, unit]
        return (Batch(data, out.shape, all_right.field),)

    return rule


def _spread(cotangent: Batch, out: Batch) -> Any:
    """The entries of a cotangent at every point and unit, of a scalar one as well."""
    return np.broadcast_to(cotangent.filled(out.shape).data, out.data.shape)
