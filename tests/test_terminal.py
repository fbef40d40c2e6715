"""Exercises and verdicts on the terminal, as a newcomer reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from api import cli

Output = pytest.CaptureFixture[str]


def printed(capsys: Output, *words: str) -> tuple[int, list[str], str]:
    """The status, the lines printed and what went to standard error."""
    status = cli.main(words)
    said = capsys.readouterr()
    return status, said.out.splitlines(), said.err


def test_an_exercise_is_printed_without_its_keys(capsys: Output) -> None:
    status, lines, _ = printed(capsys, "exercise", "logistic-batch@1:0")
    assert status == 0
    assert lines[0] == "Logistic regression, a batch of examples   [logistic-batch@1:0]"
    assert max(map(len, lines)) <= 88
    assert "dw: Give ∂J/∂w as a formula in the quantities of the forward pass." in lines
    assert not any("X (a − y)" in line for line in lines)


def test_formulas_are_shown_in_signs_not_in_latex(capsys: Output) -> None:
    _, lines, _ = printed(capsys, "exercise", "univariate-chain@1:0")
    assert "    ŷ = tanh(σ(w x² + b))." in lines
    assert not any("$" in line or "\\" in line for line in lines)


def test_options_stand_below_their_question(capsys: Output) -> None:
    _, lines, _ = printed(capsys, "exercise", "univariate-chain@1:0")
    asked = next(at for at, line in enumerate(lines) if line.startswith("which-dw: "))
    options = [line for line in lines[asked:] if line.startswith("          A. ")]
    assert options == ["          A. 2 (ŷ − y) cos(s) s (1 − s) x²"]


def test_lists_hang_and_empty_conventions_leave_no_gap(capsys: Output) -> None:
    _, lines, _ = printed(capsys, "exercise", "shallow-network@1:5")
    item = next(at for at, line in enumerate(lines) if line.startswith("- Layer 2"))
    assert lines[item].endswith("a[2] is also called ŷ.")
    _, lines, _ = printed(capsys, "exercise", "warm-up@1:0")
    assert "\n\n\n" not in "\n".join(lines)


@pytest.mark.parametrize(
    ("answer", "status", "first", "last"),
    [
        ("(1/m) X (a - y)^T", 0, "correct: Correct.", "evidence: equal by the laws"),
        ("X (a - y)^T", 1, "incorrect: ", "diagnosis: missing-batch-mean"),
        ("(1/m) X (a - y", 1, "invalid: ", "                  ^"),
        ("a\n+ foo", 1, "invalid: 'foo' is not a symbol", "      ^^^"),
    ],
)
def test_verdicts(capsys: Output, answer: str, status: int, first: str, last: str) -> None:
    came, lines, _ = printed(capsys, "grade", "logistic-batch@1:0/dw", answer)
    assert came == status
    assert lines[0].startswith(first)
    assert lines[-1].startswith(last)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("exercise", "logistic-bach@1:0"), "did you mean logistic-batch"),
        (("exercise", "logistic-batch"), "logistic-batch"),
        (("exercise", "logistic-batch@9:0"), "version"),
        (("grade", "logistic-batch@1:0/dv", "a"), "its questions are: forward, shapes, dw"),
        (("grade", "logistic-batch@1:0", "a"), "logistic-batch"),
        (("exercise", "x@1:0", "--templates", "nowhere.toml"), "there is no such file"),
    ],
)
def test_what_is_not_there_is_one_sentence(
    capsys: Output, words: tuple[str, ...], complaint: str
) -> None:
    status, lines, error = printed(capsys, *words)
    assert (status, lines) == (1, [])
    assert error.startswith("gradbook: ")
    assert complaint in error
    assert error.count("\n") == 1


def test_a_broken_template_names_file_and_line(capsys: Output, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('format = "gradbook.template/1"\nslug = "Not Kebab"\n', encoding="utf-8")
    status, _, error = printed(capsys, "exercise", "x@1:0", "--templates", str(file))
    assert status == 1
    assert f"{file}:2: slug" in error
