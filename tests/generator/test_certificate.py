"""Certificates hold for the bank, and each check fails where something is wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from engine.expression import const
from engine.notation import show
from engine.question import Choice, Derivative, Question
from generator.certificate import Judge, certify, spoken
from generator.exercise import Exercise
from grader.grade import grade
from tests.generator.exercises import SLUGS, made, telling_seeds

SWIFT = ("linear-regression-point", "logistic-single", "softmax-jacobian")


@pytest.mark.parametrize("slug", SLUGS)
def test_exercises_hold(slug: str) -> None:
    for seed in (telling_seeds(slug)[0], telling_seeds(slug)[-1]):
        certificate = certify(made(slug, seed), grade)
        assert certificate.holds, certificate.problems
        assert certificate.bits is None or certificate.bits >= 150


@pytest.mark.parametrize("slug", SWIFT)
def test_sympy_agrees(slug: str) -> None:
    certificate = certify(made(slug, 1), grade, thorough=True)
    assert certificate.holds, certificate.problems
    assert certificate.checks[-1].name == "algebra" and certificate.checks[-1].count


def with_question(exercise: Exercise, name: str, **changes: object) -> Exercise:
    """The exercise with one question changed."""
    changed = tuple(
        replace(each, **changes) if each.name == name else each for each in exercise.questions
    )
    return replace(exercise, questions=changed)


def failing(exercise: Exercise) -> set[str]:
    certificate = certify(exercise, grade, thorough=True)
    assert "does not hold" in spoken(certificate)
    return {check.name for check in certificate.checks if check.problems}


def test_a_key_that_is_slightly_off_is_found() -> None:
    exercise = made("logistic-single", 0)
    (key,) = (each for each in exercise.questions if each.name == "dx")
    assert isinstance(key, Derivative)
    off = key.reference * (const(1) + const(10) ** const(-3))
    assert {"slopes", "differences", "algebra"} <= failing(
        with_question(exercise, "dx", reference=off)
    )


def test_a_key_that_is_zero_is_found() -> None:
    exercise = made("logistic-single", 0)
    zero = const(0).filled(("n", 1))
    assert "conditioned" in failing(with_question(exercise, "dx", reference=zero))


def test_options_that_are_the_same_function_are_found() -> None:
    exercise = made("scalar-matrix", 0)
    (choice,) = (each for each in exercise.questions if isinstance(each, Choice))
    texts = [f"${show(each, 'latex')}$" for each in _two_forms(choice)]
    options = tuple(
        replace(option, text=texts[place]) if place < 2 else option
        for place, option in enumerate(choice.options)
    )
    assert "options" in failing(with_question(exercise, choice.name, options=options))


def _two_forms(choice: Choice) -> tuple[object, object]:
    assert choice.program is not None
    x = choice.program.var("x")
    return x + x, const(2) * x


@dataclass(frozen=True)
class Yes:
    """A verdict that finds everything right."""

    outcome: str = "correct"
    diagnosis: tuple[()] = ()


@dataclass(frozen=True)
class No:
    """A verdict that finds everything wrong, and names nothing."""

    outcome: str = "incorrect"
    diagnosis: tuple[()] = ()


def test_a_judge_who_is_no_judge_is_found() -> None:
    exercise = made("logistic-single", 0)
    lenient = certify(exercise, _always(Yes()))
    assert {each.split(":")[0] for each in lenient.problems} == {"rejected", "unreadable"}
    strict = certify(exercise, _always(No()))
    assert {each.split(":")[0] for each in strict.problems} == {
        "accepted",
        "rejected",
        "unreadable",
    }


def _always(verdict: Yes | No) -> Judge:
    def judge(question: Question, text: str) -> Yes | No:
        return verdict

    return judge


def test_a_certificate_can_be_stored() -> None:
    stored = certify(made("logistic-single", 0), grade).to_json()
    assert stored["holds"] and stored["exercise"] == "logistic-single@1:0"
    assert stored["checks"][0]["name"] == "slopes"
