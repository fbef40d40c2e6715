"""Mistakes about parameters used many times: at every time step, at every position of a kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from engine.expression import Apply, Expr, Var, walk
from engine.numeric import Batch
from engine.operators import operator
from engine.program import Statement
from engine.reverse import Numbers
from grader.diagnosis.ground import Ground, Layout, SiteKey
from grader.diagnosis.plan import Plan, Rule


def _first(total: Any, term: Any) -> Any:
    return total


def _latest(total: Any, term: Any) -> Any:
    return term


# time steps


def step_mistakes(layout: Layout) -> Iterator[Plan]:
    """Only the last time step, or no way back from one step, or any, to the step before."""
    slug, target = "truncated-to-last-step", layout.target.variable
    steps = [each for each in layout.program.statements if target in each.value.names]
    if len(steps) < 2 or layout.program.roles.get(target) != "parameter":
        return
    if len({_form(step.value) for step in steps}) > 1:
        return  # not the same step again
    yield Plan((slug,), accumulate={target: _first})
    cuts = [cut for cut in (dict(_cut(layout, step)) for step in steps) if cut]
    for cut in cuts:
        yield Plan((slug,), vjp=cut)
    if len(cuts) > 1:
        yield Plan((slug,), vjp={key: rule for cut in cuts for key, rule in cut.items()})


def _form(expr: Expr) -> tuple[str, ...]:
    """The operators of an expression, whatever they are applied to."""
    return tuple(node.op if isinstance(node, Apply) else "" for node in walk(expr))


def _cut(layout: Layout, step: Statement) -> Iterator[tuple[SiteKey, Rule]]:
    """At every node of a step: its own rule, nothing for the quantities of earlier steps."""
    earlier = layout.between - {layout.target.variable}
    for place in layout.places:
        if place.statement == step:
            names = [arg.name if isinstance(arg, Var) else "" for arg in place.node.args]
            gone = [i for i, name in enumerate(names) if name in earlier]
            if gone:
                yield place.key, _nothing_at(place.node.op, gone)


def _nothing_at(op: str, gone: list[int]) -> Rule:
    def rule(ground: Ground, g: Any, out: Any, *args: Any, **attrs: Any) -> tuple[Any, ...]:
        results = operator(op).vjp(g, out, *args, **attrs)
        return tuple(None if i in gone else each for i, each in enumerate(results))

    return rule


# positions


def position_mistakes(layout: Layout) -> Iterator[Plan]:
    """One position of a kernel in place of all; a kernel turned round on the way back."""
    slug, target = "convolution-positions", layout.target.variable
    summed = [node for each in layout.program.statements for node in _sums(each.value)]
    if any(target in node.names for node in summed):
        yield Plan((slug,), accumulate={target: _first})
        yield Plan((slug,), accumulate={target: _latest})
    for name in sorted({name for node in summed for name in node.names} - {target}):
        if layout.program.roles.get(name) == "parameter" and layout.program.shapes[name]:
            yield Plan((slug,), numbers=_with_turned(name))


def _sums(expr: Expr) -> Iterator[Expr]:
    return (node for node in walk(expr) if isinstance(node, Apply) and node.op == "sum_over")


def _with_turned(name: str) -> Callable[[Ground], Numbers]:
    """Forward values with the entries of `name` in the opposite order."""

    def numbers(ground: Ground) -> Numbers:
        value = ground.env.values[name]
        turned = np.flip(value.data, axis=tuple(range(1, value.data.ndim)))
        values = {**ground.env.values, name: Batch(turned, value.shape, value.field)}
        return Numbers(replace(ground.env, values=values))

    return numbers
