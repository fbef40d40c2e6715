"""The kinds of question that follow from a derivative: made by a template, judged by the grader."""

from __future__ import annotations

from typing import Any

import pytest

from engine.program import Target
from engine.question import Question, Step, public, question_from_json, question_to_json
from generator.errors import TemplateError
from generator.exercise import Exercise, make_exercise
from generator.source import Source
from generator.template import read_template

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


@pytest.mark.parametrize("momentum", [False, True])
def test_a_step_is_asked_for(momentum: bool) -> None:
    question = asked("step", "w", momentum=momentum)
    assert isinstance(question, Step)
    assert (question.target, question.rate) == (Target("w"), "alpha")
    assert question.program.roles["alpha"] == "constant"
    assert r"$\alpha$" in question.prompt
    assert ("velocity" in question.prompt) == momentum
    assert (question.momentum is not None) == momentum
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
