"""The derived keys against oracles that share nothing with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from engine.notation import show
from engine.numeric import Batch, Environment
from engine.question import Derivative
from engine.sampling import sample
from engine.shapes import canonical
from generator.bank import Bank
from generator.exercise import Exercise, compose
from generator.slots import Choices
from tests.generator.closed_forms import ROWS, Row
from tests.generator.plain import STEPS, central_differences, run

WORKSHEET = sorted(STEPS)
SEEDS = range(0, 12)


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
    batches = {name: _batch(value) for name, value in values.items()}
    return Environment(batches, sizes).evaluate(question.reference).data[0]


def _batch(value: Any) -> Batch:
    array = np.array(value, dtype=float)[None]
    return Batch(array, canonical(array.shape[1:]))


def derivatives(exercise: Exercise) -> list[Derivative]:
    return [each for each in exercise.questions if isinstance(each, Derivative)]


@pytest.mark.parametrize("slug", WORKSHEET)
@pytest.mark.parametrize("seed", SEEDS)
def test_keys_equal_central_differences(bank: Bank, slug: str, seed: int) -> None:
    exercise = bank.exercise(slug, seed)
    steps = STEPS[slug](exercise.slots)
    for point in points(exercise):
        values = run(steps, point.inputs)
        for question in derivatives(exercise):
            target = question.target
            expected = central_differences(steps, point.inputs, target.variable)
            if target.entry is not None and expected.shape:
                expected = expected[target.entry[0] - 1, target.entry[1] - 1]
            found = value_of(question, values, point.sizes)
            where = f"{question.id} at {point}"
            np.testing.assert_allclose(found, expected, rtol=2e-6, atol=2e-8, err_msg=where)


def _exercise(bank: Bank, row: Row) -> Exercise:
    """The worksheet's exercise with some slots changed."""
    template = bank.template(row.template)
    slots: Choices = {}
    for slot in template.slots:
        if slot.only.holds(slots):
            slots[slot.name] = row.slots.get(slot.name, slot.values[0])
    return compose(template, 0, slots)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.template}/{row.question}{row.slots}")
def test_keys_read_like_the_catalogue(bank: Bank, row: Row) -> None:
    question = _exercise(bank, row).question(row.question)
    assert isinstance(question, Derivative)
    assert show(question.reference, "text") == row.text


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.template}/{row.question}{row.slots}")
def test_keys_equal_the_catalogue(bank: Bank, row: Row) -> None:
    exercise = _exercise(bank, row)
    question = exercise.question(row.question)
    assert isinstance(question, Derivative)
    for point in points(exercise):
        values = run(STEPS[row.template](exercise.slots), point.inputs)
        names = {"np": np, "step": lambda u: float(u > 0), **values, **point.sizes}
        expected = eval(row.numpy, names)
        found = value_of(question, values, point.sizes)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12, err_msg=str(point))
        assert np.shape(found) == np.shape(expected)


def test_every_derivative_of_the_worksheet_is_in_the_catalogue(bank: Bank) -> None:
    covered = {(row.template, row.question) for row in ROWS if not row.slots}
    asked = {
        (slug, question.name)
        for slug in WORKSHEET
        for question in derivatives(bank.exercise(slug, 0))
    }
    # ds of the univariate chain stands in the catalogue's P line only.
    assert asked - covered == {("univariate-chain", "ds")}
