"""The command line: a table of commands, each one line of help and a function named by its path.

Nothing heavy is imported before its command is chosen, so that `--help` answers at once. A
command is a function of its remaining arguments that returns a status; what it expects to go
wrong it raises as CommandFailed, which is printed as one sentence.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from api.command import CommandFailed, Misuse, unknown_word

OK, FAILED, MISUSED, INTERRUPTED, UNREAD = 0, 1, 2, 130, 141


@dataclass(frozen=True)
class Command:
    """One row of the table; target is 'module:function', imported when the command is called."""

    name: str
    help: str
    target: str

    def load(self) -> Callable[[Sequence[str]], int]:
        """The function; CommandFailed where the environment lacks a library it needs."""
        module, _, function = self.target.partition(":")
        try:
            loaded: Callable[[Sequence[str]], int] = getattr(
                importlib.import_module(module), function
            )
        except ModuleNotFoundError as missing:
            if is_ours(missing.name or ""):
                raise
            raise CommandFailed(
                f"the environment in .venv lacks {missing.name}; delete .venv and start again."
            ) from None
        return loaded


COMMANDS = (
    Command("demo", "start everything, answer a whole worksheet, print the verdicts, stop",
            "api.demo:main"),
    Command("serve", "start everything and stay up; prints the address and a demo course's tokens",
            "api.serve:main"),
    Command("db", "back up, restore, upgrade or check the database",
            "api.db:main"),
    Command("exercise", "print an exercise of the bank as a learner sees it",
            "api.terminal:exercise"),
    Command("grade", "grade one answer to a question and print the verdict",
            "api.terminal:judged"),
    Command("generate", "make many certified exercises, as data or as sheets for every learner",
            "api.batches.generate:main"),
    Command("worksheet", "write a worksheet and its solutions as PDF",
            "api.batches.worksheet:main"),
    Command("certify", "examine exercises of the bank on all cores and print what does not hold",
            "api.certify:main"),
    Command("templates", "list the bank's templates, with how many exercises each holds",
            "api.templates:main"),
    Command("template", "begin a template of your own, or check one",
            "api.authoring:main"),
    Command("corpus", "grade labelled answers and print where the verdicts disagree",
            "api.corpus:main"),
    Command("bench", "measure verdicts, check each against its label, print one table",
            "api.bench:main"),
    Command("bench-service", "measure the way from an attempt to its verdict",
            "api.load.bench:main"),
    Command("deadline", "simulate how long answers wait on deadline day, by number of workers",
            "api.load.deadline:main"),
    Command("equal", "say whether two expressions are the same function of real numbers",
            "api.equal:main"),
    Command("operator", "print a token that makes courses",
            "api.operator:main"),
    Command("doctor", "say what is lacking to run Gradbook on this machine",
            "api.doctor:main"),
    Command("test", "run the tests; further arguments go to pytest",
            "api.develop:test"),
    Command("check", "run the linters: style, format, types, layers",
            "api.develop:check"),
    Command("lock", "write the requirements*.lock files anew from pyproject.toml",
            "api.develop:lock"),
    Command("help", "print this list",
            "api.cli:print_help"),
)  # fmt: skip


def is_ours(module: str) -> bool:
    """True for a module of the checkout, whose absence no new environment would cure."""
    return module.partition(".")[0] in ("api", "engine", "generator", "grader", "migrations")


def usage() -> str:
    """The whole help: one line per command."""
    width = max(len(row.name) for row in COMMANDS)
    rows = [f"  {row.name:<{width}}  {row.help}" for row in COMMANDS]
    last = "'./gradbook COMMAND --help' says what a command takes."
    return "\n".join(["usage: ./gradbook COMMAND [OPTION ...]", "", *rows, "", last])


def print_help(arguments: Sequence[str] = ()) -> int:
    print(usage())
    return OK


def command_named(name: str) -> Command:
    """The row of that name; Misuse with the nearest name when there is none."""
    rows = {row.name: row for row in COMMANDS}
    if name not in rows:
        complaint = unknown_word(name, [*rows, "--help"])
        raise Misuse(f"{complaint}; './gradbook --help' lists the commands.")
    return rows[name]


def run(arguments: Sequence[str]) -> int:
    """The status of the command these arguments ask for."""
    if not arguments:
        print(usage(), file=sys.stderr)
        return MISUSED
    if arguments[0] in ("-h", "--help"):
        return print_help()
    return command_named(arguments[0]).load()(arguments[1:])


def main(arguments: Sequence[str]) -> int:
    """The process's exit status; expected failures are one sentence on standard error."""
    try:
        return run(arguments)
    except CommandFailed as failure:
        print(f"gradbook: {failure}", file=sys.stderr)
        return MISUSED if isinstance(failure, Misuse) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output has had enough of it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
