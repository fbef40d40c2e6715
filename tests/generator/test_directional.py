"""Second derivatives along a direction: the Hessian times u, by a second reverse pass."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import ProgramError
from engine.notation import parse_program, show
from engine.numeric import Environment, forward
from engine.program import Program, Symbol, Target
from engine.question import Derivative
from engine.reverse import numeric_adjoints
from engine.sampling import sample
from generator.bank import Bank
from generator.directional import along
from grader.grade import grade

STEP = 1e-5
SYMBOLS = (
    Symbol("A", ("n", "n"), "data"),
    Symbol("x", ("n", 1), "parameter"),
    Symbol("u", ("n", 1), "constant"),
)
QUADRATIC = parse_program(SYMBOLS, ["p = A x", "L = x^T p"], "L")


def _gradient(program: Program, env: Environment, name: str) -> np.ndarray:
    """The gradient by a numeric pass over the original program."""
    inputs = Environment({each.name: env.values[each.name] for each in program.symbols}, env.sizes)
    return numeric_adjoints(program, forward(program, inputs))[name].data


def _moved(env: Environment, name: str, direction: str, by: float) -> Environment:
    value = env.values[name]
    moved = type(value)(value.data + by * env.values[direction].data, value.shape, value.field)
    return env.bound(name, moved)


def test_a_hessian_times_a_direction() -> None:
    longer = along(QUADRATIC, Target("x"), "u")
    assert longer.loss == "s"
    assert longer.statements[:2] == QUADRATIC.statements
    for env in sample(longer, "tests.directional").environments(longer):
        up, down = (_gradient(QUADRATIC, _moved(env, "x", "u", by), "x") for by in (STEP, -STEP))
        found = numeric_adjoints(longer, env)["x"].data
        np.testing.assert_allclose(found, (up - down) / (2 * STEP), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("direction", ["A", "p2"])
def test_a_direction_has_the_shape_of_the_target(direction: str) -> None:
    with pytest.raises(ProgramError):
        along(QUADRATIC, Target("x"), direction)


def test_the_names_that_it_needs_are_free() -> None:
    taken = parse_program(SYMBOLS, ["q = A x", "L = x^T q"], "L")
    with pytest.raises(ProgramError, match="q: a derivative along u needs it"):
        along(taken, Target("x"), "u")


def test_a_question_says_what_is_differentiated(bank: Bank) -> None:
    question = bank.exercise("hessian-vector", 0).question("hessian-w")
    assert isinstance(question, Derivative)
    opening = r"Let $q = \partial J / \partial w$ and $s = u^{\top} q$. "
    assert question.prompt.startswith(opening + r"Give $\partial s / \partial w$")
    assert show(question.reference, "text") == "(1/m) X^T (X u * a * (1 - a))"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("X^T diag(a * (1 - a)) X u / m", "correct"),
        ("(1/m) X^T (X u)", "incorrect"),
        ("(1/m) X^T (a - y)", "incorrect"),
    ],
)
def test_answers_are_held_to_the_second_derivative(bank: Bank, text: str, outcome: str) -> None:
    assert grade(bank.exercise("hessian-vector", 0).question("hessian-w"), text).outcome == outcome
