"""Answers whose parts do not fit, one slip of the pen away from the right gradient.

The mistaken passes have values in other worlds, but not every answer can be read there: where a
factor is a number only because its own factors fit, it is none in a world of squares.  So the
answer itself is mended: a factor transposed, two neighbours exchanged, one kind of product made the
other, a sum taken along the other axis.  What makes it right is what was done wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice, pairwise
from typing import TypeAlias

from engine.errors import EngineError
from engine.expression import Expr
from engine.notation import vocabulary as words
from engine.notation.elaborate import Elaborator
from engine.notation.errors import Mistake
from engine.notation.scope import Scope
from engine.notation.syntax import (
    Answer,
    Call,
    Chain,
    Clause,
    Group,
    Infix,
    Name,
    Number,
    Syntax,
    Unary,
)
from engine.notation.tree import with_one_changed
from engine.operators import TABLE
from engine.operators.row import CHAIN
from grader.diagnosis.ground import Layout

MOST_MENDED = 60
REDUCTIONS = frozenset(("sum", "mean"))
AXIS = ("axis", "dim")

Mended: TypeAlias = tuple[str, Syntax]
Explained: TypeAlias = Callable[[Expr], tuple[str, ...] | None]


def mended(syntax: Answer, scope: Scope, layout: Layout, explained: Explained) -> tuple[str, ...]:
    """The misconceptions of one slip without which the answer is right, or has one mistake more.

    `explained` names the mistakes of an answer whose parts fit, None where they are not known.
    """
    best: tuple[str, ...] = ()
    for slug, link in _with_one_slip_less(syntax.clauses[-1], scope, layout):
        expr = _read(_ending(syntax, link), scope)
        more = None if expr is None else explained(expr)
        if more == ():
            return (slug,)
        best = best or (() if more is None else (slug, *more))
    return best


def _with_one_slip_less(last: Clause, scope: Scope, layout: Layout) -> Iterator[Mended]:
    def slips(node: Syntax) -> Iterator[Mended]:
        return _slips(node, scope, layout)

    found = () if last.side else with_one_changed(last.links[-1], slips)
    return islice(found, MOST_MENDED)


def _ending(syntax: Answer, link: Syntax) -> Answer:
    """The answer with another last link."""
    *before, last = syntax.clauses
    return replace(syntax, clauses=(*before, replace(last, links=(*last.links[:-1], link))))


def _read(syntax: Answer, scope: Scope) -> Expr | None:
    try:
        return Elaborator(scope).answer(syntax).links[-1]
    except (Mistake, EngineError):
        return None


def _slips(node: Syntax, scope: Scope, layout: Layout) -> Iterator[Mended]:
    """Products that may have been meant, each with what was done wrong."""
    match node:
        case Chain(items=items):
            for place, item in enumerate(items):
                turned = (*items[:place], _turned(item), *items[place + 1 :])
                yield _transpose_lost(item, scope, layout), replace(node, items=turned)
            for place, (one, two) in enumerate(pairwise(items)):
                swapped = (*items[:place], two, one, *items[place + 2 :])
                yield "wrong-matmul-order", replace(node, items=swapped)
                yield "matmul-for-elementwise", _split(node, place + 1)
        case Infix(op=op, left=left, right=right) if TABLE[op].notation.power == CHAIN:
            yield _transpose_lost(left, scope, layout), replace(node, left=_turned(left))
            yield _transpose_lost(right, scope, layout), replace(node, right=_turned(right))
            yield "wrong-matmul-order", replace(node, left=right, right=left)
            yield "matmul-for-elementwise", replace(node, op=words.SCALING)
        case Infix(op=words.SCALING, left=left, right=right, span=span, depth=depth):
            yield "elementwise-for-matmul", Chain(span, (left, right), depth)
        case Call(rows=rows) if not REDUCTIONS.isdisjoint(rows):
            for call in _along_the_other_axis(node):
                yield "summed-over-wrong-axis", call


def _along_the_other_axis(node: Call) -> Iterator[Call]:
    """A sum or mean whose axis is given, along the other one."""
    for place, (name, value) in enumerate(node.keywords):
        if name in AXIS and isinstance(value, Number) and value.value in (0, 1):
            other = (name, replace(value, value=1 - value.value))
            keywords = (*node.keywords[:place], other, *node.keywords[place + 1 :])
            yield replace(node, keywords=keywords)
    match node.args:
        case (first, Number(value=axis) as second, *rest) if axis in (0, 1):
            yield replace(node, args=(first, replace(second, value=1 - axis), *rest))


def _split(node: Chain, place: int) -> Infix:
    """A chain as the entry-by-entry product of its parts before and behind a place."""
    sides = (node.items[:place], node.items[place:])
    left, right = (Chain(node.span, part, node.depth) for part in sides)
    return Infix(node.span, words.SCALING, left, right, node.depth)


def _turned(node: Syntax) -> Syntax:
    """The transpose of a factor, which is a factor itself."""
    match node:
        case Unary(op=words.TRANSPOSE_ROW, arg=arg):
            return arg
        case Name() | Group():
            return Unary(node.span, words.TRANSPOSE_ROW, node, node.depth)
    return Unary(node.span, words.TRANSPOSE_ROW, Group(node.span, node, node.depth), node.depth)


def _transpose_lost(node: Syntax, scope: Scope, layout: Layout) -> str:
    """What a lost transpose is called: by whether it is that of weights."""
    match node:
        case Unary(arg=Name() as name) | (Name() as name):
            known = scope.lookup(name.spelling)
            if known is not None and layout.program.roles.get(known) == "parameter":
                return "missing-transpose-weights"
    return "missing-transpose-activations"
