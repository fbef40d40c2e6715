"""The sample points at which answers about a program are compared.

A point at which a gradient vanishes says little: where every rectified unit is off, wrong answers
are zero as well.  So points are added until, for every value of a label, enough of them let the
gradient through to every symbol.

Who knew the points could make up an answer that is right at these alone.  So each program's are
drawn from a seed of its own: a keyed digest (HMAC-SHA-256) of the program under a secret of the
grading process, GRADBOOK_SAMPLE_KEY, which travels in no message.  Neither the secret nor another
program's points follow from a seed.  Without a secret the key is one that everybody can read here.

A verdict that rests on points keeps them, to the last digit, beside their seed, so it can be
looked at again after the secret, the grader or the machine has changed (`grader.replay`).
"""

from __future__ import annotations

import hmac
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.codec import program_to_json
from engine.errors import SamplingError
from engine.numeric import Environment, forward
from engine.program import Program
from engine.reverse import numeric_adjoints
from engine.sampling import Group, Samples, draw
from engine.seeding import Stream, encoded
from engine.symbolic.balls import BITS
from grader.errors import MalformedVerdict

State: TypeAlias = tuple[str, float]  # a discrete symbol and one of its values

FORMAT = "gradbook.points/1"
DEFAULT_KEY = "answers"
KEY = (os.environ.get("GRADBOOK_SAMPLE_KEY") or DEFAULT_KEY).encode()
GROUPS, POINTS = 2, 5
ENOUGH = 3  # live points for every value of a label
ATTEMPTS = 10  # further drawings
DISCRETE = frozenset(("binary", "sign", "mask", "one-hot"))
KEPT = 128  # programs; the points of one with their record take about 40 kB
ANYTHING: State = ("", 0.0)


@dataclass(frozen=True, eq=False)
class Points:
    """The points of one program, and the seed they were drawn from, in hexadecimal digits."""

    samples: Samples
    seed: str

    @cached_property
    def record(self) -> Mapping[str, Any]:
        """What a verdict keeps; `bits` is the precision at which comparing begins."""
        samples = self.samples.to_json()
        return {"format": FORMAT, "seed": self.seed, "bits": BITS, "samples": samples}

    @classmethod
    def recorded(cls, record: Mapping[str, Any]) -> Points:
        """The points that a verdict keeps; raises MalformedVerdict for anything else."""
        if not isinstance(record, Mapping) or record.get("format") != FORMAT:
            raise MalformedVerdict(f"these are no points of format {FORMAT!r}")
        try:
            return cls(Samples.from_json(record["samples"]), str(record["seed"]))
        except (KeyError, TypeError, ValueError, SamplingError) as error:
            raise MalformedVerdict(f"not the points of a verdict: {error}") from error


@dataclass(frozen=True, eq=False)
class Given:
    """Points that a program has in place of those that would be drawn."""

    program: Program
    points: Points


_given: ContextVar[Given | None] = ContextVar("given", default=None)


def given() -> Given | None:
    """The points given in place of drawn ones; None except in a replay."""
    return _given.get()


@contextmanager
def at(program: Program, points: Points) -> Iterator[None]:
    """Inside, answers about `program` are compared at `points`."""
    token = _given.set(Given(program, points))
    try:
        yield
    finally:
        _given.reset(token)


def points_of(program: Program) -> Samples:
    """The points for `program`, in groups of equal sizes: the same for the same key."""
    return _in_force(program).samples


def record_of(program: Program) -> Mapping[str, Any]:
    """What a verdict keeps of the points that it rests on."""
    return _in_force(program).record


def _in_force(program: Program) -> Points:
    replaced = given()
    if replaced is not None and replaced.program == program:
        return replaced.points
    return _own(program)


@lru_cache(maxsize=KEPT)
def _own(program: Program) -> Points:
    seed = seed_of(program)
    return Points(drawn(program, seed), seed.hex())


def forget() -> None:
    """Empties the memory of points."""
    _own.cache_clear()


def seed_of(program: Program, key: bytes = KEY) -> bytes:
    """The seed of the points of one program under a secret, from which neither can be told."""
    written = json.dumps(program_to_json(program), sort_keys=True)
    return hmac.new(key, encoded("points", written), sha256).digest()


def drawn(program: Program, seed: bytes) -> Samples:
    """The points that follow from a seed."""
    groups = list(draw(program, Stream(seed, "samples"), GROUPS, POINTS).groups)
    wanted = _wanted(program)
    seen = Counter(
        state for group in groups for shown in _shown(program, group, wanted) for state in shown
    )
    for number in range(ATTEMPTS):
        lacking = {state for state in wanted if seen[state] < ENOUGH}
        further = _further(program, seed, number) if lacking else None
        if further is None:
            break
        shown = _shown(program, further, wanted)
        useful = [point for point, states in enumerate(shown) if states & lacking]
        groups += [_only(further, useful)] if useful else []
        seen.update(state for point in useful for state in shown[point])
    return Samples(tuple(_joined(groups)))


def _wanted(program: Program) -> Set[State]:
    """Every value of a discrete symbol; of none, the program itself."""
    return {
        (symbol.name, value)
        for symbol in program.symbols
        if symbol.domain in DISCRETE
        for value in ((-1.0, 1.0) if symbol.domain == "sign" else (0.0, 1.0))
    } or {ANYTHING}


def _further(program: Program, seed: bytes, number: int) -> Group | None:
    try:
        return draw(program, Stream(seed, "further", number), 1, POINTS).groups[0]
    except SamplingError:
        return None


def _shown(program: Program, group: Group, wanted: Set[State]) -> list[Set[State]]:
    """The wanted values at each point of a group; none where the gradient does not get through."""
    env = forward(program, group.inputs())
    alive = _alive(program, env, group.points)
    has = {state: alive & _has(env, state, group.points) for state in wanted}
    return [{state for state in wanted if has[state][point]} for point in range(group.points)]


def _has(env: Environment, state: State, points: int) -> NDArray[np.bool_]:
    """At which points a symbol has a value somewhere."""
    name, value = state
    if state == ANYTHING:
        return np.ones(points, dtype=bool)
    found: NDArray[np.bool_] = (env.values[name].data == value).reshape(points, -1).any(axis=1)
    return found


def _only(group: Group, chosen: list[int]) -> Group:
    return Group(group.sizes, {name: array[chosen] for name, array in group.values.items()})


def _joined(groups: list[Group]) -> Iterator[Group]:
    """Groups of the same sizes as one."""
    by_sizes: dict[tuple[tuple[str, int], ...], list[Group]] = {}
    for group in groups:
        by_sizes.setdefault(tuple(sorted(group.sizes.items())), []).append(group)
    for same in by_sizes.values():
        values = {
            name: np.concatenate([group.values[name] for group in same]) for name in same[0].values
        }
        yield Group(same[0].sizes, values)


def live(program: Program, group: Group) -> NDArray[np.bool_]:
    """At which points of a group the gradient reaches every symbol that the loss depends on."""
    return _alive(program, forward(program, group.inputs()), group.points)


def _alive(program: Program, env: Environment, points: int) -> NDArray[np.bool_]:
    adjoints = numeric_adjoints(program, env)
    alive = np.ones(points, dtype=bool)
    for symbol in program.symbols:
        if symbol.name in adjoints and symbol.role in ("parameter", "data"):
            data = adjoints[symbol.name].data
            flat = np.broadcast_to(data, (points, *data.shape[1:])).reshape(points, -1)
            alive &= np.any(flat != 0, axis=1)
    return alive
