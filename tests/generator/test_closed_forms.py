"""The derived keys against closed forms worked out by hand, and central differences of plain NumPy.

For every variant of every file in closed_forms/ (tests/generator/closed_forms.py has the format).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from engine.notation import show
from engine.question import Derivative
from engine.shapes import canonical
from generator.bank import Bank
from generator.exercise import Exercise, compose
from generator.slots import Choices
from grader.grade import grade
from tests.generator.closed_forms import FOLDER, VARIANTS, Form, Values, Variant
from tests.generator.points import Point, derivatives, points, value_of

BANK = Bank.load()
FORMS = tuple((variant, form) for variant in VARIANTS for form in variant.forms)


def _label(each: Any) -> str:
    return each.label if isinstance(each, Variant) else each.question


@cache
def exercise_of(variant: Variant) -> Exercise:
    """The template's own exercise with some slots changed; an unknown slot or value is an error."""
    template = BANK.template(variant.template)
    slots: Choices = {}
    for slot in template.slots:
        if slot.only.holds(slots):
            slots[slot.name] = variant.slots.get(slot.name, slot.values[0])
            assert slots[slot.name] in slot.values, (variant.label, slot.name)
    assert variant.slots.keys() <= slots.keys(), variant.label
    assert not [each for each in template.exclusions if each.condition.holds(slots)], variant.label
    return compose(template, 0, slots)


@cache
def _runs(variant: Variant) -> tuple[tuple[Point, Values], ...]:
    """Sample points of the variant's exercise, each with the plain forward pass from there."""
    found = points(exercise_of(variant))
    return tuple((point, variant.run({**point.inputs, **point.sizes})) for point in found)


def _question(exercise: Exercise, form: Form) -> Derivative:
    question = exercise.question(form.question)
    assert isinstance(question, Derivative)
    return question


@pytest.mark.parametrize(("variant", "form"), FORMS, ids=_label)
def test_keys_equal_the_closed_form(variant: Variant, form: Form) -> None:
    exercise = exercise_of(variant)
    question = _question(exercise, form)
    for point, values in _runs(variant):
        expected = np.asarray(variant.value(form.numpy, values), dtype=float)
        found = value_of(question, values, point.sizes)
        assert canonical(np.shape(found)) == canonical(expected.shape)
        np.testing.assert_allclose(
            found, expected.reshape(np.shape(found)), rtol=1e-9, atol=1e-12, err_msg=str(point)
        )


@pytest.mark.parametrize("variant", VARIANTS, ids=_label)
def test_all_keys_equal_central_differences(variant: Variant) -> None:
    exercise = exercise_of(variant)
    for point, values in _runs(variant):
        inputs = {**point.inputs, **point.sizes}
        for question in derivatives(exercise):
            target = question.target
            loss = question.program.loss
            expected = variant.central_differences(inputs, target.variable, loss)
            if target.entry is not None and expected.shape:
                expected = expected[target.entry[0] - 1, target.entry[1] - 1]
            found = value_of(question, values, point.sizes)
            where = f"{question.id} at {point}"
            np.testing.assert_allclose(
                found, expected.reshape(np.shape(found)), rtol=2e-6, atol=2e-8, err_msg=where
            )


@pytest.mark.parametrize(("variant", "form"), FORMS, ids=_label)
def test_keys_read_as_they_should(variant: Variant, form: Form) -> None:
    assert show(_question(exercise_of(variant), form).reference, "text") == form.shown


@pytest.mark.parametrize(("variant", "form"), FORMS, ids=_label)
def test_the_closed_form_is_graded_correct(variant: Variant, form: Form) -> None:
    question = _question(exercise_of(variant), form)
    for text in form.texts:
        verdict = grade(question, text)
        assert verdict.outcome == "correct", (text, verdict)


def test_every_template_has_closed_forms() -> None:
    # the warm-up has no forward pass
    assert {path.stem for path in FOLDER.glob("*.toml")} == BANK.by_slug.keys() - {"warm-up"}
