"""What can go wrong between a template file and an exercise.

GeneratorError
├── TemplateError         a template (or worksheet) file that is not one; names file, key and line
├── SlotError             no choice of slots is left for a seed
├── UnknownTemplate       a slug that no template has
├── UnknownExercise       an id that is not `slug@version:seed`, or a version we do not have
├── UnknownWorksheet      a slug that no worksheet has
├── SheetError            words or formulas that cannot be set on a sheet
└── OrderError            a batch that cannot be made as ordered
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class GeneratorError(Exception):
    """Base of every error the generator raises on purpose."""


class TemplateError(GeneratorError):
    """A file that is not a template: `file:line: key: what was expected and what came`."""

    def __init__(self, file: str, line: int, key: str, problem: str) -> None:
        self.file, self.line, self.key, self.problem = file, line, key, problem
        where = f"{file}:{line}" if line else file
        super().__init__(f"{where}: {key}: {problem}" if key else f"{where}: {problem}")


class SlotError(GeneratorError):
    """No choice of slots is left for a seed: the exclusions leave nothing over."""


class UnknownTemplate(GeneratorError):
    """A slug that no template has; the message names the nearest ones."""


class UnknownExercise(GeneratorError):
    """An id that is not `slug@version:seed`, or whose version of the template is not here."""


class UnknownWorksheet(GeneratorError):
    """A slug that no worksheet has; the message names the nearest ones."""


def nearest(name: str, known: Iterable[object]) -> str:
    """`; did you mean …?` with the names nearest to `name`, or else all that there are."""
    names = sorted(str(each) for each in known)
    close = difflib.get_close_matches(name, names, n=3)
    if close:
        return f"; did you mean {' or '.join(close)}?"
    return f"; there is {', '.join(names)}" if names else "; there is none"


class SheetError(GeneratorError):
    """Words or formulas that cannot be set on a sheet; the message quotes them."""


class OrderError(GeneratorError):
    """A batch that cannot be made as ordered; the message says what to change."""
