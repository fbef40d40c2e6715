"""The computation graph of a program: what is given and what is computed, values and shapes on the
edges, and on demand the way of the derivatives back, dashed, against the flow.

Values flow down the page.  Below every box stands what leaves it: on the right the value's name and
shape, on the left its derivative.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from engine.derived import path
from engine.notation import show
from engine.program import Program, Statement
from engine.shapes import Shape
from generator.pictures import labels, svg
from generator.pictures.labels import Label
from generator.pictures.layers import Layered, Placed, place, spread
from generator.pictures.svg import Box, Point
from generator.sheets.document import Figure

HEIGHT = 28.0  # of a box
LEAST = 16.0  # inner width of a box
PADDING = 12.0  # of a box, on either side
STUB = 24.0  # from a box to where its edges part
BETWEEN = 30.0  # from there to the boxes of the next layer
GAP = 16.0  # between boxes of one layer
ASIDE = 6.0  # from a line to what is written beside it
APART = 5.0  # from an edge to the derivative's way back
COMPUTED = 1000.0  # weight of a result, next to what is given: the chain of results is straight
BASE = 5.0  # from the middle of a line of letters to its base line
MEASURE = 13.0  # size of the letters beside an edge


@dataclass(frozen=True)
class View:
    """How much a graph shows: the values whose formulas and shapes are left out, and the variable
    that the derivatives' way leads to.
    """

    without_formula: frozenset[str] = frozenset()
    without_shape: frozenset[str] = frozenset()
    target: str | None = None


@dataclass(frozen=True)
class Node:
    """A box with what is written in it, below it on the right, and below it on the left."""

    name: str
    layer: int
    given: bool
    inside: Label
    right: Label
    left: Label
    entries: int = 0

    @property
    def box_width(self) -> float:
        """The width of the box, with room for what is written and for the edges that enter it."""
        inner = max(labels.width(self.inside), (self.entries - 1) * PADDING, LEAST)
        return inner + 2 * PADDING

    @property
    def width(self) -> float:
        """The room that the node takes, with what is beside its stub."""
        beside = max(map(labels.width, (self.right, self.left)))
        return max(self.box_width, 2 * (beside + ASIDE))


@dataclass(frozen=True)
class Graph:
    """A program as it is drawn in a view."""

    program: Program
    view: View = View()

    @property
    def figure(self) -> Figure:
        """The picture."""
        loss = show(self.program.var(self.program.loss), "unicode")
        size = self.placed.width, self._row(max(each.layer for each in self.nodes)) + self._high
        marks = (*self._edges(), *self._nodes())
        return svg.picture(marks, size, f"The computation graph of {loss}", self.description)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """What is given and used, then what is computed."""
        depth = self._depths
        used = frozenset().union(*(each.value.names for each in self.program.statements))
        given = [each.name for each in self.program.symbols if each.name in used]
        computed = [each.name for each in self.program.statements]
        return tuple(self._node(name, depth[name]) for name in (*given, *computed))

    @cached_property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """From each value to the results that are computed from it."""
        return tuple(
            (name, statement.name)
            for statement in self.program.statements
            for name in sorted(statement.value.names & self.program.shapes.keys())
        )

    @cached_property
    def back(self) -> frozenset[str]:
        """The values whose derivatives are shown."""
        target = self.view.target
        return frozenset((target, *path(self.program, target)) if target else ())

    @cached_property
    def placed(self) -> Placed:
        """Where everything stands across the page."""
        at = {node.name: place for place, node in enumerate(self.nodes)}
        return place(
            Layered(
                tuple(node.layer for node in self.nodes),
                tuple(node.width for node in self.nodes),
                tuple(1.0 if node.given else COMPUTED for node in self.nodes),
                tuple((at[start], at[end]) for start, end in self.edges),
                GAP,
            )
        )

    @cached_property
    def boxes(self) -> dict[str, Box]:
        """The boxes by the names of their values."""
        return {
            node.name: Box(
                middle - node.box_width / 2, self._row(node.layer), node.box_width, HEIGHT
            )
            for node, middle in zip(self.nodes, self.placed.middles, strict=True)
        }

    @property
    def description(self) -> str:
        """The graph in words."""
        steps = "; ".join(self._step(statement) for statement in self.program.statements)
        return f"Values flow from top to bottom: {steps}.{self._way_back}"

    @cached_property
    def _depths(self) -> dict[str, int]:
        """The layer of every value: results below all of their operands, the given just above."""
        depth: dict[str, int] = {}
        for statement in self.program.statements:
            below = [depth[name] for name in statement.value.names if name in depth]
            depth[statement.name] = 1 + max(below, default=0)
        for statement in reversed(self.program.statements):
            for name in statement.value.names - self.program.definitions.keys():
                above = depth[statement.name] - 1
                depth[name] = min(depth.get(name, above), above)
        return depth

    @property
    def _high(self) -> float:
        """The height of a row: its boxes and, where anything is written there, the stubs."""
        written = any(node.right or node.left for node in self.nodes)
        return HEIGHT + (STUB if written else 0.0)

    def _row(self, layer: int) -> float:
        """The upper edge of a layer."""
        return layer * (self._high + BETWEEN)

    def _node(self, name: str, layer: int) -> Node:
        given = name not in self.program.definitions
        bare = given or name in self.view.without_formula
        own = labels.name(name)
        inside = own if bare else labels.formula(self.program.definitions[name].value)
        shown = self._shape(name)
        parts = [*([] if bare else [own]), *([labels.shape(shown)] if shown else [])]
        right = labels.joined(parts, ": ")
        entries = sum(end == name for _, end in self.edges)
        return Node(name, layer, given, inside, right, self._derivative(name), entries)

    def _shape(self, name: str) -> Shape:
        return () if name in self.view.without_shape else self.program.shapes[name]

    def _derivative(self, name: str) -> Label:
        """What is written for the way back; the loss's own derivative is known."""
        if name not in self.back:
            return ()
        own = labels.derivative(name, self.program.loss)
        return (*own, *labels.plain(" = 1")) if name == self.program.loss else own

    def _step(self, statement: Statement) -> str:
        """A statement in words, with no more than the picture shows."""
        own = show(statement.var, "unicode")
        if statement.name in self.view.without_formula:
            names = [start for start, end in self.edges if end == statement.name]
            spelled = [show(self.program.var(each), "unicode") for each in names]
            return f"{own} is computed from {_listed(spelled)}"
        shown = self._shape(statement.name)
        size = f", of shape {' × '.join(map(str, shown))}" if shown else ""
        return f"{own} = {show(statement.value, 'unicode')}{size}"

    @property
    def _way_back(self) -> str:
        """The way of the derivatives in words."""
        if not self.back:
            return ""
        names = [each.name for each in reversed(self.nodes) if each.name in self.back]
        loss = show(self.program.var(self.program.loss), "unicode")
        spelled = [f"∂{loss}/∂{show(self.program.var(each), 'unicode')}" for each in names]
        return f" Derivatives flow back from bottom to top: {', '.join(spelled)}."

    def _nodes(self) -> Iterator[str]:
        for node in self.nodes:
            box = self.boxes[node.name]
            asked = node.name == self.view.target
            fill: svg.Fill = "marked" if asked else "given" if node.given else "made"
            yield box.mark(fill, "soft" if node.given else "ink", HEIGHT / 2 if node.given else 4)
            middle = box.x + box.width / 2
            yield svg.written(node.inside, (middle, box.y + HEIGHT / 2 + BASE))
            base = box.y + HEIGHT + STUB / 2 + BASE + 2
            yield from _beside(node.right, (middle + ASIDE, base), "ink", "start")
            yield from _beside(node.left, (middle - ASIDE - APART, base), "accent", "end")

    def _edges(self) -> Iterator[str]:
        for node in self.nodes:
            box = self.boxes[node.name]
            middle = box.x + box.width / 2
            yield from self._stub(node, middle, box.y + HEIGHT)
        for (start, end), bends in zip(self.edges, self.placed.bends, strict=True):
            points = self._points(start, end, bends)
            yield svg.curve([*points[:-1], _above(points[-1])], "ink")
            yield svg.head(points[-1], "ink", "down")
            if {start, end} <= self.back:
                yield svg.curve(_shifted(points), "accent", 1.4, dashed=True)

    def _stub(self, node: Node, middle: float, top: float) -> Iterator[str]:
        """The line from a box to where its edges part, and the derivative's way along it."""
        bottom = top + self._high - HEIGHT
        if bottom > top:
            yield svg.line((middle, top), (middle, bottom), "ink")
        if node.name in self.back and node.name != self.program.loss:
            tip = middle - APART, top
            yield svg.line((tip[0], bottom), (tip[0], top + svg.HEAD), "accent", 1.4, dashed=True)
            yield svg.head(tip, "accent", "up")

    def _points(self, start: str, end: str, bends: tuple[tuple[int, float], ...]) -> list[Point]:
        """The way of an edge: from the stub through its bends to the box."""
        source, sink = self.boxes[start], self.boxes[end]
        points = [(source.x + source.width / 2, source.y + self._high)]
        for layer, middle in bends:
            points += [(middle, self._row(layer)), (middle, self._row(layer) + self._high)]
        return [*points, (self._ports[end][start], sink.y)]

    @cached_property
    def _ports(self) -> dict[str, dict[str, float]]:
        """Where the edges of each box enter it: as straight as they can, and side by side."""
        coming: dict[str, list[tuple[float, str]]] = {}
        for (start, end), bends in zip(self.edges, self.placed.bends, strict=True):
            source = self.boxes[start]
            middle = bends[-1][1] if bends else source.x + source.width / 2
            coming.setdefault(end, []).append((middle, start))
        return {end: self._entries(self.boxes[end], sorted(each)) for end, each in coming.items()}

    def _entries(self, box: Box, coming: list[tuple[float, str]]) -> dict[str, float]:
        """Places on a box's upper edge for edges that come from these places."""
        left, right = box.x + PADDING, box.x + box.width - PADDING
        step = min(PADDING, (right - left) / max(len(coming) - 1, 1))
        wanted = [min(max(middle, left), right) for middle, _ in coming]
        weights = [COMPUTED if name in self.program.definitions else 1.0 for _, name in coming]
        places = spread(wanted, weights, [step] * (len(coming) - 1))
        return {
            name: min(max(at, left + place * step), right - (len(coming) - 1 - place) * step)
            for place, (at, (_, name)) in enumerate(zip(places, coming, strict=True))
        }


def _beside(label: Label, at: Point, ink: svg.Ink, anchor: svg.Anchor) -> Iterator[str]:
    if label:
        yield svg.written(label, at, ink, anchor, MEASURE)


def _above(tip: Point) -> Point:
    return tip[0], tip[1] - svg.HEAD


def _shifted(points: list[Point]) -> list[Point]:
    """The way back beside an edge."""
    return [(x - APART, y) for x, y in points]


def _listed(names: list[str]) -> str:
    """`a, b and c`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
