"""A document as LaTeX source, for courses that set their own sheets."""

from __future__ import annotations

import re

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

PREAMBLE = r"""% Compiles with LuaLaTeX or XeLaTeX.
\documentclass[11pt,a4paper]{article}
\usepackage{amsmath,amssymb,fontspec,enumitem}
\usepackage[margin=2.4cm]{geometry}
\setlength{\parindent}{0pt}
\setlength{\parskip}{.5em}
\pagestyle{plain}
"""
HEADINGS = {1: r"\section*", 2: r"\subsection*", 3: r"\subsubsection*"}
FACES: dict[Face, str] = {"strong": r"\textbf", "emphasis": r"\emph", "code": r"\texttt"}
SPECIAL = re.compile(r"[\\{}$&#^_%~]")
ESCAPES = {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}"}


def written(document: Document) -> str:
    """A complete LaTeX file; figures are given by their descriptions."""
    body = "\n\n".join(map(_written, document.blocks))
    return f"{PREAMBLE}\\begin{{document}}\n\n{body}\n\n\\end{{document}}\n"


def _written(block: Block) -> str:
    match block:
        case Heading(level, words):
            return f"{HEADINGS[level]}{{{_line(words)}}}"
        case Paragraph(words):
            return _line(words)
        case Display(latex):
            return f"\\[ {latex} \\]"
        case Items(items, marks):
            return _listed(items, marks)
        case Figure(_, title, description):
            return f"\\emph{{{_escaped(title)}.}} {_escaped(description)}"
        case Space(lines):
            return f"\\vspace{{{lines}\\baselineskip}}"
        case Together(blocks):
            inside = "\n\n".join(map(_written, blocks))
            return f"\\begin{{samepage}}\n{inside}\n\\end{{samepage}}"
        case NewPage():
            return r"\newpage"


def _listed(items: tuple[tuple[Block, ...], ...], marks: tuple[str, ...]) -> str:
    labels = (f"[{_escaped(mark)}]" for mark in marks) if marks else ("" for _ in items)
    rows = (
        f"  \\item{label} " + "\n\n".join(map(_written, item))
        for label, item in zip(labels, items, strict=True)
    )
    return "\\begin{itemize}\n" + "\n".join(rows) + "\n\\end{itemize}"


def _line(line: Line) -> str:
    parts = []
    for each in line:
        match each:
            case Words(text, "plain"):
                parts.append(_escaped(text))
            case Words(text, face):
                parts.append(f"{FACES[face]}{{{_escaped(text)}}}")
            case Formula(latex):
                parts.append(f"${latex}$")
    return "".join(parts)


def _escaped(text: str) -> str:
    return SPECIAL.sub(lambda found: ESCAPES.get(found[0], "\\" + found[0]), text)
