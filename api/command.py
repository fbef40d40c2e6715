"""What a command is made of: its arguments, and the ways it may fail that users can read.

CommandFailed    the command could not do what it was asked
└── Misuse       it was asked in a way it does not know
"""

from __future__ import annotations

import argparse
import difflib
import shutil
import sys
from collections.abc import Sequence
from typing import NoReturn


class CommandFailed(Exception):
    """A command could not do what it was asked; the message is one sentence for the user."""


class Misuse(CommandFailed):
    """A command was called in a way it does not know."""


class Arguments(argparse.ArgumentParser):
    """An argparse parser that complains in one sentence and names the nearest word it knows."""

    def __init__(self, command: str, description: str) -> None:
        super().__init__(prog=f"./gradbook {command}", description=description, allow_abbrev=False)

    def read(self, arguments: Sequence[str]) -> argparse.Namespace:
        """The values given; Misuse for a word that is not among the options."""
        known, unknown = self.parse_known_args(arguments)
        if unknown:
            self.error(unknown_word(unknown[0], self.options()))
        return known

    def options(self) -> list[str]:
        return [option for action in self._actions for option in action.option_strings]

    def error(self, message: str) -> NoReturn:
        raise Misuse(f"{message}; '{self.prog} --help' lists what it takes.")


def unknown_word(word: str, known: Sequence[str]) -> str:
    """The complaint about a word that is not among the known ones."""
    kind = "option" if word.startswith("-") else "command" if "help" in known else "argument"
    nearest = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    suggestion = f", did you mean '{nearest[0]}'?" if nearest else ""
    return f"unknown {kind} '{word}'{suggestion}"


def whole_number(least: int, most: int, text: str) -> int:
    """The number a text says, for argparse's type=; a text outside of least..most is refused."""
    if not text.isdecimal() or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number from {least} to {most}")
    return int(text)


def columns() -> int | None:
    """The width of the terminal that is written to; None where it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
