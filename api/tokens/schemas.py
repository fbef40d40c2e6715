"""Tokens as they are asked for and answered."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

from api.paging import NEXT, Paging
from api.schemas import Answered, Asked, Text
from api.scopes import Scope
from api.store.models import Role


class NewToken(Asked):
    """The token that is wanted."""

    person: uuid.UUID = Field(description="whose it is; somebody in the course")
    label: Annotated[Text, Field(max_length=200)] = Field("", description="what it is for")
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=50)] | None = Field(
        None, description="what it may do, out of the person's role; null: all of that"
    )
    expires_at: AwareDatetime | None = Field(None, description="null: never")


class TokenPath(Asked):
    """Which token."""

    token_id: uuid.UUID


class TokenQuery(Paging):
    """Which tokens."""


class Token(Answered):
    """A token, without its secret."""

    id: uuid.UUID
    person: uuid.UUID
    label: str
    role: Role
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class MadeToken(Answered):
    """A token that was made, with its secret."""

    token: Token
    secret: str | None = Field(
        description="to be sent as `Authorization: Bearer <secret>`; told this once, never again"
    )


class TokenList(Answered):
    """Tokens, oldest first."""

    items: list[Token]
    next: str | None = NEXT
