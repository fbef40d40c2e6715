"""The audit log as it is asked for and answered."""

from __future__ import annotations

import uuid
from datetime import datetime

from pydantic import Field

from api.paging import NEXT, Paging
from api.schemas import Answered


class AuditQuery(Paging):
    """Which entries."""


class Entry(Answered):
    """One change somebody made."""

    id: int
    at: datetime
    person_id: uuid.UUID
    token_id: uuid.UUID
    operation: str = Field(description="the operation's id in the OpenAPI document")
    target: str = Field(description="the address of what was made or changed")
    request_id: str = Field(description="as in the X-Request-Id of the answer, and in the logs")


class AuditLog(Answered):
    """Changes, newest first."""

    items: list[Entry]
    next: str | None = NEXT
