"""The routes of analytics."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from flask import Response

from api.analytics import schemas
from api.analytics.service import Report, reports
from api.context import current
from api.identity import Identity, asking, needs
from api.openapi import blueprint, reply, responses
from api.store.models import Question, Role
from api.store.unit import Unit
from api.worksheets.service import visible

api = blueprint("analytics", "What a course's attempts say about its questions")


@api.get("/analytics/questions", responses=responses(schemas.QuestionReports, missing=True))
@needs(Role.INSTRUCTOR)
def report_questions(query: schemas.QuestionsQuery) -> Response:
    """Attempts, success and misconceptions, question by question."""
    with current().database.read() as unit:
        questions = _questions(unit, asking(), query.worksheet)
        items = [_answer(report) for report in reports(unit, asking(), questions)]
    return reply(schemas.QuestionReports(items=items))


def _questions(unit: Unit, reader: Identity, worksheet_id: uuid.UUID | None) -> Sequence[Question]:
    if worksheet_id is None:
        return unit.analytics.attempted(reader.course_id)
    return unit.analytics.questions(visible(unit, reader, worksheet_id).id)


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
