"""The strict shape algebra, as a table of what is allowed and what is refused."""

from __future__ import annotations

import pytest

from engine import shapes
from engine.errors import ShapeError
from engine.shapes import Shape

BROADCAST = [
    ((), ("n", "m"), ("n", "m")),
    (("n", "m"), ("n", "m"), ("n", "m")),
    (("m", "k"), (1, "k"), ("m", "k")),
    ((1, "k"), ("m", "k"), ("m", "k")),
    (("m", 1), ("m", "k"), ("m", "k")),
    (("k",), ("k",), ("k",)),
]

REFUSED = [
    (("n", 1), (1, "m"), "stretched"),
    (("n", "m"), ("m", "n"), "(n, m) and (m, n)"),
    (("n", 1), ("m", 1), "(n, 1) and (m, 1)"),
    (("k",), ("m", "k"), "(k,) and (m, k)"),
]


@pytest.mark.parametrize(("left", "right", "result"), BROADCAST)
def test_one_axis_may_stretch(left: Shape, right: Shape, result: Shape) -> None:
    assert shapes.broadcast(left, right) == result
    assert shapes.broadcast(right, left) == result


@pytest.mark.parametrize(("left", "right", "said"), REFUSED)
def test_what_does_not_fit_names_both_shapes(left: Shape, right: Shape, said: str) -> None:
    with pytest.raises(ShapeError) as refusal:
        shapes.broadcast(left, right)
    assert said in str(refusal.value)


def test_a_matrix_product_names_its_inner_sizes() -> None:
    with pytest.raises(ShapeError, match="inner sizes m and 1 differ"):
        shapes.matmul(("n", "m"), (1, "m"))


@pytest.mark.parametrize(
    ("left", "right", "result"),
    [(("n", "m"), ("m", 1), ("n", 1)), ((1, "n"), ("n", 1), ()), (("n", 1), (1, "n"), ("n", "n"))],
)
def test_matrix_products(left: Shape, right: Shape, result: Shape) -> None:
    assert shapes.matmul(left, right) == result


def test_one_by_one_is_a_scalar() -> None:
    assert shapes.canonical((1, 1)) == ()
    assert shapes.show((1,) * 0) == "scalar"


@pytest.mark.parametrize(
    ("axis", "keepdims", "result"),
    [(None, False, ()), (0, True, (1, "m")), (1, True, ("n", 1)), (-1, False, ("n",))],
)
def test_reductions(axis: int | None, keepdims: bool, result: Shape) -> None:
    assert shapes.reduce(("n", "m"), axis, keepdims) == result


def test_a_missing_axis_is_refused() -> None:
    with pytest.raises(ShapeError, match="axis 2 does not exist in"):
        shapes.reduce(("n", "m"), 2, True)
