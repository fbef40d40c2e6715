"""A plan: one mistaken reverse pass, as the few places where it departs from the right one.

Two plans that depart at different places can be combined, which is how pairs of mistakes are found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from engine.errors import EngineError, ShapeError
from engine.numeric import Batch
from engine.operators import operator
from engine.reverse import Numbers, Pass, Reverse, Site, unbroadcast
from engine.shapes import Shape
from grader.diagnosis.ground import Ground, SiteKey

Rule: TypeAlias = Callable[..., tuple[Any, ...]]
"""As a row's `vjp`, with the ground in front: (ground, g, out, *operands, **attributes)."""
Final: TypeAlias = Callable[[Ground, Batch], Batch]


def _same(ground: Ground, value: Batch) -> Batch:
    return value


@dataclass(frozen=True)
class Plan:
    """Where a pass departs from the right one; what is left empty is done right.

    vjp          another product rule at a node
    broadcast    another way to reduce the gradient of a stretched operand
    accumulate   another way to join paths at a name
    numbers      other forward values in some statements
    final        what is done to the finished gradient
    variable     another variable's gradient
    """

    slugs: tuple[str, ...]
    fields: Mapping[str, str] = field(default_factory=dict)
    vjp: Mapping[SiteKey, Rule] = field(default_factory=dict)
    broadcast: Mapping[tuple[SiteKey, int], Callable[[Any, Shape, Shape], Any]] = field(
        default_factory=dict
    )
    accumulate: Mapping[str, Callable[[Any, Any], Any]] = field(default_factory=dict)
    numbers: Callable[[Ground], Numbers] | None = None
    final: Final = _same
    variable: str | None = None

    def values(self, ground: Ground) -> tuple[Batch, ...]:
        """What the learner would arrive at; several where the mistake leaves the shape open.

        Empty where the mistake cannot be carried out on this ground.
        """
        try:
            return self._values(ground)
        except (EngineError, IndexError):
            return ()

    def _values(self, ground: Ground) -> tuple[Batch, ...]:
        if self.variable is not None:
            return (ground.adjoints[self.variable],) if self.variable in ground.adjoints else ()
        numbers = self.numbers(ground) if self.numbers else ground.numbers
        variable, program = ground.layout.target.variable, ground.layout.program
        adjoint = Reverse(program, numbers, self._way(ground)).adjoints().get(variable)
        if adjoint is None:
            return ()
        shape = ground.env.values[variable].shape
        found = [adjoint] if adjoint.shape == shape else [adjoint, _loose(adjoint).filled(shape)]
        finished = [self.final(ground, ground.picked(each)) for each in found]
        return (*finished, *_as_scalar(finished[-1]))

    def _way(self, ground: Ground) -> Pass:
        relevant = ground.layout.relevant

        def vjp(site: Site, g: Any, out: Any, args: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
            key = (site.statement, site.path)
            if key not in relevant:
                return ()
            kept = relevant[key]
            rule = self.vjp.get(key)
            results = (
                rule(ground, g, out, *args, **attrs)
                if rule
                else operator(site.node.op).vjp(g, out, *args, **attrs)
            )
            return tuple(_loose(each) if i in kept else None for i, each in enumerate(results))

        def reduced(site: Site, operand: int, g: Any, small: Shape, large: Shape) -> Any:
            rule = self.broadcast.get(((site.statement, site.path), operand))
            return _loose(rule(g, small, large)) if rule else unbroadcast(g, small, large)

        def joined(name: str, total: Any, term: Any) -> Any:
            rule = self.accumulate.get(name)
            return rule(total, term) if rule else total + term

        return Pass(seed=_loose, vjp=vjp, unbroadcast=reduced, accumulate=joined)


class _Loose(Batch):
    """A cotangent that keeps a shape it should not have, as a learner's would."""

    def filled(self, shape: Shape) -> _Loose:
        try:
            wide = super().filled(shape)
            return _Loose(wide.data, wide.shape, wide.field)
        except ShapeError:
            return self


def _as_scalar(value: Batch) -> tuple[Batch, ...]:
    """A gradient whose entries are all equal, as the scalar that a learner would write."""
    flat = value.data.reshape(len(value.data), -1)
    if not value.shape or not np.array_equal(flat, np.broadcast_to(flat[:, :1], flat.shape)):
        return ()
    return (Batch(flat[:, 0], (), value.field),)


def _loose(value: Batch | None) -> Any:
    return None if value is None else _Loose(value.data, value.shape, value.field)


def combined(first: Plan, second: Plan) -> Plan | None:
    """Both mistakes in one pass; None where they depart at the same place or cannot be joined."""
    overlap = (
        first.vjp.keys() & second.vjp.keys()
        or first.broadcast.keys() & second.broadcast.keys()
        or first.accumulate.keys() & second.accumulate.keys()
    )
    loose = any(p.variable or p.numbers or p.final is not _same for p in (first, second))
    if overlap or loose or first.slugs == second.slugs:
        return None
    return Plan(
        slugs=first.slugs + second.slugs,
        fields={**second.fields, **first.fields},
        vjp={**first.vjp, **second.vjp},
        broadcast={**first.broadcast, **second.broadcast},
        accumulate={**first.accumulate, **second.accumulate},
    )
