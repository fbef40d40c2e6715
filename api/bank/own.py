"""A course's own templates: read from their files, checked, and found beside those of the bank."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from api.context import Context
from api.errors import Conflict, Invalid
from api.identity import Identity
from api.store.models import OwnTemplate
from api.store.unit import Unit
from engine.errors import EngineError
from generator.bank import Bank
from generator.certificate import certify
from generator.errors import GeneratorError
from generator.exercise import make_exercise
from generator.source import Source
from generator.template import Template, read_template
from grader.grade import grade

FILE = "template"  # what messages call the file
CHECKED = range(3)  # seeds whose exercises are certified before a template is accepted
KEPT = 256


def mark(course_id: uuid.UUID) -> str:
    """What is added to the slug of a course's own template."""
    return f"c{course_id.hex[:8]}"


def read(source: str, course_id: uuid.UUID) -> Template:
    """The template of a file, under its name in the course; Invalid with file, line and key."""
    try:
        return _read(source, mark(course_id))
    except (GeneratorError, EngineError) as error:
        raise Invalid(str(error)) from None


@lru_cache(maxsize=KEPT)
def _read(source: str, added: str) -> Template:
    template = read_template(Source.parse(source, FILE))
    return replace(template, slug=f"{template.slug}-{added}")


def check(template: Template) -> None:
    """Raises Invalid unless the template's first exercises hold before a certificate."""
    try:
        for seed in CHECKED:
            problems = certify(make_exercise(template, seed), grade).problems
            if problems:
                raise Invalid(f"{template.label}:{seed}: {'; '.join(problems)}")
    except (GeneratorError, EngineError) as error:
        raise Invalid(str(error)) from None


def bring(unit: Unit, by: Identity, template: Template, source: str, now: datetime) -> OwnTemplate:
    """The template, kept for the course; Conflict unless its version is a new one."""
    known = {each.slug: each.version for each in unit.exercises.own(by.course_id)}
    if template.version <= known.get(template.slug, 0):
        raise Conflict(
            f"{template.slug} is there in version {known[template.slug]}; exercises keep their"
            " names for ever, so a changed template needs a higher version."
        )
    return unit.exercises.bring(
        OwnTemplate(
            id=uuid.uuid4(),
            course_id=by.course_id,
            slug=template.slug,
            version=template.version,
            source=source,
            created_by=by.person_id,
            created_at=now,
        )
    )


def bank_of(context: Context, course_id: uuid.UUID) -> Bank:
    """The bank with the course's own templates, each in its newest version."""
    with context.database.read() as unit:
        sources = [each.source for each in unit.exercises.own(course_id)]
    own = [read(source, course_id) for source in sources]
    if not own:
        return context.bank
    return Bank({**context.bank.by_slug, **{template.slug: template for template in own}})
