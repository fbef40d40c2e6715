"""A derivative: any expression that is the same function as the reference."""

from __future__ import annotations

from engine.question import Derivative
from grader.compiled import compiled
from grader.ladder import climb
from grader.verdict import Verdict


def grade(question: Derivative, text: str) -> Verdict:
    """The verdict on a derivative."""
    return climb(compiled(question), text)
