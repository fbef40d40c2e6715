"""Making exercises, and who may see which."""

from __future__ import annotations

from api.errors import Invalid, NotFound
from api.identity import Identity
from api.schemas import Document
from api.store.models import Exercise, Question
from api.store.unit import Unit
from generator.bank import Bank
from generator.errors import SlotError, UnknownTemplate
from generator.template import Template


def template_of(bank: Bank, slug: str) -> Template:
    """The template of that slug; NotFound names the nearest ones."""
    try:
        return bank.template(slug)
    except UnknownTemplate as error:
        raise NotFound("template", slug, str(error)) from None


def generate(bank: Bank, template: str, seed: int) -> Document:
    """The full view of the exercise of that template and seed.

    This takes a while, so it is done before a unit of work is opened and not within it.
    """
    try:
        return bank.exercise(template, seed).to_json()
    except (UnknownTemplate, SlotError) as error:
        raise Invalid(str(error)) from None


def visible_exercise(unit: Unit, reader: Identity, exercise_id: str) -> Exercise:
    """The exercise, for an instructor or once a released worksheet of the course shows it."""
    exercise = unit.exercises.get(exercise_id)
    if exercise is None or not _may_see(unit, reader, exercise_id):
        raise NotFound("exercise", exercise_id)
    return exercise


def visible_question(unit: Unit, reader: Identity, question_id: str) -> Question:
    """The question, if its exercise may be seen."""
    question = unit.exercises.question(question_id)
    if question is None or not _may_see(unit, reader, question.exercise_id):
        raise NotFound("question", question_id)
    return question


def _may_see(unit: Unit, reader: Identity, exercise_id: str) -> bool:
    return reader.teaches or unit.worksheets.shows(reader.course_id, exercise_id)
