"""The grading worker: takes an answer from one queue, sends its verdict to the other.

It evaluates what strangers typed, so it is given nothing worth stealing: no database, no
files, and two settings: GRADBOOK_BROKER_URL, and GRADBOOK_SAMPLE_KEY, the secret from which the
points are drawn at which answers are compared (see grader.points). Start it with

    celery -A grader.worker worker -Q grade

A fault of ours raises: the message is dropped and logged, the attempt stays pending, and the
sweeper of the other side sends it again later. It is never marked incorrect.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_init

from grader.delivery import (
    GRADE_FORMAT,
    GRADE_QUEUE,
    GRADE_TASK,
    RECORD_QUEUE,
    RECORD_TASK,
    SETTINGS,
)
from grader.errors import MalformedMessage
from grader.messages import grade_message
from grader.settled import settle

DEFAULT_BROKER = "redis://127.0.0.1:6379/0"
LONGEST_ANSWER = 20_000  # characters; the service accepts fewer

FIELDS: tuple[tuple[str, type], ...] = (("attempt", str), ("question", dict), ("text", str))


def checked(message: Any) -> dict[str, Any]:
    """The message, if it is a gradbook.grade/1; MalformedMessage says what is wrong otherwise."""
    if not isinstance(message, dict) or message.get("format") != GRADE_FORMAT:
        raise MalformedMessage(f"expected a message of format {GRADE_FORMAT!r}")
    for field, kind in FIELDS:
        if not isinstance(message.get(field), kind):
            raise MalformedMessage(f"expected {field!r} to be of type {kind.__name__}")
    if len(message["text"]) > LONGEST_ANSWER:
        raise MalformedMessage(f"expected at most {LONGEST_ANSWER} characters of text")
    return message


def grade(message: Any) -> None:
    """Grades one answer and hands the verdict on, to be recorded."""
    verdict = grade_message(checked(message))
    app.send_task(RECORD_TASK, args=[verdict], queue=RECORD_QUEUE)


def begin(**_: Any) -> None:
    """What every grading process does before its first answer."""
    settle()


app = Celery("grader", broker=os.environ.get("GRADBOOK_BROKER_URL", DEFAULT_BROKER))
app.conf.update(SETTINGS, task_default_queue=GRADE_QUEUE)
app.task(grade, name=GRADE_TASK)


worker_process_init.connect(begin, weak=False)
