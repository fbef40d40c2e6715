"""A template of one's own: begun, checked, and complained about with file, key and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from api import cli
from generator.bank import SHIPPED

Output = pytest.CaptureFixture[str]


def printed(capsys: Output, *words: str) -> tuple[int, list[str], str]:
    """The status, the lines printed and what went to standard error."""
    status = cli.main(words)
    said = capsys.readouterr()
    return status, said.out.splitlines(), said.err


@pytest.fixture
def begun(tmp_path: Path, capsys: Output) -> Path:
    """A new template, as it is written."""
    file = tmp_path / "my-neuron.toml"
    assert printed(capsys, "template", "new", "my-neuron", "--out", str(file))[0] == 0
    return file


def changed(file: Path, old: str, new: str) -> str:
    """The file's name, after a change that is one."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")
    return str(file)


def test_a_new_template_holds_as_it_is(begun: Path, capsys: Output) -> None:
    status, lines, error = printed(capsys, "template", "check", str(begun))
    assert (status, error) == (0, "")
    assert lines[0].startswith("my-neuron@1: 20 of 20 exercises hold, ")
    assert lines[1].startswith("5 choices of slots, 5 different exercises, difficulty ")
    assert "    ∂L/∂w = (a − y) a (1 − a) x" in lines
    assert "Exercise my-neuron@1:0" in lines


def test_a_new_template_explains_every_table_it_has(begun: Path) -> None:
    text = begun.read_text(encoding="utf-8")
    assert "SLUG" not in text
    assert text.count("\n#") >= 12


def test_nothing_is_written_over(begun: Path, capsys: Output) -> None:
    before = changed(begun, 'title = "One neuron"', 'title = "Mine"')
    status, lines, error = printed(capsys, "template", "new", "my-neuron", "--out", before)
    assert (status, lines) == (1, [])
    assert error == f"gradbook: {begun} exists; nothing was written over.\n"
    assert 'title = "Mine"' in begun.read_text(encoding="utf-8")


def test_the_file_is_called_like_the_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.chdir(tmp_path)
    assert printed(capsys, "template", "new", "one-unit")[0] == 0
    assert 'slug = "one-unit"' in (tmp_path / "one-unit.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "status", "complaint"),
    [
        (("new", "My Neuron"), 1, "is not lower case with hyphens"),
        (("new", "logistic-batch"), 1, "is taken by a template of the bank"),
        (("new", "x", "--out", "/nowhere/x.toml"), 1, "/nowhere/x.toml cannot be written"),
        (("check", "nowhere.toml"), 1, "nowhere.toml: cannot be read"),
        (("check", "x.toml", "--seeds", "0"), 2, "'0' is no whole number from 1 to 10000"),
        (("chek", "x.toml"), 2, "unknown command 'chek', did you mean 'check'?"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    words: tuple[str, ...], status: int, complaint: str, capsys: Output
) -> None:
    came, lines, error = printed(capsys, "template", *words)
    assert (came, lines) == (status, [])
    assert complaint in error
    assert error.startswith("gradbook: ")
    assert error.count("\n") == 1


def test_without_a_command_the_help_is_printed(capsys: Output) -> None:
    assert printed(capsys, "template")[0] == 2
    status, lines, _ = printed(capsys, "template", "--help")
    assert status == 0
    assert [line.split()[0] for line in lines[2:4]] == ["new", "check"]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('kind = "shapes"', 'kind = "shape"', ": questions[2].kind: 'shape' is not possible"),
        ('loss = "bce", act', 'loss = "bse", act', ": exclude[1].when.loss: the slot loss has no"),
        ('version = 1 ', 'version = "1" ', ": version: expected a whole number"),
        ('slug = "my-neuron"', 'slug = "norms"', ": slug: 'norms' is a template of the bank"),
        ('family = "my course"', 'family = my course', "is not TOML"),
    ],
)  # fmt: skip
def test_an_unreadable_template_is_one_sentence_with_file_line_and_key(
    begun: Path, old: str, new: str, complaint: str, capsys: Output
) -> None:
    line = begun.read_text(encoding="utf-8").split(old)[0].count("\n") + 1
    status, lines, error = printed(capsys, "template", "check", changed(begun, old, new))
    assert (status, lines) == (1, [])
    assert f"{begun}:{line}: " in error
    assert complaint in error


def test_a_line_that_fails_for_some_slots_is_told_once(begun: Path, capsys: Output) -> None:
    file = changed(begun, '"sigmoid", "tanh"', '"sigmoid", "tahn"')
    begun.write_text(begun.read_text().replace('"tanh" }', '"tahn" }'), encoding="utf-8")
    status, lines, _ = printed(capsys, "template", "check", file, "--quiet")
    told = [line for line in lines if "forward[1].lines" in line]
    assert status == 1
    assert len(told) == 1
    assert "tahn" in told[0]
    assert " of 20 exercises hold, " in lines[-1]


def test_a_derivative_that_is_always_zero_does_not_hold(begun: Path, capsys: Output) -> None:
    file = changed(begun, '"z = w^T x + b"', '"z = w^T x + 0 b"')
    status, lines, _ = printed(capsys, "template", "check", file, "--quiet", "--seeds", "2")
    assert status == 1
    zero = next(line for line in lines if line.endswith("my-neuron@1:0/db: is zero at every"
                                                        " sample point"))  # fmt: skip
    assert zero.startswith("my-neuron@1:0 (activation = sigmoid, loss = half-se): conditioned: ")
    assert lines[-1].startswith("my-neuron@1: 0 of 2 exercises hold, ")


def test_a_template_of_the_bank_can_be_checked_where_it_is(capsys: Output) -> None:
    file = str(SHIPPED / "warm-up.toml")
    status, lines, _ = printed(capsys, "template", "check", file, "--seeds", "2", "--seed", "1")
    assert status == 0
    assert lines[0].startswith("warm-up@1: 2 of 2 exercises hold")
    assert "Exercise warm-up@1:1" in lines
