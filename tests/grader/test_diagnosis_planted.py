"""Mistakes planted in exercises of every template of the bank are found again.

Which seed, questions and mistakes are tried is drawn by name, so that a failing case stays one;
GRADBOOK_PLANTED=all tries every mistake in every question.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import cache
from random import Random
from typing import TypeVar

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
from tests.grader.test_properties import named_rightly, planted

SLUGS = tuple(template.slug for template in Bank.load().templates)
EVERYTHING = os.environ.get("GRADBOOK_PLANTED") == "all"
QUESTIONS, PLANS, FORMULAS = 2, 40, 12  # drawn of each template; of each question

T = TypeVar("T")


def drawn(name: str, rows: Iterable[T], most: int) -> list[T]:
    """At most so many of `rows`, always the same ones for a name."""
    every = list(rows)
    return every if EVERYTHING or len(every) <= most else Random(name).sample(every, most)


@cache
def questions(slug: str) -> tuple[Derivative, ...]:
    """Derivative questions of an exercise, as the grader gets them."""
    seed = Random(slug).randrange(1000)
    found = Bank.load().exercise(slug, seed).to_json()["questions"]
    each = [question_from_json(each) for each in found if each["kind"] == "derivative"]
    return tuple(drawn(slug, each, QUESTIONS))  # type: ignore[arg-type]  # kind says so


def mistaken(question: Compiled) -> Iterator[tuple[Plan, tuple[Batch, ...]]]:
    """What every rule makes of the gradient on every ground, where it makes a difference."""
    search = question.search
    plans = (*mistakes_at_nodes(question.layout), *mistakes_elsewhere(question.layout))
    for plan in drawn(question.question.id, plans, PLANS):
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
        a.shape != b.shape or not np.allclose(a.data, b.data, rtol=0, atol=1e-8 * size(b))
        for a, b in zip(made, right, strict=True)
    )


def size(value: Batch) -> float:
    """The size of the largest entry."""
    return float(np.abs(value.data).max())


@pytest.mark.parametrize("slug", SLUGS)
def test_what_a_rule_makes_is_explained_by_it_or_its_equals(slug: str) -> None:
    for question in questions(slug):
        with np.errstate(all="ignore"):
            for plan, made in mistaken(compiled(question)):
                found = compiled(question).search.explained(made)
                assert found, (question.id, plan.slugs, plan.fields)


@pytest.mark.parametrize("slug", SLUGS)
def test_planted_formulas_are_rejected_and_named(slug: str) -> None:
    for question in questions(slug):
        for mistake, formula in drawn(question.id, planted(question), FORMULAS):
            verdict = grade(question, show(formula, "text"))
            with np.errstate(all="ignore"):
                made = tuple(g.env.evaluate(formula) for g in compiled(question).search.grounds)
            if not differs(compiled(question), made):
                assert verdict.outcome == "correct", (question.id, mistake, show(formula, "text"))
                continue  # no mistake in this exercise, as a derivative of 1 that is skipped
            assert verdict.outcome == "incorrect", (question.id, mistake, show(formula, "text"))
            found = [each.slug for each in verdict.diagnosis]
            assert named_rightly(mistake, found), (question.id, mistake, show(formula, "text"))
