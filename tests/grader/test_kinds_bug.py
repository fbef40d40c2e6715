"""Find the bug: a line by its number, by its left-hand side, or put right."""

from __future__ import annotations

import pytest

from engine.question import Bug
from grader.grade import grade
from tests.grader.exercises import program

BUG = Bug("t/bug", "bug", "", program("S2"), ("l", "a", "z", "w"), 3, "sign-flip", 1)
LAYERS = Bug("t/bug", "bug", "", program("S3"), ("a3", "z3", "a2", "z2", "W2"), 4, "sign-flip")


@pytest.mark.parametrize(
    "text",
    [
        "3",
        "(3)",
        "line 3",
        "Line 3.",
        "#3",
        "step 3 is wrong",
        "The wrong line is 3",
        "3: dz = da * a * (1 - a)",
        "line 3: (a - y) / m",
        "3. dz = (a - y)/m",
        "dz = (a - y) / m",
        "dJ/dz = (a - y) / m",
        r"\frac{\partial J}{\partial z} = \frac{1}{m} (a - y)",
        "∂J/∂z = da ⊙ a ⊙ (1 - a)",
        "(a - y) / m",
    ],
)
def test_the_right_line(text: str) -> None:
    verdict = grade(BUG, text)
    assert (verdict.outcome, verdict.score) == ("correct", 1.0), verdict


@pytest.mark.parametrize(
    "text",
    [
        "4",
        "dz2 = W3^T dz3 * a2 * (1 - a2)",
        r"dz^{[2]} = da2 \odot a2 \odot (1 - a2)",
        "δ2 = W3^T dz3 * a2 * (1 - a2)",
    ],
)
def test_names_of_layers(text: str) -> None:
    assert grade(LAYERS, text).outcome == "correct"


@pytest.mark.parametrize("text", ["1", "line 2", "4: dw = X dz^T", "dw = X dz^T", "da = dl"])
def test_another_line(text: str) -> None:
    verdict = grade(BUG, text)
    assert (verdict.outcome, verdict.reason) == ("incorrect", "items")
    assert "follows from the lines above" in verdict.message


@pytest.mark.parametrize("text", ["3: dz = a - y", "dz = a - y"])
def test_the_right_line_put_wrong_again(text: str) -> None:
    verdict = grade(BUG, text)
    assert (verdict.outcome, verdict.score) == ("partially_correct", 0.5)
    assert verdict.diagnosis
    assert verdict.message.startswith("That is the line")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("5", "5"),
        ("0", "0"),
        ("a - y", "a - y"),
        ("something", "something"),
        ("3: dz = q", "q"),
        ("3: dz = (a - y", None),
        ("0.5 (a - y)", "0.5 (a - y)"),
        ("99999", "99999"),
    ],
)
def test_what_points_nowhere_is_free(text: str, place: str | None) -> None:
    verdict = grade(BUG, text)
    assert verdict.outcome == "invalid" and verdict.span is not None
    if place is not None:
        assert text[slice(*verdict.span)] == place
