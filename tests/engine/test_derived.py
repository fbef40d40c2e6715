"""Derived answers on small programs: forks, masks, functions that can and cannot be inverted."""

from __future__ import annotations

import pytest

from engine.components import component
from engine.derived import Needs, path, prerequisites
from engine.expression import Expr, Var, apply, const
from engine.gradient import gradient
from engine.notation import Scope, parse_expr, parse_program, show
from engine.numeric import Batch, Environment
from engine.program import Program, Symbol, Target
from engine.sampling import sample

X = Symbol("x", (), "data")
W = Symbol("w", (), "parameter")
Y = Symbol("y", (), "label")
COLUMN = Symbol("u", (3, 1), "data")
MATRIX = Symbol("A", (2, 3), "parameter")


def program(*lines: str) -> Program:
    return parse_program((X, W, Y, COLUMN, MATRIX), lines, "L")


FORK = program("p = tanh(w x)", "q = p + w", "r = p x", "unused = exp(x)", "L = (q r - y)^2")


def test_path_follows_every_branch_and_nothing_else() -> None:
    assert path(FORK, "w") == ("p", "q", "r", "L")
    assert path(FORK, "q") == ("L",)
    assert path(FORK, "unused") == ()


def test_prerequisites_come_in_the_order_of_the_reverse_pass() -> None:
    order = prerequisites(FORK, Target("w"))
    assert order.required == (Target("r"), Target("q"), Target("p"))
    assert order.known == (Target("L"),)


def test_an_entry_needs_only_the_entries_it_reaches() -> None:
    net = program("v = tanh(u)", "z = A v", "L = sum(z^2)")
    order = prerequisites(net, Target("u", (2, 1)))
    assert order.required == (Target("z", (1, 1)), Target("z", (2, 1)), Target("v", (2, 1)))
    assert prerequisites(net, Target("u")).required == (Target("z"), Target("v"))


@pytest.mark.parametrize(
    ("lines", "classes"),
    [
        (("z = w x + y", "a = tanh(z)", "L = (a - y)^2"), [("x",), ("a", "z")]),
        (("z = w x + y", "a = sin(z)", "L = a y"), [("x",), ("z",)]),
        (("z = w x + y", "a = relu(z)", "L = a y"), [("x",), ("z", "a")]),
        (("z = w x + y", "a = relu(z)", "L = a z"), [("x",), ("z",), ("a", "z")]),
        (("z = w x + y", "a = abs(z)", "L = a y"), [("x",), ("z",)]),
        (("z = w x + y", "a = z^2", "L = a y"), [("x",), ("z",)]),
        (("z = w x + y", "a = softplus(z)", "L = a y"), [("x",), ("z", "a")]),
    ],
    ids=lambda value: str(value),
)
def test_what_stands_in_for_a_value(lines: tuple[str, ...], classes: list[tuple[str, ...]]) -> None:
    forward = program(*lines)
    needs = Needs(forward, gradient(forward, Target("w")))
    assert sorted(needs.classes) == sorted(classes)
    assert needs.free == ("w", "y", "A")


FORMULAS = (
    "A u",
    "(A u)^T",
    "A^T (A u * (1 - A u))",
    "2 u * (1 - u) + u",
    "sum(A, axis=1, keepdims=True)",
    "mean(A * A, axis=0, keepdims=True)",
    "A^T (A u) u^T",
    "diag(u) A^T",
    "1{u > 0} * u",
    "x A",
)


@pytest.mark.parametrize("text", FORMULAS)
def test_components_are_the_entries(text: str) -> None:
    forward = program("L = sum(A u)")
    formula = parse_expr(text, Scope.of(forward))
    (group,) = sample(forward, "components").groups
    env = group.inputs()
    whole = env.evaluate(formula).data
    for row, column in [(r, c) for r in range(whole.shape[1]) for c in range(whole.shape[2])]:
        found = env.evaluate(component(formula, row + 1, column + 1)).data
        assert found == pytest.approx(whole[:, row, column], rel=1e-12)


@pytest.mark.parametrize("text", FORMULAS[:7])
def test_components_reach_the_leaves(text: str) -> None:
    forward = program("L = sum(A u)")
    formula = component(parse_expr(text, Scope.of(forward)), Var("p"), Var("q"))
    assert all(
        isinstance(node.args[0], Var)
        for node in _walk(formula)
        if getattr(node, "op", "") == "entry"
    )


def test_bound_letters_avoid_names_in_use() -> None:
    j, k = Var("j", (2, 3)), Var("k", (3, 1))
    entry = component(j @ k, const(1), const(1), avoid=frozenset({"i"}))
    assert show(entry) == "sum_l j_{1l} k_{l}"


def test_a_component_of_a_scalar_is_the_scalar() -> None:
    assert component(Var("x") + 1, 1, 1) == Var("x") + 1


def test_a_component_with_a_free_index() -> None:
    free = component(Var("u", (3, 1)) * 2, Var("i"), 1)
    env = Environment({"u": _column(1.0, 2.0, 3.0), "i": Batch(_column(2.0).data[:, 0, 0], ())}, {})
    assert env.evaluate(free).data == pytest.approx([4.0])
    assert apply("entry", Var("u", (3, 1)), Var("i"), const(1)) in _walk(free)


def _column(*values: float) -> Batch:
    import numpy as np

    return Batch(np.array(values).reshape(1, len(values), 1), (len(values), 1))


def _walk(expr: Expr) -> list[Expr]:
    return [expr, *(inner for arg in expr.args for inner in _walk(arg))]
