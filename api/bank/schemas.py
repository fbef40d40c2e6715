"""Templates, exercises and questions as they are asked for and answered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas import Answered, Asked, Document, Identifier, Seed, Text


class TemplateQuestion(Answered):
    """One question every exercise of the template has."""

    name: str
    kind: str


class Template(Answered):
    """A template: what can be made, and which choices it has."""

    slug: str
    version: int
    title: str
    family: str
    difficulty: int
    source: str
    slots: Document = Field(description="each slot with its possible values")
    questions: list[TemplateQuestion]


class TemplateList(Answered):
    """All templates, by slug."""

    items: list[Template]


class TemplatePath(Asked):
    """Which template."""

    slug: Identifier


class NewTemplate(Asked):
    """A template of one's own."""

    source: Annotated[Text, Field(min_length=1, max_length=100_000)] = Field(
        description="the TOML file as it is; `./gradbook template new` begins one"
    )


class NewExercise(Asked):
    """The exercise that is wanted."""

    template: Identifier = Field(description="a template's slug")
    seed: Seed | None = Field(None, description="which variant; drawn at random when absent")


class ExercisePath(Asked):
    """Which exercise."""

    exercise_id: Identifier = Field(description="such as `logistic-single@1:42`")


class ExerciseQuery(Asked):
    """How much of the exercise."""

    view: Literal["public", "full"] = Field(
        "public", description="`full` adds programs and keys; for instructors"
    )


class Option(Answered):
    """One option of a multiple choice question."""

    label: str
    text: str


class Question(Answered):
    """A question as a learner sees it."""

    id: str
    name: str
    kind: str
    prompt: str = Field(description="Markdown with LaTeX")
    options: list[Option] | None = Field(None, description="for multiple choice")


class Exercise(Answered):
    """An exercise as a learner sees it."""

    format: Literal["gradbook.exercise/1"]
    id: str
    template: str
    version: int
    seed: int
    title: str
    difficulty: int
    statement: str = Field(description="Markdown with LaTeX")
    conventions: list[str]
    questions: list[Question]


class Solution(Answered):
    """A question's worked solution; all texts are Markdown with LaTeX."""

    question: str
    steps: str = Field(description="the way, in numbered steps")
    answer: str
    hints: list[str] = Field(description="each tells more than the one before")


class WorkedSolutions(Answered):
    """The solutions that may be seen by now."""

    exercise: str
    items: list[Solution]
