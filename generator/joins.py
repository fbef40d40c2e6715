"""Mistakes where several paths meet: one of two operands, or of two uses, not followed back.

They apply at nodes with more than one operand that depends on the target, whatever the operator;
a factor left out, and a summand not followed, are for derivatives that few other mistakes fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.expression import Apply, Expr
from engine.operators import WrongVJP, operator
from engine.program import Program

SUMS = ("add", "sub")
OWN_ROLES = ("parameter", "constant")


def forks(node: Apply, relevant: frozenset[str], program: Program) -> Iterator[WrongVJP]:
    """The product rule with one factor not followed, or one counted twice; a regulariser left out.

    `relevant` are the names through which the target acts.
    """
    places = _followed(node, relevant)
    if len(places) < 2 or _is_square(node):
        return
    for place in places:
        if node.op not in SUMS:
            yield WrongVJP("product-rule", _weighted(node.op, {place: 0}))
        elif is_regulariser(node.args[place], program):
            yield WrongVJP("regulariser-wrong", _weighted(node.op, {place: 0}))
    if node.op == "matmul":
        for place in places:
            others = {other: 0 for other in places if other != place}
            yield WrongVJP("product-rule", _weighted(node.op, {place: 2, **others}))


def leftovers(node: Apply, relevant: frozenset[str], program: Program) -> Iterator[WrongVJP]:
    """One summand of a sum not followed; the other factor of a product left out."""
    places = _followed(node, relevant)
    if node.op in SUMS and len(places) > 1:
        for place in places:
            if not is_regulariser(node.args[place], program):
                yield WrongVJP("path-dropped", _weighted(node.op, {place: 0}))
    if node.op == "mul" and len(places) == 1:
        slug = _factor_slug(node.args[1 - places[0]], program)
        if slug:
            yield WrongVJP(slug, lambda g, out, x, y: (g, g))


def is_regulariser(expr: Expr, program: Program) -> bool:
    """Whether a summand holds parameters, and besides them nothing but constants and sizes."""
    symbols = {each.name for each in program.symbols if each.role in OWN_ROLES}
    parameters = {each.name for each in program.symbols if each.role == "parameter"}
    names = expr.names - program.dimensions
    return names <= symbols and not names.isdisjoint(parameters)


def _is_square(node: Apply) -> bool:
    """Whether a product is one of something with itself: its derivative is twice one factor."""
    if node.op in SUMS or len(node.args) != 2:
        return False
    left, right = (frozenset(_factors(arg)) for arg in node.args)
    return not left.isdisjoint(right)


def _factors(expr: Expr) -> Iterator[Expr]:
    """The factors of entrywise products, without transposes."""
    match expr:
        case Apply(op="mul", args=(left, right)):
            yield from (*_factors(left), *_factors(right))
        case Apply(op="transpose", args=(inside,)):
            yield inside
        case _:
            yield expr


def _factor_slug(factor: Expr, program: Program) -> str:
    """What leaving out a factor is: of an upstream gradient, of a value; a number is no mistake."""
    names = factor.names - program.dimensions
    if not names:
        return ""
    constants = {each.name for each in program.symbols if each.role == "constant"}
    return "upstream-left-out" if names <= constants else "local-input-factor"


def _followed(node: Apply, relevant: frozenset[str]) -> tuple[int, ...]:
    """The operands through which the target acts."""
    return tuple(place for place, arg in enumerate(node.args) if not relevant.isdisjoint(arg.names))


def _weighted(op: str, weights: dict[int, int]) -> Any:
    """The right rule, with the cotangents of some operands times a number."""

    def rule(g: Any, out: Any, *args: Any, **attrs: Any) -> tuple[Any, ...]:
        results = operator(op).vjp(g, out, *args, **attrs)
        return tuple(
            None if each is None or weights.get(place) == 0 else each * weights.get(place, 1)
            for place, each in enumerate(results)
        )

    return rule
