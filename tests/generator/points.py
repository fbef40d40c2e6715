"""Sample points of an exercise in plain NumPy, and the value of a derived key where they lead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.numeric import Batch, Environment
from engine.question import Derivative
from engine.sampling import sample
from engine.shapes import canonical
from generator.exercise import Exercise


@dataclass(frozen=True)
class Point:
    """One sample point of an exercise: its inputs and sizes in plain NumPy."""

    inputs: dict[str, Any]
    sizes: dict[str, int]


def points(exercise: Exercise) -> Iterator[Point]:
    """Sample points of an exercise."""
    assert exercise.program is not None
    for group in sample(exercise.program, f"tests:{exercise.id}").groups:
        for place in range(group.points):
            arrays = {name: _at(array, place) for name, array in group.values.items()}
            yield Point(arrays, dict(group.sizes))


def _at(array: Any, place: int) -> Any:
    value = array[place if len(array) > 1 else 0]
    return np.array(value, dtype=float) if np.shape(value) else float(value)


def value_of(question: Derivative, values: dict[str, Any], sizes: dict[str, int]) -> Any:
    """The key's value where the plain forward pass left `values`."""
    batches = {name: _batch(values[name]) for name in question.program.shapes}
    return Environment(batches, sizes).evaluate(question.reference).data[0]


def _batch(value: Any) -> Batch:
    array = np.array(value, dtype=float)
    shape = canonical(array.shape)
    return Batch(array.reshape((1, *shape)), shape)


def derivatives(exercise: Exercise) -> list[Derivative]:
    """The derivative questions of an exercise."""
    return [each for each in exercise.questions if isinstance(each, Derivative)]
