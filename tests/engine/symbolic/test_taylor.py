"""Slopes by power series: they agree with right derivatives and refute wrong ones."""

from __future__ import annotations

import pytest

from engine.expression import const
from engine.gradient import gradient
from engine.notation import parse_program
from engine.program import Program, Symbol, Target
from engine.sampling import sample
from engine.seeding import Stream
from engine.symbolic.balls import Agreement, Refuted
from engine.symbolic.taylor import Slopes


def program(*lines: str, **shapes: tuple[int | str, ...]) -> Program:
    symbols = tuple(Symbol(name, shape, "parameter") for name, shape in shapes.items())
    return parse_program(symbols, lines, lines[-1].split(" =")[0])


PROGRAMS = {
    "network": program(
        "z = W x + b",
        "a = tanh(z)",
        "s = softmax(a)",
        "L = ||s - x||^2 + sum(log(1 + exp(z)))",
        W=("n", "n"),
        x=("n", 1),
        b=("n", 1),
    ),
    "kinks": program("L = sum(relu(x) + |x| + max(x, 1/2) * x + leaky_relu(x, 1/10))", x=("n", 1)),
    "functions": program(
        "L = sum(sin(x) * cos(x) + tan(x) + exp(x)/sqrt(1 + x^2) + arctan(x) + x^3 + 2^x)",
        x=("n", 1),
    ),
    "reductions": program(
        "L = sum(mean(X, axis=0, keepdims=True) * max(X, axis=0, keepdims=True)) + X_{12}",
        X=("m", "n"),
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_right_derivatives_predict_slopes(name: str) -> None:
    known = PROGRAMS[name]
    group = sample(known, name).groups[0]
    for variable in known.shapes:
        if variable != known.loss:
            target = Target(variable)
            found = Slopes(known, group).along(
                target, gradient(known, target), Stream(name, variable)
            )
            assert isinstance(found, Agreement) and found.bits > 150, variable


@pytest.mark.parametrize("name", PROGRAMS)
def test_wrong_derivatives_are_refuted(name: str) -> None:
    known = PROGRAMS[name]
    group = sample(known, name).groups[0]
    target = Target(known.symbols[0].name)
    slightly = gradient(known, target) * (const(1) + const(10) ** const(-12))
    assert isinstance(Slopes(known, group).along(target, slightly, Stream(name)), Refuted)


def test_one_entry() -> None:
    known = PROGRAMS["network"]
    group = sample(known, "entry").groups[0]
    for entry in ((1, 1), (2, 1), (1, 2)):
        target = Target("W", entry)
        right, wrong = gradient(known, target), gradient(known, Target("W", (2, 2)))
        assert isinstance(Slopes(known, group).along(target, right, Stream("entry")), Agreement)
        assert isinstance(Slopes(known, group).along(target, wrong, Stream("entry")), Refuted)
