"""What all resources' schemas have in common.

Answers to learners are built by naming what they contain: a schema passes on the fields it
declares, and whatever else a document holds (a reference, a sample point) stays behind.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

PROBLEM_TYPE = "application/problem+json"


class Asked(BaseModel):
    """A request's body or parameters: exactly the fields declared, no other."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answered(BaseModel):
    """A response: the fields declared, whatever else the source holds."""

    model_config = ConfigDict(extra="ignore", frozen=True, from_attributes=True)


class Fault(Answered):
    """One thing wrong with a request."""

    where: str = Field(description="where in the request, such as `body.items.0.seed`")
    what: str = Field(description="what was expected there")


class Problem(Answered):
    """An error, as RFC 9457 describes it."""

    type: str = Field(description="which kind of problem; stable")
    title: str = Field(description="the kind of problem in words; the same for all of a type")
    status: int = Field(description="the HTTP status once more")
    detail: str = Field(description="what happened this time")
    errors: list[Fault] | None = Field(None, description="each fault, where there are several")


def storable(text: str) -> str:
    """The text, if every database and every JSON reader can hold it."""
    if "\x00" in text:
        raise ValueError("a text without NUL characters was expected")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("a text without lone surrogates was expected") from None
    return text


Text = Annotated[str, AfterValidator(storable)]
Identifier = Annotated[Text, Field(min_length=1, max_length=200)]
Seed = Annotated[
    int,
    Field(
        ge=0,
        lt=2**53,
        strict=True,
        description="which variant; 0 is the template's own, unrandomised choice",
    ),
]
Document = dict[str, Any]
