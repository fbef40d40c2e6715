"""Every mistake planted at every place of every exercise of the bank is found again."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random

import numpy as np
import pytest

from engine.notation import show
from engine.numeric import Batch
from engine.question import Derivative, question_from_json
from generator.bank import Bank
from grader.compiled import Compiled, compiled
from grader.diagnosis.plan import Plan
from grader.diagnosis.rules import mistakes_at_nodes, mistakes_elsewhere
from grader.diagnosis.stack import values
from grader.grade import grade
from tests.grader.test_properties import planted

RANDOM = 20260
SEEDS = (0, *(Random(RANDOM).randrange(1, 1000) for _ in range(2)))
SLUGS = tuple(template.slug for template in Bank.load().templates)


@cache
def questions(slug: str, seed: int) -> tuple[Derivative, ...]:
    """The derivative questions of an exercise, as the grader gets them."""
    found = Bank.load().exercise(slug, seed).to_json()["questions"]
    each = [question_from_json(each) for each in found if each["kind"] == "derivative"]
    return tuple(each)  # type: ignore[arg-type]  # kind says so


def mistaken(question: Compiled) -> Iterator[tuple[Plan, tuple[Batch, ...]]]:
    """What every rule makes of the gradient on every ground, where it makes a difference."""
    search = question.search
    plans = (*mistakes_at_nodes(question.layout), *mistakes_elsewhere(question.layout))
    for plan in plans:
        first, *others = (values(ground, plan) for ground in search.grounds)
        for form in first:
            made = tuple(each[form] for each in (first, *others) if form in each)
            everywhere = len(made) == len(search.grounds) and all(map(finite, made))
            if everywhere and differs(question, made):
                yield plan, made


def finite(value: Batch) -> bool:
    return bool(np.all(np.isfinite(value.data)))


def differs(question: Compiled, made: tuple[Batch, ...]) -> bool:
    """Whether values are others than the gradient's."""
    right = question.search.references
    return any(
        a.shape != b.shape or not np.allclose(a.data, b.data, rtol=1e-9, atol=0)
        for a, b in zip(made, right, strict=True)
    )


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("slug", SLUGS)
def test_what_a_rule_makes_is_explained_by_it_or_its_equals(slug: str, seed: int) -> None:
    for question in questions(slug, seed):
        with np.errstate(all="ignore"):
            for plan, made in mistaken(compiled(question)):
                found = compiled(question).search.explained(made)
                assert found, (question.id, plan.slugs, plan.fields)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("slug", SLUGS)
def test_planted_formulas_are_rejected_and_named(slug: str, seed: int) -> None:
    for question in questions(slug, seed):
        for mistake, formula in planted(question):
            verdict = grade(question, show(formula, "text"))
            if verdict.outcome == "correct" and verdict.evidence.kind == "proof":
                continue  # no mistake here: proved to be the right gradient
            assert verdict.outcome == "incorrect", (question.id, mistake, show(formula, "text"))
            assert verdict.diagnosis, (question.id, mistake, show(formula, "text"))
