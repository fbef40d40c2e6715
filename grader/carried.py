"""Errors carried forward: a wrong answer that is right for whoever takes an earlier one as given.

The reverse pass is carried out once more with the learner's own derivative at the place of an
earlier one.  What comes out is only looked at after an answer has been found wrong, so it never
turns a right answer into anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from engine.components import component
from engine.derived import path
from engine.errors import EngineError
from engine.expression import Expr
from engine.gradient import TIDY, adjoint_formulas
from engine.notation import Read
from engine.program import Program, Target
from engine.question import Derivative
from engine.reverse import Formulas, Pass, Reverse, Site
from engine.simplify import simplify
from engine.terms import filled
from grader.compiled import compiled
from grader.equality import same_function
from grader.reading import understood
from grader.scopes import scope_of
from grader.verdict import Verdict

Earlier: TypeAlias = Mapping[str, str]  # raw answers, by the variable that was differentiated for

SCORE = 0.5
MOST_EARLIER = 8  # nearest to the target
MOST_NODES = 150  # of an earlier answer
LONGEST = 4000  # characters of an earlier answer
NOTHING = 1e-12


def carried_forward(question: Derivative, text: str, verdict: Verdict, earlier: Earlier) -> Verdict:
    """`verdict`; partially correct where a wrong answer follows from the learner's earlier ones."""
    if verdict.outcome != "incorrect" or verdict.reason != "value":
        return verdict
    reading = understood(text, compiled(question).scope)
    if not isinstance(reading, Read):
        return verdict
    for own in _combinations(own_derivatives(question, earlier)):
        if follows(question, reading.expr, own):
            return _follows(question, verdict, tuple(own))
    return verdict


def _follows(question: Derivative, verdict: Verdict, names: tuple[str, ...]) -> Verdict:
    loss = question.program.loss
    spoken = " and ".join(f"d{loss}/d{name}" for name in names)
    were = "is not right" if len(names) == 1 else "are not all right"
    message = (
        f"This follows from what you gave for {spoken}, and the step from there is right;"
        f" but {spoken} {were}, so this is not either."
    )
    return replace(
        verdict,
        outcome="partially_correct",
        score=SCORE,
        reason="carried-forward",
        message=message,
        diagnosis=(),
    )


def own_derivatives(question: Derivative, earlier: Earlier) -> dict[str, Expr]:
    """The learner's earlier derivatives that are wrong, in the order of the forward pass."""
    program, target = question.program, question.target
    between = [name for name in path(program, target.variable) if name != program.loss]
    asked = [name for name in between if name in earlier][:MOST_EARLIER]
    read = ((name, _read(question, name, earlier[name])) for name in asked)
    return {name: expr for name, expr in read if expr is not None and _wrong(program, name, expr)}


def _read(question: Derivative, name: str, text: str) -> Expr | None:
    """An earlier answer, where it can be read and has the shape of what it was asked for."""
    if len(text) > LONGEST:
        return None
    per_example = question.upstream == "example"
    scope = scope_of(question.program, Target(name), question.example_axis, per_example)
    reading = understood(text, scope)
    if not isinstance(reading, Read) or reading.expr.nodes > MOST_NODES:
        return None
    return reading.expr if reading.expr.shape == question.program.shapes[name] else None


def _wrong(program: Program, name: str, own: Expr) -> bool:
    """Whether an earlier answer is not the derivative; one without any quantity carries nothing."""
    right = adjoint_formulas(program).get(name)
    quantities = own.names - program.dimensions
    return right is not None and bool(quantities) and not same_function(program, own, right)


def _combinations(own: Mapping[str, Expr]) -> Iterator[dict[str, Expr]]:
    """Each earlier derivative alone, the nearest to the target first; then all of them."""
    for name, expr in own.items():
        yield {name: expr}
    if len(own) > 1:
        yield dict(own)


def follows(question: Derivative, answer: Expr, own: Mapping[str, Expr]) -> bool:
    """Whether `answer` is what the reverse pass makes of the learner's own derivatives."""
    try:
        found = carried(question, own)
    except EngineError:
        return False
    if found is None or not found.names - question.program.dimensions:
        return False
    return same_function(question.program, answer, found) and not _vanishes(question, found)


def _vanishes(question: Derivative, found: Expr) -> bool:
    """Whether float64 sees nothing but zeros: nothing is carried by nothing, however written."""
    env = compiled(question).search.grounds[0].env
    return bool(np.all(np.abs(env.evaluate(found).data) < NOTHING))


def carried(question: Derivative, own: Mapping[str, Expr]) -> Expr | None:
    """The derivative asked for, with the learner's own in place of earlier ones.

    None where the pass does not reach the target.
    """
    program, target = question.program, question.target
    way: Pass = replace(TIDY, vjp=_starting_from(own))
    adjoint = Reverse(program, Formulas(), way).adjoints().get(target.variable)
    if adjoint is None:
        return None
    whole = simplify(filled(adjoint, program.shapes[target.variable]))
    if target.entry is None:
        return whole
    taken = frozenset(program.shapes) | program.dimensions
    return simplify(component(whole, *target.entry, avoid=taken))


def _starting_from(own: Mapping[str, Expr]) -> Callable[..., tuple[Any, ...]]:
    """The rules, with the learner's cotangent at the root of every statement that has one."""

    def vjp(site: Site, g: Any, out: Any, args: Any, attrs: dict[str, Any]) -> tuple[Any, ...]:
        upstream = own.get(site.statement, g) if site.path == () else g
        return TIDY.vjp(site, upstream, out, args, attrs)

    return vjp
