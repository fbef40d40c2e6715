"""What is said besides right or wrong: remarks on right answers, layouts that are admitted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.grade import grade
from tests.grader.exercises import exercise

REMARKS = (
    ("S1.w", "a x = (a - y) x", "equality signs"),
    ("S1.w", "dL/dw = dL/dz x = (a - y) x", "Correct."),
    ("S1.w", "dL/dz x", "dL/dz was taken as known"),
    ("S2.w", "X dz^T", "dJ/dz was taken as known"),
    ("S5.w", "-(y/yhat) x", "indicator could be left out"),
    ("S6.x", "2 (yhat - y) W^T ⊙ s (1 - s)", "entry by entry"),
)


@pytest.mark.parametrize("name, text, words", REMARKS)
def test_right_answers_with_a_remark(name: str, text: str, words: str) -> None:
    verdict = grade(exercise(name), text)
    assert verdict.outcome == "correct"
    assert words in verdict.message


def test_a_chain_that_holds_gets_no_remark() -> None:
    assert grade(exercise("S1.w"), "dL/dw = dL/dz x = (a - y) x").message == "Correct."


def test_a_false_link_before_a_wrong_end_is_reported_too() -> None:
    verdict = grade(exercise("S1.w"), "(a - y) x = (y - a) x")
    assert verdict.outcome == "incorrect"
    assert "equality signs" in verdict.message


def test_the_numerator_layout_is_accepted_where_the_question_admits_it() -> None:
    question = exercise("S1.w")
    assert grade(question, "(a - y) x^T").outcome == "incorrect"
    verdict = grade(replace(question, admits_numerator_layout=True), "(a - y) x^T")
    assert verdict.outcome == "correct"
    assert "transposed layout" in verdict.message


def test_a_rank_1_answer_is_a_row_or_a_column() -> None:
    assert grade(exercise("S2.w"), "np.mean(X * (a - y), axis=1)").outcome == "correct"
    assert grade(exercise("S6.x"), "np.sum(2*(yhat-y)*W, axis=1)").reason == "value"


def test_dz_means_one_example_where_the_exercise_says_so() -> None:
    """In that convention the mean's factor belongs to dw, and dz has none."""
    question = replace(exercise("S2.w"), upstream="example")
    assert grade(question, "(1/m) X dz^T").outcome == "correct"
    assert grade(question, "X dz^T").diagnosis[0].slug == "missing-batch-mean"
    assert grade(question, "X (dJ/dz)^T").outcome == "correct"


def test_an_answer_that_can_be_read_in_two_ways_is_asked_back() -> None:
    verdict = grade(exercise("S3.W1"), "W1 (1 - W1)")
    assert (verdict.outcome, verdict.reason) == ("invalid", "ambiguous")
    assert "⊙" in verdict.message


def test_an_ill_shaped_answer_says_which_shapes() -> None:
    verdict = grade(exercise("S2.w"), "X (a - y)")
    assert "(n, m) times (1, m): inner sizes m and 1 differ" in verdict.message
    assert verdict.span == (0, 9)


def test_what_was_understood_is_shown_back() -> None:
    parsed = grade(exercise("S2.w"), "1/m*np.dot(X,(a-y).T)").parsed
    assert parsed is not None
    assert parsed.text == "(1/m) X (a − y)ᵀ"
    assert parsed.latex.startswith("\\frac{1}{m}")
