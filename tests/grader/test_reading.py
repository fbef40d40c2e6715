"""Ways of writing that need the exercise to be understood: components, MATLAB, δ, derivations."""

from __future__ import annotations

import pytest

from grader.grade import grade
from tests.grader.exercises import exercise

RIGHT = (
    # component form
    ("S1.w", "(a - y) x_i"),
    ("S1.w", "dw_i = (a - y) x_i"),
    ("S1.w", r"\frac{\partial L}{\partial w_j} = (a - y) x_j"),
    ("S2.w", "(1/m) sum_i (a_i - y_i) X_{ji}"),
    (
        "S2.w",
        r"\frac{\partial J}{\partial w_j} = \frac1m \sum_{i=1}^m (a^{(i)} - y^{(i)}) x_j^{(i)}",
    ),
    ("S3.W1", "dW1_ij = δ1_i x_j"),
    ("S3.W1", r"\frac{\partial L}{\partial W^{[1]}_{ij}} = \delta^{[1]}_i x_j"),
    ("S3.a1", "da1_j = sum_i W2_ij dz2_i"),
    ("S6.x", "dx_i = sum_j 2 (yhat_j - y_j) W_{ij} s_i (1 - s_i)"),
    ("S6.W", "2 s_i (yhat_j - y_j)"),
    ("S6.W", "dW[i,j] = 2*s[i]*(yhat[j] - y[j])"),
    ("S6.W", "np.einsum('i,j->ij', s, 2*(yhat - y))"),
    # MATLAB, where `*` cannot be element-wise
    ("S2rows.w", "X'*(a-y)/m"),
    ("S2.w", "X*(a-y)'/m"),
    # names for derivatives, layers as superscripts
    ("S3.W1", r"\delta^{[1]} x^T"),
    ("S3.W1", r"\delta^1 x^T"),
    ("S3.a1", "W2^T δ2"),
    # NumPy
    ("S2.w", "X @ (a-y).reshape(-1, 1) / X.shape[1]"),
    ("S2rows.w", "np.sum(X * (a - y), axis=0)[:, None] / len(X)"),
    # derivations
    ("S1.w", "dz = a - y\n  dw = dz x"),
    ("S1.w", "dw = dL/da * da/dz * dz/dw\n   = (a - y) x"),
)
WRONG = (
    ("S1.w", "(y - a) x_j", "value", "sign-flip"),
    ("S2.w", "sum_i (a_i - y_i) X_{ji}", "value", "missing-batch-mean"),
    ("S2.w", "X * (a-y)^T / m", "shape", "elementwise-for-matmul"),
    ("S2.w", "dw_i = (1/m) (a_i - y_i)", "shape", ""),
)


@pytest.mark.parametrize(("name", "text"), RIGHT)
def test_right(name: str, text: str) -> None:
    verdict = grade(exercise(name), text)
    assert verdict.outcome == "correct", verdict


@pytest.mark.parametrize(("name", "text", "reason", "slug"), WRONG)
def test_wrong(name: str, text: str, reason: str, slug: str) -> None:
    verdict = grade(exercise(name), text)
    assert (verdict.outcome, verdict.reason) == ("incorrect", reason), verdict
    assert [each.slug for each in verdict.diagnosis][:1] == ([slug] if slug else [])


def test_indices_without_an_order_are_asked_back() -> None:
    verdict = grade(exercise("S3.W1"), "δ1_i x_j")
    assert (verdict.outcome, verdict.reason) == ("invalid", "parse")
    assert "write what is asked with them on the left" in verdict.message


def test_both_readings_of_matlab_are_shown() -> None:
    verdict = grade(exercise("S3.W1"), "W1'*W1 + 0*(a1 x')")
    assert (verdict.outcome, verdict.reason) == ("invalid", "ambiguous")
    assert "W1ᵀ ⊙ W1" in verdict.message and "W1ᵀ W1" in verdict.message


def test_a_false_link_is_reported_and_the_last_is_graded() -> None:
    verdict = grade(exercise("S1.w"), "dw = (y - a) x = (a - y) x")
    assert verdict.outcome == "correct"
    assert "do not all hold" in verdict.message


def test_the_base_of_square_brackets_is_remarked_on() -> None:
    verdict = grade(exercise("S3.a1_1"), "(W2.T @ (W3.T * (a3 - y) * a2 * (1 - a2)))[0, 0]")
    assert "Square brackets count from 0." in verdict.message


def test_what_is_shown_of_a_component_form_is_the_component() -> None:
    verdict = grade(exercise("S1.w"), "(a - y) x_i")
    assert verdict.parsed is not None and verdict.parsed.text == "(a − y) x_{i}"
