"""Mistakes in how gradients are joined: paths dropped or overwritten, sums over a shared axis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from engine.errors import ShapeError
from engine.expression import Expr, walk
from engine.operators import operator
from engine.shapes import Shape
from grader.diagnosis.functions import planted
from grader.diagnosis.ground import Layout, Place
from grader.diagnosis.plan import Plan
from grader.diagnosis.regularisers import plus

FACTORS = (("sign-of-one-term", -1), ("sign-flip", -1), ("term-counted-twice", 2))  # of one path
MORE_THAN_A_PATH = frozenset(("product-rule", "batch-statistics-constant"))


def fork_mistakes(layout: Layout) -> Iterator[Plan]:
    """One of two operands that both lead to the target not followed, or wrongly."""
    for place in layout.places:
        if len(place.relevant) < 2:
            continue
        for position in place.relevant:
            yield from _at_fork(layout, place, position)


def _at_fork(layout: Layout, place: Place, position: int) -> Iterator[Plan]:
    op, dropped = place.node.op, place.node.args[position]
    slug = _fork_slug(layout, place, dropped)
    yield planted(layout, place, slug, _scaled(op, position, 0))
    if slug in MORE_THAN_A_PATH:
        yield planted(layout, place, "path-dropped", _scaled(op, position, 0))
    if slug == "product-rule":
        yield planted(layout, place, slug, _scaled(op, position, 0, 2))
        return
    regulariser = slug == "regulariser-wrong"
    for name, factor in FACTORS:
        wrong = slug if regulariser else name
        yield planted(layout, place, wrong, _scaled(op, position, factor))
    if regulariser:
        yield replace(planted(layout, place, slug, _scaled(op, position, 0)), final=plus(dropped))


def _fork_slug(layout: Layout, place: Place, dropped: Expr) -> str:
    if place.node.op not in ("add", "sub"):
        return "product-rule"
    if layout.regularises(place.statement, dropped):
        return "regulariser-wrong"
    if any(getattr(node, "op", "") == "mean" for node in walk(dropped)):
        return "batch-statistics-constant"
    last = place.statement in layout.comparison or place.statement.name == layout.program.loss
    compared = last and layout.prediction is not None
    return "second-term-dropped" if compared else "path-dropped"


def _scaled(op: str, position: int, factor: int, rest: int = 1) -> Callable[..., tuple[Any, ...]]:
    """The right rule with one operand's cotangent times `factor`, the others' times `rest`."""

    def rule(g: Any, out: Any, *args: Any, **attrs: Any) -> tuple[Any, ...]:
        results = operator(op).vjp(g, out, *args, **attrs)
        return tuple(
            _times(each, factor if i == position else rest) for i, each in enumerate(results)
        )

    return rule


def _times(value: Any, factor: int) -> Any:
    if value is None or factor == 0:
        return None
    return value if factor == 1 else value * factor


def local_mistakes(layout: Layout) -> Iterator[Plan]:
    """At a sum: 1, the local derivative, in place of what comes back from the loss."""
    for place in layout.places:
        if place.node.op == "add" and place.statement.name != layout.program.loss:
            for position in place.relevant:
                yield planted(layout, place, "paths-overwritten", _one_at(position))


def _one_at(position: int) -> Callable[..., tuple[Any, ...]]:
    def rule(g: Any, out: Any, *args: Any) -> tuple[Any, ...]:
        results = operator("add").vjp(g, out, *args)
        one = out.constant(1).filled(out.shape)
        return tuple(one if i == position else each for i, each in enumerate(results))

    return rule


def join_mistakes(layout: Layout) -> Iterator[Plan]:
    """Contributions of several paths that replace each other or multiply, or one is turned."""
    turned = ("transposed-result",)
    yield Plan(turned, accumulate={layout.target.variable: lambda total, term: total.T + term})
    yield Plan(turned, accumulate={layout.target.variable: lambda total, term: total + term.T})
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
