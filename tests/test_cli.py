"""The command line: its table, its help, and how it fails."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from api import cli
from api.cli import COMMANDS, Command
from api.command import Arguments, CommandFailed, Misuse

Output = pytest.CaptureFixture[str]


def test_help_has_one_line_for_every_command(capsys: Output) -> None:
    assert cli.main(["--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for row in COMMANDS:
        assert [line for line in lines if line.split()[:1] == [row.name]] == [
            line for line in lines if line.endswith(row.help)
        ]
        assert row.help
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("word", ["help", "-h", "--help"])
def test_every_way_to_ask_for_help_answers_alike(word: str, capsys: Output) -> None:
    assert cli.main([word]) == 0
    assert capsys.readouterr().out == cli.usage() + "\n"


def test_no_command_is_misuse_and_shows_the_help(capsys: Output) -> None:
    assert cli.main([]) == 2
    assert capsys.readouterr().err == cli.usage() + "\n"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["serv"], "unknown command 'serv', did you mean 'serve'?"),
        (["chekc"], "unknown command 'chekc', did you mean 'check'?"),
        (["--hepl"], "unknown option '--hepl', did you mean '--help'?"),
        (["xyzzy"], "unknown command 'xyzzy';"),
        (["lock", "--upgrad"], "unknown option '--upgrad', did you mean '--upgrade'?"),
        (["check", "now"], "unknown argument 'now'"),
        (["serve", "--prot", "1"], "unknown option '--prot', did you mean '--port'?"),
        (["serve", "--port", "70000"], "'70000' is no whole number from 0 to 65535"),
        (["serve", "--port"], "expected one argument"),
    ],
)
def test_misuse_is_one_sentence_and_status_2(
    arguments: list[str], expected: str, capsys: Output
) -> None:
    assert cli.main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert expected in said.err
    assert said.err.startswith("gradbook: ")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.name)
def test_every_command_can_be_loaded(row: Command) -> None:
    assert callable(row.load())


def test_an_expected_failure_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    def fail(arguments: Sequence[str]) -> int:
        raise CommandFailed("the port is taken.")

    monkeypatch.setattr(Command, "load", lambda self: fail)
    assert cli.main(["serve"]) == 1
    assert capsys.readouterr().err == "gradbook: the port is taken.\n"


def test_a_fault_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(arguments: Sequence[str]) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(Command, "load", lambda self: fault)
    with pytest.raises(ZeroDivisionError):
        cli.main(["serve"])


def test_a_missing_library_is_told_apart_from_a_missing_module_of_ours() -> None:
    with pytest.raises(CommandFailed, match="lacks no_such_library"):
        Command("x", "", "no_such_library:main").load()
    with pytest.raises(ModuleNotFoundError):
        Command("x", "", "api.no_such_module:main").load()


def test_help_imports_nothing_heavy(checkout: Path) -> None:
    program = "import sys, api.cli; api.cli.main(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=checkout, capture_output=True, text=True, check=True
    )
    heavy = {"flask", "celery", "sqlalchemy", "redis", "numpy", "sympy", "pydantic", "subprocess"}
    assert heavy.isdisjoint(done.stderr.split())


def test_options_are_never_abbreviated() -> None:
    options = Arguments("x", "")
    options.add_argument("--upgrade", action="store_true")
    assert options.read(["--upgrade"]).upgrade
    with pytest.raises(Misuse):
        options.read(["--up"])
