"""The routes of templates and exercises."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, jsonify

from api.bank import schemas
from api.bank.own import bank_of, bring, check, read
from api.bank.service import generate, template_of
from api.changes import changing
from api.context import current
from api.errors import Forbidden
from api.identity import asking, needs
from api.openapi import address, blueprint, created, reply, responses
from api.practice.service import sight, solved
from api.scopes import Scope
from engine.question import question_from_json
from generator.solutions import worked

api = blueprint("bank", "Templates, and the exercises made from them")


@api.get("/templates", responses=responses(schemas.TemplateList))
@needs(Scope.BANK_READ)
def list_templates() -> Response:
    """Every template of the bank, and those that the course brought."""
    templates = bank_of(current(), asking().course_id).templates
    items = [template.to_json() for template in templates]
    return reply(schemas.TemplateList.model_validate({"items": items}))


@api.get("/templates/<slug>", responses=responses(schemas.Template, missing=True))
@needs(Scope.BANK_READ)
def get_template(path: schemas.TemplatePath) -> Response:
    """One template."""
    template = template_of(bank_of(current(), asking().course_id), path.slug)
    return reply(schemas.Template.model_validate(template.to_json()))


@api.post(
    "/templates",
    responses=responses(schemas.Template, HTTPStatus.CREATED, body=True, conflict=True),
)
@needs(Scope.BANK_WRITE)
def create_template(body: schemas.NewTemplate) -> Response:
    """Takes a template of the course's own, once its first exercises hold before a certificate.

    Its slug is the file's, with the course's mark behind it. What is wrong in the file is said with
    line and key.
    """
    template = read(body.source, asking().course_id)
    check(template)
    with changing() as change:
        bring(change.unit, asking(), template, body.source, change.now)
        answer = schemas.Template.model_validate(template.to_json())
        return change.answer(created(answer, address("templates", template.slug)))


@api.post("/exercises", responses=responses(schemas.Exercise, HTTPStatus.CREATED, body=True))
@needs(Scope.BANK_WRITE)
def create_exercise(body: schemas.NewExercise) -> Response:
    """Generates an exercise; the same template and seed give the same exercise again.

    Learners see it once an open practice set has it.
    """
    context = current()
    seed = context.draw_seed() if body.seed is None else body.seed
    generated = generate(bank_of(context, asking().course_id), body.template, seed)
    with changing() as change:
        exercise = change.unit.exercises.keep(generated, change.now)
        answer = schemas.Exercise.model_validate(exercise.spec)
        return change.answer(created(answer, address("exercises", answer.id)))


@api.get("/exercises/<exercise_id>", responses=responses(schemas.Exercise, missing=True))
@needs(Scope.BANK_READ)
def get_exercise(path: schemas.ExercisePath, query: schemas.ExerciseQuery) -> Response:
    """One exercise: statement and questions, and for instructors who ask, the keys."""
    if query.view == "full" and not asking().teaches:
        raise Forbidden("The full view holds the keys; it is for instructors.")
    context = current()
    with context.database.read() as unit:
        seen = sight(unit, asking(), path.exercise_id, context.now())
        spec, names = seen.exercise.spec, {question.name for question in seen.questions}
    if query.view == "full":
        return jsonify(spec)
    asked = [question for question in spec["questions"] if question["name"] in names]
    return reply(schemas.Exercise.model_validate({**spec, "questions": asked}))


@api.get(
    "/exercises/<exercise_id>/solutions", responses=responses(schemas.WorkedSolutions, missing=True)
)
@needs(Scope.BANK_READ)
def get_solutions(path: schemas.ExercisePath) -> Response:
    """Worked solutions and hints of the questions whose solutions the asker may see by now."""
    context = current()
    with context.database.read() as unit:
        seen = sight(unit, asking(), path.exercise_id, context.now())
        specs = [each.spec for each in solved(unit, asking(), seen, context.now())]
    solutions = [(spec, worked(question_from_json(spec))) for spec in specs]
    items = [
        schemas.Solution(question=spec["id"], **solution.to_json()) for spec, solution in solutions
    ]
    return reply(schemas.WorkedSolutions(exercise=path.exercise_id, items=items))
