"""Answers whose parts do not fit, one slip of the pen away from the right gradient.

The mistaken passes have values in other worlds, but not every answer can be read there: where a
factor is a number only because its own factors fit, it is none in a world of squares.  So the
answer itself is mended: a factor transposed, two neighbours exchanged, one kind of product made the
other.  What makes it right is what was done wrong.
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
from engine.notation.syntax import Answer, Chain, Group, Infix, Name, Syntax, Unary
from engine.notation.tree import with_one_changed
from engine.operators import TABLE
from engine.operators.row import CHAIN
from grader.diagnosis.ground import Layout

MOST_MENDED = 60

Mended: TypeAlias = tuple[str, Syntax]
Right: TypeAlias = Callable[[Expr], bool]


def mended(syntax: Answer, scope: Scope, layout: Layout, is_right: Right) -> tuple[str, ...]:
    """The misconceptions of one slip without which the answer is right; () where there is none."""
    last = syntax.clauses[-1]
    if last.side:
        return ()

    def slips(node: Syntax) -> Iterator[Mended]:
        return _slips(node, scope, layout)

    for slug, link in islice(with_one_changed(last.links[-1], slips), MOST_MENDED):
        clause = replace(last, links=(*last.links[:-1], link))
        expr = _read(replace(syntax, clauses=(*syntax.clauses[:-1], clause)), scope)
        if expr is not None and is_right(expr):
            return (slug,)
    return ()


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
