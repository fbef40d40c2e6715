"""Mistakes about a regulariser: a term of the loss that holds nothing but parameters."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from engine.errors import EngineError
from engine.expression import Apply, Expr, Var, apply, const, substitute, walk
from engine.gradient import gradient
from engine.operators import operator
from engine.program import Program, Statement
from grader.diagnosis.constants import Constants, Factor
from grader.diagnosis.functions import grounded
from grader.diagnosis.ground import Ground, Layout, Place, SiteKey
from grader.diagnosis.plan import Final, Plan, Rule

WRONG = "regulariser-wrong"


def regulariser_terms(layout: Layout) -> Iterator[Expr]:
    """The regularisers of the program."""
    for statement in layout.program.statements:
        for node in walk(statement.value):
            if isinstance(node, Apply) and node.op == "add":
                yield from (each for each in node.args if layout.regularises(statement, each))


def regulariser_mistakes(layout: Layout) -> Iterator[Plan]:
    """A regulariser of other parameters; a mistake at the loss made in the other term alone."""
    yield from _of_others(layout)
    for place in layout.places:
        if place.node.op == "add" and len(place.relevant) == 2:
            for position, term in enumerate(place.node.args):
                if layout.regularises(place.statement, term):
                    yield from _beside(layout, place, 1 - position)


def _beside(layout: Layout, place: Place, position: int) -> Iterator[Plan]:
    """A constant factor in the operand at `position`, which is no regulariser."""
    for slug, factor in Constants(layout).rows:
        yield grounded(layout, place, slug, _with_factor(position, factor))


def _with_factor(position: int, factor: Factor) -> Rule:
    def rule(ground: Ground, g: Any, out: Any, x: Any, y: Any) -> tuple[Any, ...]:
        right = operator("add").vjp(g, out, x, y)
        times = Fraction(factor(ground.env.sizes))
        return tuple(each * times if i == position else each for i, each in enumerate(right))

    return rule


def _of_others(layout: Layout) -> Iterator[Plan]:
    program, target = layout.program, layout.target
    if program.roles.get(target.variable) != "parameter" or target.entry is not None:
        return
    for term in dict.fromkeys(regulariser_terms(layout)):
        for name in sorted(term.names & program.roles.keys() - {target.variable}):
            if program.roles[name] == "parameter":
                yield from _applied(layout, term, name)


def _applied(layout: Layout, term: Expr, name: str) -> Iterator[Plan]:
    """The part of `term` that `name` has in it, used for the target as well or in its place."""
    own = Var(layout.target.variable, layout.program.shapes[layout.target.variable])
    other = _derivative(layout, term, name)
    if own.name not in term.names:
        extra = _derivative(layout, substitute(term, {name: own}), own.name)
        if extra is not None:
            yield Plan((WRONG,), final=plus(extra))
    elif other is not None and other.shape == own.shape:
        right = _derivative(layout, term, own.name)
        if right is not None:
            yield Plan((WRONG,), final=plus(other - right))


def _derivative(layout: Layout, term: Expr, name: str) -> Expr | None:
    """The derivative of a term alone; None where it has none."""
    program, shapes = layout.program, layout.program.shapes
    try:
        alone = Program(program.symbols, (Statement(program.loss, term),), program.loss)
        return gradient(alone, type(layout.target)(name)) if name in shapes else None
    except EngineError:
        return None


def without_regulariser(layout: Layout) -> Plan | None:
    """The pass that follows no regulariser; None where none leads to the target."""
    dropped: dict[SiteKey, Rule] = {}
    for place in layout.places:
        if place.node.op == "add" and len(place.relevant) == 2:
            for position, term in enumerate(place.node.args):
                if layout.regularises(place.statement, term):
                    dropped[place.key] = _not_followed(position)
    return Plan((WRONG,), vjp=dropped) if dropped else None


def _not_followed(position: int) -> Rule:
    def rule(ground: Ground, g: Any, out: Any, x: Any, y: Any) -> tuple[Any, ...]:
        right = operator("add").vjp(g, out, x, y)
        return tuple(None if i == position else each for i, each in enumerate(right))

    return rule


def regulariser_parts(layout: Layout) -> Iterator[Expr]:
    """What a learner may take for a multiple of the regularisers' derivative."""
    own = layout.target.variable
    shape = layout.program.shapes[own]
    yield apply("ones", shape=shape) if shape else const(1)
    for term in dict.fromkeys(regulariser_terms(layout)):
        if own in term.names:
            right = _derivative(layout, term, own)
            yield from (right,) if right is not None else ()
            yield from (each for each in walk(term) if each.shape == shape and own in each.names)


def plus(term: Expr) -> Final:
    """A term added to the finished gradient as it stands."""
    return lambda ground, value: value + ground.value(term)
