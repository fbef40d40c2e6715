"""The routes of analytics."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from flask import Response

from api.analytics import schemas
from api.analytics.service import Report, asked, reports
from api.analytics.statistics import ENOUGH, Basis, Statistics
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


@api.get(
    "/practice-sets/<set_id>/statistics", responses=responses(schemas.SetStatistics, missing=True)
)
@needs(Scope.ANALYTICS_READ)
def get_statistics(path: schemas.SetPath, query: schemas.StatisticsQuery) -> Response:
    """The figures of a practice set and of its items."""
    found = _statistics(path.set_id, query.basis)
    return reply(
        schemas.SetStatistics(
            practice_set=path.set_id,
            basis=query.basis,
            enough=ENOUGH,
            set=schemas.SetFigures.model_validate(found.whole),
            items=[schemas.ItemStatistics.model_validate(each) for each in found.items],
        )
    )


@api.get(
    "/practice-sets/<set_id>/statistics/variants",
    responses=responses(schemas.VariantStatisticsList, missing=True),
)
@needs(Scope.ANALYTICS_READ)
def list_variant_statistics(path: schemas.SetPath, query: schemas.VariantsQuery) -> Response:
    """The figures of a practice set's questions, variant by variant."""
    page = query.page(int, str, str)
    found = _statistics(path.set_id, query.basis).variants(page.after, page.limit)
    return reply(
        schemas.VariantStatisticsList(
            items=[schemas.VariantStatistics.model_validate(each) for each in found],
            next=query.onward(found, lambda each: (each.position, each.name, each.question)),
        )
    )


def _statistics(set_id: uuid.UUID, basis: Basis) -> Statistics:
    context = current()
    with context.database.read() as unit:
        practice_set = visible(unit, asking(), set_id, context.now())
        sheets = unit.practice.sheets(practice_set.id)
        return Statistics(practice_set.items, sheets, basis)


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
