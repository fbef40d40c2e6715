"""Lists read piece by piece, each piece after the last row of the one before.

A place is the values of the columns a list is ordered by, so that nothing is skipped or shown twice
when rows are added meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

Row = TypeVar("Row")
Columns = tuple[InstrumentedAttribute[Any], ...]


@dataclass(frozen=True)
class Page:
    """At most `limit` rows, after those up to a place; without a place from the beginning."""

    limit: int
    after: tuple[Any, ...] | None = None


def paged(
    session: Session,
    query: Select[tuple[Row]],
    columns: Columns,
    page: Page,
    *,
    newest_first: bool = False,
) -> Sequence[Row]:
    """The rows of a page, ordered by these columns, which together are unique."""
    place = tuple_(*columns)
    if page.after is not None:
        after = tuple_(*page.after, types=[column.type for column in columns])
        query = query.where(place < after if newest_first else place > after)
    order = [column.desc() if newest_first else column.asc() for column in columns]
    return session.scalars(query.order_by(*order).limit(page.limit)).all()
