"""The routes of courses: an operator makes them, a course's own people see and change theirs."""

from __future__ import annotations

import uuid
from http import HTTPStatus

from flask import Response

from api.changes import changing
from api.context import current
from api.courses import schemas
from api.errors import NotFound
from api.etags import conditional, require_match, tagged
from api.identity import asking, hashed, needs, new_secret
from api.openapi import address, blueprint, created, reply, responses
from api.paging import MOMENT_AND_ID
from api.people.service import person_for
from api.scopes import Scope
from api.store.models import Course, Role
from api.store.unit import Unit

api = blueprint("courses", "One run of a course each; everything else belongs to one")


@api.get("/courses", responses=responses(schemas.CourseList))
@needs(Scope.COURSES_READ)
def list_courses(query: schemas.CourseQuery) -> Response:
    """All courses, for the operator of the service."""
    with current().database.read() as unit:
        found = unit.people.courses(query.page(*MOMENT_AND_ID))
        answer = schemas.CourseList(
            items=[schemas.Course.model_validate(course) for course in found],
            next=query.onward(found, lambda course: (course.created_at, course.id)),
        )
    return reply(answer)


@api.post("/courses", responses=responses(schemas.MadeCourse, HTTPStatus.CREATED, body=True))
@needs(Scope.COURSES_WRITE)
def create_course(body: schemas.NewCourse) -> Response:
    """Makes a course with its first administrator, and answers that person's token once."""
    secret = new_secret()
    with changing() as change:
        course = change.unit.people.add_course(uuid.uuid4(), body.title, change.now)
        person = person_for(change.unit, body.administrator, body.external_id, change.now)
        enrolment = change.unit.people.admit(course.id, person, Role.ADMIN, change.now)
        change.unit.people.grant(enrolment, hashed(secret), change.now, label="first token")
        answer = schemas.MadeCourse(course=schemas.Course.model_validate(course), token=secret)
        where = address("courses", course.id)
        silent = answer.model_copy(update={"token": None})
        return change.answer(created(answer, where), kept=created(silent, where))


@api.get("/courses/<course_id>", responses=responses(schemas.Course, missing=True))
@needs(Scope.COURSE_READ)
def get_course(path: schemas.CoursePath) -> Response:
    """The course of one's token."""
    with current().database.read() as unit:
        course = _own(unit, path.course_id)
        return tagged(reply(schemas.Course.model_validate(course)), course.revision)


@api.patch("/courses/<course_id>", responses=responses(schemas.Course, missing=True, body=True))
@needs(Scope.COURSE_WRITE)
@conditional
def change_course(path: schemas.CoursePath, body: schemas.ChangedCourse) -> Response:
    """Changes the course's title."""
    with changing() as change:
        course = _own(change.unit, path.course_id)
        require_match(course.revision)
        course.title = body.title
        change.unit.flush()
        answer = reply(schemas.Course.model_validate(course))
        return change.answer(tagged(answer, course.revision))


def _own(unit: Unit, course_id: uuid.UUID) -> Course:
    course = unit.people.course(course_id)
    if course is None or course.id != asking().course_id:
        raise NotFound("course", course_id)
    return course
