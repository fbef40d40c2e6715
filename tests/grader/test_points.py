"""The sample points: exact, the same everywhere, and with the gradient alive for every label."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from grader.points import ENOUGH, live, points_of
from tests.grader.exercises import program


@pytest.mark.parametrize("name", ["S1", "S3", "S5", "relu"])
def test_enough_points_are_alive_for_every_value_of_the_label(name: str) -> None:
    own = program(name)
    seen: Counter[object] = Counter()
    for group in points_of(own).groups:
        for point in np.flatnonzero(live(own, group)):
            seen[group.values["y"].tolist()[point] if name != "S5" else "any"] += 1
    assert len(seen) == (1 if name == "S5" else 2)
    assert all(count >= ENOUGH for count in seen.values())


def test_points_are_the_same_whenever_they_are_drawn() -> None:
    first = points_of(program("relu")).to_json()
    points_of.cache_clear()
    assert points_of(program("relu")).to_json() == first
