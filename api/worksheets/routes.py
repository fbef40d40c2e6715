"""The routes of worksheets."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response

from api.context import Context, current
from api.identity import asking, needs
from api.openapi import address, blueprint, created, reply, responses
from api.store.models import Role, Worksheet, WorksheetItem
from api.worksheets import schemas
from api.worksheets.service import Plan, all_visible, create, plan, release, visible
from generator.worksheet import PlannedItem

api = blueprint("worksheets", "Exercises in an order, released to a course")


@api.get("/worksheets", responses=responses(schemas.WorksheetList))
@needs(Role.STUDENT)
def list_worksheets() -> Response:
    """The course's worksheets; learners see the released ones."""
    with current().database.read() as unit:
        items = [_answer(worksheet) for worksheet in all_visible(unit, asking())]
    return reply(schemas.WorksheetList(items=items))


@api.post("/worksheets", responses=responses(schemas.Worksheet, HTTPStatus.CREATED, body=True))
@needs(Role.INSTRUCTOR)
def create_worksheet(body: schemas.NewWorksheet) -> Response:
    """Generates the exercises and puts them on one worksheet."""
    context = current()
    planned = _planned(context, body)
    with context.database.write() as unit:
        answer = _answer(create(unit, asking().course_id, planned, context.now()))
    return created(answer, address("worksheets", answer.id))


@api.get("/worksheets/<worksheet_id>", responses=responses(schemas.Worksheet, missing=True))
@needs(Role.STUDENT)
def get_worksheet(path: schemas.WorksheetPath) -> Response:
    """One worksheet with its exercises."""
    with current().database.read() as unit:
        answer = _answer(visible(unit, asking(), path.worksheet_id))
    return reply(answer)


@api.post(
    "/worksheets/<worksheet_id>/release", responses=responses(schemas.Worksheet, missing=True)
)
@needs(Role.INSTRUCTOR)
def release_worksheet(path: schemas.WorksheetPath) -> Response:
    """Shows the worksheet to the course's learners."""
    context = current()
    with context.database.write() as unit:
        answer = _answer(release(unit, asking(), path.worksheet_id, context.now()))
    return reply(answer)


def _planned(context: Context, body: schemas.NewWorksheet) -> Plan:
    items = tuple(
        PlannedItem(
            item.template,
            context.draw_seed() if item.seed is None else item.seed,
            tuple(item.questions),
        )
        for item in body.items
    )
    return plan(context.bank, body.title, items, body.released)


def _answer(worksheet: Worksheet) -> schemas.Worksheet:
    return schemas.Worksheet(
        id=worksheet.id,
        title=worksheet.title,
        created_at=worksheet.created_at,
        released_at=worksheet.released_at,
        items=[_item(item) for item in worksheet.items],
    )


def _item(item: WorksheetItem) -> schemas.Item:
    return schemas.Item(
        position=item.position,
        exercise=item.exercise_id,
        title=item.exercise.title,
        url=address("exercises", item.exercise_id),
        questions=item.questions,
    )
