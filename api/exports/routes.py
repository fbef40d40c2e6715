"""The routes of exports: streams, so that a course of any size can be fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import UUID

from flask import Response

from api.context import current
from api.exports.formats import MEDIA_TYPES, Pseudonyms, Row, written
from api.exports.schemas import ExportQuery
from api.identity import asking, needs
from api.openapi import blueprint, stream_responses
from api.practice.service import visible
from api.scopes import Scope
from api.store.database import Database
from api.store.exports import PEOPLE, Rows, attempts, standings

api = blueprint("exports", "The facts themselves, for other programs")
EXPORT = stream_responses(*MEDIA_TYPES.values())


@api.get("/exports/attempts", responses=EXPORT)
@needs(Scope.ANALYTICS_READ)
def export_attempts(query: ExportQuery) -> Response:
    """Every attempt of the course's students, with the verdict that counts."""
    return _export("attempts", attempts, query)


@api.get("/exports/standings", responses=EXPORT)
@needs(Scope.ANALYTICS_READ)
def export_standings(query: ExportQuery) -> Response:
    """What each learner's attempts at each question have come to."""
    return _export("standings", standings, query)


def _export(name: str, of: Callable[[UUID, UUID | None], Rows], query: ExportQuery) -> Response:
    context, course_id = current(), asking().course_id
    with context.database.read() as unit:
        if query.practice_set is not None:
            visible(unit, asking(), query.practice_set, context.now())
        course = unit.people.course(course_id)
        key = bytes.fromhex(course.pseudonym_key) if course and query.pseudonymised else None
    wanted = of(course_id, query.practice_set)
    pieces = _pieces(context.database, wanted, query, None if key is None else Pseudonyms(key))
    response = Response(pieces, mimetype=MEDIA_TYPES[query.format])
    response.headers["Content-Disposition"] = f"attachment; filename={name}.{query.format}"
    return response


def _pieces(
    database: Database, wanted: Rows, query: ExportQuery, pseudonyms: Pseudonyms | None
) -> Iterator[str]:
    with database.read() as unit:
        rows: Iterable[Row] = unit.exports.rows(wanted)
        names = wanted.names
        if pseudonyms is not None:
            rows, names = _pseudonymised(rows, pseudonyms), ("learner", *names[len(PEOPLE) :])
        yield from written(query.format, names, rows)


def _pseudonymised(rows: Iterable[Row], pseudonyms: Pseudonyms) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        yield (pseudonyms.of(row[0]), *row[len(PEOPLE) :])
