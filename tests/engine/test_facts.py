"""Formulas written with a program's own quantities: shorter, and equal where the program lives."""

from __future__ import annotations

import numpy as np
import pytest

from engine.facts import facts
from engine.gradient import adjoint_formulas
from engine.notation import Scope, parse_expr, parse_program, show
from engine.program import Program, Symbol
from engine.reverse import numeric_adjoints
from engine.sampling import sample

SOFTMAX = parse_program(
    (
        Symbol("X", ("n", "k"), "data"),
        Symbol("Y", ("n", "k"), "label", "one-hot"),
    ),
    [
        "counts = exp(X)",
        "S = sum(counts, axis=1, keepdims=True)",
        "inv = S^(-1)",
        "P = counts * inv",
        "J = -sum(Y * log(P)) / n",
    ],
    "J",
)

# Each with what it is written as.
SHORTER = (
    ("counts * inv", "P"),
    ("counts / S", "P"),
    ("P * S / counts", "ones(n, k)"),
    ("sum(counts, axis=1, keepdims=True)", "S"),
    ("sum(Y, axis=1, keepdims=True)", "ones(n, 1)"),
    ("sum(P, axis=1, keepdims=True)", "ones(n, 1)"),
    ("sum(P - Y, axis=1, keepdims=True)", "0 ones(n, 1)"),
    ("sum(2 * Y + 1, axis=1, keepdims=True)", "(2 + k) ones(n, 1)"),
    ("sum(Y)", "n"),
    ("sum(inv * Y, axis=1, keepdims=True)", "inv"),
)

# These stay: nothing shorter is known about them.
AS_THEY_ARE = (
    "sum(Y, axis=0, keepdims=True)",
    "sum(P, axis=0, keepdims=True)",
    "sum(X, axis=1, keepdims=True)",
    "sum(Y * X, axis=1, keepdims=True)",
    "counts * S",
)


def _written(program: Program, text: str) -> str:
    return show(facts(program).tidied(parse_expr(text, Scope.of(program))), "text")


@pytest.mark.parametrize("text, shorter", SHORTER)
def test_what_is_known_is_used(text: str, shorter: str) -> None:
    formula = parse_expr(text, Scope.of(SOFTMAX))
    tidied = facts(SOFTMAX).tidied(formula)
    assert tidied.shape == formula.shape
    assert tidied.nodes < formula.nodes
    assert _written(SOFTMAX, text) == shorter


@pytest.mark.parametrize("text", AS_THEY_ARE)
def test_what_is_not_known_stays(text: str) -> None:
    assert _written(SOFTMAX, text) == text


@pytest.mark.parametrize("text", [*(text for text, _ in SHORTER), *AS_THEY_ARE])
def test_the_values_are_the_same(text: str) -> None:
    formula = parse_expr(text, Scope.of(SOFTMAX))
    tidied = facts(SOFTMAX).tidied(formula)
    for env in sample(SOFTMAX, "tests.facts").environments(SOFTMAX):
        found, expected = (env.evaluate(each).data for each in (tidied, formula))
        np.testing.assert_allclose(*np.broadcast_arrays(found, expected), rtol=1e-12, atol=1e-12)


def test_the_steps_of_a_softmax_collapse() -> None:
    adjoints = adjoint_formulas(SOFTMAX)
    assert show(adjoints["X"], "text") == "(1/n) (P - Y)"
    assert show(adjoints["inv"], "text") == "-(1/n) S"
    assert show(adjoints["P"], "text") == "-(1/n) (Y/P)"


def test_a_label_that_need_not_sum_to_one_keeps_its_sum() -> None:
    program = parse_program(
        (Symbol("z", ("k", 1), "data"), Symbol("y", ("k", 1), "label", "positive")),
        ["p = softmax(z)", "L = -sum(y * log(p))"],
        "L",
    )
    assert show(adjoint_formulas(program)["z"], "text") == "sum(y) p - y"


NORMALISED = parse_program(
    (
        Symbol("X", ("m", "d"), "data"),
        Symbol("c", (1, "d"), "parameter"),
        Symbol("e", (), "constant", "positive"),
        Symbol("G", ("m", "d"), "constant"),
    ),
    [
        "mu = mean(X, axis=0, keepdims=True)",
        "v = mean((X - mu)^2, axis=0, keepdims=True)",
        "r = 1 / sqrt(v + e)",
        "N = (X - mu) * r",
        "J = sum(G * c * N)",
    ],
    "J",
)


@pytest.mark.parametrize(
    ("text", "shorter"),
    [
        ("sum(N, axis=0, keepdims=True)", "0 ones(1, d)"),
        ("sum(G + N, axis=0, keepdims=True)", "sum(G, axis=0, keepdims=True)"),
        ("c / ((v + e) * sqrt(v + e))", "c * r^3"),
        ("sum(G * (X - mu), axis=0, keepdims=True) * r", "sum(G * N, axis=0, keepdims=True)"),
    ],
)
def test_deviations_and_roots_are_used(text: str, shorter: str) -> None:
    assert _written(NORMALISED, text) == shorter


def test_a_normalised_batch_has_a_short_derivative() -> None:
    mean = "c * r * (G - mean(G * N, axis=0, keepdims=True) * N - mean(G, axis=0, keepdims=True))"
    assert show(adjoint_formulas(NORMALISED)["X"], "text") == mean


@pytest.mark.parametrize("name", ["X", "mu", "v", "r"])
def test_a_shorter_derivative_has_the_same_values(name: str) -> None:
    formula = adjoint_formulas(NORMALISED)[name]
    for env in sample(NORMALISED, "tests.facts").environments(NORMALISED):
        expected = numeric_adjoints(NORMALISED, env)[name].data
        np.testing.assert_allclose(env.evaluate(formula).data, expected, rtol=1e-9, atol=1e-12)


def test_a_mask_is_not_divided_back_out_of_what_it_made() -> None:
    program = parse_program(
        (
            Symbol("Z", ("m", "d"), "data"),
            Symbol("M", ("m", "d"), "data", "mask"),
            Symbol("p", (), "constant", "positive"),
            Symbol("Y", ("m", "d"), "label"),
        ),
        ["H = sigmoid(Z)", "A = (M/p) * H", "J = (1/2) ||A - Y||^2"],
        "J",
    )
    assert show(adjoint_formulas(program)["H"], "text") == "(1/p) (A - Y) * M"


def test_what_is_repeated_is_a_product_with_ones() -> None:
    program = parse_program(
        (Symbol("E", ("t", "d"), "parameter"), Symbol("g", (1, "d"), "constant")),
        ["e = mean(E, axis=0, keepdims=True)", "J = sum(g * e)"],
        "J",
    )
    assert show(adjoint_formulas(program)["E"], "latex") == r"\frac{1}{t} \mathbf{1}_{t} g"
