"""Mistakes in how gradients are joined: paths dropped or overwritten, sums over a shared axis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from engine.errors import EngineError, ShapeError
from engine.expression import Expr, Var, substitute, walk
from engine.gradient import gradient
from engine.operators import operator
from engine.program import Program, Statement
from engine.shapes import Shape
from grader.diagnosis.functions import planted
from grader.diagnosis.ground import Layout, Place
from grader.diagnosis.plan import Final, Plan


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
    if slug == "product-rule":
        yield planted(layout, place, "path-dropped", _scaled(op, position, 0))
        yield planted(layout, place, slug, _scaled(op, position, 0, 2))
        return
    wrong = slug if slug == "regulariser-wrong" else "sign-of-one-term"
    yield planted(layout, place, wrong, _scaled(op, position, -1))
    yield planted(layout, place, "term-counted-twice", _scaled(op, position, 2))
    if slug == "regulariser-wrong":
        yield replace(planted(layout, place, slug, _scaled(op, position, 0)), final=_plus(dropped))


def _fork_slug(layout: Layout, place: Place, dropped: Expr) -> str:
    if place.node.op not in ("add", "sub"):
        return "product-rule"
    if layout.holds(dropped) == "parameter":
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


def _plus(term: Expr) -> Final:
    """A term added to the finished gradient as it stands, not differentiated."""
    return lambda ground, value: value + ground.env.evaluate(term)


def regulariser_mistakes(layout: Layout) -> Iterator[Plan]:
    """A regulariser of other parameters applied to the one asked for."""
    program, target = layout.program, layout.target
    if program.roles.get(target.variable) != "parameter" or target.entry is not None:
        return
    nodes = (node for each in program.statements for node in walk(each.value))
    for term in {arg for node in nodes if getattr(node, "op", "") == "add" for arg in node.args}:
        if layout.holds(term) == "parameter" and target.variable not in term.names:
            for name in sorted(term.names & program.roles.keys()):
                yield from _applied(layout, term, name)


def _applied(layout: Layout, term: Expr, name: str) -> Iterator[Plan]:
    """The derivative of `term`, with the target in the place of `name`, added to the gradient."""
    program, target = layout.program, layout.target
    own = Var(target.variable, program.shapes[target.variable])
    if program.roles[name] != "parameter":
        return
    try:
        alone = Statement(program.loss, substitute(term, {name: own}))
        extra = gradient(Program(program.symbols, (alone,), program.loss), target)
    except EngineError:
        return
    yield Plan(("regulariser-wrong",), final=_plus(extra))


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
