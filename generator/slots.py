"""The choices that a template leaves open, and how a seed makes them.

Seed 0 takes the first value of every slot.  Any other seed draws each slot from its own stream,
named by the template, the seed and the slot, so that no choice depends on how many came before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from engine.seeding import Stream
from generator.errors import SlotError

Value: TypeAlias = str | int
Choices: TypeAlias = dict[str, Value]

ATTEMPTS = 1000


@dataclass(frozen=True)
class Condition:
    """A condition on choices: each name of `when` has one of its values, and `unless` fails.

    A name without a value satisfies nothing.
    """

    when: tuple[tuple[str, tuple[Value, ...]], ...] = ()
    unless: tuple[tuple[str, tuple[Value, ...]], ...] = ()

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Whether the condition is met; the empty condition always is."""
        if not _all(self.when, values):
            return False
        return not (self.unless and _all(self.unless, values))


ALWAYS = Condition()


def _all(rows: tuple[tuple[str, tuple[Value, ...]], ...], values: Mapping[str, Value]) -> bool:
    return all(values.get(name) in allowed for name, allowed in rows)


@dataclass(frozen=True)
class Slot:
    """One open choice; `only` says when there is a choice at all."""

    name: str
    values: tuple[Value, ...]
    only: Condition = ALWAYS
    meaning: str = ""


@dataclass(frozen=True)
class Exclusion:
    """A combination that is impossible or pointless, with the reason for people."""

    condition: Condition
    because: str


def choose(
    label: str, seed: int, slots: Sequence[Slot], exclusions: Sequence[Exclusion]
) -> Choices:
    """The value of every slot for `seed`; `label` is the template's slug and version.

    Raises SlotError when the exclusions leave no choice.
    """
    for attempt in range(ATTEMPTS):
        choices = _drawn(label, seed, attempt, slots)
        reasons = [each.because for each in exclusions if each.condition.holds(choices)]
        if not reasons:
            return choices
        if seed == 0:
            raise SlotError(f"{label}: the first values of the slots are excluded: {reasons[0]}")
    raise SlotError(f"{label}:{seed}: every one of {ATTEMPTS} draws was excluded: {reasons[0]}")


def combinations(slots: Sequence[Slot], exclusions: Sequence[Exclusion]) -> Iterator[Choices]:
    """Every choice that the exclusions leave, the first values of the slots first."""
    for choices in _combined(tuple(slots), {}):
        if not any(each.condition.holds(choices) for each in exclusions):
            yield choices


def _combined(slots: tuple[Slot, ...], chosen: Choices) -> Iterator[Choices]:
    if not slots:
        yield chosen
        return
    first, rest = slots[0], slots[1:]
    if not first.only.holds(chosen):
        yield from _combined(rest, chosen)
        return
    for value in first.values:
        yield from _combined(rest, {**chosen, first.name: value})


def _drawn(label: str, seed: int, attempt: int, slots: Sequence[Slot]) -> Choices:
    choices: Choices = {}
    for slot in slots:
        if slot.only.holds(choices):
            stream = Stream("gradbook.slots/1", label, seed, attempt, slot.name)
            choices[slot.name] = stream.choice(slot.values) if seed else slot.values[0]
    return choices
