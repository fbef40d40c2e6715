"""What stands on a sheet: exercises with room to answer, or with their solutions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine.question import Choice, Derivative, Question
from generator.exercise import Exercise
from generator.sheets import html, latex, markdown, text, typst
from generator.sheets.document import (
    Block,
    Document,
    Figure,
    Heading,
    Items,
    NewPage,
    Paragraph,
    Space,
    Together,
    Words,
)
from generator.solutions import walkthrough, worked

Figures = Callable[[Exercise], tuple[Figure, ...]]

# Lines of room for an answer, by the kind of the question.
ROOM = {
    "derivative": 4,
    "forward": 5,
    "shapes": 3,
    "prerequisites": 2,
    "cache": 2,
    "choice": 0,
    "step": 4,
    "instance": 4,
    "bug": 3,
}


@dataclass(frozen=True)
class Sheet:
    """Exercises on one sheet, for one learner or for all; with `solved`, their solutions."""

    title: str
    exercises: tuple[Exercise, ...]
    learner: str = ""
    solved: bool = False
    figures: Figures = lambda exercise: ()

    @property
    def document(self) -> Document:
        """The sheet in blocks."""
        title = f"{self.title}: solutions" if self.solved else self.title
        return Document(title, (_heading(1, title), *self._head(), *self._body()))

    def _head(self) -> Iterator[Block]:
        if not self.solved:
            yield Paragraph((Words("Name: "), Words(self.learner or "_" * 40)))

    def _body(self) -> Iterator[Block]:
        for place, exercise in enumerate(self.exercises):
            if place and self.exercises[place - 1].program is not None:
                yield NewPage()
            yield from self._exercise(exercise)

    def _exercise(self, exercise: Exercise) -> Iterator[Block]:
        depth = 2 if self.exercises == (exercise,) and exercise.title == self.title else 3
        if depth > 2:
            yield _heading(2, exercise.title)
        yield Paragraph((Words(f"Exercise {exercise.id}", "emphasis"),))
        yield from markdown.blocks(exercise.statement)
        yield from self.figures(exercise)
        if self.solved:
            yield from _solved(exercise, depth)
        else:
            yield from _asked(exercise, depth)


def _asked(exercise: Exercise, depth: int) -> Iterator[Block]:
    """Conventions, then the questions with room below each."""
    if exercise.conventions:
        yield _heading(depth, "Conventions")
        yield Items(tuple(markdown.blocks(each) for each in exercise.conventions))
    for number, question in enumerate(exercise.questions, 1):
        room = ROOM[question.kind]
        space = (Space(room),) if room else ()
        yield Together((*_question(number, question, depth), *space))


def _question(number: int, question: Question, depth: int) -> Iterator[Block]:
    yield _heading(depth, f"Question {number}")
    yield from markdown.blocks(question.prompt)
    if isinstance(question, Choice):
        options = tuple(markdown.blocks(each.text) for each in question.options)
        yield Items(options, tuple(each.label for each in question.options))


def _solved(exercise: Exercise, depth: int) -> Iterator[Block]:
    """The reverse pass once, then the answer to each question."""
    targets = [each.target for each in exercise.questions if isinstance(each, Derivative)]
    if exercise.program is not None and targets:
        yield _heading(depth, "The reverse pass")
        yield from markdown.blocks(walkthrough(exercise.program, targets))
    for number, question in enumerate(exercise.questions, 1):
        yield from _question(number, question, depth)
        yield from markdown.blocks(worked(question).answer)


def _heading(level: int, words: str) -> Heading:
    return Heading(1 if level == 1 else 2 if level == 2 else 3, (Words(words),))


# How a document is written: the ending of the file's name, and the bytes.
WRITERS: dict[str, tuple[str, Callable[[Document], bytes]]] = {
    "pdf": (".pdf", typst.pdf),
    "html": (".html", lambda document: html.written(document).encode()),
    "latex": (".tex", lambda document: latex.written(document).encode()),
    "markdown": (".md", lambda document: markdown.written(document).encode()),
    "text": (".txt", lambda document: text.written(document).encode()),
}
