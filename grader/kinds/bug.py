"""Find the bug: one line of a derivation is wrong.

An answer names the line, by its number or by what it is the derivative for, and may put it right;
a line put right is judged as the answer to the question for that derivative.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from engine.gradient import gradient
from engine.program import Target
from engine.question import Bug, Derivative
from grader.compiled import compiled
from grader.ladder import climb
from grader.scopes import derivative_names
from grader.verdict import Exact, Verdict, correct, graded, incorrect, invalid

SCORE = 0.5  # of the right line, put wrong again
NUMBERED = re.compile(
    r"\s*(?:the\s+)?(?:(?:wrong\s+|bad\s+)?(?:line|step|equation|number|no\.?|nr\.?)\s*(?:is\s+)?)?"
    r"[(#]?\s*(?P<number>\d{1,4})\s*\)?\s*"
    r"(?:(?:is|has)\s+(?:the\s+)?(?:wrong|bug|incorrect|mistake|error)(?:\s+(?:one|line))?)?\s*"
    r"(?:[:;]|[.](?!\d)|,\s|$)",
    re.IGNORECASE,
)
LEFT = re.compile(r"(?<![<>=!:])(?::=|=)(?!=)")
FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*(?:\{[^{}]*\})*[^{}]*)\}\s*\{(.*)\}")
DECORATION = re.compile(r"\\(?:partial|mathrm|text|operatorname)|[\\${}\[\]^_*\s]")
HOW = "Say which line is wrong: its number, and if you like the line as it should be."


@dataclass(frozen=True)
class Pointed:
    """What an answer points at: a line counted from 1, or none; the rest begins at `start`."""

    line: int | None
    start: int


def grade(question: Bug, text: str) -> Verdict:
    """The verdict on a line, and on what is put in its place."""
    pointed = _pointed(question, text)
    if pointed.line is None:
        return _unnumbered(question, text)
    if not 1 <= pointed.line <= len(question.lines):
        message = f"The lines are numbered 1 to {len(question.lines)}."
        return invalid("items", message, (0, pointed.start))
    if pointed.line != question.wrong:
        return _another_line(question, pointed.line)
    rest = text[pointed.start :].strip(" \n\t.;")
    return _corrected(question, text, pointed.start) if rest else _found("Correct.")


def _pointed(question: Bug, text: str) -> Pointed:
    number = NUMBERED.match(text)
    if number:
        return Pointed(int(number.group("number")), number.end())
    left = LEFT.search(text)
    return Pointed(_line_of(question, text[: left.start()]) if left else None, 0)


def _line_of(question: Bug, left: str) -> int | None:
    """The line whose left-hand side is written like this."""
    written = _plain(left)
    for number, name in enumerate(question.lines, 1):
        if written in map(_plain, derivative_names(question.program, name)):
            return number
    return None


def _plain(spelling: str) -> str:
    """A derivative's name without what notations add to it."""
    fraction = FRACTION.search(spelling.strip())
    flat = f"{fraction.group(1)}/{fraction.group(2)}" if fraction else spelling
    flat = flat.replace("∂", "d").replace("\\partial", "d").replace("\\delta", "delta")
    return DECORATION.sub("", flat.replace("δ", "delta"))


def _another_line(question: Bug, line: int) -> Verdict:
    message = f"Line {line} is right: it follows from the lines above it."
    return incorrect("items", message, Exact("another line", {"chosen": line}))


def _found(message: str) -> Verdict:
    return correct("items", message, Exact("the line with the mistake"))


def _corrected(question: Bug, text: str, start: int) -> Verdict:
    """The verdict on the right line with something put in its place."""
    verdict = climb(compiled(_line(question)), text[start:])
    span = (verdict.span[0] + start, verdict.span[1] + start) if verdict.span else None
    verdict = replace(verdict, span=span)
    match verdict.outcome:
        case "incorrect":
            return graded(
                SCORE,
                verdict.reason,
                f"That is the line; what you put in its place is not right yet. {verdict.message}",
                verdict.evidence,
                diagnosis=verdict.diagnosis,
                parsed=verdict.parsed,
                span=verdict.span,
            )
        case _:
            return verdict


def _unnumbered(question: Bug, text: str) -> Verdict:
    """The verdict on a formula alone: the right line put right, or nothing that could be graded."""
    verdict = climb(compiled(_line(question)), text)
    return verdict if verdict.outcome == "correct" else invalid("items", HOW, (0, len(text)))


def _line(question: Bug) -> Derivative:
    """The question that the wrong line answers."""
    target = Target(question.lines[question.wrong - 1])
    return Derivative(
        id=question.id,
        name=question.name,
        prompt=question.prompt,
        program=question.program,
        target=target,
        reference=gradient(question.program, target),
        example_axis=question.example_axis,
    )
