"""The route of the audit log."""

from __future__ import annotations

from flask import Response

from api.audit import schemas
from api.context import current
from api.identity import asking, needs
from api.openapi import blueprint, reply, responses
from api.scopes import Scope

api = blueprint("audit", "Who changed what")


@api.get("/audit", responses=responses(schemas.AuditLog))
@needs(Scope.AUDIT_READ)
def list_changes(query: schemas.AuditQuery) -> Response:
    """Who changed what in the course, newest first; attempts are listed by themselves."""
    with current().database.read() as unit:
        found = unit.requests.log(asking().course_id, query.page(int))
        answer = schemas.AuditLog(
            items=[schemas.Entry.model_validate(entry) for entry in found],
            next=query.onward(found, lambda entry: (entry.id,)),
        )
    return reply(answer)
