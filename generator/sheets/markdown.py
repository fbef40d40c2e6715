"""Markdown with LaTeX between dollars, read into blocks and written from them.

Templates speak a small Markdown: paragraphs, lists, strong and emphasised words, code, `$…$` and
`$$…$$`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.dollarmath import dollarmath_plugin

from generator.errors import SheetError
from generator.sheets.document import (
    Block,
    Display,
    Document,
    Face,
    Figure,
    Formula,
    Heading,
    Inline,
    Items,
    Line,
    NewPage,
    Paragraph,
    Space,
    Together,
    Words,
)

READER = MarkdownIt("commonmark").use(dollarmath_plugin, double_inline=True)
FACES: dict[str, Face] = {"strong": "strong", "em": "emphasis"}


@lru_cache(maxsize=2048)
def blocks(text: str) -> tuple[Block, ...]:
    """The blocks of a text; raises SheetError for Markdown that templates do not use."""
    return tuple(_blocks(SyntaxTreeNode(READER.parse(text))))


def line(text: str) -> Line:
    """The words and formulas of a text of one paragraph."""
    found = blocks(text)
    if len(found) != 1 or not isinstance(found[0], Paragraph):
        raise SheetError(f"expected one paragraph, not {text!r}")
    return found[0].line


def _blocks(node: SyntaxTreeNode) -> Iterator[Block]:
    for child in node.children:
        rule = BLOCKS.get(child.type)
        if rule is None:
            raise SheetError(f"no rule sets the Markdown element {child.type}")
        yield from rule(child)


def _paragraph(node: SyntaxTreeNode) -> Iterator[Block]:
    """A paragraph, parted where a formula stands on its own line within it."""
    (content,) = node.children
    run: list[Inline] = []
    for child in content.children:
        if child.type == "math_inline_double":
            if run:
                yield Paragraph(tuple(run))
            yield Display(child.content.strip())
            run = []
        else:
            run += _inline(child, "plain")
    if run:
        yield Paragraph(tuple(run))


def _inline(node: SyntaxTreeNode, face: Face) -> Iterator[Inline]:
    match node.type:
        case "text":
            yield Words(node.content, face)
        case "softbreak" | "hardbreak":
            yield Words(" ", face)
        case "code_inline":
            yield Words(node.content, "code")
        case "math_inline":
            yield Formula(node.content)
        case "strong" | "em":
            for child in node.children:
                yield from _inline(child, FACES[node.type])
        case other:
            raise SheetError(f"no rule sets the Markdown element {other}")


def _items(node: SyntaxTreeNode) -> Iterator[Block]:
    marks: tuple[str, ...] = ()
    if node.type == "ordered_list":
        start = int(node.attrs.get("start", 1))
        marks = tuple(f"{number}." for number in range(start, start + len(node.children)))
    yield Items(tuple(tuple(_blocks(item)) for item in node.children), marks)


BLOCKS: dict[str, Callable[[SyntaxTreeNode], Iterator[Block]]] = {
    "paragraph": _paragraph,
    "math_block": lambda node: iter((Display(node.content.strip()),)),
    "bullet_list": _items,
    "ordered_list": _items,
}


# out


def written(document: Document) -> str:
    """The document as Markdown; figures are given by their descriptions."""
    return "\n\n".join(_written(block) for block in document.blocks) + "\n"


def _written(block: Block) -> str:
    match block:
        case Heading(level, words):
            return f"{'#' * level} {_line(words)}"
        case Paragraph(words):
            return _line(words)
        case Display(latex):
            return f"$${latex}$$"
        case Items(items, marks):
            return _listed(items, marks)
        case Figure(_, title, description):
            return f"*{title}.* {description}"
        case Space(_):
            return "---"
        case Together(blocks):
            return "\n\n".join(map(_written, blocks))
        case NewPage():
            return "***"


def _listed(items: tuple[tuple[Block, ...], ...], marks: tuple[str, ...]) -> str:
    labels = marks or ("-",) * len(items)
    rows = []
    for label, item in zip(labels, items, strict=True):
        text = "\n\n".join(_written(block) for block in item)
        rows.append(f"{label} " + text.replace("\n", "\n" + " " * (len(label) + 1)))
    return "\n".join(rows)


def _line(line: Line) -> str:
    marks = {"plain": "", "strong": "**", "emphasis": "*", "code": "`"}
    parts = []
    for each in line:
        match each:
            case Words(text, face):
                parts.append(f"{marks[face]}{text}{marks[face]}")
            case Formula(latex):
                parts.append(f"${latex}$")
    return "".join(parts)
