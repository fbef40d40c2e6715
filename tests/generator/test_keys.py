"""The derived keys of all templates against oracles that share nothing with them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.numeric import Environment, forward
from engine.program import Program, Target
from engine.sampling import sample
from generator.bank import Bank
from generator.keys import right_answer
from grader.grade import grade
from tests.generator.exercises import SLUGS, made, telling_seeds
from tests.generator.plain import STEPS, central_differences, run
from tests.generator.points import derivatives, points, value_of

SEEDS = range(0, 12)


@pytest.mark.parametrize("slug", sorted(STEPS))
@pytest.mark.parametrize("seed", SEEDS)
def test_the_worksheets_keys_equal_central_differences(bank: Bank, slug: str, seed: int) -> None:
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


STEP = 1e-5


@pytest.mark.parametrize("slug", SLUGS)
def test_keys_equal_differences_of_the_forward_pass(slug: str) -> None:
    """The forward rules of the operator table know nothing of the backward ones."""
    for seed in telling_seeds(slug):
        for question in derivatives(made(slug, seed)):
            program, target = question.program, question.target
            for group in sample(program, "tests", groups=1, points=2).groups:
                env = forward(program, group.inputs())
                expected = _differences(program, env, target)
                found = env.evaluate(question.reference).data
                np.testing.assert_allclose(
                    np.broadcast_to(found, expected.shape), expected, rtol=2e-6, atol=2e-8,
                    err_msg=question.id,
                )  # fmt: skip


def _differences(program: Program, env: Environment, target: Target) -> NDArray[np.float64]:
    """d loss / d target at every point by central differences of forward passes."""
    data = env.values[target.variable].data
    places = [place for place in np.ndindex(data.shape[1:]) if _is_asked(place, target)]
    columns = [
        (_loss(program, env, target, place, STEP) - _loss(program, env, target, place, -STEP))
        / (2 * STEP)
        for place in places
    ]
    shape = data.shape[1:] if target.entry is None else ()
    return np.stack(columns, axis=-1).reshape((-1, *shape))


def _is_asked(place: tuple[int, ...], target: Target) -> bool:
    return target.entry is None or not place or place == tuple(each - 1 for each in target.entry)


def _loss(
    program: Program, env: Environment, target: Target, place: tuple[int, ...], by: float
) -> NDArray[np.float64]:
    """The loss where one entry of the target is moved; what comes after it follows."""
    batch = env.values[target.variable]
    data = batch.data.copy()
    data[(slice(None), *place)] += by
    moved = env.bound(target.variable, replace(batch, data=data))
    for statement in program.statements:
        if statement.name != target.variable:
            moved = moved.bound(statement.name, moved.evaluate(statement.value))
    return moved.values[program.loss].data


@pytest.mark.parametrize("slug", SLUGS)
def test_right_answers_are_graded_correct(slug: str) -> None:
    for seed in (0, telling_seeds(slug)[-1]):
        for question in made(slug, seed).questions:
            verdict = grade(question, right_answer(question))
            assert verdict.outcome == "correct", (question.id, right_answer(question), verdict)
