"""How much a verdict says: three levels, chosen by whoever asks for it.

    reason   that the answer is wrong, and in what respect; no mistake is named
    hint     the name of the mistake, without the sentence that explains it
    full     everything

A service that counts mistakes keeps the full verdict and shows it at a lower level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, TypeAlias, get_args

from grader.errors import UnknownLevel
from grader.verdict import Diagnosis, Verdict

Level: TypeAlias = Literal["reason", "hint", "full"]
LEVELS: tuple[Level, ...] = get_args(Level)
DIFFERS = "This differs from what was asked for."


def level(name: str) -> Level:
    """The level called `name`; raises UnknownLevel."""
    for each in LEVELS:
        if each == name:
            return each
    raise UnknownLevel(f"feedback is one of {', '.join(LEVELS)}, not {name!r}")


def at_level(verdict: Verdict, wanted: Level) -> Verdict:
    """`verdict` with as much said as `wanted` allows."""
    message, diagnosis = told(verdict.message, verdict.diagnosis, wanted)
    return replace(verdict, message=message, diagnosis=diagnosis)


def told(
    message: str, diagnosis: Sequence[Diagnosis], wanted: Level
) -> tuple[str, tuple[Diagnosis, ...]]:
    """A verdict's message and diagnosis with as much said as `wanted` allows."""
    if wanted == "full":
        return message, tuple(diagnosis)
    hinted = tuple(replace(each, feedback=f"{each.title}.") for each in diagnosis)
    for full, hint in zip(diagnosis, hinted, strict=True):
        message = message.replace(full.feedback, DIFFERS if wanted == "reason" else hint.feedback)
    return message, () if wanted == "reason" else hinted
