"""The value of a derivative at given numbers: exact or rightly rounded, in anybody's brackets."""

from __future__ import annotations

from fractions import Fraction

import pytest

from engine.instance import Given, Instance
from engine.question import Numeric
from grader.grade import grade
from tests.grader.exercises import exercise


def given(name: str, *rows: tuple[int, ...]) -> Given:
    """A matrix of numbers; a scalar without rows of its own."""
    return Given(name, (len(rows), len(rows[0])), tuple(Fraction(e) for row in rows for e in row))


def number(name: str, value: int | Fraction) -> Given:
    """A scalar."""
    return Given(name, (), (Fraction(value),))


def asked(name: str, instance: Instance, digits: int | None = None) -> Numeric:
    """The value of a derivative at an instance."""
    of = exercise(name)
    return Numeric("t/value", "value", "", of.program, of.target, of.reference, instance, digits)


# r = w x - y = 6 - 11/2 = 1/2 and L = r^3 / 3, so dL/dw = r^2 x = 3/4
HALF = Instance((), (number("x", 3), number("w", 2), number("y", Fraction(11, 2))))
HALF_W = asked("half.w", HALF)
# z = w^T X = [1, 1], so a = 0.73106 twice, and dJ/dw = 1/2 X (a - y)^T = 1/2 [3 a - 1, a]
BATCH = Instance(
    (("m", 2), ("n", 2)),
    (given("X", (1, 2), (0, 1)), given("w", (1,), (-1,)), number("b", 0), given("y", (1, 0))),
)
BATCH_W = asked("S2.w", BATCH, 4)


@pytest.mark.parametrize(
    "text", ["3/4", "0.75", r"\frac{3}{4}", "dL/dw = 3/4", "$.750$", "[[3/4]]", "+ 3/4"]
)
def test_a_rational_value_is_exact(text: str) -> None:
    verdict = grade(HALF_W, text)
    assert (verdict.outcome, verdict.score) == ("correct", 1.0), verdict


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("-3/4", "sign-flip"),
        ("1.5", "factor-two"),
        ("0.7", "rounded-number"),
        ("1/2", "wrong-variable"),
    ],
)
def test_a_wrong_value_is_one_that_a_mistaken_pass_gives(text: str, slug: str) -> None:
    verdict = grade(HALF_W, text)
    assert verdict.outcome == "incorrect"
    assert slug == verdict.diagnosis[0].slug


@pytest.mark.parametrize(
    "text",
    [
        "[[0.5966], [0.3655]]",
        "[0.5966; 0.3655]",
        "[0.5966, 0.3655]",
        "0.5966, 0.3655",
        "(0.5966, 0.3655)",
        "[0.5966 0.3655]",
        "[0.5966 0.3655]'",
        r"\begin{pmatrix} 0.5966 \\ 0.3655 \end{pmatrix}",
        r"$\left[\begin{array}{c} 0.5966 \\ 0.3655 \end{array}\right]$",
        "np.array([[0.5966], [0.3655]])",
        "dw = [[0.5966],\n [0.3655]]",
        "[0.5966, 0.3655]^T",
        "[[0.596588], [0.365529]]",
    ],
)
def test_a_rounded_matrix_in_many_notations(text: str) -> None:
    verdict = grade(BATCH_W, text)
    assert (verdict.outcome, verdict.score) == ("correct", 1.0), verdict


@pytest.mark.parametrize(
    ("text", "outcome", "score"),
    [
        ("[0.5966, 0.3656]", "partially_correct", 0.5),  # one of two
        ("[0.597, 0.366]", "partially_correct", 0.5),  # two digits short of four: half each
        ("[0.5966, 0.366]", "partially_correct", 0.75),
        ("[0.5965, 0.3656]", "incorrect", 0.0),  # no tolerance
        ("[0.59659, 0.36552]", "partially_correct", 0.5),  # cut off where it had to be rounded
    ],
)
def test_rounding_is_right_or_wrong(text: str, outcome: str, score: float) -> None:
    verdict = grade(BATCH_W, text)
    assert (verdict.outcome, verdict.score) == (outcome, score), verdict


def test_the_mean_was_forgotten() -> None:
    verdict = grade(BATCH_W, "[1.1932, 0.7311]")
    assert verdict.outcome == "incorrect"
    assert "missing-batch-mean" in {each.slug for each in verdict.diagnosis}


@pytest.mark.parametrize("text", ["0.5966", "[[0.5966, 0.3655], [1, 2]]", "[[0.5966, 0.3655]]"])
def test_another_shape(text: str) -> None:
    verdict = grade(BATCH_W, text)
    assert (verdict.outcome, verdict.reason) == ("incorrect", "shape")
    assert "2 rows and 1 column" in verdict.message


def test_a_row_for_a_column_is_the_transpose() -> None:
    verdict = grade(BATCH_W, "[[0.5966, 0.3655]]")
    assert [each.slug for each in verdict.diagnosis] == ["transposed-result"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("3 * 4", "*"),
        ("[1, 2", "[1, 2"),
        ("x", "x"),
        ("1/0", "1/0"),
        ("[[1, 2], [3]]", "[[1, 2], [3]]"),
        ("1-2", "-2"),
        ("1 - 2", "- 2"),
        ("1e", "e"),
        ("[]", "[]"),
        ("1]", "]"),
        ("]", "]"),
        ("0." + "1" * 50, None),
        ("1e99", None),
    ],
)
def test_what_is_no_number_is_free(text: str, place: str | None) -> None:
    verdict = grade(HALF_W, text)
    if text == "1e99":
        assert verdict.outcome == "incorrect"
        return
    assert verdict.outcome == "invalid"
    assert verdict.span is not None
    if place is not None:
        assert text[slice(*verdict.span)].startswith(place[:1])


def test_a_fraction_where_decimals_were_asked_for_is_asked_back() -> None:
    verdict = grade(BATCH_W, "[1/2, 1/3]")
    assert (verdict.outcome, verdict.reason) == ("invalid", "parse")
    assert "4 digits" in verdict.message
