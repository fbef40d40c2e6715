"""From a message on the grade queue to one on the record queue.

Here alone the clock is read: `milliseconds` is what the judgement took.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from time import perf_counter
from typing import Any

from engine.question import Question, question_from_json
from grader.delivery import GRADE_FORMAT, RECORD_FORMAT
from grader.errors import MalformedMessage
from grader.feedback import level
from grader.grade import grade
from grader.verdict import to_json
from grader.version import GRADER_VERSION

KEPT = 256  # questions, of some 20 kB


def grade_message(message: Mapping[str, Any]) -> dict[str, Any]:
    """The gradbook.record/1 message that answers a gradbook.grade/1 message.

    Its optional field `feedback` says how much the verdict tells (`grader.feedback`), all if it is
    missing; `earlier` holds the learner's own answers to earlier questions, by the variable
    differentiated for (`grader.carried`).  Raises for a message or a question that is not one: a
    fault of ours, never the learner's.
    """
    if message.get("format") != GRADE_FORMAT:
        raise MalformedMessage(f"expected a message of format {GRADE_FORMAT!r}")
    started = perf_counter()
    question = _question(json.dumps(message["question"], sort_keys=True))
    told, earlier = level(message.get("feedback", "full")), _earlier(message)
    verdict = grade(question, message["text"], told, earlier)
    return {
        "format": RECORD_FORMAT,
        "attempt": message["attempt"],
        "grader": GRADER_VERSION,
        "verdict": to_json(verdict),
        "milliseconds": round((perf_counter() - started) * 1000, 3),
    }


def _earlier(message: Mapping[str, Any]) -> dict[str, str]:
    """The earlier answers of a message; raises MalformedMessage where they are not texts."""
    earlier = message.get("earlier", {})
    if not isinstance(earlier, dict) or not all(isinstance(text, str) for text in earlier.values()):
        raise MalformedMessage("expected 'earlier' to hold texts by the name of a variable")
    return earlier


@lru_cache(maxsize=KEPT)
def _question(document: str) -> Question:
    """The question of a JSON text, the same object for the same text."""
    return question_from_json(json.loads(document))
