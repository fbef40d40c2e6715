"""Questions as JSON: what is written is read back, what is not a question is refused."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from engine.instance import Given, Instance
from engine.notation import parse_program
from engine.program import Symbol, Target
from engine.question import (
    Bug,
    Cache,
    Choice,
    Derivative,
    Forward,
    Numeric,
    Option,
    Prerequisites,
    Question,
    QuestionError,
    Shapes,
    Step,
    public,
    question_from_json,
    question_to_json,
)
from engine.updates import Momentum

PROGRAM = parse_program(
    (
        Symbol("x", ("n", 1), "data", aliases=("input",), meaning="the example"),
        Symbol("w", ("n", 1), "parameter"),
        Symbol("y", (), "label", "binary"),
    ),
    ("z = w^T x", "a = sigmoid(z)", "L = (a - y)^2"),
    "L",
)
HEAD: dict[str, Any] = {"id": "t@1:0/q", "name": "q", "prompt": "What is $z$?"}
OPTIONS = (Option("A", "one", "sign-flip", "no"), Option("B", "two"))

QUESTIONS: tuple[Question, ...] = (
    Derivative(
        **HEAD,
        program=PROGRAM,
        target=Target("w"),
        reference=2 * (PROGRAM.var("a") - PROGRAM.var("y")) * PROGRAM.var("x"),
        upstream="example",
        example_axis=1,
    ),
    Derivative(
        **HEAD,
        program=PROGRAM,
        target=Target("w", (2, 1)),
        reference=PROGRAM.var("a"),
        admits_numerator_layout=True,
    ),
    Forward(**HEAD, program=PROGRAM, quantities=("z", "a", "L"), example_axis=0),
    Shapes(**HEAD, program=PROGRAM, variables=("w", "z")),
    Prerequisites(
        **HEAD,
        program=PROGRAM,
        target=Target("w"),
        required=(Target("a"), Target("w", (1, 1))),
        also_fine=(Target("L"),),
    ),
    Cache(**HEAD, program=PROGRAM, target=Target("w"), required=(("a", "z"), ("x",)), free=("y",)),
    Step(
        **HEAD,
        program=PROGRAM,
        target=Target("w"),
        gradient=PROGRAM.var("a") * PROGRAM.var("x"),
        rate="y",
        rule=Momentum("a", "w"),
        example_axis=1,
    ),
    Bug(**HEAD, program=PROGRAM, lines=("a", "z", "w"), wrong=3, misconception="sign-flip"),
    Numeric(
        **HEAD,
        program=PROGRAM,
        target=Target("w", (1, 1)),
        reference=PROGRAM.var("x"),
        instance=Instance((("n", 2),), (Given("x", (2, 1), (Fraction(1), Fraction(-3, 4))),)),
        digits=4,
    ),
    Step(**HEAD, program=PROGRAM, target=Target("w"), gradient=PROGRAM.var("x"), rate="y"),
    Choice(**HEAD, program=None, options=OPTIONS, key="B"),
    Choice(**HEAD, program=PROGRAM, options=OPTIONS, key="A"),
)
ids = [f"{each.kind}-{place}" for place, each in enumerate(QUESTIONS)]


@pytest.mark.parametrize("question", QUESTIONS, ids=ids)
def test_json_round_trip(question: Question) -> None:
    assert question_from_json(json.loads(json.dumps(question_to_json(question)))) == question


@pytest.mark.parametrize("question", QUESTIONS, ids=ids)
def test_the_learners_view_holds_nothing_more(question: Question) -> None:
    view = public(question)
    options = view.pop("options", None)
    assert view == {**HEAD, "kind": question.kind}
    assert options == (
        [{"label": "A", "text": "one"}, {"label": "B", "text": "two"}]
        if isinstance(question, Choice)
        else None
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"format": "gradbook.question/2"}, "expected a question of format gradbook.question/1"),
        ({"format": None}, "expected a question of format"),
        ({"kind": "essay"}, "no kind of question is called 'essay'"),
        ({"program": None}, "'t@1:0/q' has no program"),
        ({"target": None}, "t@1:0/q"),
        ({"target": {"variable": "w"}}, "entry"),
    ],
)
def test_what_is_no_question_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(QuestionError, match=message.replace("(", r"\(")):
        question_from_json(question_to_json(QUESTIONS[0]) | changed)


def test_shapes_come_from_the_program() -> None:
    question = QUESTIONS[3]
    assert isinstance(question, Shapes)
    assert question.key == {"w": ("n", 1), "z": ()}


def test_a_choice_has_one_key_among_its_options() -> None:
    with pytest.raises(ValueError, match="no option is labelled 'C'"):
        Choice(**HEAD, program=None, options=OPTIONS, key="C")
    with pytest.raises(ValueError, match="same label"):
        Choice(**HEAD, program=None, options=(OPTIONS[0], OPTIONS[0]), key="A")


@pytest.mark.parametrize("wrong", [0, 3])
def test_the_wrong_line_is_one_of_the_lines(wrong: int) -> None:
    with pytest.raises(ValueError, match="no line"):
        Bug(**HEAD, program=PROGRAM, lines=("z", "w"), wrong=wrong, misconception="sign-flip")
