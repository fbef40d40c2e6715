"""Lists over HTTP: `limit` and `cursor` in, `items` and `next` out.

A cursor is the place where the next piece begins, as opaque text: the values of the columns the
list is ordered by. It says nothing that the list does not show, so it is not signed.
"""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from flask import request
from pydantic import Field

from api.errors import Invalid
from api.schemas import Asked, Text
from api.store.paging import Page

Row = TypeVar("Row")
Place = Callable[[Any], tuple[Any, ...]]
NEXT = Field(description="the address of the next piece; null at the end")


class Paging(Asked):
    """Which piece of a list."""

    limit: int = Field(50, ge=1, le=200, description="at most so many items")
    cursor: Annotated[Text, Field(max_length=400)] | None = Field(
        None, description="where to go on, as `next` of the piece before says"
    )

    def page(self, *kinds: Callable[[str], Any]) -> Page:
        """What to ask the store for; `kinds` read the values a place is made of."""
        after = None if self.cursor is None else _place(self.cursor, kinds)
        return Page(self.limit, after)

    def onward(self, rows: Sequence[Row], place: Place) -> str | None:
        """The address of the piece after these rows."""
        if len(rows) < self.limit:
            return None
        asked = self.model_dump(mode="json", exclude_none=True, exclude={"cursor"})
        return f"{request.path}?{urlencode({**asked, 'cursor': _cursor(place(rows[-1]))})}"


def moment(text: str) -> datetime:
    """A point in time out of a cursor."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found


MOMENT_AND_ID = (moment, uuid.UUID)


def _cursor(place: tuple[Any, ...]) -> str:
    values = [part.isoformat() if isinstance(part, datetime) else str(part) for part in place]
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _place(cursor: str, kinds: Sequence[Callable[[str], Any]]) -> tuple[Any, ...]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise ValueError(cursor)
        return tuple(kind(value) for kind, value in zip(kinds, values, strict=True))
    except (ValueError, binascii.Error, RecursionError, OverflowError):
        raise Invalid("query.cursor: this is no cursor of this list; begin without one.") from None
