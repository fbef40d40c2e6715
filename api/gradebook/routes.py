"""The route of the gradebook: a learner sees one's own row of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from flask import Response

from api.context import current
from api.gradebook import schemas
from api.identity import Identity, asking, needs
from api.openapi import blueprint, reply, responses
from api.paging import MOMENT_AND_ID
from api.people.service import enrolled
from api.practice.marking import Marker
from api.practice.service import visible
from api.scopes import Scope
from api.store.models import Enrolment, PracticeSet
from api.store.paging import Page
from api.store.unit import Unit

api = blueprint("gradebook", "Marks of learners, item by item")


@api.get("/practice-sets/<set_id>/marks", responses=responses(schemas.Gradebook, missing=True))
@needs(Scope.GRADEBOOK_READ)
def list_marks(path: schemas.SetPath, query: schemas.GradebookQuery) -> Response:
    """Every learner's marks for a practice set; a learner's own."""
    context = current()
    with context.database.read() as unit:
        practice_set = visible(unit, asking(), path.set_id, context.now())
        learners = _learners(unit, asking(), query.page(*MOMENT_AND_ID))
        answer = schemas.Gradebook(
            practice_set=practice_set.id,
            items=_marks(unit, practice_set, learners),
            next=query.onward(learners, lambda each: (each.created_at, each.person_id)),
        )
    return reply(answer)


def _learners(unit: Unit, reader: Identity, page: Page) -> Sequence[Enrolment]:
    if reader.teaches:
        return unit.practice.learners(reader.course_id, page)
    own = [enrolled(unit, reader.course_id, reader.person_id)]
    return own if page.after is None else []


def _marks(
    unit: Unit, practice_set: PracticeSet, learners: Sequence[Enrolment]
) -> list[schemas.SetMark]:
    marker = Marker(unit, practice_set)
    standings = defaultdict(list)
    for standing in unit.practice.standings(practice_set.id, [each.person_id for each in learners]):
        standings[standing.learner_id].append(standing)
    found = [(each, marker.marks(each.person_id, standings[each.person_id])) for each in learners]
    return [
        schemas.SetMark(
            learner=each.person_id,
            name=each.person.name,
            external_id=each.person.external_id,
            mark=marks.mark,
            items=[schemas.ItemMark.model_validate(item) for item in marks.items],
        )
        for each, marks in found
    ]
