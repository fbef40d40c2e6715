"""Gradients of whole programs against SymPy's derivative, which shares no rule with the table."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.expression import Var, apply
from engine.program import Program, Statement, Symbol
from engine.reverse import numeric_adjoints
from engine.sampling import sample
from engine.symbolic import oracle
from tests.engine.worksheet_programs import (
    hinge,
    logistic_batch,
    logistic_single,
    multivariate,
    network,
    rectified_batch,
    scalar_matrix,
    softmax_batch,
    univariate,
)


def indexed_sum() -> Program:
    """L = sum over i of exp(w_i x_i), written with an index."""
    w, x = Symbol("w", ("n", 1), "parameter"), Symbol("x", ("n", 1), "data")
    i, one = Var("i"), Var("i") / Var("i")
    term = apply("entry", w.var, i, one) * apply("entry", x.var, i, one)
    loss = apply("sum_over", term.apply("exp"), index="i", size="n")
    return Program((w, x), (Statement("L", loss),), "L")


PROGRAMS = (
    logistic_single,
    logistic_batch,
    lambda: network("tanh", (2, 3, 1)),
    univariate,
    multivariate,
    scalar_matrix,
    rectified_batch,
    softmax_batch,
    hinge,
    indexed_sum,
)


@pytest.mark.parametrize("make", PROGRAMS, ids=lambda make: make.__name__)
def test_every_gradient_of_a_program_is_sympys(make: Callable[[], Program]) -> None:
    program = make()
    env = sample(program, "oracle", groups=1, points=3).environments(program)[0]
    adjoints = numeric_adjoints(program, env)
    for name in program.shapes:
        if name != program.loss and name in adjoints:
            shapes = {symbol.name: symbol.shape for symbol in program.symbols}
            shapes[name] = program.shapes[name]
            exact = oracle.numbers(oracle.derivative(program, name, env.sizes), shapes, env)
            scale = max(float(np.max(np.abs(exact))), 1e-3)
            assert np.max(np.abs(adjoints[name].data - exact)) / scale < 1e-12, name
