"""A document as LaTeX source, for courses that set their own sheets."""

from __future__ import annotations

import re
import textwrap

from engine.notation.spelling import LETTERS
from generator.sheets import tikz
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
from generator.sheets.formulas import breakable, is_wide

PREAMBLE = r"""% Compiles with pdfLaTeX, LuaLaTeX, XeLaTeX and Tectonic.
\documentclass[11pt,a4paper]{article}
\usepackage{iftex}
\ifPDFTeX
  \usepackage[T1]{fontenc}
  \usepackage{lmodern}
\else
  \usepackage{fontspec}
\fi
\usepackage{amsmath,amssymb,enumitem,tikz}
\usepackage[margin=2.4cm]{geometry}
\setlength{\parindent}{0pt}
\setlength{\parskip}{.5em}
\setlist{itemsep=.2em,parsep=0pt,topsep=.3em}
\renewcommand{\topfraction}{.9}
\renewcommand{\textfraction}{.05}
\renewcommand{\floatpagefraction}{.95}
\allowdisplaybreaks
\pagestyle{plain}
"""
# A minipage has paragraphs of its own.
SPACING = r"\setlength{\parskip}{.5em}"
HEADINGS = {1: r"\section*", 2: r"\subsection*", 3: r"\subsubsection*"}
FACES: dict[Face, str] = {"strong": r"\textbf", "emphasis": r"\emph", "code": r"\texttt"}
SPECIAL = re.compile(r"[\\{}$&#^_%~−\u0370-\u03ff]")
ESCAPES = {
    "−": "$-$",
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
}


def written(document: Document) -> str:
    """A complete LaTeX file that includes no other; figures are TikZ."""
    body = "\n\n".join(map(_written, document.blocks))
    return f"{PREAMBLE}\\begin{{document}}\n\n{body}\n\n\\end{{document}}\n"


def _written(block: Block) -> str:
    match block:
        case Heading(level, words):
            return f"{HEADINGS[level]}{{{_line(words)}}}"
        case Paragraph(words):
            return _line(words)
        case Display(latex) if is_wide(latex):
            return f"\\begin{{flushleft}}\n$\\displaystyle {breakable(latex)}$\n\\end{{flushleft}}"
        case Display(latex):
            return f"\\[ {latex} \\]"
        case Items(items, marks):
            return _listed(items, marks)
        case Figure():
            return _figure(block)
        case Space(lines):
            return f"\\par\\vspace*{{{lines}\\baselineskip}}"
        case Together(blocks):
            inside = "\n\n".join(map(_written, blocks))
            return f"\\begin{{minipage}}{{\\linewidth}}\n{SPACING}\n{inside}\n\\end{{minipage}}"
        case NewPage():
            return r"\newpage"


def _figure(figure: Figure) -> str:
    """The picture with its title; its words stand in the source, for those who read that."""
    words = "\n".join(f"% {line}" for line in textwrap.wrap(figure.description, 96))
    title = f"\\\\[.4em]\n{{\\small {_escaped(figure.title)}}}"
    picture = f"\\begin{{center}}\n{tikz.picture(figure.svg)}{title}\n\\end{{center}}"
    floating = f"\\begin{{figure}}[tbp]\n{picture}\n\\end{{figure}}"
    return f"{words}\n{floating if figure.is_tall else picture}"


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
                parts.append(f"${breakable(latex)}$")
    return "".join(parts)


def _escaped(text: str) -> str:
    return SPECIAL.sub(lambda found: _escape(found[0]), text)


def _escape(mark: str) -> str:
    if mark in LETTERS:
        return f"$\\{LETTERS[mark]}$"
    return ESCAPES.get(mark, f"\\{mark}")
