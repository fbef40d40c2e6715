"""What is remembered of answers: the latest, up to a number of nodes, and no question's life."""

from __future__ import annotations

import gc
from weakref import ref

import pytest

from engine.expression import Expr, const
from grader.compiled import Compiled
from grader.diagnosis.plan import Plan
from grader.grade import grade
from grader.memory import LEAST, NODES, Remembered, forget_answers
from tests.grader.exercises import exercise

QUESTION = Compiled(exercise("S1.w"))


class Asked:
    """A remembered function that notes what it is really asked."""

    def __init__(self) -> None:
        self.expressions: list[Expr] = []
        self.remembered = Remembered(self._answer)

    def _answer(self, compiled: Compiled, expr: Expr) -> int:
        self.expressions.append(expr)
        return expr.nodes


@pytest.fixture
def asked() -> Asked:
    return Asked()


def test_what_was_asked_lately_is_not_asked_again(asked: Asked) -> None:
    for _ in range(3):
        assert asked.remembered(QUESTION, const(2)) == 1
    assert asked.expressions == [const(2)]
    asked.remembered.forget()
    asked.remembered(QUESTION, const(2))
    assert len(asked.expressions) == 2


def test_another_question_is_asked_of_itself(asked: Asked) -> None:
    asked.remembered(QUESTION, const(2))
    asked.remembered(Compiled(QUESTION.question), const(2))
    assert len(asked.expressions) == 2


@pytest.mark.parametrize("answer", [const(7), const(7) * QUESTION.reference])
def test_no_more_than_two_generations_are_kept(asked: Asked, answer: Expr) -> None:
    for number in range(NODES):
        asked.remembered(QUESTION, answer + number)
    kept = [*asked.remembered.young, *asked.remembered.old]
    assert NODES < sum(max(expr.nodes, LEAST) for _, expr in kept) <= 2 * NODES
    asked.expressions.clear()
    asked.remembered(QUESTION, answer + (NODES - 1))
    asked.remembered(QUESTION, answer + 0)
    assert asked.expressions == [answer + 0]


def test_what_is_asked_again_and_again_stays(asked: Asked) -> None:
    for number in range(NODES):
        asked.remembered(QUESTION, const(-1))
        asked.remembered(QUESTION, const(number))
    assert asked.expressions.count(const(-1)) == 1


def test_a_question_is_not_kept_alive(asked: Asked) -> None:
    question = Compiled(exercise("S1.w"))
    asked.remembered(question, const(2))
    life = ref(question)
    del question
    gc.collect()
    assert life() is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("S3.W1", "(W2^T W3^T (a3 - y)) x^T"),  # two mistakes
        ("S3.W1", "-((W2^T W3^T (a3 - y)) * a1 * (1 - a1)) x^T"),
        ("S2.w", "X (y - a)^T"),
        ("S2.w", "w + X a^T"),  # none that is known
    ],
)
def test_a_wrong_answer_leaves_no_plans_behind(name: str, text: str) -> None:
    plans = []
    for _ in range(3):
        forget_answers()
        assert grade(exercise(name), text).outcome == "incorrect"
        gc.collect()
        plans.append(sum(isinstance(each, Plan) for each in gc.get_objects()))
    assert plans[1] == plans[2]
