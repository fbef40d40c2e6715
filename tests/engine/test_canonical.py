"""The normal form proves what the laws of rings and of linear operators prove, and nothing else."""

from __future__ import annotations

import pytest

from engine.canonical import canonical
from engine.expression import Expr, Var, apply, const

X, A, Y = Var("X", ("n", "m")), Var("A", ("m", "k")), Var("Y", ("m", "k"))
a, y, m = Var("a", (1, "m")), Var("y", (1, "m")), Var("m")
S, x, w = Var("S", ("n", "n")), Var("x", ("n", 1)), Var("w", ("n", 1))
p, q = Var("p"), Var("q")
REFERENCE = (1 / m) * (X @ (a - y).T)

EQUAL = [
    ((X @ a.T - X @ y.T) / m, REFERENCE),
    (((a - y) @ X.T).T / m, REFERENCE),
    (((a - y) * X).sum(axis=1, keepdims=True) / m, REFERENCE),
    (((a - y) * X).apply("mean", axis=1, keepdims=True), REFERENCE),
    (-(1 / m) * (X @ (y - a).T), REFERENCE),
    (apply("ones", shape=(1, "m")) @ (A - Y), (A - Y).sum(axis=0, keepdims=True)),
    ((S + S.T) @ x, S @ x + S.T @ x),
    (w.T @ x, x.T @ w),
    (w.T @ x, (w * x).sum()),
    (w.T @ S @ x, x.T @ S.T @ w),
    (apply("outer", x, w), x @ w.T),
    (apply("dot", x, w), x.T @ w),
    ((p + q) ** 2, p**2 + 2 * p * q + q**2),
    ((1 - p) * (1 + p), 1 - p**2),
    (p / (1 - q), -p / (q - 1)),
    (x.apply("norm") ** 2, (x**2).sum()),
    (apply("where", p.apply("greater", const(0)), p, const(0)), p.apply("relu")),
    (p / q * q, p),
    (apply("ones", shape=("n", "m")).sum(), Var("n") * m),
]

DIFFERENT = [
    (X @ (a - y).T, REFERENCE),
    (X * (a - y) / m, REFERENCE),
    (S @ x, S.T @ x),
    (x @ w.T, w @ x.T),
    (2 * (S @ x), (S + S.T) @ x),
    (p**2, p**3),
    ((A - Y).sum(axis=0, keepdims=True), (A - Y).sum(axis=1, keepdims=True)),
    (p.apply("sigmoid"), q.apply("sigmoid")),
    (x.apply("softmax", axis=None), x.apply("exp")),
]


@pytest.mark.parametrize(("left", "right"), EQUAL)
def test_equal_by_law(left: Expr, right: Expr) -> None:
    assert canonical(left) is not None
    assert canonical(left) == canonical(right)


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_different_functions_have_different_normal_forms(left: Expr, right: Expr) -> None:
    assert canonical(left) != canonical(right)


def test_what_would_explode_is_given_up() -> None:
    names = [Var(f"v{i}") for i in range(12)]
    total: Expr = names[0]
    for name in names[1:]:
        total = total + name
    assert canonical(total**8) is None
