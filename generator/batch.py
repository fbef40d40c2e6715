"""Many exercises at once: which are tried, which are taken, the same whatever makes them.

An order names templates, a first seed and conditions.  Candidates come in a fixed sequence, the
templates in turn, each with its seeds from the first on; a candidate is taken when it meets the
conditions and is like none taken before.  How many processes make them changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import Any, TypeAlias

from generator.bank import Bank
from generator.certificate import Certificate, Judge, certify
from generator.difficulty import difficulty
from generator.errors import OrderError, nearest
from generator.exercise import Exercise
from generator.likeness import likeness
from generator.slots import Value, combinations
from generator.solutions import worked
from generator.template import Template

Band: TypeAlias = tuple[float, float]  # the least and the greatest difficulty

PATIENCE = 2000  # seeds of a template without a new choice of slots, after which it is given up


@dataclass(frozen=True)
class Order:
    """What is wanted: `count` exercises in all, from seed `seed` on.

    `slots` fixes values; `band` holds the least and the greatest difficulty.
    """

    templates: tuple[str, ...]
    count: int
    seed: int = 1
    slots: Mapping[str, Value] = field(default_factory=dict)
    band: Band | None = None

    def to_json(self) -> dict[str, Any]:
        """The order, to recognise it when it is resumed."""
        return asdict(self)


@dataclass(frozen=True)
class Candidate:
    """An exercise that may be taken, by its name."""

    template: str
    seed: int


@dataclass(frozen=True)
class Made:
    """A candidate that was made: what decides whether it is taken, and what is written of it.

    `full` is the exercise with keys, worked solutions, hints and certificate; `public` is the
    learner's view of it.
    """

    candidate: Candidate
    id: str
    difficulty: float
    likeness: str
    problems: tuple[str, ...]
    full: dict[str, Any]
    public: dict[str, Any]


@dataclass(frozen=True)
class OutOfBand:
    """A candidate whose difficulty is not what was ordered; it was not examined."""

    difficulty: float


def make(
    bank: Bank, candidate: Candidate, judge: Judge, band: Band | None = None
) -> Made | OutOfBand:
    """The exercise of a candidate, examined if its difficulty is in the band."""
    exercise = bank.exercise(candidate.template, candidate.seed)
    level = difficulty(exercise)
    if band is not None and not band[0] <= level <= band[1]:
        return OutOfBand(level)
    certificate = certify(exercise, judge)
    return Made(
        candidate=candidate,
        id=exercise.id,
        difficulty=level,
        likeness=likeness(exercise),
        problems=certificate.problems,
        full={**exercise.to_json(), "difficulty": level, **_enclosed(exercise, certificate)},
        public={**exercise.public(), "difficulty": level},
    )


def _enclosed(exercise: Exercise, certificate: Certificate) -> dict[str, Any]:
    solutions = {each.name: worked(each).to_json() for each in exercise.questions}
    return {"solutions": solutions, "certificate": certificate.to_json()}


@dataclass
class Selection:
    """What has been taken of an order, what did not hold, and the difficulties out of its band."""

    order: Order
    taken: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    passed: list[float] = field(default_factory=list)

    def is_complete(self) -> bool:
        """Whether there are as many as ordered."""
        return len(self.taken) >= self.order.count

    def takes(self, made: Made | OutOfBand) -> bool:
        """Whether a candidate is taken; to be asked in the sequence of the candidates."""
        if isinstance(made, OutOfBand):
            self.passed.append(made.difficulty)
            return False
        if self.is_complete() or made.likeness in self.taken:
            return False
        if made.problems:
            self.problems.extend(made.problems)
            return False
        self.taken.add(made.likeness)
        return True


def candidates(bank: Bank, order: Order) -> Iterator[Candidate]:
    """All candidates of an order in their sequence, each choice of slots once.

    Raises UnknownTemplate, and OrderError for slots or values that no template of it has.
    """
    templates = [bank.template(slug) for slug in order.templates]
    for template in templates:
        _check(template, order.slots)
    streams = [_of_template(template, order) for template in templates]
    return chain.from_iterable(_in_turn(streams))


def _in_turn(streams: list[Iterator[Candidate]]) -> Iterator[list[Candidate]]:
    """One of each stream, again and again, until all have ended."""
    while streams:
        rounds = [(stream, next(stream, None)) for stream in streams]
        streams = [stream for stream, found in rounds if found is not None]
        yield [found for _, found in rounds if found is not None]


def _of_template(template: Template, order: Order) -> Iterator[Candidate]:
    """A template's candidates: seeds whose slots are as ordered and have not come before."""
    seen: set[tuple[tuple[str, Value], ...]] = set()
    since, seed = 0, order.seed
    while since < PATIENCE:
        slots = template.choose(seed)
        key = tuple(slots.items())
        since += 1
        if key not in seen and order.slots.items() <= slots.items():
            seen.add(key)
            since = 0
            yield Candidate(template.slug, seed)
        seed += 1


def _check(template: Template, wanted: Mapping[str, Value]) -> None:
    """Raises OrderError where a template cannot have the slots that are wanted."""
    slots = {slot.name: slot for slot in template.slots}
    for name, value in wanted.items():
        if name not in slots:
            raise OrderError(f"{template.slug} has no slot {name!r}{nearest(name, slots)}")
        if value not in slots[name].values:
            near = nearest(str(value), slots[name].values)
            raise OrderError(f"{template.slug}: the slot {name} has no value {value!r}{near}")
    possible = combinations(template.slots, template.exclusions)
    if wanted and not any(wanted.items() <= choice.items() for choice in possible):
        given = ", ".join(f"{name}={value}" for name, value in wanted.items())
        reasons = "; ".join(each.because for each in template.exclusions)
        raise OrderError(f"{template.slug} never has {given} together ({reasons})")
