"""The kinds of question that follow from a derivative: made by a template, judged by the grader."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from engine.expression import Expr, substitute
from engine.gradient import adjoint_formulas
from engine.notation import parse_program, show
from engine.numeric import forward
from engine.program import Symbol, Target
from engine.question import (
    Bug,
    Numeric,
    Question,
    Step,
    public,
    question_from_json,
    question_to_json,
)
from engine.seeding import Stream
from engine.updates import names
from generator.derivation import Derivation
from generator.errors import TemplateError
from generator.exercise import Exercise, make_exercise
from generator.keys import right_answer
from generator.source import Source
from generator.template import read_template
from grader.equality import same_function
from grader.grade import grade
from grader.misconceptions import misconception

HEAD = """\
format = "gradbook.template/1"
slug = "kinds"
version = 1
title = "Kinds"
family = "tests"
difficulty = 1
source = "tests"
loss = "J"

[[symbols]]
name = "X"
shape = ["n", "m"]
role = "data"

[[symbols]]
name = "y"
shape = [1, "m"]
role = "label"
domain = "binary"

[[symbols]]
name = "w"
shape = ["n", 1]
role = "parameter"

[[symbols]]
name = "b"
role = "parameter"

[[forward]]
lines = ["z = w^T X + b", "a = ACTIVATION(z)", "c = COST", "J = mean(c)"]
"""
LOSSES = {
    "sigmoid": ("sigmoid", "-(y * log(a) + (1 - y) * log(1 - a))"),
    "relu": ("relu", "(1/2) (a - y)^2"),
}


def exercise(questions: str, network: str = "sigmoid", seed: int = 0) -> Exercise:
    """An exercise that asks these questions about a small network."""
    activation, cost = LOSSES[network]
    head = HEAD.replace("ACTIVATION", activation).replace("COST", cost)
    return make_exercise(read_template(Source.parse(head + questions, "kinds.toml")), seed)


def asking(kind: str, target: str, **more: Any) -> str:
    """One entry of [[questions]]."""
    rows = {"kind": kind, "name": "q", "target": target, **more}
    lines = (
        f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {str(value).lower()}"
        for key, value in rows.items()
    )
    return "\n[[questions]]\n" + "\n".join(lines) + "\n"


def asked(kind: str, target: str, network: str = "sigmoid", **more: Any) -> Question:
    """The only question of an exercise."""
    (question,) = exercise(asking(kind, target, **more), network).questions
    return question


def check_travels(question: Question) -> None:
    """Fails unless a question is read back from JSON, and a learner's view holds no key."""
    assert question_from_json(question_to_json(question)) == question
    assert set(public(question)) == {"id", "name", "kind", "prompt"}


@pytest.mark.parametrize(
    ("method", "word"),
    [
        ("plain", "gradient descent"),
        ("momentum", "velocity"),
        ("decay", "weight decay"),
        ("rmsprop", "RMSprop"),
        ("adam", "Adam"),
    ],
)
def test_a_step_is_asked_for(method: str, word: str) -> None:
    question = asked("step", "w", method=method)
    assert isinstance(question, Step)
    assert (question.target, question.rate) == (Target("w"), "alpha")
    assert question.program.roles["alpha"] == "constant"
    assert r"$\alpha$" in question.prompt
    assert word in question.prompt
    assert question.rule is None if method == "plain" else question.rule.kind == method
    assert set(names(question.rule)) <= question.program.roles.keys()
    check_travels(question)


@pytest.mark.parametrize("target", ["X", "z", "w[1]"])
def test_a_step_is_taken_with_a_whole_parameter(target: str) -> None:
    with pytest.raises(TemplateError, match="whole parameter"):
        asked("step", target)


def test_a_step_avoids_names_that_are_taken() -> None:
    named = HEAD.replace('name = "b"', 'name = "alpha"').replace("+ b", "+ alpha")
    head = named.replace("ACTIVATION", "tanh").replace("COST", "(a - y)^2")
    template = read_template(Source.parse(head + asking("step", "alpha"), "kinds.toml"))
    (question,) = make_exercise(template, 0).questions
    assert isinstance(question, Step)
    assert question.rate == "eta"


@pytest.mark.parametrize("network", LOSSES)
@pytest.mark.parametrize("target", ["w", "b", "z", "w[1]", "X[1,2]"])
def test_an_instance_has_numbers_for_everything(network: str, target: str) -> None:
    question = asked("instance", target, network)
    assert isinstance(question, Numeric)
    assert {each.name for each in question.instance.given} == {"X", "y", "w", "b"}
    assert (question.digits is None) == (network == "relu")
    assert r"\begin{pmatrix}" in question.prompt
    assert ("4 digits" in question.prompt) == (network == "sigmoid")
    check_travels(question)


@pytest.mark.parametrize("network", LOSSES)
def test_an_instances_own_value_is_right(network: str) -> None:
    question = asked("instance", "w", network, digits=6)
    assert isinstance(question, Numeric)
    env = forward(question.program, question.instance.group.inputs())
    values = [entry[0] for entry in env.evaluate(question.reference).data[0]]
    exact = question.digits is None
    rows = ", ".join(
        f"[{Fraction(v).limit_denominator(9999) if exact else f'{v:.6f}'}]" for v in values
    )
    assert grade(question, f"[{rows}]").outcome == "correct"


def test_an_instance_is_the_same_for_ever() -> None:
    assert asked("instance", "w") == asked("instance", "w")
    first, second = (exercise(asking("instance", "w"), seed=seed).questions for seed in (0, 1))
    assert first != second


def test_tiny_values_are_asked_with_more_digits() -> None:
    head = HEAD.replace("ACTIVATION", "sigmoid").replace("COST", "(a - y)^2")
    small = head.replace("J = mean(c)", "J = mean(c) / 10000")
    template = read_template(Source.parse(small + asking("instance", "b"), "kinds.toml"))
    (question,) = make_exercise(template, 0).questions
    assert isinstance(question, Numeric)
    assert question.digits is not None and 6 <= question.digits <= 8
    assert f"{question.digits} digits" in question.prompt
    assert grade(question, right_answer(question)).outcome == "correct"


@pytest.mark.parametrize("digits", [0, 99])
def test_digits_are_a_reasonable_number(digits: int) -> None:
    with pytest.raises(TemplateError, match="expected 1 to 15"):
        asked("instance", "w", digits=digits)


@pytest.mark.parametrize("network", LOSSES)
@pytest.mark.parametrize("target", ["w", "b", "X", "z"])
@pytest.mark.parametrize("seed", range(3))
def test_one_line_of_a_derivation_is_wrong(network: str, target: str, seed: int) -> None:
    (question,) = exercise(asking("bug", target), network, seed).questions
    assert isinstance(question, Bug)
    assert question.lines[-1] == target
    assert misconception(question.misconception).slug == question.misconception
    lines = [line for line in question.prompt.splitlines() if line.startswith("- (")]
    assert len(lines) == len(question.lines)
    check_travels(question)
    for number, name in enumerate(question.lines, 1):
        wrong = number == question.wrong
        assert grade(question, str(number)).outcome == ("correct" if wrong else "incorrect"), name


def test_lines_before_and_after_the_wrong_one_are_right() -> None:
    program = exercise(asking("bug", "w")).program
    assert program is not None
    derivation = Derivation(program, Target("w"))
    known: dict[str, Expr] = {}
    for line in derivation.lines:
        whole = substitute(line.formula, known)
        assert same_function(program, whole, adjoint_formulas(program)[line.name])
        known[f"d{line.name}"] = whole
    wrong = derivation.wrong(Stream("test"))
    assert wrong is not None
    whole = substitute(wrong.line.formula, known)
    assert not same_function(program, whole, adjoint_formulas(program)[wrong.line.name])


def test_a_branching_pass_is_written_out() -> None:
    lines = ("z = w x", "a = tanh(z)", "s = a + z", "L = s^2")
    symbols = (Symbol("x", (), "data"), Symbol("w", (), "parameter"))
    derivation = Derivation(parse_program(symbols, lines, "L"), Target("w"))
    assert derivation.names == ("s", "a", "z", "w")
    written = {line.name: show(line.formula, "text") for line in derivation.lines}
    assert written["a"] == "ds"
    assert {"da", "ds"} <= derivation.lines[2].formula.names


def test_one_line_is_no_derivation() -> None:
    with pytest.raises(TemplateError, match="single line"):
        asked("bug", "c")
