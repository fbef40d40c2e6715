"""The routes of misconceptions, and of learners who are stuck."""

from __future__ import annotations

import uuid
from datetime import datetime

from flask import Response

from api.analytics import schemas
from api.analytics.misconceptions import Share, by_slot
from api.context import current
from api.identity import Identity, asking, needs
from api.openapi import blueprint, reply, responses
from api.paging import moment
from api.practice.service import visible
from api.scopes import Scope
from api.store.misconceptions import Part, Seen, Stuck
from api.store.unit import Unit

api = blueprint("misconceptions", "What learners misunderstand, and who is stuck")


@api.get("/analytics/misconceptions", responses=responses(schemas.SeenMisconceptions, missing=True))
@needs(Scope.ANALYTICS_READ)
def list_misconceptions(query: schemas.MisconceptionsQuery) -> Response:
    """How common, how lasting and how soon mended misconceptions are."""
    context = current()
    with context.database.read() as unit:
        part = _part(unit, asking(), query.practice_set, context.now(), query.template)
        firsts, found = unit.misconceptions.firsts(part), unit.misconceptions.seen(part)
    items = [_answer(each, firsts) for each in found]
    return reply(schemas.SeenMisconceptions(firsts=firsts, items=items))


@api.get(
    "/analytics/misconceptions/<slug>/slots", responses=responses(schemas.SlotValues, missing=True)
)
@needs(Scope.ANALYTICS_READ)
def list_slot_values(path: schemas.SlugPath, query: schemas.SlotsQuery) -> Response:
    """With which values of a template's slots a misconception is seen."""
    context = current()
    with context.database.read() as unit:
        part = _part(unit, asking(), query.practice_set, context.now(), query.template)
        found = by_slot(unit.misconceptions.by_exercise(part, path.slug))
    items = [schemas.SlotValue.model_validate(each) for each in found]
    return reply(schemas.SlotValues(slug=path.slug, template=query.template, items=items))


@api.get("/analytics/stuck", responses=responses(schemas.StuckLearners, missing=True))
@needs(Scope.ANALYTICS_READ)
def list_stuck(query: schemas.StuckQuery) -> Response:
    """Learners with several submissions to a question and none that is right."""
    context = current()
    with context.database.read() as unit:
        part = _part(unit, asking(), query.practice_set, context.now())
        page = query.page(moment, uuid.UUID, str)
        found = unit.misconceptions.stuck(part, query.submissions, page)
        answer = schemas.StuckLearners(
            items=[_stuck(each) for each in found],
            next=query.onward([each.standing for each in found], lambda each: (
                each.first_at, each.learner_id, each.question_id
            )),
        )  # fmt: skip
    return reply(answer)


def _part(
    unit: Unit,
    reader: Identity,
    set_id: uuid.UUID | None,
    now: datetime,
    template: str | None = None,
) -> Part:
    if set_id is not None:
        visible(unit, reader, set_id, now)
    return Part(reader.course_id, set_id, template)


def _answer(seen: Seen, firsts: int) -> schemas.SeenMisconception:
    shares = {
        "prevalence": Share(seen.firsts, firsts),
        "persistence": Share(seen.persisted, seen.opportunities),
        "fixed": Share(seen.fixed, seen.corrected),
    }
    return schemas.SeenMisconception(
        slug=seen.slug,
        title=seen.title,
        **{name: schemas.Share.model_validate(each) for name, each in shares.items()},
    )


def _stuck(found: Stuck) -> schemas.Stuck:
    standing = found.standing
    return schemas.Stuck(
        learner=standing.learner_id,
        name=found.name,
        practice_set=standing.practice_set_id,
        position=standing.position,
        question=standing.question_id,
        submissions=standing.submissions,
        best_score=standing.best_score,
        misconception=standing.slug,
        since=standing.first_at,
        last_at=standing.last_at,
    )
