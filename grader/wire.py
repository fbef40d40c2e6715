"""Messages as they travel between the service and its graders; each format has a version.

    gradbook.grade/1    one answer to be graded
    gradbook.grade/2    many, which share the documents of their questions
    gradbook.record/1   one verdict to be recorded
    gradbook.record/2   many

One answer travels as /1, so that workers older and newer than its sender understand it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from grader.errors import MalformedMessage

GRADE_ONE, GRADE_MANY = "gradbook.grade/1", "gradbook.grade/2"
RECORD_ONE, RECORD_MANY = "gradbook.record/1", "gradbook.record/2"

LONGEST_ANSWER = 20_000  # characters; the service accepts fewer
EVERYTHING = "full"  # the level of feedback of an item that names none

Document: TypeAlias = dict[str, Any]
Record: TypeAlias = dict[str, Any]  # attempt, grader, verdict, milliseconds

FIELDS: tuple[tuple[str, type], ...] = (("attempt", str), ("question", dict), ("text", str))


@dataclass(frozen=True)
class Item:
    """One answer to be graded.

    question: the question's document. earlier: the learner's own answers to earlier questions, by
    the variable differentiated for (`grader.carried`). feedback: how much the verdict tells
    (`grader.feedback`).
    """

    attempt: str
    question: Mapping[str, Any]
    text: str
    earlier: Mapping[str, str] = field(default_factory=dict)
    feedback: str = EVERYTHING

    def document(self) -> Document:
        """The item without its question, as it travels."""
        return {
            "attempt": self.attempt,
            "text": self.text,
            **({"earlier": dict(self.earlier)} if self.earlier else {}),
            **({"feedback": self.feedback} if self.feedback != EVERYTHING else {}),
        }


def grade_document(items: Sequence[Item]) -> Document:
    """The message that has these answers graded: at least one; those of one question share it."""
    if len(items) == 1:
        (item,) = items
        return {"format": GRADE_ONE, "question": dict(item.question), **item.document()}
    places: dict[int, int] = {}
    for item in items:
        places.setdefault(id(item.question), len(places))
    distinct = {id(item.question): dict(item.question) for item in items}
    return {
        "format": GRADE_MANY,
        "questions": [distinct[key] for key in places],
        "items": [{**item.document(), "question": places[id(item.question)]} for item in items],
    }


def read_grade(message: Any) -> tuple[Item, ...]:
    """The answers of a gradbook.grade/1 or /2; MalformedMessage says what is wrong otherwise."""
    if not isinstance(message, dict):
        raise MalformedMessage(f"expected a message, not {type(message).__name__}")
    match message.get("format"):
        case "gradbook.grade/1":
            return (_item(message),)
        case "gradbook.grade/2":
            return _items(message)
    raise MalformedMessage(f"expected a message of format {GRADE_ONE!r} or {GRADE_MANY!r}")


def record_document(records: Sequence[Record]) -> Document:
    """The message that has these verdicts recorded, at least one."""
    if len(records) == 1:
        return {"format": RECORD_ONE, **records[0]}
    return {"format": RECORD_MANY, "records": list(records)}


def _items(message: Mapping[str, Any]) -> tuple[Item, ...]:
    questions, items = message.get("questions"), message.get("items")
    if not isinstance(questions, list) or not isinstance(items, list) or not items:
        raise MalformedMessage("expected 'questions' and 'items' to be lists, and some items")
    return tuple(_item(_with_question(item, questions)) for item in items)


def _with_question(item: Any, questions: list[Any]) -> Document:
    place = item.get("question") if isinstance(item, dict) else None
    if not isinstance(place, int) or not 0 <= place < len(questions):
        raise MalformedMessage(f"expected an item with one of {len(questions)} questions")
    return {**item, "question": questions[place]}


def _item(document: Mapping[str, Any]) -> Item:
    for name, kind in FIELDS:
        if not isinstance(document.get(name), kind):
            raise MalformedMessage(f"expected {name!r} to be of type {kind.__name__}")
    if len(document["text"]) > LONGEST_ANSWER:
        raise MalformedMessage(f"expected at most {LONGEST_ANSWER} characters of text")
    return Item(
        document["attempt"],
        document["question"],
        document["text"],
        _earlier(document),
        document.get("feedback", EVERYTHING),
    )


def _earlier(document: Mapping[str, Any]) -> Mapping[str, str]:
    """The earlier answers of an item; raises MalformedMessage where they are not texts."""
    earlier = document.get("earlier", {})
    if not isinstance(earlier, dict) or not all(isinstance(text, str) for text in earlier.values()):
        raise MalformedMessage("expected 'earlier' to hold texts by the name of a variable")
    return earlier
