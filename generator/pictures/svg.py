"""Standalone SVG from a few marks: lines, boxes, circles, labels; light and dark, without a script.

Every colour is an attribute, for what knows no style sheets, and a class, which the dark scheme
recolours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias
from xml.sax.saxutils import escape, quoteattr

from generator.pictures.labels import SIZE, SMALL, Label, plain, split, width
from generator.sheets.document import Figure

Anchor: TypeAlias = Literal["start", "middle", "end"]
Ink: TypeAlias = Literal["ink", "soft", "accent"]
Fill: TypeAlias = Literal["paper", "given", "made", "marked"]
Point: TypeAlias = tuple[float, float]

FONTS = "'Libertinus Serif', 'STIX Two Text', 'Times New Roman', 'Liberation Serif', serif"
# The sign of the entrywise product, which fonts for letters lack.  It is written by itself, because
# a renderer may take a whole text from the font that has its rarest sign.
SIGN = "⊙"
SIGNS = "'New Computer Modern Math', 'STIX Two Math', 'Cambria Math', 'DejaVu Math TeX Gyre', serif"
# What a colour is for: by day, by night.
COLOURS: dict[Ink | Fill, tuple[str, str]] = {
    "ink": ("#1d1d1f", "#e8e8ea"),
    "soft": ("#6b6b70", "#a2a2aa"),
    "accent": ("#b3261e", "#ff9a8f"),
    "paper": ("#ffffff", "#161618"),
    "given": ("#f1f1f4", "#26262b"),
    "made": ("#e6effb", "#1b2f4a"),
    "marked": ("#ffe3a3", "#6b4a00"),
}
HEAD = 6.0  # length of an arrow's head
RISE = {"base": 0.0, "above": -0.38 * SIZE, "below": 0.22 * SIZE}
SHARE: dict[Anchor, float] = {"start": 0.0, "middle": 0.5, "end": 1.0}
MARGIN = 12.0
LARGEST = (620.0, 640.0)  # across and down a sheet; a larger picture is shown smaller


def night() -> str:
    """The rules that turn the colours of day into those of night, on a screen."""
    rules = "".join(
        f".gb-{each}{{stroke:{dark}}}.gb-{each}-fill{{fill:{dark}}}"
        for each, (_, dark) in COLOURS.items()
    )
    return f"@media screen and (prefers-color-scheme:dark){{{rules}}}"


def number(value: float) -> str:
    """A coordinate with one decimal, the same on every machine."""
    return f"{round(value * 10) / 10:g}"


def picture(marks: Iterable[str], size: Point, title: str, description: str) -> Figure:
    """The figure with these marks on paper of this size."""
    wide, high = (number(side + 2 * MARGIN) for side in size)
    corner = number(-MARGIN)
    scale = min(
        1.0, *(most / (side + 2 * MARGIN) for most, side in zip(LARGEST, size, strict=True))
    )
    across, down = (number(scale * (side + 2 * MARGIN)) for side in size)
    svg = "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{across}" height="{down}" '
            f'viewBox="{corner} {corner} {wide} {high}" '
            'aria-labelledby="title" aria-describedby="description">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="description">{escape(description)}</desc>',
            f"<style>{night()}</style>",
            f'<rect x="{corner}" y="{corner}" width="{wide}" height="{high}" {filled("paper")}/>',
            *marks,
            "</svg>\n",
        )
    )
    return Figure(svg, title, description, scale * (size[1] + 2 * MARGIN))


def filled(colour: Ink | Fill) -> str:
    """The attributes of an area."""
    return f'class="gb-{colour}-fill" fill="{COLOURS[colour][0]}"'


def drawn(colour: Ink, thick: float = 1.0, dashed: bool = False) -> str:
    """The attributes of a line."""
    dashes = ' stroke-dasharray="4 3"' if dashed else ""
    return (
        f'class="gb-{colour}" stroke="{COLOURS[colour][0]}" '
        f'stroke-width="{number(thick)}"{dashes} fill="none"'
    )


@dataclass(frozen=True)
class Box:
    """A rectangle, by its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: Box) -> bool:
        """Whether two boxes have an inner point in common."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )

    def mark(self, fill: Fill, ink: Ink, radius: float) -> str:
        """The box as it is drawn."""
        area = (
            f'x="{number(self.x)}" y="{number(self.y)}" width="{number(self.width)}" '
            f'height="{number(self.height)}" rx="{number(radius)}"'
        )
        return f"<rect {area} {filled(fill)}/>\n<rect {area} {drawn(ink)}/>"


def circle(centre: Point, radius: float, fill: Fill | Ink, ink: Ink, thick: float = 1.0) -> str:
    """A circle."""
    x, y = map(number, centre)
    area = f'cx="{x}" cy="{y}" r="{number(radius)}"'
    return f"<circle {area} {filled(fill)}/>\n<circle {area} {drawn(ink, thick)}/>"


def line(start: Point, end: Point, ink: Ink, thick: float = 1.0, dashed: bool = False) -> str:
    """A straight line."""
    (x1, y1), (x2, y2) = start, end
    where = f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}"
    return f'<path d="{where}" {drawn(ink, thick, dashed)}/>'


def curve(points: list[Point], ink: Ink, thick: float = 1.0, dashed: bool = False) -> str:
    """A line that leaves and enters every point upright; each second stretch is straight."""
    where = f"M{number(points[0][0])} {number(points[0][1])}"
    for place, ((x1, y1), (x2, y2)) in enumerate(pairwise(points)):
        if place % 2:
            where += f"L{number(x2)} {number(y2)}"
        else:
            half = number((y1 + y2) / 2)
            where += f"C{number(x1)} {half} {number(x2)} {half} {number(x2)} {number(y2)}"
    return f'<path d="{where}" {drawn(ink, thick, dashed)}/>'


def head(tip: Point, ink: Ink, way: Literal["down", "up", "right"]) -> str:
    """An arrow's head."""
    x, y = tip
    half = HEAD / 2
    corners = {
        "down": ((x - half, y - HEAD), (x + half, y - HEAD)),
        "up": ((x - half, y + HEAD), (x + half, y + HEAD)),
        "right": ((x - HEAD, y - half), (x - HEAD, y + half)),
    }[way]
    places = "L".join(f"{number(a)} {number(b)}" for a, b in (tip, *corners))
    return f'<path d="M{places}Z" {filled(ink)}/>'


def written(
    label: Label, at: Point, ink: Ink = "ink", anchor: Anchor = "middle", size: float = SIZE
) -> str:
    """A label with its base line at a point."""
    parts = split(label, SIGN)
    if len(parts) == 1:
        return _text(_runs(label, size), at, ink, anchor, size)
    scale = size / SIZE
    sign = width(plain(SIGN)) * scale
    x = at[0] - SHARE[anchor] * width(label) * scale
    texts = []
    for place, part in enumerate(parts):
        if place:
            texts.append(_text(SIGN, (x + sign / 2, at[1]), ink, "middle", size, SIGNS))
            x += sign
        middle = x + width(part) * scale / 2
        texts.append(_text(_runs(part, size), (middle, at[1]), ink, "middle", size))
        x += width(part) * scale
    return "\n".join(texts)


def _runs(label: Label, size: float) -> str:
    """The runs of a label, each moved from the level of the one before it to its own."""
    level = 0.0
    runs = []
    for run in label:
        rise = RISE[run.level] * size / SIZE
        shift = f' dy="{number(rise - level)}"' if rise != level else ""
        small = f' font-size="{number(size * SMALL)}"' if run.level != "base" else ""
        slant = ' font-style="italic"' if run.italic else ""
        text = escape(run.text.replace(" ", "\u00a0"))
        runs.append(f"<tspan{shift}{small}{slant}>{text}</tspan>")
        level = rise
    return "".join(runs)


def _text(inner: str, at: Point, ink: Ink, anchor: Anchor, size: float, fonts: str = FONTS) -> str:
    x, y = map(number, at)
    return (
        f'<text x="{x}" y="{y}" font-family={quoteattr(fonts)} font-size="{number(size)}" '
        f'text-anchor="{anchor}" {filled(ink)}>{inner}</text>'
    )
