"""The derived keys of all templates against oracles that share nothing with them."""

from __future__ import annotations

import numpy as np
import pytest

from generator.bank import Bank
from tests.generator.plain import STEPS, central_differences, run
from tests.generator.points import derivatives, points, value_of

WORKSHEET = sorted(STEPS)
SEEDS = range(0, 12)


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
