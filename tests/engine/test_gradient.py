"""Gradients against central differences, and as a reader sees them."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import ProgramError
from engine.expression import Const, Expr, Var, apply, const
from engine.gradient import adjoint_formulas, gradient
from engine.numeric import forward
from engine.program import Program, Target
from engine.reverse import numeric_adjoints
from tests.engine.numbers import central_differences, environment, value
from tests.engine.programs import (
    BATCH,
    CHAIN,
    LOGISTIC,
    NETWORK,
    NORM,
    PROGRAMS,
    QUADRATIC,
    RECTIFIED,
    RIDGE,
    ROWS,
)

CASES = [
    pytest.param(program, symbol.name, id=f"{name}: {symbol.name}")
    for name, program in PROGRAMS.items()
    for symbol in program.symbols
]


@pytest.mark.parametrize(("program", "name"), CASES)
def test_formula_and_numbers_agree_with_central_differences(program: Program, name: str) -> None:
    env = environment(program)
    full = forward(program, env)
    expected = central_differences(program, env, name)
    formula = value(gradient(program, Target(name)), full)
    numbers = numeric_adjoints(program, full)[name].data
    scale = np.abs(expected).max() + 1e-3
    assert np.abs(formula - expected).max() <= 1e-6 * scale
    assert np.abs(numbers - expected).max() <= 1e-6 * scale


@pytest.mark.parametrize(("program", "name"), CASES)
def test_a_gradient_has_the_shape_of_what_it_is_taken_for(program: Program, name: str) -> None:
    assert gradient(program, Target(name)).shape == program.shapes[name]


def _v(program: Program, name: str) -> Expr:
    return Var(name) if name in program.dimensions else program.var(name)


def _readable() -> list[tuple[Program, str, Expr]]:
    b, c, lo, n, q, r, x, w = (
        lambda name, program=program: _v(program, name)
        for program in (BATCH, CHAIN, LOGISTIC, NORM, QUADRATIC, RECTIFIED, RIDGE, ROWS)
    )
    two, one = const(2), const(1)
    indicator = apply("greater", r("z"), const(0))
    return [
        (LOGISTIC, "w", (lo("a") - lo("y")) * lo("x")),
        (LOGISTIC, "z", lo("a") - lo("y")),
        (LOGISTIC, "a", -lo("y") / lo("a") + (1 - lo("y")) / (1 - lo("a"))),
        (BATCH, "w", (one / b("m")) * (b("X") @ (b("a") - b("y")).T)),
        (BATCH, "b", (one / b("m")) * (b("a") - b("y")).sum()),
        (ROWS, "b", (one / w("m")) * (w("A") - w("Y")).sum(axis=0, keepdims=True)),
        (ROWS, "W", (one / w("m")) * (w("X").T @ (w("A") - w("Y")))),
        (
            CHAIN,
            "w",
            two * (c("yhat") - c("y")) * (1 - c("yhat") ** 2) * c("s") * (1 - c("s")) * c("x") ** 2,
        ),
        (RECTIFIED, "w", -(r("y") / r("yhat")) * indicator * r("x")),
        (NORM, "x", two * ((n("yhat") - n("y")) @ n("W").T) * n("s") * (1 - n("s"))),
        (NORM, "W", two * (n("s").T @ (n("yhat") - n("y")))),
        (QUADRATIC, "x", q("A") @ q("x") + q("A").T @ q("x")),
        (
            RIDGE,
            "w",
            (two / x("m")) * (x("X").T @ (x("X") @ x("w") - x("y"))) + two * x("lambda") * x("w"),
        ),
    ]


@pytest.mark.parametrize(
    ("program", "name", "written"), [pytest.param(*row, id=row[1]) for row in _readable()]
)
def test_gradients_read_as_a_person_writes_them(program: Program, name: str, written: Expr) -> None:
    assert gradient(program, Target(name)) == written


def test_one_entry_of_a_gradient_is_a_scalar() -> None:
    assert gradient(NETWORK, Target("a1", (1, 1))).shape == ()


def test_a_quantity_the_loss_does_not_depend_on_has_gradient_zero() -> None:
    loose = Program((*LOGISTIC.symbols, *RIDGE.symbols[3:]), LOGISTIC.statements, LOGISTIC.loss)
    assert gradient(loose, Target("lambda")) == Const(const(0).value)


def test_an_unknown_target_is_refused() -> None:
    with pytest.raises(ProgramError, match="no quantity called v"):
        gradient(LOGISTIC, Target("v"))


def test_every_quantity_on_the_way_has_an_adjoint() -> None:
    assert set(adjoint_formulas(LOGISTIC)) == {"L", "y", "a", "z", "w", "x", "b"}
