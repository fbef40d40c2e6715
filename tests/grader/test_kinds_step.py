"""One step of gradient descent: the new value, and what goes wrong on the way to it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.program import Symbol
from engine.question import Step
from engine.updates import Adam, Decay, Momentum, RMSprop, Rule, names
from grader.grade import grade
from tests.grader.exercises import exercise

RATE = Symbol("alpha", (), "constant", "positive", ("eta", "lr"))


FACTORS = (
    Symbol("beta", (), "constant", "probability"),
    Symbol("c", (), "constant", "probability"),
)
SCALARS = tuple(Symbol(name, (), "constant", "positive") for name in ("lambda", "eps", "k"))
MOMENTUM = Momentum("beta", "v")
DECAY = Decay("lambda")
RMSPROP = RMSprop("beta", "s", "eps")
ADAM = Adam("beta", "v", "c", "s", "k", "eps")


def step(name: str, rule: Rule | None = None) -> Step:
    """One step with the parameter of a derivative question."""
    of = exercise(name)
    shape = of.program.shapes[of.target.variable]
    kept = (Symbol("v", shape, "data"), Symbol("s", shape, "data", "positive"))
    more = (*FACTORS, *SCALARS, *kept)
    own = tuple(each for each in more if each.name in names(rule))
    symbols = (*of.program.symbols, RATE, *own)
    return Step(
        "t/step",
        "step",
        "",
        replace(of.program, symbols=symbols),
        of.target,
        of.reference,
        "alpha",
        rule,
        of.example_axis,
    )


RIGHT = (
    ("S1.w", None, "w - alpha (a - y) x"),
    ("S1.w", None, "w := w - lr * (a - y) * x"),
    ("S1.w", None, "w <- w + α (y - a) x"),
    ("S1.w", None, r"w \leftarrow w - \alpha (a - y) x"),
    ("S1.w", None, "w -= eta * x * (a - y)"),
    ("S1.w", None, "w += eta * x * (y - a)"),
    ("S1.w", None, "w - alpha dz x"),
    ("S2.w", None, "w - alpha/m X (a - y)^T"),
    ("S2.b", None, "b - (alpha/m) sum(a - y)"),
    ("S1.w", MOMENTUM, "w - alpha (beta v + (a - y) x)"),
    ("S1.w", MOMENTUM, "w - alpha beta v - alpha (a - y) x"),
    ("S1.w", DECAY, "w - alpha (a - y) x - alpha lambda w"),
    ("S1.w", DECAY, "(1 - alpha lambda) w - alpha (a - y) x"),
    ("S1.w", RMSPROP, "w - alpha g / (sqrt(beta s + (1 - beta) g^2) + eps) where g = (a - y) x"),
    (
        "S1.w",
        ADAM,
        "w - alpha p / (sqrt(r) + eps) where g = (a - y) x,"
        " p = (beta v + (1 - beta) g)/(1 - beta^k), r = (c s + (1 - c) g^2)/(1 - c^k)",
    ),
)
# question, rule, answer, outcome, score, the first diagnosis
WRONG = (
    ("S1.w", None, "w + alpha (a - y) x", "partially_correct", "step-uphill"),
    ("S1.w", None, "w - (a - y) x", "partially_correct", "step-without-rate"),
    ("S1.w", None, "alpha (a - y) x", "partially_correct", "step-without-parameter"),
    ("S1.w", None, "-alpha (a - y) x", "partially_correct", "step-without-parameter"),
    ("S2.w", None, "w - alpha X (a - y)^T", "incorrect", "missing-batch-mean"),
    ("S2.w", MOMENTUM, "w - alpha (beta v + X (a - y)^T)", "incorrect", "missing-batch-mean"),
    ("S1.w", MOMENTUM, "w - alpha (a - y) x", "partially_correct", "step-without-velocity"),
    ("S1.w", MOMENTUM, "w - alpha (v + (a - y) x)", "partially_correct", "velocity-without-factor"),
    ("S2.w", DECAY, "w - alpha X (a - y)^T - alpha lambda w", "incorrect", "missing-batch-mean"),
    (
        "S1.w",
        RMSPROP,
        "(a - y) x / (sqrt(beta s + (1 - beta) ((a - y) x)^2) + eps)",
        "incorrect",
        "",
    ),
    ("S1.w", DECAY, "w - (a - y) x - lambda w", "partially_correct", "step-without-rate"),
    ("S1.w", MOMENTUM, "w + alpha (beta v + (a - y) x)", "partially_correct", "step-uphill"),
)


@pytest.mark.parametrize(("name", "rule", "text"), RIGHT)
def test_a_right_step(name: str, rule: Rule | None, text: str) -> None:
    verdict = grade(step(name, rule), text)
    assert (verdict.outcome, verdict.score) == ("correct", 1.0), verdict


@pytest.mark.parametrize(("name", "rule", "text", "outcome", "slug"), WRONG)
def test_a_wrong_step_is_taken_apart(
    name: str, rule: Rule | None, text: str, outcome: str, slug: str
) -> None:
    verdict = grade(step(name, rule), text)
    assert verdict.outcome == outcome
    assert verdict.score == (0.5 if outcome == "partially_correct" else 0.0)
    assert [each.slug for each in verdict.diagnosis][:1] == ([slug] if slug else [])
    assert not slug or verdict.message == verdict.diagnosis[0].feedback


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
