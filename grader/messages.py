"""From a message on the grade queue to one on the record queue.

Here alone the clock is read: `milliseconds` is what the judgement took.
"""

from __future__ import annotations

import json
from functools import lru_cache
from time import perf_counter
from typing import Any

from engine.question import Question, question_from_json
from grader.feedback import level
from grader.grade import grade
from grader.verdict import Verdict, to_json
from grader.version import GRADER_VERSION
from grader.wire import Document, Item, Record, read_grade, record_document

KEPT = 256  # questions, of some 20 kB
QUARANTINED = f"{GRADER_VERSION}+quarantined"  # not a grader's verdict, so one may still come

NOT_GRADED = (
    "This answer could not be graded automatically. It is kept as you wrote it, costs you nothing, "
    "and will be looked at by your instructor."
)


def grade_message(message: Any) -> Document:
    """The message to the recorder that answers a message to the grader (`grader.wire`).

    Raises for a message or a question that is not one: a fault of ours, never the learner's.
    """
    return record_document([judged(item) for item in read_grade(message)])


def judged(item: Item) -> Record:
    """The verdict on one answer, to be recorded; raises only through a fault of ours."""
    started = perf_counter()
    question = _question(json.dumps(item.question, sort_keys=True))
    verdict = grade(question, item.text, level(item.feedback), item.earlier)
    return _record(item, verdict, perf_counter() - started)


def quarantined(item: Item) -> Record:
    """What is recorded of an answer whose grading never came to an end."""
    return _record(item, Verdict("needs_review", "quarantined", NOT_GRADED, grader=QUARANTINED), 0)


def _record(item: Item, verdict: Verdict, seconds: float) -> Record:
    return {
        "attempt": item.attempt,
        "grader": verdict.grader,
        "verdict": to_json(verdict),
        "milliseconds": round(seconds * 1000, 3),
    }


@lru_cache(maxsize=KEPT)
def _question(document: str) -> Question:
    """The question of a JSON text, the same object for the same text."""
    return question_from_json(json.loads(document))
