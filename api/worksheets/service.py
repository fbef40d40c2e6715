"""Putting worksheets together, releasing them, and who may see which."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api.bank.service import generate
from api.errors import Invalid, NotFound
from api.identity import Identity
from api.schemas import Document
from api.store.models import Worksheet, WorksheetItem
from api.store.unit import Unit
from generator.bank import Bank
from generator.worksheet import PlannedItem


@dataclass(frozen=True)
class Plan:
    """A worksheet to be made: its exercises in their order, generated already.

    `asked` are the names of the questions that each exercise is asked, empty for all of them.
    """

    title: str
    exercises: tuple[Document, ...]
    asked: tuple[tuple[str, ...], ...]
    released: bool


def plan(bank: Bank, title: str, items: Sequence[PlannedItem], released: bool) -> Plan:
    """The worksheet of these templates and seeds; Invalid for one that cannot be."""
    wanted = [(item.template, item.seed) for item in items]
    for template, seed in wanted:
        if wanted.count((template, seed)) > 1:
            raise Invalid(f"Exercise {template}:{seed} is there twice; a worksheet has each once.")
    exercises = tuple(generate(bank, *each) for each in wanted)
    for item, exercise in zip(items, exercises, strict=True):
        _check_asked(item, [question["name"] for question in exercise["questions"]])
    return Plan(title, exercises, tuple(item.questions for item in items), released)


def _check_asked(item: PlannedItem, known: list[str]) -> None:
    """Raises Invalid where an item names a question that its exercise does not have."""
    for name in item.questions:
        if name not in known:
            raise Invalid(
                f"Exercise {item.template}:{item.seed} has no question {name!r};"
                f" there are {', '.join(known)}."
            )


def create(unit: Unit, course_id: uuid.UUID, plan: Plan, now: datetime) -> Worksheet:
    """The planned worksheet, stored with its exercises."""
    # In the order of their ids: two worksheets that want the same ones must not wait in a circle.
    in_order = sorted(plan.exercises, key=lambda spec: str(spec["id"]))
    kept = {spec["id"]: unit.exercises.keep(spec, now) for spec in in_order}
    items = [
        WorksheetItem(position=position, exercise=kept[spec["id"]], questions=list(asked) or None)
        for position, (spec, asked) in enumerate(zip(plan.exercises, plan.asked, strict=True), 1)
    ]
    released_at = now if plan.released else None
    return unit.worksheets.add(course_id, plan.title, items, now, released_at)


def release(unit: Unit, reader: Identity, worksheet_id: uuid.UUID, now: datetime) -> Worksheet:
    """The worksheet, released; since when does not change by asking twice."""
    worksheet = visible(unit, reader, worksheet_id)
    worksheet.released_at = worksheet.released_at or now
    return worksheet


def visible(unit: Unit, reader: Identity, worksheet_id: uuid.UUID) -> Worksheet:
    """The course's worksheet, for an instructor or once it is released."""
    worksheet = unit.worksheets.get(reader.course_id, worksheet_id)
    if worksheet is None or not (reader.teaches or worksheet.released_at):
        raise NotFound("worksheet", worksheet_id)
    return worksheet


def all_visible(unit: Unit, reader: Identity) -> Sequence[Worksheet]:
    """The course's worksheets this reader may see."""
    return unit.worksheets.of_course(reader.course_id, released_only=not reader.teaches)
