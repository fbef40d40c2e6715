"""A stack: many mistaken passes carried out as one walk over the program.

Every plan, or every pair of plans, is a row of the stack: its points stand after those of the row
before.  All rows share the forward values, so a node costs one product rule for all of them, and
one more for each rule that departs there.

A pass whose cotangent gets a shape that it should not have goes on alone, with that shape, as a
learner's would.  Plans that depart in the same way there can still share a stack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any, Generic, Literal, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError, ShapeError
from engine.numeric import Batch
from engine.operators import operator
from engine.program import Statement
from engine.reverse import Numbers, Pass, Reverse, Site, unbroadcast
from engine.shapes import Shape
from grader.diagnosis.ground import Ground
from grader.diagnosis.plan import Departures, Plan

Form: TypeAlias = Literal["whole", "as it came", "scalar", "row", "column"]
"""How a gradient is written: in the shape of the variable; in the shape that the mistake left; as
one number, row or column where all entries, rows or columns are equal."""


Row = TypeVar("Row")
"""What a row of a stack is: a plan, or the numbers of the two plans that it carries out."""


@dataclass(frozen=True)
class Sheet(Generic[Row]):
    """What some rows make of the gradient in one form; `data` is (rows, points, *shape)."""

    rows: Sequence[Row]
    form: Form
    shape: Shape
    data: NDArray[np.float64]


def sheets(ground: Ground, plans: Iterable[Plan]) -> Iterator[Sheet[Plan]]:
    """What the plans make of the gradient, those together that can be carried out together."""
    plans = list(plans)
    yield from _alone(ground, [plan for plan in plans if not plan.joinable])
    stack = stacked(ground, [plan for plan in plans if plan.joinable])
    yield from stack.sheets()
    yield from _alone(ground, stack.misshapen)


def _alone(ground: Ground, plans: Iterable[Plan]) -> Iterator[Sheet[Plan]]:
    for plan in plans:
        for form, value in values(ground, plan).items():
            yield _sheet(ground, (plan,), form, value)


def values(ground: Ground, plan: Plan) -> dict[Form, Batch]:
    """What a learner with this mistake would arrive at; empty where it cannot be carried out."""
    try:
        if plan.value is not None:
            return {"whole": plan.value(ground)}
        if plan.variable is None:
            return _finished(ground, plan, stacked(ground, (plan,)).adjoint())
        other = ground.adjoints.get(plan.variable)
        return {} if other is None else {"whole": other}
    except (EngineError, IndexError):
        return {}


def _finished(ground: Ground, plan: Plan, adjoint: Batch | None) -> dict[Form, Batch]:
    if adjoint is None:
        return {}
    shape = ground.env.values[ground.layout.target.variable].shape
    found: dict[Form, Batch] = {"whole": _loose(adjoint).filled(shape)}
    if adjoint.shape != shape:
        found["as it came"] = adjoint
    found = {form: plan.final(ground, ground.picked(each)) for form, each in found.items()}
    whole = found["whole"]
    for form, shape, data in _shorter(whole.shape, whole.data):
        if np.all(data == whole.data):
            found[form] = Batch(data.reshape(len(data), *shape), shape, whole.field)
    return found


def _shorter(shape: Shape, data: NDArray[Any]) -> Iterator[tuple[Form, Shape, NDArray[Any]]]:
    """The first entry, row and column of matrices, which stand for all if all are equal."""
    if not shape:
        return
    yield "scalar", (), data[..., :1, :1]
    if len(shape) == 2 and 1 not in shape:
        yield "row", (1, shape[1]), data[..., :1, :]
        yield "column", (shape[0], 1), data[..., :, :1]


def _sheet(ground: Ground, rows: Sequence[Row], form: Form, value: Batch) -> Sheet[Row]:
    shape = value.data.shape[1:]
    data = np.broadcast_to(value.data, (len(rows) * ground.points, *shape))
    return Sheet(rows, form, value.shape, data.reshape(len(rows), ground.points, *shape))


def stacked(ground: Ground, plans: Sequence[Plan]) -> Stack[Plan]:
    """Each of some plans as a row."""
    members = tuple((plan, (row,)) for row, plan in enumerate(plans))
    return Stack(ground, tuple(plans), Departures(members))


@dataclass(eq=False)
class Stack(Generic[Row]):
    """Rows that are carried out in one walk."""

    ground: Ground
    rows: Sequence[Row]
    departures: Departures
    _outside: set[int] = field(default_factory=set)  # rows that cannot be carried out here
    _odd: set[int] = field(default_factory=set)  # rows that are to be tried alone, too
    _grounds: dict[int, Ground] = field(default_factory=dict)

    @property
    def misshapen(self) -> tuple[Row, ...]:
        """After the walk: the rows that have to be carried out alone."""
        return tuple(self.rows[row] for row in sorted(self._odd))

    def sheets(self) -> Iterator[Sheet[Row]]:
        """What the rows make of the gradient, those that keep to the shapes."""
        whole = self.whole()
        if whole is not None:
            yield from self.written(whole)

    def whole(self) -> Sheet[Row] | None:
        """The gradients of all rows in the shape of the variable; None where there are none."""
        if not self.rows:
            return None
        ground = self.ground
        try:
            adjoint = self.adjoint()
        except (EngineError, IndexError):
            self._odd |= set(range(self._count))
            return None
        if adjoint is None:
            return None
        shape = ground.env.values[ground.layout.target.variable].shape
        return _sheet(ground, self.rows, "whole", ground.picked(adjoint.filled(shape)))

    def written(self, whole: Sheet[Row]) -> Iterator[Sheet[Row]]:
        """The gradients of those rows that keep to the shapes, in all forms."""
        rows = [row for row in range(self._count) if row not in self._outside]
        if rows:
            yield _rows_of(whole, rows, whole.data)
        for form, short, data in _shorter(whole.shape, whole.data) if rows else ():
            level = np.all(data == whole.data, axis=(1, 2, 3))
            equal = [row for row in rows if level[row]]
            if equal:
                flat = data.reshape(*data.shape[:2], *short)
                yield _rows_of(Sheet(whole.rows, form, short, flat), equal, flat)

    def adjoint(self) -> Batch | None:
        """The finished gradients of all rows; None where no path leads to the variable."""
        ((plan, _), *_), ground = self.departures.members, self.ground
        way = Pass(
            seed=_loose, vjp=self._vjp, unbroadcast=self._unbroadcast, accumulate=self._accumulate
        )
        if plan.numbers is not None:
            found = Reverse(ground.layout.program, plan.numbers(ground), way).adjoints()
        else:
            walk = Reverse(ground.layout.program, self._numbers, way)
            found = walk.adjoints() if self._count > 1 else self._resumed(walk)
        return found.get(ground.layout.target.variable)

    def _resumed(self, walk: Reverse[Any]) -> dict[str, Any]:
        """The adjoints of a single row, which is the right pass up to where it departs."""
        statements = walk.program.statements
        left = self.departures.to_go(statements)
        found = {name: _loose(value) for name, value in self.ground.stages[left].items()}
        walk.go_back(statements[:left], found)
        return found

    @property
    def _count(self) -> int:
        return len(self.rows)

    @cached_property
    def _numbers(self) -> Numbers:
        return self.ground.numbers if self._count == 1 else _Repeated(self.ground, self._count)

    # the walk

    def _vjp(
        self, site: Site, g: Any, out: Any, args: tuple[Any, ...], attrs: dict[str, Any]
    ) -> tuple[Any, ...]:
        key = (site.statement, site.path)
        if key not in self.ground.layout.relevant:
            return ()
        kept = self.ground.layout.relevant[key]
        forward = cache(lambda count: [self._first(each, count) for each in (out, *args)])

        def departed(rule: Any, rows: list[int]) -> tuple[Any, ...]:
            count = len(rows)
            return _kept(
                rule(self._ground(count), self._rows(g, rows), *forward(count), **attrs), kept
            )

        def right() -> tuple[Any, ...]:
            return _kept(operator(site.node.op).vjp(g, out, *args, **attrs), kept)

        wide = operator(site.node.op).elementwise
        shapes = [out.shape if wide else arg.shape for arg in args]
        return self._mixed(self.departures.rules.get(key, {}), departed, right, shapes)

    def _unbroadcast(self, site: Site, operand: int, g: Any, small: Shape, large: Shape) -> Any:
        def departed(rule: Any, rows: list[int]) -> tuple[Any, ...]:
            return (_loose(rule(self._rows(g, rows), small, large)),)

        def right() -> tuple[Any, ...]:
            return (unbroadcast(g, small, large),)

        departing = self.departures.reductions.get(((site.statement, site.path), operand), {})
        return self._mixed(departing, departed, right, [small])[0]

    def _accumulate(self, name: str, total: Any, term: Any) -> Any:
        def departed(rule: Any, rows: list[int]) -> tuple[Any, ...]:
            return (_loose(rule(self._rows(total, rows), self._rows(term, rows))),)

        def right() -> tuple[Any, ...]:
            return (total + term,)

        shape = self.ground.env.values[name].shape
        return self._mixed(self.departures.joins.get(name, {}), departed, right, [shape])[0]

    def _mixed(
        self,
        departing: dict[Any, list[int]],
        departed: Callable[[Any, list[int]], tuple[Any, ...]],
        right: Callable[[], tuple[Any, ...]],
        shapes: Sequence[Shape],
    ) -> tuple[Any, ...]:
        """The right results, with those of the departing rules in their rows."""
        if self._together(departing):
            ((rule, rows),) = departing.items()
            return departed(rule, rows)
        if not departing:
            return right()
        results = [self._open(each, shape) for each, shape in zip(right(), shapes, strict=True)]
        for rule, rows in departing.items():
            try:
                self._write(results, shapes, rows, departed(rule, rows))
            except (EngineError, IndexError):
                self._outside.update(rows)
                self._odd.difference_update(rows)
        return tuple(results)

    def _together(self, departing: dict[Any, list[int]]) -> bool:
        """Whether all rows depart in the same way."""
        return len(departing) == 1 and len(next(iter(departing.values()))) == self._count

    def _write(
        self, results: list[Any], shapes: Sequence[Shape], rows: list[int], made: tuple[Any, ...]
    ) -> None:
        """Puts what a rule makes into its rows; rows with a shape of their own go outside."""
        for position, each in enumerate(made):
            if each is None:
                if results[position] is not None:
                    results[position].data[self._points(rows)] = 0.0
                continue
            filled = _exactly(each, shapes[position])
            if filled is None:
                fresh = set(rows) - self._outside
                self._outside |= fresh
                self._odd |= fresh
                return
            if each.shape not in ((), shapes[position]):
                self._odd |= set(rows) - self._outside  # a learner may leave it in that shape
            if results[position] is None:
                results[position] = self._open(each.constant(0), shapes[position])
            results[position].data[self._points(rows)] = filled.data

    # rows and points

    def _points(self, rows: list[int]) -> NDArray[np.intp] | slice:
        """Where the points of some rows stand."""
        points = self.ground.points
        if len(rows) == 1:
            return slice(rows[0] * points, (rows[0] + 1) * points)
        if points == 1:
            return np.asarray(rows)
        return (np.asarray(rows)[:, None] * points + np.arange(points)).reshape(-1)

    def _rows(self, value: Any, rows: list[int]) -> Any:
        if len(value.data) == 1:
            return value
        return _Loose(value.data[self._points(rows)], value.shape, value.field)

    def _first(self, value: Any, count: int) -> Any:
        """Forward values for `count` rows."""
        if len(value.data) == 1:
            return value
        return Batch(value.data[: count * self.ground.points], value.shape, value.field)

    def _open(self, value: Any, shape: Shape) -> Any:
        """`value` with a point for every row, to be written to."""
        if value is None:
            return None
        wide = Batch.filled(value, shape)
        size = (self._count * self.ground.points, *wide.data.shape[1:])
        return _Loose(np.array(np.broadcast_to(wide.data, size)), wide.shape, wide.field)

    def _ground(self, count: int) -> Ground:
        """The ground once for each of `count` rows."""
        if count not in self._grounds:
            self._grounds[count] = repeated(self.ground, count)
        return self._grounds[count]


def _exactly(value: Batch, shape: Shape) -> Batch | None:
    """`value` stretched to `shape`; None where it does not stretch to it."""
    try:
        wide = Batch.filled(value, shape)
    except ShapeError:
        return None
    return wide if wide.shape == shape else None


def _rows_of(sheet: Sheet[Row], rows: list[int], data: NDArray[np.float64]) -> Sheet[Row]:
    if len(rows) == len(sheet.rows):
        return Sheet(sheet.rows, sheet.form, sheet.shape, data)
    return Sheet(tuple(sheet.rows[row] for row in rows), sheet.form, sheet.shape, data[rows])


def repeated(ground: Ground, count: int) -> Ground:
    """A ground whose points stand there `count` times."""
    if count == 1:
        return ground
    env = replace(ground.env, values=_Tiled(ground.env.values, count))
    return Ground(ground.layout, env, count)


class _Tiled(Mapping[str, Batch]):
    """Values once for every row, made when they are asked for: rules look at few of them."""

    def __init__(self, once: Mapping[str, Batch], count: int) -> None:
        self._once, self._count = once, count
        self._made: dict[str, Batch] = {}

    def __getitem__(self, name: str) -> Batch:
        if name not in self._made:
            self._made[name] = _tiled(self._once[name], self._count)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._once)

    def __len__(self) -> int:
        return len(self._once)


def _tiled(value: Batch, count: int) -> Batch:
    if len(value.data) == 1:
        return value
    data = np.tile(value.data, (count, *(1 for _ in value.data.shape[1:])))
    return Batch(data, value.shape, value.field)


class _Repeated(Numbers):
    """The forward values of a ground once for every row."""

    def __init__(self, ground: Ground, count: int) -> None:
        super().__init__(repeated(ground, count).env)
        self._ground, self._count = ground, count

    def _computed(self, statement: Statement, path: tuple[int, ...], node: Any) -> Batch:
        once = self._ground.numbers.value(statement, path, node)
        return _tiled(once, self._count)


class _Loose(Batch):
    """A cotangent that keeps a shape it should not have, as a learner's would."""

    def filled(self, shape: Shape) -> _Loose:
        try:
            wide = super().filled(shape)
            return _Loose(wide.data, wide.shape, wide.field)
        except ShapeError:
            return self


def _loose(value: Batch | None) -> Any:
    return None if value is None else _Loose(value.data, value.shape, value.field)


def _kept(results: tuple[Any, ...], kept: tuple[int, ...]) -> tuple[Any, ...]:
    """The cotangents that lead to the variable."""
    return tuple(_loose(each) if i in kept else None for i, each in enumerate(results))
