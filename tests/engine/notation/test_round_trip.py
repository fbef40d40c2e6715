"""What is printed is read back as the same expression, in every notation that is both read and
written.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from random import Random

import pytest
from hypothesis import given

from engine.expression import Expr
from engine.notation import Read, read, show
from engine.notation.display import Notation
from engine.operators import TABLE
from tests.engine.strategies import SCOPE, expressions, random_expr, signatures

COUNT = 10_000
BOTH_WAYS: tuple[Notation, ...] = ("text", "numpy", "unicode", "latex")
CORE = {
    "math", "mrow", "mi", "mn", "mo", "mtext", "mfrac", "msqrt", "msup", "msub", "munder",
    "munderover", "mspace",
}  # fmt: skip


def difference(expr: Expr, notation: Notation) -> str:
    """What the printed expression is read as, where that is something else."""
    text = show(expr, notation)
    match read(text, SCOPE):
        case Read(expr=again) if again == expr:
            return ""
        case outcome:
            return f"{text}\nis read as\n{outcome}"


@pytest.mark.parametrize("notation", BOTH_WAYS)
def test_reading_undoes_printing(notation: Notation) -> None:
    for seed in range(COUNT):
        wrong = difference(random_expr(Random(seed)), notation)
        assert not wrong, f"difference(random_expr(Random({seed})), {notation!r}):\n{wrong}"


@given(expressions(depth=9))
def test_reading_undoes_printing_of_deep_expressions(expr: Expr) -> None:
    for notation in BOTH_WAYS:
        assert difference(expr, notation) == ""


@given(expressions())
def test_mathml_is_well_formed_and_core(expr: Expr) -> None:
    root = ElementTree.fromstring(show(expr, "mathml"))
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names <= CORE
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        children = {"mfrac": 2, "msup": 2, "msub": 2, "munder": 2, "munderover": 3}.get(name)
        assert children is None or len(element) == children, name


def test_every_operator_is_generated() -> None:
    made = {name for ways in signatures().values() for name in ways}
    assert made == TABLE.keys() - {"sum_over"}
