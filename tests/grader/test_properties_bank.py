"""Laws of the grader, tried on an exercise of every template of the bank."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from random import Random

import pytest

from engine.expression import Expr, substitute
from engine.notation import show
from engine.question import Derivative
from generator.bank import Bank
from grader.grade import grade
from grader.verdict import Verdict
from tests.grader.test_diagnosis_planted import SLUGS, drawn, questions
from tests.grader.test_properties import (
    OTHER_ORDERS,
    disguised,
    expanded,
    inlined,
    named_rightly,
    planted,
    scaled,
    swapped,
)

SIZES = (Fraction(1, 10**6), Fraction(10**6))  # one of them for each template
NOTATIONS = ("text", "latex", "unicode", "numpy")


# All templates but the conceptual one, which has no forward pass.
BANK = Bank.load()
DERIVING = tuple(slug for slug in SLUGS if BANK.template(slug).forward)


def asked(slug: str) -> Derivative:
    """One derivative question of an exercise of the template."""
    return questions(slug)[0]


def rewritten(question: Derivative, expr: Expr, random: Random) -> Expr:
    """`expr` after a few rewritings that change no value."""
    for rewrite in random.sample(
        (swapped, expanded, partial(inlined, question), partial(disguised, question)), 3
    ):
        expr = rewrite(expr, random)
    return expr


@pytest.mark.parametrize("slug", DERIVING)
def test_the_verdict_survives_rewriting(slug: str) -> None:
    question, random = asked(slug), Random(slug)
    for factor, outcome in ((1, "correct"), (3, "incorrect")):
        expr = rewritten(question, question.reference * factor, random)
        text = show(expr, random.choice(NOTATIONS))
        verdict = grade(question, text)
        assert verdict.outcome == outcome, (question.id, text, verdict.message)


@pytest.mark.parametrize("slug", DERIVING)
def test_the_size_of_an_exercise_changes_nothing(slug: str) -> None:
    question, factor = asked(slug), Random(slug).choice(SIZES)
    larger, size = scaled(question, factor), f"{factor.numerator}/{factor.denominator}"
    right = show(unscaled(question, question.reference))
    assert grade(larger, f"({size}) ({right})").outcome == "correct"
    assert grade(larger, f"(1 + 1e-9) ({size}) ({right})").outcome == "incorrect"
    for mistake, formula in drawn(f"{slug} scaled", planted(question), 2):
        wrong = show(unscaled(question, formula))
        before, after = grade(question, wrong), grade(larger, f"({size}) ({wrong})")
        assert after.outcome == before.outcome, (question.id, wrong)
        if before.diagnosis:
            assert named_rightly(mistake, slugs(after)), (question.id, wrong)


def unscaled(question: Derivative, formula: Expr) -> Expr:
    """`formula` without the name of the loss, which has another value in a scaled exercise."""
    loss = question.program.loss
    return substitute(formula, {loss: question.program.definitions[loss].value})


def slugs(verdict: Verdict) -> list[str]:
    """The misconceptions that a verdict names."""
    return [each.slug for each in verdict.diagnosis]


@pytest.mark.parametrize("slug", DERIVING)
def test_roundings_change_nothing_and_a_billionth_does(slug: str) -> None:
    question = asked(slug)
    right = show(question.reference)
    order = Random(slug).choice(OTHER_ORDERS).format(right)
    assert grade(question, order).outcome == "correct", (question.id, order)
    assert grade(question, f"(1 + 1e-9) ({right})").outcome == "incorrect"
