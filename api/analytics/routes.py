"""The routes of analytics."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from flask import Response

from api.analytics import schemas
from api.analytics.service import Report, asked, reports
from api.context import current
from api.identity import Identity, asking, needs
from api.openapi import blueprint, reply, responses
from api.practice.service import visible
from api.scopes import Scope
from api.store.models import Question
from api.store.unit import Unit

api = blueprint("analytics", "What a course's attempts say about its questions")


@api.get("/analytics/questions", responses=responses(schemas.QuestionReports, missing=True))
@needs(Scope.ANALYTICS_READ)
def report_questions(query: schemas.QuestionsQuery) -> Response:
    """Attempts, success and misconceptions, question by question."""
    context = current()
    with context.database.read() as unit:
        questions = _questions(unit, asking(), query.practice_set, context.now())
        items = [_answer(report) for report in reports(unit, asking(), questions)]
    return reply(schemas.QuestionReports(items=items))


def _questions(
    unit: Unit, reader: Identity, set_id: uuid.UUID | None, now: datetime
) -> Sequence[Question]:
    if set_id is None:
        return unit.analytics.attempted(reader.course_id)
    return asked(unit, visible(unit, reader, set_id, now))


def _answer(report: Report) -> schemas.QuestionReport:
    return schemas.QuestionReport(
        question=report.question.id,
        exercise=report.question.exercise_id,
        kind=report.question.kind,
        attempts=report.attempts,
        graded=sum(report.outcomes.values()),
        success_rate=report.success_rate,
        outcomes=report.outcomes,
        misconceptions=[
            schemas.Misconception(slug=found.slug, title=found.title, count=found.attempts)
            for found in report.misconceptions
        ],
    )
