"""A document in Typst's language, and as PDF: tagged, every formula and figure with its words."""

from __future__ import annotations

import json
from functools import lru_cache
from itertools import zip_longest

import typst

from generator.errors import SheetError
from generator.sheets import formulas
from generator.sheets.document import (
    Block,
    Display,
    Document,
    Face,
    Figure,
    Formula,
    Heading,
    Items,
    Line,
    NewPage,
    Paragraph,
    Space,
    Together,
    Words,
)

HEAD = """\
#set page(paper: "a4", margin: (x: 2.2cm, y: 2.2cm), numbering: "1 / 1")
#set text(font: "Libertinus Serif", size: 10.5pt)
#set par(leading: 0.62em, spacing: 0.95em, justify: false)
#set list(indent: 0.3em, body-indent: 0.6em, spacing: 0.7em)
#set terms(tight: false, spacing: 1.5em, hanging-indent: 1.6em)
#show heading.where(level: 1): set text(size: 15pt)
#show heading.where(level: 2): set text(size: 11.5pt)
#show heading.where(level: 3): set text(size: 10.5pt)
#show heading: set block(above: 1.4em, below: 0.7em, sticky: true)
#show math.equation.where(block: true): set block(above: 0.8em, below: 0.8em)
#let wide(formula) = block(above: 0.9em, below: 0.9em, inset: (left: 1.5em, y: 0.4em))[
  #set par(hanging-indent: 2em, leading: 0.9em)
  #formula
]
#let lead(body) = block(sticky: true, width: 100%, above: 0.95em, below: 0.8em, body)
#let room(lines) = block(width: 100%, height: lines * 1.55em, breakable: false,
  stroke: 0.5pt + luma(200), radius: 2pt)
"""
FACES: dict[Face, str] = {"strong": "#strong", "emphasis": "#emph"}
SPECIAL = "\\#$*_`<>@[]~/=+-'\"^"


def pdf(document: Document) -> bytes:
    """The document as PDF/UA-1, which holds what a screen reader needs; always the same bytes."""
    source = written(document).encode()
    try:
        made = _compiler().compile(source, timestamp=0, pdf_standards=["ua-1"])
    except typst.TypstError as problem:
        raise SheetError(f"{document.title}: cannot be set: {problem}") from None
    assert isinstance(made, bytes)  # one document, no output file
    return made


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    """One compiler, because looking for fonts takes longer than setting a sheet."""
    return typst.Compiler(ignore_system_fonts=True)


def written(document: Document) -> str:
    """The document in Typst's language."""
    head = f"#set document(title: {_string(document.title)})\n"
    language = f"#set text(lang: {_string(document.language)})\n"
    return head + HEAD + language + "\n" + _flow(document.blocks) + "\n"


def _flow(blocks: tuple[Block, ...]) -> str:
    """Blocks one below the other; what leads to a formula, or to the first step, stays with it."""
    around = zip_longest((None, *blocks), blocks, blocks[1:])
    return "\n\n".join(
        _lead(block) if _leads(before, after) else _written(block)
        for before, block, after in around
        if block is not None
    )


def _leads(before: Block | None, after: Block | None) -> bool:
    opening = isinstance(before, Heading) and isinstance(after, Paragraph)
    return opening or isinstance(after, Display)


def _lead(block: Block) -> str:
    written = _written(block)
    return f"#lead[{written}]" if isinstance(block, Paragraph | Display) else written


def _written(block: Block) -> str:
    match block:
        case Heading(level, words):
            return f"{'=' * level} {_line(words)}"
        case Paragraph(words):
            return _line(words)
        case Display(latex) if formulas.is_wide(latex):
            return f"#wide[{_equation(latex, 'false', alone=True)}]"
        case Display(latex):
            return _equation(latex, "true")
        case Items(items, marks):
            return _listed(items, marks)
        case Figure():
            return _figure(block)
        case Space(lines):
            return f"#room({lines})"
        case Together(blocks):
            return f"#block(breakable: false, width: 100%, above: 1.5em)[\n{_flow(blocks)}\n]"
        case NewPage():
            return "#pagebreak(weak: true)"


def _listed(items: tuple[tuple[Block, ...], ...], marks: tuple[str, ...]) -> str:
    bodies = [_flow(item) for item in items]
    if not marks:
        return "#list(" + ", ".join(f"[{body}]" for body in bodies) + ")"
    rows = zip(marks, bodies, strict=True)
    return "#terms(" + ", ".join(f"([{_escaped(mark)}], [{body}])" for mark, body in rows) + ")"


def _figure(figure: Figure) -> str:
    picture = (
        f'image(bytes({_string(figure.svg)}), format: "svg", alt: {_string(figure.description)})'
    )
    place = ", placement: auto" if figure.is_tall else ""
    caption = f"caption: [{_escaped(figure.title)}], supplement: none"
    return f"#figure({picture}, {caption}{place})"


def _line(line: Line) -> str:
    parts = []
    for each in line:
        match each:
            case Words(text, "plain"):
                parts.append(_escaped(text))
            case Words(text, "code"):
                parts.append(f"#raw({_string(text)})")
            case Words(text, face):
                parts.append(f"{FACES[face]}[{_escaped(text)}]")
            case Formula(latex):
                parts.append(_equation(latex, "false", alone=len(line) == 1))
    # a semicolon ends an expression; a bracket, a dot or a semicolon behind it would go on with it
    return "".join(part + ";" * part.startswith("#") for part in parts)


def _equation(latex: str, block: str, alone: bool = False) -> str:
    inner = f"${formulas.typst(latex)}$" if not alone else f"$display({formulas.typst(latex)})$"
    return f"#math.equation(block: {block}, alt: {_string(formulas.plain(latex))}, {inner})"


def _escaped(text: str) -> str:
    return "".join(f"\\{mark}" if mark in SPECIAL else mark for mark in text)


def _string(text: str) -> str:
    """A string literal; Typst reads JSON's escapes of quotes, backslashes and line ends."""
    return json.dumps(text, ensure_ascii=False)
