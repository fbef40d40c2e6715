"""One step of gradient descent: the new value, and what goes wrong on the way to it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.program import Symbol
from engine.question import Momentum, Step
from grader.grade import grade
from tests.grader.exercises import exercise

RATE = Symbol("alpha", (), "constant", "positive", ("eta", "lr"))


def step(name: str, momentum: bool = False) -> Step:
    """One step with the parameter of a derivative question."""
    of = exercise(name)
    shape = of.program.shapes[of.target.variable]
    more = (Symbol("beta", (), "constant", "probability"), Symbol("v", shape, "data"))
    symbols = (*of.program.symbols, RATE, *(more if momentum else ()))
    return Step(
        "t/step",
        "step",
        "",
        replace(of.program, symbols=symbols),
        of.target,
        of.reference,
        "alpha",
        Momentum("beta", "v") if momentum else None,
        of.example_axis,
    )


RIGHT = (
    ("S1.w", False, "w - alpha (a - y) x"),
    ("S1.w", False, "w := w - lr * (a - y) * x"),
    ("S1.w", False, "w <- w + α (y - a) x"),
    ("S1.w", False, r"w \leftarrow w - \alpha (a - y) x"),
    ("S1.w", False, "w -= eta * x * (a - y)"),
    ("S1.w", False, "w += eta * x * (y - a)"),
    ("S1.w", False, "w - alpha dz x"),
    ("S2.w", False, "w - alpha/m X (a - y)^T"),
    ("S2.b", False, "b - (alpha/m) sum(a - y)"),
    ("S1.w", True, "w - alpha (beta v + (a - y) x)"),
    ("S1.w", True, "w - alpha beta v - alpha (a - y) x"),
)
# question, momentum, answer, outcome, score, the first diagnosis
WRONG = (
    ("S1.w", False, "w + alpha (a - y) x", "partially_correct", "step-uphill"),
    ("S1.w", False, "w - (a - y) x", "partially_correct", "step-without-rate"),
    ("S1.w", False, "alpha (a - y) x", "partially_correct", "step-without-parameter"),
    ("S1.w", False, "-alpha (a - y) x", "partially_correct", "step-without-parameter"),
    ("S2.w", False, "w - alpha X (a - y)^T", "incorrect", "missing-batch-mean"),
    ("S2.w", True, "w - alpha (beta v + X (a - y)^T)", "incorrect", "missing-batch-mean"),
    ("S1.w", True, "w - alpha (a - y) x", "partially_correct", "step-without-velocity"),
    ("S1.w", True, "w - alpha (v + (a - y) x)", "partially_correct", "velocity-without-factor"),
    ("S1.w", True, "w + alpha (beta v + (a - y) x)", "partially_correct", "step-uphill"),
)


@pytest.mark.parametrize(("name", "momentum", "text"), RIGHT)
def test_a_right_step(name: str, momentum: bool, text: str) -> None:
    verdict = grade(step(name, momentum), text)
    assert (verdict.outcome, verdict.score) == ("correct", 1.0), verdict


@pytest.mark.parametrize(("name", "momentum", "text", "outcome", "slug"), WRONG)
def test_a_wrong_step_is_taken_apart(
    name: str, momentum: bool, text: str, outcome: str, slug: str
) -> None:
    verdict = grade(step(name, momentum), text)
    assert verdict.outcome == outcome
    assert verdict.score == (0.5 if outcome == "partially_correct" else 0.0)
    assert verdict.diagnosis[0].slug == slug
    assert verdict.message == verdict.diagnosis[0].feedback


def test_a_step_of_another_shape() -> None:
    verdict = grade(step("S2.w"), "w^T - alpha (a - y) X^T / m")
    assert (verdict.outcome, verdict.reason) == ("incorrect", "shape")
    assert "w is of shape (n, 1) after the step" in verdict.message


def test_what_nothing_explains_says_no_more_than_that() -> None:
    verdict = grade(step("S1.w"), "w - alpha a y x w^T w")
    assert (verdict.outcome, verdict.diagnosis) == ("incorrect", ())
    assert verdict.message.startswith("This is not w after the step")


@pytest.mark.parametrize(
    ("text", "reason", "place"),
    [
        ("w - alpha (a - q) x", "unknown-symbol", "q"),
        ("w <- w - alpha (a - q) x", "unknown-symbol", "q"),
        ("w -= alpha (a - q) x", "unknown-symbol", "q"),
        ("w -= alpha ((a - y) x", "parse", ""),
    ],
)
def test_a_step_that_cannot_be_read_is_free(text: str, reason: str, place: str) -> None:
    verdict = grade(step("S1.w"), text)
    assert verdict.outcome == "invalid" and verdict.reason.startswith(reason)
    assert verdict.span is not None and text[slice(*verdict.span)] == place


def test_the_gradient_has_to_be_written_out() -> None:
    assert grade(step("S1.w"), "w - alpha dw").reason == "forbidden"
