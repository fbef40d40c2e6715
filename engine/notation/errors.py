"""What can be wrong with a text: for learners a value, for authors an exception.

Problem                      a learner's mistake: its kind, its place, what was expected
NotationError(EngineError)   an author's text that is no formula; carries the problem
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal, TypeAlias

from engine.errors import EngineError
from engine.shapes import Shape

Span: TypeAlias = tuple[int, int]
Kind: TypeAlias = Literal["parse", "unknown-symbol", "shape", "limit"]

CONTEXT = 60  # characters shown on either side of the caret


@dataclass(frozen=True)
class Problem:
    """Why a text could not be read: one sentence, its place, and what would help.

    `span` counts characters of the text; `shapes` holds the shapes of the parts where `kind` is
    `shape`.
    """

    kind: Kind
    span: Span
    message: str
    suggestion: str = ""
    shapes: tuple[Shape, ...] = ()
    text: str = ""

    @property
    def caret(self) -> str:
        """The line the problem is in, with a caret under its place."""
        start, end = self.span
        begin = max(self.text.rfind("\n", 0, start) + 1, start - CONTEXT)
        line = self.text[begin : start + CONTEXT].split("\n")[0].replace("\t", " ")
        before, marked = line[: start - begin], line[start - begin : end - begin]
        return f"{line}\n{' ' * columns(before)}{'^' * max(1, columns(marked))}"

    def __str__(self) -> str:
        hint = f" ({self.suggestion})" if self.suggestion else ""
        return f"{self.message}{hint}\n{self.caret}"


def columns(text: str) -> int:
    """How wide `text` is in a fixed-width font."""
    if text.isascii():
        return len(text)
    return sum(_width(mark) for mark in text)


def _width(mark: str) -> int:
    if unicodedata.combining(mark) or unicodedata.category(mark) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(mark) in "WF" else 1


class Mistake(Exception):
    """Carries a problem from where it is found to `read`, inside this package only."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class NotationError(EngineError):
    """A text written by an author that cannot be read; the message shows the place."""

    def __init__(self, problem: Problem, where: str = "") -> None:
        super().__init__(f"{where}{problem}")
        self.problem = problem
