"""The verdict on an answer, by kind of question.  Pure: no clock, no storage, no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from engine.question import Derivative, Forward, Question
from grader.carried import Earlier, carried_forward
from grader.feedback import Level, at_level
from grader.kinds import (
    bug,
    cache,
    choice,
    derivative,
    forward,
    instance,
    prerequisites,
    shapes,
    step,
)
from grader.points import record_of
from grader.verdict import Agreement, Exact, Refuted, Verdict, invalid

KINDS: Mapping[str, Callable[[Any, str], Verdict]] = {
    "derivative": derivative.grade,
    "forward": forward.grade,
    "shapes": shapes.grade,
    "prerequisites": prerequisites.grade,
    "cache": cache.grade,
    "choice": choice.grade,
    "step": step.grade,
    "instance": instance.grade,
    "bug": bug.grade,
}
LONGEST = 4000  # characters


def grade(
    question: Question, text: str, feedback: Level = "full", earlier: Earlier | None = None
) -> Verdict:
    """The verdict on `text`; raises only through a fault of ours, never because of the text.

    `earlier` holds the learner's own answers to earlier questions about derivatives of the same
    program, by the variable differentiated for.
    """
    if len(text) > LONGEST:
        message = f"An answer has at most {LONGEST} characters."
        return invalid("limit", message, (LONGEST, len(text)))
    if not text.strip():
        return invalid("parse", "There is no answer here yet.", (0, len(text)))
    # where an answer has no value, that is looked for and said, not warned of
    with np.errstate(all="ignore"):
        verdict = KINDS[question.kind](question, text)
        if earlier and isinstance(question, Derivative):
            verdict = carried_forward(question, text, verdict, earlier)
        verdict = _with_points(question, verdict)
    return at_level(verdict, feedback)


def _with_points(question: Question, verdict: Verdict) -> Verdict:
    """The verdict with the points it rests on, if it rests on any."""
    match verdict.evidence:
        case Agreement() | Refuted():
            rests = True
        case Exact():
            rests = isinstance(question, Forward)
        case _:
            rests = verdict.outcome == "needs_review"
    if not rests or question.program is None:
        return verdict
    return replace(verdict, drawn=record_of(question.program))
