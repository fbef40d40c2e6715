"""The routes of practice sets."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from http import HTTPStatus

from flask import Response

from api.bank.own import bank_of
from api.changes import changing
from api.context import Context, current
from api.etags import conditional, require_match, tagged
from api.identity import Identity, asking, needs
from api.openapi import address, blueprint, created, reply, responses
from api.paging import MOMENT_AND_ID
from api.practice import schemas
from api.practice.making import ItemPlan, Times, change, create, plan
from api.practice.marking import recount
from api.practice.service import (
    all_visible,
    assign,
    following,
    lacking,
    made,
    policy_of,
    state,
    visible,
)
from api.scopes import Scope
from api.store.models import Assignment, Exercise, PracticeItem, PracticeSet
from api.store.unit import Unit

api = blueprint("practice sets", "What learners are asked, when, and under which policy")
SET = responses(schemas.PracticeSet, missing=True)


@api.get("/practice-sets", responses=responses(schemas.PracticeSetList))
@needs(Scope.PRACTICE_READ)
def list_practice_sets(query: schemas.SetQuery) -> Response:
    """The course's practice sets, oldest first; learners see those that have opened."""
    context = current()
    with context.database.read() as unit:
        found = all_visible(unit, asking(), query.page(*MOMENT_AND_ID), context.now())
        answer = schemas.PracticeSetList(
            items=[_answer(context, unit, asking(), each) for each in found],
            next=query.onward(found, lambda each: (each.created_at, each.id)),
        )
    return reply(answer)


@api.post("/practice-sets", responses=responses(schemas.PracticeSet, HTTPStatus.CREATED, body=True))
@needs(Scope.PRACTICE_WRITE)
def create_practice_set(body: schemas.NewPracticeSet) -> Response:
    """Generates the exercises and puts them into one practice set."""
    context, at_once = current(), "opens_at" not in body.model_fields_set
    items = _planned(context, body.items)
    with changing() as change:
        times = Times(change.now if at_once else body.opens_at, body.due_at, body.closes_at)
        course_id = asking().course_id
        found = create(change.unit, course_id, body.title, items, times, body.policy, change.now)
        answer = _answer(context, change.unit, asking(), found)
        response = created(answer, address("practice-sets", found.id))
        return change.answer(tagged(response, found.revision))


@api.get("/practice-sets/<set_id>", responses=SET)
@needs(Scope.PRACTICE_READ)
def get_practice_set(path: schemas.SetPath) -> Response:
    """One practice set with its items; a learner is given variants of one's own on first sight."""
    context = current()
    _give(context, path.set_id)
    with context.database.read() as unit:
        found = visible(unit, asking(), path.set_id, context.now())
        return tagged(reply(_answer(context, unit, asking(), found)), found.revision)


@api.patch(
    "/practice-sets/<set_id>",
    responses=responses(schemas.PracticeSet, missing=True, body=True, conflict=True),
)
@needs(Scope.PRACTICE_WRITE)
@conditional
def change_practice_set(path: schemas.SetPath, body: schemas.ChangedPracticeSet) -> Response:
    """Changes what is named; marks are worked out anew where the policy changes."""
    context = current()
    items = _planned(context, body.items or [])
    with changing() as change_:
        found = visible(change_.unit, asking(), path.set_id, change_.now)
        require_match(found.revision)
        change(change_.unit, found, body, items, change_.now)
        change_.unit.flush()
        if body.policy is not None:
            recount(change_.unit, found)
        answer = _answer(context, change_.unit, asking(), found)
        return change_.answer(tagged(reply(answer), found.revision))


@api.post(
    "/practice-sets/<set_id>/items/<int:position>/next",
    responses=responses(schemas.PracticeSet, missing=True, conflict=True),
)
@needs(Scope.ATTEMPTS_WRITE)
def next_variant(path: schemas.ItemPath) -> Response:
    """Gives the learner the next variant of an item that is practised until a streak is right."""
    context = current()
    with context.database.read() as unit:
        found = visible(unit, asking(), path.set_id, context.now())
        variants = [following(unit, asking(), found, path.position)]
    generated = made(bank_of(context, asking().course_id), variants)
    with changing(audited=False) as change_:
        assign(change_.unit, generated, change_.now)
        found = visible(change_.unit, asking(), path.set_id, change_.now)
        answer = _answer(context, change_.unit, asking(), found)
        return change_.answer(tagged(reply(answer), found.revision))


def _planned(context: Context, items: Sequence[schemas.NewItem]) -> tuple[ItemPlan, ...]:
    drawn = [context.draw_seed() if item.seed is None else item.seed for item in items]
    return plan(bank_of(context, asking().course_id), list(zip(items, drawn, strict=True)))


def _give(context: Context, set_id: uuid.UUID) -> None:
    """Gives a learner the variants of an opened set that are not there yet."""
    with context.database.read() as unit:
        wanted = lacking(unit, asking(), visible(unit, asking(), set_id, context.now()))
    if wanted:
        variants = made(bank_of(context, asking().course_id), wanted)
        with context.database.write() as unit:
            assign(unit, variants, context.now())


def _answer(
    context: Context, unit: Unit, reader: Identity, found: PracticeSet
) -> schemas.PracticeSet:
    own: dict[int, list[Assignment]] = defaultdict(list)
    for assignment in unit.practice.assignments(found.id, reader.person_id):
        own[assignment.position].append(assignment)
    return schemas.PracticeSet(
        id=found.id,
        title=found.title,
        created_at=found.created_at,
        opens_at=found.opens_at,
        due_at=found.due_at,
        closes_at=found.closes_at,
        state=state(found, context.now()),
        policy=policy_of(found),
        items=[_item(item, own[item.position]) for item in found.items],
    )


def _item(item: PracticeItem, own: Sequence[Assignment]) -> schemas.Item:
    exercises: list[Exercise] = [each.exercise for each in own]
    if item.exercise is not None:
        exercises = [item.exercise]
    newest = exercises[-1] if exercises else None
    same = item.exercise_id is not None
    return schemas.Item(
        position=item.position,
        template=item.template,
        title=newest.title if newest else None,
        variants=schemas.Variants.SAME if same else schemas.Variants.INDIVIDUAL,
        exercise=newest.id if newest else None,
        exercises=[each.id for each in exercises],
        url=address("exercises", newest.id) if newest else None,
        questions=item.questions,
        streak=item.streak,
        weight=item.weight,
    )
