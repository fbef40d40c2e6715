"""The messages of an attempt's way: to be graded, and to be recorded."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from api.errors import MalformedMessage
from api.store.models import Outcome
from grader.wire import Document, Item, grade_document

FUNCTION = re.compile(r"[0-9a-f]{16}")


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

    @property
    def item(self) -> Item:
        """The same in the grader's words."""
        return Item(str(self.attempt), self.question, self.text, self.earlier)

    def to_json(self) -> Document:
        """The message as it travels."""
        return grade_document([self.item])


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

    @property
    def function(self) -> str | None:
        """What a wrong answer shares with others that are the same function, if that is known."""
        witness = self.evidence.get("witness")
        found = witness.get("function") if isinstance(witness, dict) else None
        return found if isinstance(found, str) and FUNCTION.fullmatch(found) else None


class Record(Arrived):
    """One verdict to be recorded."""

    attempt: uuid.UUID
    grader: Annotated[str, Field(min_length=1, max_length=64)]
    verdict: Verdict
    milliseconds: Annotated[float, Field(ge=0, allow_inf_nan=False)]


class RecordOne(Record):
    """A gradbook.record/1."""

    format: Literal["gradbook.record/1"]

    @property
    def all(self) -> tuple[Record, ...]:
        """The verdicts it brings."""
        return (self,)


class RecordMany(Arrived):
    """A gradbook.record/2."""

    format: Literal["gradbook.record/2"]
    records: Annotated[tuple[Record, ...], Field(min_length=1)]

    @property
    def all(self) -> tuple[Record, ...]:
        """The verdicts it brings."""
        return self.records


MESSAGE: TypeAdapter[RecordOne | RecordMany] = TypeAdapter(
    Annotated[RecordOne | RecordMany, Field(discriminator="format")]
)


def read_records(payload: Any) -> tuple[Record, ...]:
    """The verdicts of a payload from the queue; MalformedMessage when it brings none."""
    try:
        return MESSAGE.validate_python(payload).all
    except ValidationError as error:
        raise MalformedMessage(str(error)) from None
