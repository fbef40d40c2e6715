"""A plan: one mistaken reverse pass, as the few places where it departs from the right one.

Two plans that depart at different places can be combined, which is how pairs of mistakes are found.
Many plans run as one walk: `grader.diagnosis.stack`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

from engine.numeric import Batch
from engine.program import Statement
from engine.reverse import Numbers
from engine.shapes import Shape
from grader.diagnosis.ground import Ground, SiteKey

Rule: TypeAlias = Callable[..., tuple[Any, ...]]
"""As a row's `vjp`, with the ground in front: (ground, g, out, *operands, **attributes)."""
Final: TypeAlias = Callable[[Ground, Batch], Batch]


def unchanged(ground: Ground, value: Batch) -> Batch:
    """The finished gradient as it is."""
    return value


@dataclass(frozen=True, eq=False)
class Plan:
    """Where a pass departs from the right one; what is left empty is done right.

    vjp          another product rule at a node
    broadcast    another way to reduce the gradient of a stretched operand
    accumulate   another way to join paths at a name
    numbers      other forward values in some statements
    final        what is done to the finished gradient
    variable     another variable's gradient
    value        what is found without a pass
    """

    slugs: tuple[str, ...]
    fields: Mapping[str, str] = field(default_factory=dict)
    vjp: Mapping[SiteKey, Rule] = field(default_factory=dict)
    broadcast: Mapping[tuple[SiteKey, int], Callable[[Any, Shape, Shape], Any]] = field(
        default_factory=dict
    )
    accumulate: Mapping[str, Callable[[Any, Any], Any]] = field(default_factory=dict)
    numbers: Callable[[Ground], Numbers] | None = None
    final: Final = unchanged
    variable: str | None = None
    value: Callable[[Ground], Batch] | None = None

    @cached_property
    def departures(self) -> frozenset[Any]:
        """The nodes, stretched operands and names at which the pass departs."""
        return frozenset((*self.vjp, *self.broadcast, *self.accumulate))

    @cached_property
    def joinable(self) -> bool:
        """Whether the pass departs at nodes only, so that another can be planted beside it."""
        changed = self.final is not unchanged
        return not (self.variable or self.value or self.numbers or changed)


@dataclass(frozen=True, eq=False)
class Departures:
    """Where plans depart, by which rules and in which rows; `members` are plans with theirs."""

    members: tuple[tuple[Plan, Sequence[int]], ...]

    @cached_property
    def rules(self) -> dict[SiteKey, dict[Any, list[int]]]:
        """At nodes."""
        return self._by_place(lambda plan: plan.vjp.items())

    @cached_property
    def reductions(self) -> dict[tuple[SiteKey, int], dict[Any, list[int]]]:
        """At stretched operands."""
        return self._by_place(lambda plan: plan.broadcast.items())

    @cached_property
    def joins(self) -> dict[str, dict[Any, list[int]]]:
        """At names."""
        return self._by_place(lambda plan: plan.accumulate.items())

    def to_go(self, statements: Sequence[Statement]) -> int:
        """How many statements a pass has yet to go through when a plan first departs."""
        at = {name for name, _ in self.rules} | {name for (name, _), _ in self.reductions}
        return max(
            (
                number
                for number, statement in enumerate(statements, start=1)
                if statement.name in at or not statement.value.names.isdisjoint(self.joins)
            ),
            default=0,
        )

    def _by_place(self, of: Callable[[Plan], Iterable[tuple[Any, Any]]]) -> dict[Any, Any]:
        found: dict[Any, dict[Any, list[int]]] = {}
        for plan, rows in self.members:
            for place, rule in of(plan):
                found.setdefault(place, {}).setdefault(rule, []).extend(rows)
        return found


def combined(first: Plan, second: Plan) -> Plan | None:
    """Both mistakes in one pass; None where they depart at the same place or cannot be joined."""
    if not (first.joinable and second.joinable and first.departures.isdisjoint(second.departures)):
        return None
    return Plan(
        slugs=tuple(dict.fromkeys(first.slugs + second.slugs)),
        fields={**second.fields, **first.fields},
        vjp=_both(first.vjp, second.vjp),
        broadcast=_both(first.broadcast, second.broadcast),
        accumulate=_both(first.accumulate, second.accumulate),
    )


K = TypeVar("K")
V = TypeVar("V")


def _both(first: Mapping[K, V], second: Mapping[K, V]) -> Mapping[K, V]:
    """The entries of both, which have none in common; made anew only where both have some."""
    return {**first, **second} if first and second else first or second
