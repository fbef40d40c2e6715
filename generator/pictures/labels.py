"""What is written in a picture: runs of upright and italic letters, raised and lowered.

A name is spelled as in print, `W1` as W with [1] above it, `z_1` as z with 1 below it.  The
engine's printer lays formulas out; it is handed names between marks, which come back as runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from engine.expression import Expr
from engine.notation import Spelling, Style, show
from engine.notation.spelling import anatomy
from engine.shapes import Shape

Level: TypeAlias = Literal["base", "above", "below"]

SIZE = 15.0  # of a letter, in pixels
SMALL = 0.72  # of a raised or lowered letter, as a part of SIZE

# Marks for the printer, of the characters that no name and no operator uses.
OPEN, UP, DOWN, CLOSE = "\ue000", "\ue001", "\ue002", "\ue003"
MARKED = re.compile(f"{OPEN}([^{UP}]*){UP}([^{DOWN}]*){DOWN}([^{CLOSE}]*){CLOSE}")
# What the printer has no raised or lowered letters for, or letters that few fonts have.
SCRIPTS = re.compile(r"\^\((−?[0-9/]+)\)|(ᵀ)|_\{([^}]*)\}|_(\w)")
BOLD = str.maketrans("𝟏", "1")  # letters that few fonts have

# Widths in Libertinus Serif as parts of the size, the wider of upright and italic.
WIDTHS = (
    ("\u0302\u0304\u0303", 0.0),
    ("|", 0.2),
    (" .,:·'", 0.24),
    ("ijl‖ι", 0.28),
    ("ftI()/²³⁻¹", 0.32),
    ("[]∘", 0.36),
    ("rsε", 0.4),
    ("cezJζξτ", 0.44),
    ("axFS0123456789δθμνυ", 0.48),
    ("hnEP+−=×απσ<>√", 0.56),
    ("BRTYZφΣ", 0.6),
    ("CKVψΔΞ", 0.64),
    ("GUXωΛΠΦΨ", 0.68),
    ("ADHNOQΘΩ", 0.72),
    ("w⊙", 0.78),
    ("mM", 0.83),
    ("W", 0.96),
)
WIDTH = {letter: width for letters, width in WIDTHS for letter in letters}
USUAL = 0.52  # width of any other letter


@dataclass(frozen=True)
class Run:
    """Letters of one face at one level."""

    text: str
    italic: bool = False
    level: Level = "base"

    @property
    def width(self) -> float:
        """The room that the letters take, in pixels."""
        size = SIZE * (1 if self.level == "base" else SMALL)
        return size * sum(WIDTH.get(each, USUAL) for each in self.text)


Label: TypeAlias = tuple[Run, ...]


def width(label: Label) -> float:
    """The room that a label takes, in pixels."""
    return sum(run.width for run in label)


def plain(text: str) -> Label:
    """`text` in upright letters."""
    return (Run(text),) if text else ()


def name(of: str) -> Label:
    """A quantity's name."""
    parts = anatomy(of)
    return _runs(parts.letter, f"[{parts.layer}]" if parts.layer else "", parts.index)


def formula(expr: Expr) -> Label:
    """A formula on one line."""
    style = Style({each: _marked(each) for each in expr.names})
    text = show(expr, "unicode", style).replace("sqrt(", "√(")
    return tuple(_read(text.translate(BOLD)))


def shape(of: Shape) -> Label:
    """A shape, `n × m`; nothing for a scalar."""
    sides = [name(dim) if isinstance(dim, str) else plain(str(dim)) for dim in of]
    return joined(sides, " × ")


def scripts(letter: str, above: str, below: str) -> tuple[Label, Label, Label]:
    """A letter and its two scripts, each as a label of its own."""
    return (Run(letter, True),), plain(above), _index(below) if below else ()


def transposed(label: Label) -> Label:
    """A label with the sign of the transpose."""
    return (*label, Run("T", level="above"))


def split(label: Label, sign: str) -> list[Label]:
    """The parts of a label before, between and after the places where a sign stands."""
    parts: list[list[Run]] = [[]]
    for run in label:
        for place, text in enumerate(run.text.split(sign)):
            if place:
                parts.append([])
            if text:
                parts[-1].append(replace(run, text=text))
    return [tuple(part) for part in parts]


def joined(labels: list[Label], between: str) -> Label:
    """Labels one after the other."""
    runs: list[Run] = []
    for place, label in enumerate(labels):
        runs += [*(plain(between) if place else ()), *label]
    return tuple(runs)


def derivative(of: str, loss: str) -> Label:
    """∂loss/∂of."""
    return (*plain("∂"), *name(loss), *plain("/∂"), *name(of))


def _marked(of: str) -> Spelling:
    parts = anatomy(of)
    layer = f"[{parts.layer}]" if parts.layer else ""
    text = f"{OPEN}{parts.letter}{UP}{layer}{DOWN}{parts.index}{CLOSE}"
    return Spelling(text, text, text, text)


def _read(text: str) -> Iterator[Run]:
    """The runs of what the printer made of marked names."""
    end = 0
    for match in MARKED.finditer(text):
        yield from _upright(text[end : match.start()])
        yield from _runs(*match.groups())
        end = match.end()
    yield from _upright(text[end:])


def _upright(text: str) -> Iterator[Run]:
    """What stands between names, with its exponents raised and its indices lowered."""
    end = 0
    for match in SCRIPTS.finditer(text):
        yield from plain(text[end : match.start()])
        below = match[3] or match[4]
        yield Run(below, True, "below") if below else Run(match[1] or "T", level="above")
        end = match.end()
    yield from plain(text[end:])


def _index(text: str) -> Label:
    return (Run(text, not text.isdigit()),)


def _runs(letter: str, above: str, below: str) -> Label:
    rows = (
        Run(letter, True),
        Run(above, False, "above"),
        Run(below, not below.isdigit(), "below"),
    )
    return tuple(run for run in rows if run.text)
