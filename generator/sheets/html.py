"""A document as one HTML page: MathML, no script, nothing from the network, light and dark."""

from __future__ import annotations

import hashlib
from html import escape

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
from generator.sheets.formulas import is_wide, mathml, pieces

STYLE = """\
:root { color-scheme: light dark; --ink: #1d1d1f; --paper: #fff; --soft: #6b6b70; --rule: #d5d5da; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8ea; --paper: #161618; --soft: #9d9da4; --rule: #3a3a40; }
}
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink);
  background: var(--paper);
  font: 1.05rem/1.55 Charter, "Iowan Old Style", Cambria, Georgia, serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 1.2rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 .6rem; }
h3 { font-size: 1.02rem; margin: 1.4rem 0 .3rem; }
math { font-size: 1.05em; }
.display { margin: .4rem 0; padding: .4rem 0; overflow-x: auto; }
.wide { padding-left: 3.5rem; text-indent: -2rem; }
ul, ol { padding-left: 1.6rem; }
ul.marked { list-style: none; padding-left: 0; }
ul.marked > li { display: grid; grid-template-columns: 2rem 1fr; }
li > p, li > div > p { margin: .2rem 0; }
figure { margin: 1.4rem 0; text-align: center; }
figure svg { max-width: 100%; height: auto; }
figcaption { color: var(--soft); font-size: .9rem; }
.space { border: 1px solid var(--rule); border-radius: .3rem; margin: .5rem 0 1rem; }
@media print {
  body { max-width: none; margin: 0; font-size: 11pt; }
  .newpage { break-before: page; }
  h2, h3 { break-after: avoid; }
  figure, .space, .together { break-inside: avoid; }
}
"""
TAGS: dict[Face, tuple[str, str]] = {
    "plain": ("", ""),
    "strong": ("<strong>", "</strong>"),
    "emphasis": ("<em>", "</em>"),
    "code": ("<code>", "</code>"),
}


def written(document: Document) -> str:
    """A standalone page."""
    body = "\n".join(map(_written, document.blocks))
    return (
        f'<!doctype html>\n<html lang="{escape(document.language)}">\n<head>\n'
        '<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(document.title)}</title>\n<style>\n{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _written(block: Block) -> str:
    match block:
        case Heading(level, words):
            return f"<h{level}>{_line(words)}</h{level}>"
        case Paragraph(words):
            return f"<p>{_line(words)}</p>"
        case Display(latex) if is_wide(latex):
            return f'<div class="display wide">{" ".join(pieces(latex))}</div>'
        case Display(latex):
            return f'<div class="display">{mathml(latex, True)}</div>'
        case Items(items, marks):
            return _listed(items, marks)
        case Figure():
            return _figure(block)
        case Space(lines):
            return f'<div class="space" style="height: {1.6 * lines:.1f}rem"></div>'
        case Together(blocks):
            inside = "\n".join(map(_written, blocks))
            return f'<section class="together">\n{inside}\n</section>'
        case NewPage():
            return '<div class="newpage"></div>'


def _listed(items: tuple[tuple[Block, ...], ...], marks: tuple[str, ...]) -> str:
    if not marks:
        rows = (f"<li>{_item(item)}</li>" for item in items)
        return "<ul>\n" + "\n".join(rows) + "\n</ul>"
    pairs = zip(marks, items, strict=True)
    marked = (
        f"<li><span>{escape(mark)}</span><div>{_item(item)}</div></li>" for mark, item in pairs
    )
    return '<ul class="marked">\n' + "\n".join(marked) + "\n</ul>"


def _item(item: tuple[Block, ...]) -> str:
    match item:
        case (Paragraph(words),):
            return _line(words)
    return "".join(map(_written, item))


def _figure(figure: Figure) -> str:
    """The picture within the page; identifiers in it are made its own."""
    own = hashlib.sha256(figure.svg.encode()).hexdigest()[:8]
    svg = figure.svg[figure.svg.index("<svg") :]
    for name in ("id", "aria-labelledby", "aria-describedby"):
        svg = svg.replace(f'{name}="', f'{name}="f{own}-')
    svg = svg.replace("url(#", f"url(#f{own}-").replace('href="#', f'href="#f{own}-')
    return f"<figure>{svg}<figcaption>{escape(figure.title)}</figcaption></figure>"


def _line(line: Line) -> str:
    parts = []
    for each in line:
        match each:
            case Words(text, face):
                before, after = TAGS[face]
                parts.append(f"{before}{escape(text, quote=False)}{after}")
            case Formula(latex):
                parts.append(mathml(latex))
    return "".join(parts)
