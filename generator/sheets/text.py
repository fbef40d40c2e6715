"""A document in plain text, for a terminal: formulas in a line, paragraphs filled."""

from __future__ import annotations

import textwrap

from generator.sheets.document import (
    Block,
    Display,
    Document,
    Figure,
    Formula,
    Heading,
    Items,
    Line,
    NewPage,
    Paragraph,
    Space,
    Together,
)
from generator.sheets.formulas import plain

WIDTH = 88
SHORT = 20  # characters of a formula that stay on one line
UNBROKEN = "\u00a0"  # a space at which no line ends
UNDERLINE = {1: "=", 2: "-", 3: ""}


def written(document: Document, width: int = WIDTH) -> str:
    """The document as lines of at most `width` columns, where words allow it."""
    return shown(document.blocks, width) + "\n"


def shown(blocks: tuple[Block, ...], width: int = WIDTH, indent: str = "") -> str:
    """Blocks apart, each line indented."""
    return "\n\n".join(filter(None, (_written(block, width, indent) for block in blocks)))


def spoken(line: Line) -> str:
    """Words and formulas of a line as one text; short formulas are not parted."""
    parts = (_formula(each.latex) if isinstance(each, Formula) else each.text for each in line)
    return "".join(parts)


def _formula(latex: str) -> str:
    said = plain(latex)
    return said.replace(" ", UNBROKEN) if len(said) <= SHORT else said


def _written(block: Block, width: int, indent: str) -> str:
    match block:
        case Heading(level, words):
            title = spoken(words).replace(UNBROKEN, " ")
            under = UNDERLINE[level] * len(title)
            return indent + title + (f"\n{indent}{under}" if under else "")
        case Paragraph(words):
            return _filled(spoken(words), width, indent)
        case Display(latex):
            return _filled(plain(latex), width, f"{indent}    ")
        case Items(items, marks):
            return "\n".join(
                _item(item, mark, width, indent)
                for item, mark in zip(items, marks or ("-",) * len(items), strict=True)
            )
        case Figure(_, title, description):
            return _filled(f"[{title}] {description}", width, indent)
        case Space(lines):
            return "\n" * lines
        case Together(blocks):
            return shown(blocks, width, indent)
        case NewPage():
            return ""


def _item(item: tuple[Block, ...], mark: str, width: int, indent: str) -> str:
    inner = indent + " " * (len(mark) + 1)
    text = shown(item, width, inner)
    return indent + mark + " " + text[len(inner) :]


def _filled(text: str, width: int, indent: str) -> str:
    filled = textwrap.fill(
        text.strip(), width, initial_indent=indent, subsequent_indent=indent, break_long_words=False
    )
    return filled.replace(UNBROKEN, " ")
