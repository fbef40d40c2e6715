"""A concrete exercise: a template under one choice of slots; `slug@version:seed` is its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from engine.codec import program_to_json
from engine.program import Program
from engine.question import Question, public, question_to_json
from generator.errors import UnknownExercise
from generator.forward import build_program
from generator.questions import questions
from generator.slots import Choices
from generator.statement import Speech, conventions, statement
from generator.template import Template

FORMAT = "gradbook.exercise/1"
ID = re.compile(r"([a-z0-9-]+)@(\d+):(\d+)$", re.ASCII)


@dataclass(frozen=True)
class Exercise:
    """An exercise with its questions; a conceptual one has no program."""

    id: str
    template: Template
    seed: int
    title: str
    slots: Choices
    statement: str
    conventions: tuple[str, ...]
    program: Program | None
    questions: tuple[Question, ...]

    def question(self, name: str) -> Question:
        """The question called `name`; raises KeyError."""
        return {question.name: question for question in self.questions}[name]

    def to_json(self) -> dict[str, Any]:
        """The full view, with all keys: for instructors and for storage."""
        return {
            **self._head(),
            "family": self.template.family,
            "source": self.template.source,
            "slots": self.slots,
            "program": program_to_json(self.program) if self.program else None,
            "questions": [question_to_json(question) for question in self.questions],
        }

    def public(self) -> dict[str, Any]:
        """The learner's view, without any key."""
        return {**self._head(), "questions": [public(question) for question in self.questions]}

    def _head(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "id": self.id,
            "template": self.template.slug,
            "version": self.template.version,
            "seed": self.seed,
            "title": self.title,
            "difficulty": self.template.difficulty,
            "statement": self.statement,
            "conventions": list(self.conventions),
        }


def make_exercise(template: Template, seed: int) -> Exercise:
    """The exercise of `template` for `seed`: the same bytes on every machine.

    Seed 0 takes the first value of every slot.  Raises SlotError and TemplateError.
    """
    return compose(template, seed, template.choose(seed))


def compose(template: Template, seed: int, slots: Choices) -> Exercise:
    """The exercise with these slots, under the name of `seed`; raises TemplateError."""
    exercise = f"{template.label}:{seed}"
    context = template.context(slots)
    program = build_program(template, context)
    if program is not None:
        context = context.speaking(Speech(program).functions)
    return Exercise(
        id=exercise,
        template=template,
        seed=seed,
        title=template.filled("title", context),
        slots=slots,
        statement=statement(template, context, program),
        conventions=conventions(template, context, program),
        program=program,
        questions=questions(template, exercise, context, program),
    )


def parse_id(text: str) -> tuple[str, int, int]:
    """Slug, version and seed of an exercise's id; raises UnknownExercise."""
    found = ID.match(text)
    if not found:
        raise UnknownExercise(f"{text!r} is not an exercise's id such as logistic-single@1:42")
    return found[1], int(found[2]), int(found[3])
