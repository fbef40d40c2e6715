"""The routes of templates and exercises."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, jsonify

from api.bank import schemas
from api.bank.service import generate, template_of, visible_exercise
from api.context import current
from api.errors import Forbidden
from api.identity import asking, needs
from api.openapi import address, blueprint, created, reply, responses
from api.store.models import Role

api = blueprint("bank", "Templates, and the exercises made from them")


@api.get("/templates", responses=responses(schemas.TemplateList))
@needs(Role.STUDENT)
def list_templates() -> Response:
    """Every template of the bank."""
    items = [template.to_json() for template in current().bank.templates]
    return reply(schemas.TemplateList.model_validate({"items": items}))


@api.get("/templates/<slug>", responses=responses(schemas.Template, missing=True))
@needs(Role.STUDENT)
def get_template(path: schemas.TemplatePath) -> Response:
    """One template."""
    template = template_of(current().bank, path.slug)
    return reply(schemas.Template.model_validate(template.to_json()))


@api.post("/exercises", responses=responses(schemas.Exercise, HTTPStatus.CREATED, body=True))
@needs(Role.INSTRUCTOR)
def create_exercise(body: schemas.NewExercise) -> Response:
    """Generates an exercise; the same template and seed give the same exercise again.

    Learners see it once a released worksheet has it.
    """
    context = current()
    seed = context.draw_seed() if body.seed is None else body.seed
    generated = generate(context.bank, body.template, seed)
    with context.database.write() as unit:
        exercise = unit.exercises.keep(generated, context.now())
        answer = schemas.Exercise.model_validate(exercise.spec)
    return created(answer, address("exercises", answer.id))


@api.get("/exercises/<exercise_id>", responses=responses(schemas.Exercise, missing=True))
@needs(Role.STUDENT)
def get_exercise(path: schemas.ExercisePath, query: schemas.ExerciseQuery) -> Response:
    """One exercise: statement and questions, and for instructors who ask, the keys."""
    if query.view == "full" and not asking().teaches:
        raise Forbidden("The full view holds the keys; it is for instructors.")
    with current().database.read() as unit:
        spec = visible_exercise(unit, asking(), path.exercise_id).spec
    if query.view == "full":
        return jsonify(spec)
    return reply(schemas.Exercise.model_validate(spec))
