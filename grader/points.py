"""The sample points at which answers about a program are compared.

A point at which a gradient vanishes says little: where every rectified unit is off, wrong answers
are zero as well.  So points are added until, for every value of a label, enough of them let the
gradient through to every symbol.

Who knew the points could make up an answer that is right at these alone.  So they are drawn from a
secret of the grading process, GRADBOOK_SAMPLE_KEY, which travels in no message; without one, from a
default that everybody can read here.  The same key gives the same points: a verdict can be replayed
from the key, a refuted one from its witness, which holds the point.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.errors import SamplingError
from engine.numeric import forward
from engine.program import Program
from engine.reverse import numeric_adjoints
from engine.sampling import Group, Samples, draw
from engine.seeding import Stream

DEFAULT_KEY = "answers"
KEY = (os.environ.get("GRADBOOK_SAMPLE_KEY") or DEFAULT_KEY).encode()
GROUPS, POINTS = 2, 5
ENOUGH = 3  # live points for every value of a label
ATTEMPTS = 10  # further drawings
DISCRETE = frozenset(("binary", "sign", "mask", "one-hot"))


@lru_cache(maxsize=256)
def points_of(program: Program) -> Samples:
    """The points for `program`, in groups of equal sizes, the same for the same key."""
    samples = draw(program, Stream.keyed(KEY, "samples"), GROUPS, POINTS)
    wanted = _wanted(program)
    seen = Counter(state for group in samples.groups for state in _states(program, group, wanted))
    groups = list(samples.groups)
    for group in _further(program):
        lacking = {state for state in wanted if seen[state] < ENOUGH}
        if not lacking:
            break
        picked = _picked(program, group, lacking)
        if picked is not None:
            groups.append(picked)
            seen.update(_states(program, picked, wanted))
    return Samples(tuple(_joined(groups)))


def _wanted(program: Program) -> set[tuple[str, float]]:
    """Every value of a discrete symbol; of none, the program itself."""
    return {
        (symbol.name, value)
        for symbol in program.symbols
        if symbol.domain in DISCRETE
        for value in ((-1.0, 1.0) if symbol.domain == "sign" else (0.0, 1.0))
    } or {("", 0.0)}


def _further(program: Program) -> Iterator[Group]:
    for number in range(ATTEMPTS):
        try:
            yield draw(program, Stream.keyed(KEY, "further", number), 1, POINTS).groups[0]
        except SamplingError:
            return


def _states(
    program: Program, group: Group, wanted: set[tuple[str, float]]
) -> Iterator[tuple[str, float]]:
    """The wanted values at the live points of a group, once for every point."""
    alive = np.flatnonzero(live(program, group))
    for point in alive:
        for name, value in wanted:
            if not name or value in np.asarray(group.values[name])[point : point + 1]:
                yield name, value


def _picked(program: Program, group: Group, lacking: set[tuple[str, float]]) -> Group | None:
    """The live points of a group that show something lacking."""
    alive = live(program, group)
    shows = [
        bool(alive[point]) and any(_states(program, _only(group, [point]), lacking))
        for point in range(group.points)
    ]
    chosen = [point for point, useful in enumerate(shows) if useful]
    return _only(group, chosen) if chosen else None


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
    env = forward(program, group.inputs())
    adjoints = numeric_adjoints(program, env)
    alive = np.ones(group.points, dtype=bool)
    for symbol in program.symbols:
        if symbol.name in adjoints and symbol.role in ("parameter", "data"):
            data = adjoints[symbol.name].data
            flat = np.broadcast_to(data, (group.points, *data.shape[1:])).reshape(group.points, -1)
            alive &= np.any(flat != 0, axis=1)
    return alive
