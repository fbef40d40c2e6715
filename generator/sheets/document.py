"""A sheet of paper or a page before it has a format: blocks of words, formulas and figures.

    Block  = Heading | Paragraph | Display | Items | Figure | Space | Together | NewPage
    Inline = Words | Formula

Writers (text, Markdown, HTML, LaTeX, Typst) are functions from a document to a text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Face: TypeAlias = Literal["plain", "strong", "emphasis", "code"]


@dataclass(frozen=True)
class Words:
    """A run of words in one face."""

    text: str
    face: Face = "plain"


@dataclass(frozen=True)
class Formula:
    """A formula within a line, in LaTeX without dollars."""

    latex: str


TALL = 330.0  # pixels, of some 950 that a page has

Inline: TypeAlias = Words | Formula
Line: TypeAlias = tuple[Inline, ...]


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is the document's title."""

    level: Literal[1, 2, 3]
    line: Line


@dataclass(frozen=True)
class Paragraph:
    """A paragraph."""

    line: Line


@dataclass(frozen=True)
class Display:
    """A formula on a line of its own, in LaTeX without dollars."""

    latex: str


@dataclass(frozen=True)
class Items:
    """A list; each item is a tuple of blocks.  `marks` are the items' labels, else bullets."""

    items: tuple[tuple[Block, ...], ...]
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Figure:
    """A picture: standalone SVG, with words for those who do not see it."""

    svg: str
    title: str
    description: str
    height: float = 0.0  # in pixels

    @property
    def is_tall(self) -> bool:
        """Whether it takes so much of a page that what follows goes on beside it."""
        return self.height > TALL


@dataclass(frozen=True)
class Space:
    """Room to write in, in lines."""

    lines: int


@dataclass(frozen=True)
class Together:
    """Blocks that stay on one page."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class NewPage:
    """What follows begins a page."""


Block: TypeAlias = Heading | Paragraph | Display | Items | Figure | Space | Together | NewPage


@dataclass(frozen=True)
class Document:
    """A document in one language, with its title for the window and the file."""

    title: str
    blocks: tuple[Block, ...]
    language: str = "en"
