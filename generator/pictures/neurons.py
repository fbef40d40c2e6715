"""A fully connected network as neurons and layers, with the unit or the weight that is asked for.

Values flow from left to right.  A layer too wide to draw, or of a width that is only named, is
shown by its first neurons, dots and its last one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from engine.notation import show
from engine.notation.spelling import LOW, anatomy
from engine.program import Program, Target
from engine.shapes import Dim
from generator.pictures import labels, svg
from generator.pictures.labels import SIZE, SMALL, Label
from generator.pictures.network import Layer, Network
from generator.pictures.svg import Box, Point
from generator.sheets.document import Figure

RADIUS = 20.0
PITCH = 50.0  # from neuron to neuron of a layer
DOTS = 34.0  # from the dots of a layer to the neurons beside them
STRIDE = 128.0  # from layer to layer
MANY = 6  # the widest layer that is drawn whole
LOSS = 34.0  # side of the loss's box
TOP = 34.0  # for what is written above the layers
BOTTOM = 34.0  # for what is written below them
BASE = 5.0
ASIDE = 1.2  # from a letter to its scripts
APART = 1.4  # how far two scripts move from each other
NOTE = 13.0  # size of letters outside neurons


@dataclass(frozen=True)
class Unit:
    """A neuron that is drawn: its index, counted from 1, or the name of the last one's."""

    index: Dim
    y: float  # from the middle of its layer


@dataclass(frozen=True)
class Column:
    """A layer as it is drawn."""

    value: str
    width: Dim
    words: str

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """The neurons that are drawn, from above."""
        if isinstance(self.width, int) and self.width <= MANY:
            top = -(self.width - 1) * PITCH / 2
            return tuple(Unit(place + 1, top + place * PITCH) for place in range(self.width))
        rows = ((1, 0.0), (2, PITCH), (self.width, PITCH + 2 * DOTS))
        middle = (PITCH + 2 * DOTS) / 2
        return tuple(Unit(index, y - middle) for index, y in rows)

    @property
    def is_elided(self) -> bool:
        """Whether dots stand for some of the neurons."""
        return not (isinstance(self.width, int) and self.width <= MANY)

    @property
    def reach(self) -> float:
        """From the middle of the layer to its outermost neurons' edges."""
        return self.units[-1].y + RADIUS


@dataclass(frozen=True)
class Drawing:
    """A network on paper; `target` is one entry of a value or of a weight, or nothing."""

    program: Program
    network: Network
    target: Target | None = None

    @property
    def figure(self) -> Figure:
        """The picture."""
        wide = STRIDE * len(self.network.layers) + RADIUS * 2 + STRIDE * 0.75 + LOSS / 2
        marks = (*self._weights(), *self._loss(), *self._neurons(), *self._words())
        size = wide - RADIUS, TOP + 2 * self._half + BOTTOM
        return svg.picture(marks, size, "The network", self.description)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The inputs and the layers."""
        last = len(self.network.layers)
        inputs = Column(self.network.source, self.network.width, "input")
        layers = (
            Column(each.outputs, each.width, "output" if place == last else f"layer {place}")
            for place, each in enumerate(self.network.layers, 1)
        )
        return (inputs, *layers)

    @property
    def description(self) -> str:
        """The network in words."""
        parts = [
            f"{each.words} {self._said(each.value)} of {_units(each)}" for each in self.columns
        ]
        loss = self._said(self.program.loss)
        return (
            f"A fully connected network, from left to right: {'; '.join(parts)}; "
            f"then {loss}.{self._asked}"
        )

    @cached_property
    def boxes(self) -> tuple[Box, ...]:
        """What neurons and the loss take up."""
        around = [
            Box(x - RADIUS, y - RADIUS, 2 * RADIUS, 2 * RADIUS)
            for column in range(len(self.columns))
            for x, y in (self._at(column, unit) for unit in self.columns[column].units)
        ]
        return (*around, self._loss_box)

    @cached_property
    def marked(self) -> tuple[int, int] | None:
        """The column and the index of the neuron that is asked for."""
        if self.target is None or self.target.entry is None:
            return None
        net = self.network
        values = [({net.source}, net.axis)]
        values += [({each.inputs, each.outputs}, each.axis) for each in net.layers]
        for column, (names, axis) in enumerate(values):
            if self.target.variable in names:
                return column, self.target.entry[axis]
        return None

    def marked_weight(self, place: int) -> tuple[int, int] | None:
        """The neurons, from and to, between which the weight of a layer is asked for."""
        layer = self.network.layers[place]
        if self.target is None or self.target.entry is None:
            return None
        if self.target.variable != layer.weights:
            return None
        row, column = self.target.entry
        return (column, row) if (layer.axis == 0) != layer.transposed else (row, column)

    @property
    def _half(self) -> float:
        """Half of the height of the highest layer."""
        return max(each.reach for each in self.columns)

    @property
    def _middle(self) -> float:
        return TOP + self._half

    @property
    def _loss_box(self) -> Box:
        middle = RADIUS + STRIDE * len(self.network.layers) + STRIDE * 0.75
        return Box(middle - LOSS / 2, self._middle - LOSS / 2, LOSS, LOSS)

    @property
    def _asked(self) -> str:
        """What is marked, in words."""
        if self.marked:
            column, index = self.marked
            return f" Unit {index} of {self.columns[column].words} is marked."
        for place in range(len(self.network.layers)):
            weight = self.marked_weight(place)
            if weight:
                words = self.columns[place + 1].words
                return (
                    f" The weight from unit {weight[0]} to unit {weight[1]} of {words} is marked."
                )
        return ""

    def _said(self, name: str) -> str:
        return show(self.program.var(name), "unicode")

    def _at(self, column: int, unit: Unit) -> Point:
        return RADIUS + column * STRIDE, self._middle + unit.y

    def _weights(self) -> Iterator[str]:
        """Every weight as a line, the marked one last."""
        for place, (left, right) in enumerate(pairwise(self.columns)):
            asked = self.marked_weight(place)
            pairs = [(a, b) for a in left.units for b in right.units]
            for a, b in sorted(pairs, key=lambda pair: (pair[0].index, pair[1].index) == asked):
                start, end = self._at(place, a), self._at(place + 1, b)
                marked = (a.index, b.index) == asked
                yield svg.line(*_between(start, end), "accent" if marked else "soft", 1 + marked)

    def _loss(self) -> Iterator[str]:
        box = self._loss_box
        tip = box.x, box.y + LOSS / 2
        for unit in self.columns[-1].units:
            start = self._at(len(self.columns) - 1, unit)
            yield svg.line(_between(start, tip)[0], (tip[0] - svg.HEAD, tip[1]), "soft")
        yield svg.head(tip, "soft", "right")
        yield box.mark("paper", "ink", 4)
        at = box.x + LOSS / 2, box.y + LOSS / 2 + BASE
        yield svg.written(labels.name(self.network.loss), at)

    def _neurons(self) -> Iterator[str]:
        for place, column in enumerate(self.columns):
            for unit in column.units:
                at = self._at(place, unit)
                asked = (place, unit.index) == self.marked
                fill: svg.Fill = "marked" if asked else "made" if place else "given"
                yield svg.circle(at, RADIUS, fill, "accent" if asked else "ink", 1 + asked)
                yield from _inside(column, unit, at)
            if column.is_elided:
                x, y = self._at(place, column.units[1])
                for step in (-7.0, 0.0, 7.0):
                    yield svg.circle((x, y + DOTS + step), 1.4, "ink", "ink")

    def _words(self) -> Iterator[str]:
        """The weights above the lines, and what the layers are called below them."""
        for place, layer in enumerate(self.network.layers):
            at = RADIUS + (place + 0.5) * STRIDE, BASE + TOP / 3
            yield svg.written(_parameters(layer), at, size=NOTE)
        bottom = self._middle + self._half + BOTTOM - BASE
        for place, column in enumerate(self.columns):
            at = RADIUS + place * STRIDE, bottom
            yield svg.written(labels.plain(column.words), at, "soft", size=NOTE)


def _units(column: Column) -> str:
    return "1 unit" if column.width == 1 else f"{column.width} units"


def _parameters(layer: Layer) -> Label:
    weights = labels.name(layer.weights)
    weights = labels.transposed(weights) if layer.transposed else weights
    return labels.joined([weights, *([labels.name(layer.bias)] if layer.bias else [])], ", ")


def _between(start: Point, end: Point) -> tuple[Point, Point]:
    """The line between two neurons without what lies inside them."""
    (x1, y1), (x2, y2) = start, end
    length: float = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    across, down = (x2 - x1) * RADIUS / length, (y2 - y1) * RADIUS / length
    return (x1 + across, y1 + down), (x2 - across, y2 - down)


def _counted(index: Dim) -> str:
    """An index as it is written below a letter; that of the last unit may be a layer's width."""
    if isinstance(index, int):
        return str(index)
    parts = anatomy(index)
    return parts.letter + parts.layer.translate(LOW)


def _inside(column: Column, unit: Unit, at: Point) -> Iterator[str]:
    """A neuron's name: a letter with the layer above and the index below it."""
    parts = anatomy(column.value)
    above = f"[{parts.layer}]" if parts.layer else ""
    index = "" if column.width == 1 else _counted(unit.index)
    below = ",".join(filter(None, (parts.index, index)))
    letter, up, down = labels.scripts(parts.letter, above, below)
    x = at[0] - (labels.width(letter) + ASIDE + max(labels.width(up), labels.width(down))) / 2
    right = x + labels.width(letter) + ASIDE
    yield svg.written(letter, (x, at[1] + BASE), anchor="start")
    apart = APART if up and down else 0.0
    for label, rise in ((up, svg.RISE["above"] - apart), (down, svg.RISE["below"] + apart)):
        if label:
            where = right, at[1] + BASE + rise
            yield svg.written(label, where, anchor="start", size=SIZE * SMALL)
