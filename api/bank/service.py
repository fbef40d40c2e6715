"""Making exercises, and who may see which."""

from __future__ import annotations

from api.errors import Invalid, NotFound
from api.schemas import Document
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
