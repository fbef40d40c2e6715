"""What follows from a changed standing: the learner's sheet, and what the one before it led to.

Whoever changes standings has waited for their learners (`People.wait_for`), so that all rows read
and written here belong to nobody else meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, func, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from api.practice.sheets import Written, rewritten
from api.store.models import Sheet, Standing

# Opportunities.


@dataclass(frozen=True)
class First:
    """The first submission of a standing: when it was, and the misconception it showed."""

    at: datetime | None
    slug: str | None

    @classmethod
    def of(cls, standing: Standing) -> First:
        """The first submission as the standing has it now."""
        return cls(standing.first_at, standing.slug)


def link(session: Session, changed: Iterable[tuple[First, Standing]]) -> None:
    """Brings `persisted` up to date where first submissions are not what they were before.

    That concerns the standing itself and the one whose next opportunity it is, or was.
    """
    rows = []
    for before, standing in changed:
        moments = [each for each in (before.at, standing.first_at) if each is not None]
        if First.of(standing) != before and moments:
            rows.append(
                {
                    "learner": standing.learner_id,
                    "course": standing.course_id,
                    "of_kind": standing.kind,
                    "since": min(moments),
                    "until": max(moments),
                }
            )
    if rows:
        session.connection().execute(RELINKED, rows)


def _same(other: Any) -> tuple[ColumnElement[bool], ...]:
    """Whether another standing is of the same learner, course and kind of question."""
    return (
        other.learner_id == Standing.learner_id,
        other.course_id == Standing.course_id,
        other.kind == Standing.kind,
    )


def _relinked() -> Any:
    later, earlier = aliased(Standing), aliased(Standing)
    shown_again = (
        select(case((later.slug == Standing.slug, True), else_=False))
        .where(*_same(later), later.first_at > Standing.first_at)
        .order_by(later.first_at, later.practice_set_id, later.question_id)
        .limit(1)
        .scalar_subquery()
    )
    before = (
        select(func.max(earlier.first_at))
        .where(
            earlier.learner_id == bindparam("learner"),
            earlier.course_id == bindparam("course"),
            earlier.kind == bindparam("of_kind"),
            earlier.first_at < bindparam("since"),
        )
        .scalar_subquery()
    )
    table: Any = Standing.__table__
    return (
        update(table)
        .where(
            table.c.learner_id == bindparam("learner"),
            table.c.course_id == bindparam("course"),
            table.c.kind == bindparam("of_kind"),
            table.c.first_at >= func.coalesce(before, bindparam("since")),
            table.c.first_at <= bindparam("until"),
        )
        .values(persisted=case((table.c.slug.is_not(None), shown_again), else_=None))
    )


RELINKED = _relinked()

# Sheets.


def write_sheets(session: Session, standings: Sequence[Standing]) -> None:
    """Keeps the learners' sheets up to date with these standings."""
    changed = defaultdict(list)
    for standing in standings:
        changed[standing.practice_set_id, standing.learner_id].append(standing)
    chosen = tuple_(Sheet.practice_set_id, Sheet.learner_id).in_(list(changed))
    known = {
        (each.practice_set_id, each.learner_id): each
        for each in session.scalars(select(Sheet).where(chosen))
    }
    for key, rows in changed.items():
        sheet = known.get(key)
        before = Written(sheet.columns, sheet.numbers) if sheet else Written()
        written = rewritten(before, rows)
        if sheet is None:
            sheet = Sheet(practice_set_id=key[0], learner_id=key[1])
            session.add(sheet)
        sheet.columns, sheet.numbers = written.columns, written.numbers
    session.flush()
