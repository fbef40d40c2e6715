"""The two messages of an attempt's way: to be graded, and to be recorded."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.errors import MalformedMessage
from api.store.models import Outcome
from grader.delivery import GRADE_FORMAT


@dataclass(frozen=True)
class GradeMessage:
    """One answer to be graded, with the question it belongs to.

    `earlier` holds the learner's own answers about derivatives that come before the one asked for,
    by the variable differentiated for.
    """

    attempt: uuid.UUID
    question: dict[str, Any]
    text: str
    earlier: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The message as it travels."""
        return {
            "format": GRADE_FORMAT,
            "attempt": str(self.attempt),
            "question": self.question,
            "text": self.text,
            **({"earlier": dict(self.earlier)} if self.earlier else {}),
        }


class Arrived(BaseModel):
    """Part of a message that comes from the grading worker, which evaluates strangers' input."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Diagnosis(Arrived):
    """One misconception."""

    slug: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=200)]
    title: Annotated[str, Field(max_length=500)]
    feedback: Annotated[str, Field(max_length=5_000)]


class Verdict(Arrived):
    """A gradbook.verdict/1."""

    format: Literal["gradbook.verdict/1"]
    outcome: Outcome
    score: Annotated[float, Field(ge=0, le=1)]
    reason: Annotated[str, Field(max_length=64)]
    message: Annotated[str, Field(max_length=20_000)]
    evidence: dict[str, Any]
    diagnosis: Annotated[list[Diagnosis], Field(max_length=50)]
    parsed: dict[str, Any] | None
    span: tuple[int, int] | None
    grader: str


class RecordMessage(Arrived):
    """A gradbook.record/1."""

    format: Literal["gradbook.record/1"]
    attempt: uuid.UUID
    grader: Annotated[str, Field(min_length=1, max_length=64)]
    verdict: Verdict
    milliseconds: Annotated[float, Field(ge=0, allow_inf_nan=False)]


def read_record(payload: Any) -> RecordMessage:
    """The message in a payload from the queue; MalformedMessage when it is none."""
    try:
        return RecordMessage.model_validate(payload)
    except ValidationError as error:
        raise MalformedMessage(str(error)) from None
