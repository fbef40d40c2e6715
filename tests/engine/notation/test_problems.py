"""What cannot be read is answered with its place, what was expected, the nearest symbol."""

from __future__ import annotations

import pytest

from engine.notation import NotationError, Problem, Unreadable, parse_expr, read
from tests.engine.notation.test_reading import SCOPE

ROWS = (
    ("X (a - y)", "shape", "X (a - y)", "(n, m) times (1, m): inner sizes m and 1 differ"),
    ("w x", "shape", "w x", "(n, 1) times (n, 1): inner sizes 1 and n differ"),
    ("X * a^T", "shape", "X * a^T", "(n, m) and (m, 1) cannot be combined entry by entry"),
    (
        "sum_{i=1}^{n} a_i",
        "shape",
        "sum_{i=1}^{n} a_i",
        "the index i runs to n, but selects one of m",
    ),
    ("v_3", "shape", "v_3", "(2, 1) has no entry number 3"),
    ("foo x", "unknown-symbol", "foo", "'foo' is not a symbol of this exercise"),
    ("X (a - y) + foo", "unknown-symbol", "foo", "'foo' is not a symbol of this exercise"),
    ("1 + yhatt", "unknown-symbol", "yhatt", "'yhatt' is not a symbol of this exercise"),
    ("sigmiod(z)", "unknown-symbol", "sigmiod", "'sigmiod' is not a symbol of this exercise"),
    ("(a", "parse", "", "expected ')' or an operator, but the answer ends here"),
    ("a + * y", "parse", "*", "expected a quantity, but '*' came here"),
    ("a)", "parse", ")", "expected an operator or the end, but ')' came here"),
    ("sum(X, axis=s)", "parse", "s", "expected an axis: 0 or 1"),
    ("sum(a for i in range|m|)", "parse", "|", "expected 'in range(…)', but '|' came here"),
    (
        "sum(a for i in range())",
        "parse",
        ")",
        "expected one or two bounds in 'range(…)', but ')' came here",
    ),
    ("ones(s, 1)", "parse", "s", "expected a size: a number or a dimension"),
    ("where(z, 1)", "parse", "where(z, 1)", "the function where takes 3 operands, not 2"),
    (
        "softmax'(X)",
        "parse",
        "softmax'(X)",
        "the derivative softmax' is no entry-by-entry function: write the matrix or sum out",
    ),
    ("a_m", "parse", "m", "an index is a number or the index of a sum"),
    ("(" * 50 + "s" + ")" * 50, "limit", "(", "brackets are nested more than 40 deep"),
)


def problem(text: str) -> Problem:
    outcome = read(text, SCOPE)
    assert isinstance(outcome, Unreadable)
    return outcome.problem


@pytest.mark.parametrize(("text", "kind", "place", "message"), ROWS, ids=lambda row: str(row)[:30])
def test_problem(text: str, kind: str, place: str, message: str) -> None:
    found = problem(text)
    assert (found.kind, found.message) == (kind, message)
    assert text[slice(*found.span)] == place


def test_the_nearest_symbol_is_suggested() -> None:
    assert problem("1 + yhatt").suggestion == "did you mean yhat?"
    assert problem("sigmiod(z)").suggestion == "did you mean sigmoid?"


@pytest.mark.parametrize("name", ["_ReLU", "__x_1", "_"])
def test_a_name_may_begin_with_the_sign_of_an_index(name: str) -> None:
    assert problem(rf"\mathrm{{{name}}}(z)").kind == "unknown-symbol"


def test_shapes_of_the_parts_are_given() -> None:
    assert problem("X (a - y)").shapes == (("n", "m"), (1, "m"))


def test_the_caret_points_at_the_place() -> None:
    assert problem("a - foo y").caret == "a - foo y\n    ^^^"


def test_the_caret_shows_the_line_and_its_surroundings() -> None:
    text = "q = a + " + "y + " * 60 + "foo"
    line, mark = problem(text).caret.split("\n")
    assert line[mark.index("^") :] == "foo"
    assert len(line) <= 130


def test_authors_get_an_exception_that_shows_the_place() -> None:
    with pytest.raises(NotationError, match=r"(?s)line 3: .*inner sizes.*\n\^+"):
        parse_expr("X a", SCOPE, "line 3: ")
