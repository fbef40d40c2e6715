"""The routes of regrades."""

from __future__ import annotations

import uuid
from http import HTTPStatus

from flask import Response

from api.changes import changing
from api.context import current
from api.identity import asking, needs
from api.openapi import address, blueprint, created, reply, responses
from api.paging import MOMENT_AND_ID
from api.practice.service import visible
from api.regrades import schemas
from api.regrades.service import apply_held, begin, found
from api.scopes import Scope
from api.store.models import Effect, Regrade, RegradedAttempt, Verdict
from api.store.regrades import Reach
from api.store.unit import Unit
from grader.version import GRADER_VERSION

api = blueprint("regrades", "Attempts graded again by the grader of today")


@api.get("/regrades", responses=responses(schemas.RegradeList))
@needs(Scope.REGRADES_READ)
def list_regrades(query: schemas.RegradeQuery) -> Response:
    """The course's regrades, newest first."""
    with current().database.read() as unit:
        rows = unit.regrades.of_course(asking().course_id, query.page(*MOMENT_AND_ID))
        answer = schemas.RegradeList(
            items=[_answer(unit, row) for row in rows],
            next=query.onward(rows, lambda row: (row.created_at, row.id)),
        )
    return reply(answer)


@api.post(
    "/regrades", responses=responses(schemas.Regrade, HTTPStatus.CREATED, body=True, missing=True)
)
@needs(Scope.REGRADES_WRITE)
def create_regrade(body: schemas.NewRegrade) -> Response:
    """Begins to grade attempts again; no mark is lowered unless somebody applies that later."""
    reach = Reach(body.practice_set, body.template, body.grader)
    with changing() as change:
        if body.practice_set is not None:
            visible(change.unit, asking(), body.practice_set, change.now)
        regrade = begin(
            change.unit, asking(), reach, body.reason, body.dry_run, GRADER_VERSION, change.now
        )
        answer = _answer(change.unit, regrade)
        return change.answer(created(answer, address("regrades", regrade.id)))


@api.get("/regrades/<regrade_id>", responses=responses(schemas.Regrade, missing=True))
@needs(Scope.REGRADES_READ)
def get_regrade(path: schemas.RegradePath) -> Response:
    """One regrade, and how far it has come."""
    with current().database.read() as unit:
        return reply(_answer(unit, found(unit, asking(), path.regrade_id)))


@api.get(
    "/regrades/<regrade_id>/changes", responses=responses(schemas.RegradeChanges, missing=True)
)
@needs(Scope.REGRADES_READ)
def list_regrade_changes(path: schemas.RegradePath, query: schemas.RegradeQuery) -> Response:
    """The attempts whose new verdict is another one, with what it does to their marks."""
    with current().database.read() as unit:
        regrade = found(unit, asking(), path.regrade_id)
        rows = unit.regrades.changes(regrade.id, query.page(uuid.UUID))
        answer = schemas.RegradeChanges(
            items=[_change(row) for row in rows],
            next=query.onward(rows, lambda row: (row.attempt_id,)),
        )
    return reply(answer)


@api.post(
    "/regrades/<regrade_id>/apply",
    responses=responses(schemas.Regrade, missing=True, body=True, conflict=True),
)
@needs(Scope.REGRADES_WRITE)
def apply_regrade(path: schemas.RegradePath, body: schemas.Applying) -> Response:
    """Lets new verdicts count: those of a dry run, and on demand those that lower marks."""
    with changing() as change:
        regrade = found(change.unit, asking(), path.regrade_id)
        apply_held(change.unit, regrade, body.lowered)
        return change.answer(reply(_answer(change.unit, regrade)))


def _answer(unit: Unit, regrade: Regrade) -> schemas.Regrade:
    progress = unit.regrades.progress(regrade.id)
    by_effect = {
        kind: sum(number for (effect, _), number in progress.items() if effect is kind)
        for kind in (None, *Effect)
    }
    running = by_effect[None] > 0
    return schemas.Regrade(
        id=regrade.id,
        scope=regrade.scope,
        reason=regrade.reason,
        dry_run=regrade.dry_run,
        created_at=regrade.created_at,
        created_by=regrade.created_by,
        state=schemas.RegradeState.RUNNING if running else schemas.RegradeState.DONE,
        total=regrade.total,
        graded=regrade.total - by_effect[None],
        raised=by_effect[Effect.RAISED],
        lowered=by_effect[Effect.LOWERED],
        applied=sum(number for (_, applied), number in progress.items() if applied),
    )


def _change(row: RegradedAttempt) -> schemas.RegradeChange:
    assert row.after is not None and row.effect is not None  # that is what `changes` looks for
    return schemas.RegradeChange(
        attempt=row.attempt_id,
        learner=row.attempt.learner_id,
        question=row.attempt.question_id,
        before=_side(row.before),
        after=_side(row.after),
        effect=row.effect,
        applied=row.applied,
    )


def _side(verdict: Verdict) -> schemas.Side:
    return schemas.Side(grader=verdict.grader_version, outcome=verdict.outcome, score=verdict.score)
