"""The routes of enrolments."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response

from api.changes import changing
from api.context import current
from api.etags import conditional, require_match, tagged
from api.identity import asking, needs
from api.openapi import address, blueprint, created, reply, responses
from api.paging import MOMENT_AND_ID
from api.people import schemas
from api.people.own import erase, kept
from api.people.service import enrol, enrolled
from api.scopes import Scope
from api.store.models import Attempt, Enrolment, Standing, Verdict

api = blueprint("people", "Who is in the course, and as what")


@api.get("/enrolments", responses=responses(schemas.EnrolmentList))
@needs(Scope.PEOPLE_READ)
def list_enrolments(query: schemas.EnrolmentQuery) -> Response:
    """Everybody who is or was in the course."""
    with current().database.read() as unit:
        found = unit.people.enrolments(asking().course_id, query.page(*MOMENT_AND_ID))
        answer = schemas.EnrolmentList(
            items=[_answer(each) for each in found],
            next=query.onward(found, lambda each: (each.created_at, each.person_id)),
        )
    return reply(answer)


@api.post(
    "/enrolments",
    responses=responses(schemas.Enrolment, HTTPStatus.CREATED, body=True, conflict=True),
)
@needs(Scope.PEOPLE_WRITE)
def create_enrolment(body: schemas.NewEnrolment) -> Response:
    """Enrols somebody."""
    with changing() as change:
        course_id = asking().course_id
        found = enrol(change.unit, course_id, body.name, body.external_id, body.role, change.now)
        answer = created(_answer(found), address("enrolments", found.person_id))
        return change.answer(tagged(answer, found.revision))


@api.get("/enrolments/<person_id>", responses=responses(schemas.Enrolment, missing=True))
@needs(Scope.PEOPLE_READ)
def get_enrolment(path: schemas.PersonPath) -> Response:
    """One person of the course."""
    with current().database.read() as unit:
        found = enrolled(unit, asking().course_id, path.person_id)
        return tagged(reply(_answer(found)), found.revision)


@api.patch(
    "/enrolments/<person_id>", responses=responses(schemas.Enrolment, missing=True, body=True)
)
@needs(Scope.PEOPLE_WRITE)
@conditional
def change_enrolment(path: schemas.PersonPath, body: schemas.ChangedEnrolment) -> Response:
    """Changes somebody's role, or ends the enrolment, or takes it up again."""
    with changing() as change:
        found = enrolled(change.unit, asking().course_id, path.person_id)
        require_match(found.revision)
        if "role" in body.model_fields_set:
            found.role = body.role
        if "ended" in body.model_fields_set:
            found.ended_at = (found.ended_at or change.now) if body.ended else None
        change.unit.flush()
        return change.answer(tagged(reply(_answer(found)), found.revision))


@api.get("/people/me/data", responses=responses(schemas.OwnData))
@needs(Scope.PERSON_READ)
def get_own_data() -> Response:
    """Everything that the course keeps about whoever asks."""
    with current().database.read() as unit:
        enrolment, own = kept(unit, asking().course_id, asking().person_id)
        answer = schemas.OwnData(
            enrolment=_answer(enrolment),
            attempts=[_own_attempt(*each) for each in own.attempts],
            standings=[_own_standing(each) for each in own.standings],
            tokens=[schemas.OwnToken.model_validate(each) for each in own.tokens],
        )
    return reply(answer)


@api.post(
    "/people/<person_id>/erasure", responses=responses(schemas.Erasure, missing=True, conflict=True)
)
@needs(Scope.PERSON_WRITE)
def erase_person(path: schemas.PersonPath) -> Response:
    """Erases a person's name and answers from the course, for good; statistics stay."""
    with changing() as change:
        done = erase(change.unit, asking().course_id, path.person_id, change.now)
        answer = schemas.Erasure(person=done.person_id, attempts=done.attempts, name=done.name)
        return change.answer(reply(answer))


def _own_attempt(attempt: Attempt, verdict: Verdict | None) -> schemas.OwnAttempt:
    return schemas.OwnAttempt(
        id=attempt.id,
        practice_set=attempt.practice_set_id,
        question=attempt.question_id,
        number=attempt.number,
        answer=attempt.text,
        submitted_at=attempt.submitted_at,
        outcome=verdict and verdict.outcome,
        score=verdict and verdict.score,
    )


def _own_standing(standing: Standing) -> schemas.OwnStanding:
    return schemas.OwnStanding(
        practice_set=standing.practice_set_id,
        question=standing.question_id,
        submissions=standing.submissions,
        best_score=standing.best_score,
        mark=standing.mark,
    )


def _answer(found: Enrolment) -> schemas.Enrolment:
    return schemas.Enrolment(
        person=found.person_id,
        name=found.person.name,
        external_id=found.person.external_id,
        role=found.role,
        created_at=found.created_at,
        ended_at=found.ended_at,
    )
