"""The routes of answers to one question, gathered."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response

from api.analytics import schemas
from api.context import current
from api.identity import asking, needs
from api.openapi import blueprint, reply, responses
from api.scopes import Scope
from api.store.answers import Gathered

api = blueprint("answers", "What learners answered to one question, gathered")


@api.get("/analytics/answers/wrong", responses=responses(schemas.GatheredAnswers))
@needs(Scope.ANALYTICS_READ)
def list_wrong_answers(query: schemas.AnswersQuery) -> Response:
    """Wrong answers that are the same function, though written differently."""
    with current().database.read() as unit:
        found = unit.answers.wrong(asking().course_id, query.question, query.limit)
    return _reply(found)


@api.get("/analytics/answers/unreadable", responses=responses(schemas.GatheredAnswers))
@needs(Scope.ANALYTICS_READ)
def list_unreadable_answers(query: schemas.AnswersQuery) -> Response:
    """Answers that could not be read, and what was said to them."""
    with current().database.read() as unit:
        found = unit.answers.unreadable(asking().course_id, query.question, query.limit)
    return _reply(found)


def _reply(found: Sequence[Gathered]) -> Response:
    items = [schemas.Gathered.model_validate(each) for each in found]
    return reply(schemas.GatheredAnswers(items=items))
