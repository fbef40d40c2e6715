"""A picture as TikZ, from its SVG, for LaTeX sheets: every engine sets it, nothing is included.

The SVG is our own (`generator.pictures`): rectangles, circles, paths of lines and curves, and
labels whose runs are raised or lowered.  Letters are set as formulas, in the sheet's own fonts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from unicodedata import normalize
from xml.etree.ElementTree import Element, fromstring

from engine.notation.spelling import LETTERS

POINTS = 0.75  # big points to a pixel
STEP = re.compile(r"([MLCZ])([^MLCZ]*)")
NUMBER = re.compile(r"-?[0-9.]+")
WORD = re.compile(r"[^\W\d_]{2,}")
ACCENTS = {"\u0302": r"\hat", "\u0304": r"\bar", "\u0303": r"\tilde"}
ANCHORS = {"start": "base west", "middle": "base", "end": "base east"}
SCRIPTS = {"above": "^", "below": "_", "base": ""}
SIGNS = {
    "−": "-", "×": r"\times ", "⊙": r"\odot ", "∂": r"\partial ", "Σ": r"\textstyle\sum ",
    "‖": r"\Vert ", "√": r"\surd ", "·": r"\cdot ", "²": "^{2}", "³": "^{3}", "≥": r"\ge ",
    "≤": r"\le ", "⁻": "^{-}", "¹": "^{1}", "{": r"\{", "}": r"\}", "\u00a0": r"\,", ":": "{:}",
    "_": r"\_",
    "%": r"\%", "&": r"\&", "#": r"\#", "$": r"\$", "∘": r"\circ ",
}  # fmt: skip
SPACED = re.compile("\u00a0([−+×=⊙<>≥≤])\u00a0")  # formulas have a space of their own there
SHRUNK = 0.94  # the letters of LaTeX's own fonts are wider than those of the picture
LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def picture(svg: str) -> str:
    """The picture as one `tikzpicture`."""
    root = fromstring(svg)
    scale = float(root.get("width", "1")) / float(root.get("viewBox", "0 0 1 1").split()[2])
    marks = (MARKS[_tag(each)](each, scale) for each in root if _tag(each) in MARKS)
    size = f"x={scale * POINTS:.4g}bp, y=-{scale * POINTS:.4g}bp"
    return f"\\begin{{tikzpicture}}[{size}]\n" + "\n".join(marks) + "\n\\end{tikzpicture}"


def _tag(node: Element) -> str:
    return node.tag.rpartition("}")[2]


# Lines and areas


def _rectangle(node: Element, scale: float) -> str:
    x, y, width, height = (float(node.get(name, "0")) for name in ("x", "y", "width", "height"))
    radius = float(node.get("rx", "0")) * scale * POINTS
    corners = f", rounded corners={radius:.4g}bp" if radius else ""
    return f"\\path[{_inks(node)}{corners}] {_at(x, y)} rectangle {_at(x + width, y + height)};"


def _circle(node: Element, scale: float) -> str:
    x, y, radius = (float(node.get(name, "0")) for name in ("cx", "cy", "r"))
    return f"\\path[{_inks(node)}] {_at(x, y)} circle[radius={radius * scale * POINTS:.4g}bp];"


def _path(node: Element, scale: float) -> str:
    way = " ".join(_steps(node.get("d", "")))
    dashes = ", dash pattern=on 3bp off 2.25bp" if node.get("stroke-dasharray") else ""
    return f"\\path[{_inks(node)}{dashes}] {way};"


def _steps(path: str) -> Iterator[str]:
    for letter, rest in STEP.findall(path):
        numbers = [float(each) for each in NUMBER.findall(rest)]
        places = [_at(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]
        match letter, places:
            case "M", [place]:
                yield place
            case "L", _:
                yield from (f"-- {place}" for place in places)
            case "C", [first, second, place]:
                yield f".. controls {first} and {second} .. {place}"
            case "Z", _:
                yield "-- cycle"


def _at(x: float, y: float) -> str:
    return f"({x:g},{y:g})"


def _inks(node: Element) -> str:
    """The colours of an area and of its edge."""
    stroke, fill = node.get("stroke"), node.get("fill", "none")
    thick = float(node.get("stroke-width", "1")) * POINTS
    edge = [f"draw={_colour(stroke)}", f"line width={thick:.4g}bp"] if stroke else []
    area = [f"fill={_colour(fill)}"] if fill != "none" else []
    return ", ".join(edge + area)


def _colour(code: str) -> str:
    red, green, blue = (int(code[at : at + 2], 16) for at in (1, 3, 5))
    return f"{{rgb,255:red,{red};green,{green};blue,{blue}}}"


# Labels


def _label(node: Element, scale: float) -> str:
    x, y, size = (float(node.get(name, "0")) for name in ("x", "y", "font-size"))
    points = size * scale * POINTS * SHRUNK
    font = f"\\fontsize{{{points:.3g}}}{{{points:.3g}}}\\selectfont"
    anchor = ANCHORS[node.get("text-anchor", "start")]
    ink = _colour(node.get("fill", "#000000"))
    head = f"\\node[anchor={anchor}, inner sep=0pt, text={ink}, font={font}]"
    return f"{head} at {_at(x, y)} {{${_formula(node)}$}};"


def _formula(node: Element) -> str:
    """The runs of a label as a formula."""
    runs = [(each.text or "", each) for each in node] or [(node.text or "", node)]
    level = 0.0
    parts: list[str] = []
    for text, run in runs:
        level += float(run.get("dy", "0"))
        place = "above" if level < 0 else "below" if level > 0 else "base"
        letters = _letters(text, run.get("font-style") == "italic")
        parts.append(f"{SCRIPTS[place]}{{{letters}}}" if SCRIPTS[place] else letters)
    return "".join(parts)


def _letters(text: str, italic: bool) -> str:
    face = r"\mathit" if italic else r"\mathrm"
    words = [f"{face}{{{word}}}" for word in WORD.findall(text) if word.isascii()]
    rest = WORD.split(text) if all(map(str.isascii, WORD.findall(text))) else [text]
    between = iter(words)
    return "".join(_signs(part, italic) + next(between, "") for part in rest)


def _signs(text: str, italic: bool) -> str:
    """Single letters and signs; a mark above a letter comes after it."""
    made: list[str] = []
    for mark in normalize("NFD", SPACED.sub(r"\1", text.translate(LOWERED))):
        if mark in ACCENTS and made:
            made[-1] = f"{ACCENTS[mark]}{{{made[-1]}}}"
        elif mark in SIGNS:
            made.append(SIGNS[mark])
        elif mark in LETTERS:
            made.append(f"\\{LETTERS[mark]} ")
        else:
            made.append(mark if italic or not mark.isalpha() else f"\\mathrm{{{mark}}}")
    return "".join(made)


MARKS: dict[str, Callable[[Element, float], str]] = {
    "rect": _rectangle,
    "circle": _circle,
    "path": _path,
    "text": _label,
}
