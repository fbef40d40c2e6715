"""Mistakes in how gradients are joined: paths dropped or overwritten, sums over a shared axis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from engine.errors import ShapeError
from engine.expression import Expr, walk
from engine.operators import operator
from engine.shapes import Shape
from grader.diagnosis.functions import planted
from grader.diagnosis.ground import Layout, Place
from grader.diagnosis.plan import Plan


def fork_mistakes(layout: Layout) -> Iterator[Plan]:
    """One of two operands that both lead to the target not followed."""
    for place in layout.places:
        if len(place.relevant) < 2:
            continue
        for position in place.relevant:
            slug = _fork_slug(layout, place, place.node.args[position])
            yield planted(layout, place, slug, _without(place.node.op, position))


def _fork_slug(layout: Layout, place: Place, dropped: Expr) -> str:
    if place.node.op not in ("add", "sub"):
        return "product-rule"
    if layout.holds(dropped) == "parameter":
        return "regulariser-wrong"
    if any(getattr(node, "op", "") == "mean" for node in walk(dropped)):
        return "batch-statistics-constant"
    compared = place.statement in layout.comparison or place.statement.name == layout.program.loss
    return "second-term-dropped" if compared else "path-dropped"


def _without(op: str, position: int) -> Callable[..., tuple[Any, ...]]:
    def rule(g: Any, out: Any, *args: Any, **attrs: Any) -> tuple[Any, ...]:
        results = operator(op).vjp(g, out, *args, **attrs)
        return tuple(None if i == position else each for i, each in enumerate(results))

    return rule


def join_mistakes(layout: Layout) -> Iterator[Plan]:
    """Contributions of several paths that replace each other or multiply."""
    for name in layout.between:
        yield Plan(("paths-overwritten",), accumulate={name: lambda total, term: term})
        yield Plan(("paths-overwritten",), accumulate={name: lambda total, term: total})
        yield Plan(("paths-overwritten",), accumulate={name: lambda total, term: total * term})


def stretch_mistakes(layout: Layout) -> Iterator[Plan]:
    """An operand repeated along an axis, its gradient not summed, or summed wrongly."""
    for place in layout.places:
        if not operator(place.node.op).elementwise:
            continue
        for position in place.relevant:
            if place.node.args[position].shape != place.node.shape:
                for slug, rule in STRETCHES:
                    yield Plan((slug,), broadcast={(place.key, position): rule})


def _unsummed(g: Any, small: Shape, large: Shape) -> Any:
    return g.filled(large)


def _one(g: Any, small: Shape, large: Shape) -> Any:
    """The other operand's entries summed over everything."""
    return g.filled(large).sum()


def _along(axis: int) -> Callable[[Any, Shape, Shape], Any]:
    def rule(g: Any, small: Shape, large: Shape) -> Any:
        if len(large) != 2 or large[axis] == 1:
            raise ShapeError("there is no such axis to sum along")
        return g.filled(large).sum(axis=axis, keepdims=True)

    return rule


STRETCHES: tuple[tuple[str, Callable[[Any, Shape, Shape], Any]], ...] = (
    ("bias-gradient-not-summed", _unsummed),
    ("summed-over-wrong-axis", _one),
    ("summed-over-wrong-axis", _along(0)),
    ("summed-over-wrong-axis", _along(1)),
)
