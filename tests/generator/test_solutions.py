"""Worked solutions: every question has one, its steps hold, its hints tell too little."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from engine.expression import substitute
from engine.instance import exact_value
from engine.operators import TABLE
from engine.program import Target
from engine.question import Derivative, Numeric
from engine.sampling import sample
from engine.symbolic.rounding import is_rounded, rounded
from generator.derivation import derivative_name
from generator.exercise import Exercise
from generator.solutions import Steps, walkthrough, worked
from generator.solutions.steps import _function_rule
from generator.statement import latex
from tests.generator.exercises import SLUGS, made


def exercises(slug: str) -> list[Exercise]:
    return [made(slug, seed) for seed in (0, 1)]


@pytest.mark.parametrize("slug", SLUGS)
def test_every_question_is_worked(slug: str) -> None:
    for exercise in exercises(slug):
        for question in exercise.questions:
            solution = worked(question)
            assert solution.answer, question.id
            assert solution.text.count("$$") % 2 == 0, question.id


@pytest.mark.parametrize("slug", SLUGS)
def test_each_step_follows_from_those_before_it(slug: str) -> None:
    for exercise in exercises(slug):
        for question in exercise.questions:
            if isinstance(question, Derivative):
                _check(question)


def _check(question: Derivative) -> None:
    steps = Steps(question.program, Target(question.target.variable))
    known = {derivative_name(each.name): each.collected for each in steps.all}
    for env in sample(question.program, question.id).environments(question.program):
        for step in steps.all:
            assert step.formula.shape == step.shape
            followed = env.evaluate(substitute(step.formula, known)).data
            np.testing.assert_allclose(
                followed, env.evaluate(step.collected).data, rtol=1e-9, atol=1e-12
            )


@pytest.mark.parametrize("slug", SLUGS)
def test_hints_keep_the_answer_back(slug: str) -> None:
    for exercise in exercises(slug):
        for question in exercise.questions:
            steps = _steps_of(question)
            if steps is not None and len(steps.all) > 2:
                telling = latex(steps.all[-1].formula)
                formula = f"= {telling}$$"
                assert not any(formula in hint for hint in worked(question).hints), question.id


def _steps_of(question: object) -> Steps | None:
    return Steps(question.program, question.target) if isinstance(question, Derivative) else None


def test_every_operator_says_how_its_gradient_flows() -> None:
    """A row has words, or a derivative that says it, or nothing flows back through it."""
    without = {"greater", "greater_equal", "equal", "sign", "ones", "eye", "basis"}
    for name, row in TABLE.items():
        assert bool(row.rule or _function_rule(name)) != (name in without), name


def test_values_of_instances_are_right() -> None:
    """Held against the judge of decimals and against exact arithmetic."""
    for slug in SLUGS:
        for question in (each for e in exercises(slug) for each in e.questions):
            if isinstance(question, Numeric) and question.digits is not None:
                args = question.program, question.instance, question.reference
                for place, value in enumerate(rounded(*args, question.digits)):
                    numerator, denominator = value.as_integer_ratio()
                    exact = Fraction(numerator, denominator)
                    assert is_rounded(*args, place, exact, question.digits)
            elif isinstance(question, Numeric):
                assert exact_value(question.program, question.instance, question.reference)


def test_one_walkthrough_reaches_several_targets_once_each() -> None:
    exercise = made("logistic-batch", 0)
    assert exercise.program is not None
    text = walkthrough(exercise.program, (Target("w"), Target("b"), Target("z")))
    assert [text.count(f"**Step {number}.**") for number in range(1, 7)] == [1, 1, 1, 1, 1, 0]
    assert r"\frac{\partial J}{\partial w}" in text
