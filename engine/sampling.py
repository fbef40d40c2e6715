"""Sample points of a program's inputs, drawn as exact rationals from what its own graph asks for.

Candidates are drawn in bulk and run through the forward pass in float64.  A candidate is kept when
every node is well inside its domain, away from its kinks, unsaturated, and no difference is tiny;
of those kept, points are chosen so that every kinked unit is seen active and inactive, every sign
and every label value occurs, wherever the program's domain allows it.  Float64 only chooses the
points: what is kept is exact.

The sizes of the symbolic dimensions are drawn too, one assignment per group of points.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import SamplingError
from engine.expression import Apply, Expr, Var, walk
from engine.numeric import FLOAT, Batch, Environment, Field, forward
from engine.operators import Operator, operator
from engine.operators.arrays import aligned
from engine.program import Program, Symbol
from engine.seeding import Stream
from engine.shapes import Shape, canonical, concrete

FORMAT = "gradbook.samples/2"

DENOMINATOR = 128
SMALLEST = 12  # in units of 1/DENOMINATOR: nothing drawn is nearer to zero than this
LARGEST = 192
CANDIDATES = 64  # drawn in one round
STEEPEST = 2.5  # no argument of an activation is larger
WIDEST = 50.0  # no value at all is larger, unless it typically is
KINK_MARGIN = 1 / 24
DIFFERENCE_MARGIN = 1 / 40
TYPICAL = 8.0  # how far from its typical size a quantity of another order of magnitude may be
MOST_POINTS = 8  # of a group


@dataclass(frozen=True)
class Round:
    """One round of drawing: the scale of the values, and the share of positive ones."""

    scale: float
    positive: float


# The later rounds are for programs that are hard to please: deep ones, and logarithms of rectified
# units.
ROUNDS = (
    Round(1.0, 0.5),
    Round(0.75, 0.5),
    Round(0.75, 0.7),
    Round(0.5, 0.5),
    Round(0.75, 0.85),
    Round(0.5, 0.85),
    Round(0.75, 0.97),
    Round(0.5, 0.97),
    Round(0.25, 0.5),
    Round(0.25, 0.97),
)


@dataclass(frozen=True, eq=False)
class Group:
    """Points with the same sizes; `values` holds arrays (points, *shape) of fractions."""

    sizes: Mapping[str, int]
    values: Mapping[str, NDArray[Any]]

    @property
    def points(self) -> int:
        """How many points the group has."""
        return max((len(array) for array in self.values.values()), default=1)

    def inputs(self, field: Field = FLOAT) -> Environment:
        """The inputs as numbers of `field`."""
        return self._floats if field is FLOAT else self._inputs(field)

    @cached_property
    def _floats(self) -> Environment:
        return self._inputs(FLOAT)

    def _inputs(self, field: Field) -> Environment:
        batches = {
            name: Batch(field.array(array), canonical(array.shape[1:]), field)
            for name, array in self.values.items()
        }
        return Environment(batches, self.sizes, field)

    def point(self, position: int) -> dict[str, Any]:
        """The inputs of one point, as fractions and nested lists of them."""
        return {
            name: array[position : position + 1].tolist()[0] for name, array in self.values.items()
        }

    def to_json(self) -> dict[str, Any]:
        """The group with every number as a whole number over one denominator."""
        numbers = [number for array in self.values.values() for number in array.flat]
        common = lcm(*{number.denominator for number in numbers})
        whole = np.frompyfunc(lambda each: each.numerator * (common // each.denominator), 1, 1)
        values = {name: whole(array).tolist() for name, array in self.values.items()}
        return {"sizes": dict(self.sizes), "denominator": common, "values": values}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Group:
        """The group that `to_json` wrote."""
        common = int(stored["denominator"])
        exact = np.frompyfunc(lambda whole: Fraction(whole, common), 1, 1)
        arrays = {name: np.array(nested, dtype=object) for name, nested in stored["values"].items()}
        return cls(dict(stored["sizes"]), {name: exact(each) for name, each in arrays.items()})


@dataclass(frozen=True, eq=False)
class Samples:
    """The sample points of a program, in groups of equal sizes."""

    groups: tuple[Group, ...]

    @property
    def points(self) -> int:
        """How many points there are in all groups together."""
        return sum(group.points for group in self.groups)

    def environments(self, program: Program, field: Field = FLOAT) -> tuple[Environment, ...]:
        """The values of every quantity of `program`, one environment per group."""
        return tuple(forward(program, group.inputs(field)) for group in self.groups)

    def to_json(self) -> dict[str, Any]:
        """The samples, to be stored and replayed."""
        return {"format": FORMAT, "groups": [group.to_json() for group in self.groups]}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Samples:
        """The samples that `to_json` wrote; raises SamplingError for another format."""
        if not isinstance(stored, Mapping) or stored.get("format") != FORMAT:
            raise SamplingError(f"these are no samples of format {FORMAT!r}")
        return cls(tuple(Group.from_json(group) for group in stored["groups"]))


def sample(program: Program, key: bytes | str, groups: int = 2, points: int = 4) -> Samples:
    """Sample points of `program`, the same for the same key.

    A program without symbolic dimensions gets all its points in one group.  Raises SamplingError
    with the conditions that failed.
    """
    return draw(program, Stream(key, "samples"), groups, points)


def draw(program: Program, stream: Stream, groups: int = 2, points: int = 4) -> Samples:
    """As `sample`, from any stream (such as a secret one)."""
    assignments = tuple(sizes(program, stream.fork("sizes"), groups))
    share = points * groups // len(assignments)
    return Samples(
        tuple(
            _Drawing(program, assignment, stream.fork("group", number)).group(share)
            for number, assignment in enumerate(assignments)
        )
    )


def sizes(program: Program, stream: Stream, groups: int) -> Iterator[dict[str, int]]:
    """`groups` assignments of sizes to the symbolic dimensions of `program`; one if there are none.

    Sizes are at least 2, pairwise different, and different from the literal dimensions; no
    dimension has the same size twice.
    """
    names = _dimension_names(program)
    literal = {dim for shape in program.shapes.values() for dim in shape if isinstance(dim, int)}
    wanted = max(len(names) + 1, groups)
    free = [size for size in range(2, 2 + wanted + len(literal)) if size not in literal]
    pool = stream.shuffled(free[:wanted])
    for turn in range(groups if names else 1):
        yield {name: pool[(place + turn) % wanted] for place, name in enumerate(names)}


def _dimension_names(program: Program) -> tuple[str, ...]:
    declared = {symbol.name for symbol in program.symbols if symbol.role == "dimension"}
    return tuple(sorted(program.dimensions | declared))


@dataclass(frozen=True)
class _Drawing:
    """The drawing of one group."""

    program: Program
    sizes: Mapping[str, int]
    stream: Stream
    failures: list[Mapping[str, NDArray[np.bool_]]] = field(default_factory=list)

    def group(self, points: int) -> Group:
        """A group of at least `points` points; raises SamplingError."""
        drawn: list[dict[str, NDArray[np.int64]]] = []
        features: list[NDArray[np.bool_]] = []
        for each in ROUNDS:
            candidates = self._candidates(each)
            kept, seen = self._examined(candidates)
            drawn.append({name: array[kept] for name, array in candidates.items()})
            features.append(seen[kept])
            if sum(len(rows) for rows in features) >= CANDIDATES // 4:
                break
        rows = np.concatenate(features)
        if len(rows) < points:
            raise SamplingError(self._complaint())
        chosen = list(_covering(rows, points))
        return Group(self.sizes, _fractions(drawn, chosen))

    def _complaint(self) -> str:
        counts: Counter[str] = Counter()
        for conditions in self.failures:
            counts.update({name: int(np.sum(~good)) for name, good in conditions.items()})
        return (
            f"no sample points in {len(ROUNDS) * CANDIDATES} draws; what failed most: "
            + "; ".join(f"{name} ({count} times)" for name, count in counts.most_common(3))
        )

    @cached_property
    def _symbols(self) -> tuple[Symbol, ...]:
        return tuple(symbol for symbol in self.program.symbols if symbol.role != "dimension")

    @cached_property
    def _scales(self) -> dict[str, float]:
        """How far a parameter is scaled down, so that sums over its fan-in stay of order one."""
        scales: dict[str, float] = {}
        for name, inner in _fan_ins(self.program):
            size = concrete((inner,), self.sizes)[0]
            scales[name] = min(scales.get(name, 1.0), size**-0.5)
        return scales

    def _candidates(self, way: Round) -> dict[str, NDArray[np.int64]]:
        """Numerators over DENOMINATOR of every input, as arrays (CANDIDATES, *shape)."""
        return {
            symbol.name: self._drawn(symbol, way).reshape((-1, *concrete(symbol.shape, self.sizes)))
            for symbol in self._symbols
        }

    def _drawn(self, symbol: Symbol, way: Round) -> NDArray[np.int64]:
        shape = concrete(symbol.shape, self.sizes)
        count = CANDIDATES * int(np.prod(shape, dtype=int))
        raw = np.frombuffer(self.stream.octets(4 * count), dtype="<u2").astype(np.int64)
        size, coin = raw.reshape(2, count)
        axis = normalised_axis(self.program, symbol)
        if symbol.domain == "one-hot" or (symbol.domain == "probability" and axis is not None):
            return _distributed(symbol, size.reshape((CANDIDATES, *shape)), axis)
        scale = way.scale * self._scales.get(symbol.name, 1.0)
        return _entries(symbol.domain, size, coin < 65536 * way.positive, scale)

    def _examined(
        self, candidates: Mapping[str, NDArray[np.int64]]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which candidates are good, and the features of each (one column per feature)."""
        batches = {
            name: Batch(array / DENOMINATOR, canonical(array.shape[1:]))
            for name, array in candidates.items()
        }
        inspection = Inspection(Environment(batches, self.sizes))
        with np.errstate(all="ignore"):
            inspection.run(self.program)
        self.failures.append(inspection.conditions)
        signs = [
            _columns(batches[symbol.name].data > (0.0 if symbol.domain == "real" else 0.5))
            for symbol in self._symbols
            if symbol.domain not in ("positive", "probability")
        ]
        return inspection.good(), np.concatenate([*signs, *inspection.features], axis=1)


def _entries(
    domain: str, size: NDArray[np.int64], positive: NDArray[np.bool_], scale: float
) -> NDArray[np.int64]:
    """Numerators of entries of a domain from random bits: sizes that avoid 0 and 1, and signs."""
    one = DENOMINATOR
    match domain:
        case "binary" | "mask":
            return one * (size % 2)
        case "sign":
            return one * (2 * (size % 2) - 1)
        case "probability":
            return one // 8 + size % (one - one // 4)
    largest = max(int(LARGEST * scale), 3 * SMALLEST)
    magnitude = SMALLEST + size % (largest - SMALLEST)
    magnitude += (magnitude == one).astype(np.int64)
    return magnitude if domain == "positive" else np.where(positive, magnitude, -magnitude)


def _distributed(symbol: Symbol, raw: NDArray[np.int64], axis: int | None) -> NDArray[np.int64]:
    """Numerators that sum to one along the axis of the classes: one-hot, or all positive."""
    along = _default_axis(symbol.shape) if axis is None else axis
    classes = raw.shape[1 + along]
    hot = DENOMINATOR * (np.arange(classes) == np.moveaxis(raw, 1 + along, -1)[..., :1] % classes)
    if symbol.domain == "probability":
        least = DENOMINATOR // (2 * classes)
        weights = least + np.moveaxis(raw, 1 + along, -1) % (least // 2)
        hot = np.where(
            hot > 0, DENOMINATOR - (weights * (hot == 0)).sum(-1, keepdims=True), weights
        )
    return np.moveaxis(hot, -1, 1 + along)


@lru_cache(maxsize=1024)
def normalised_axis(program: Program, symbol: Symbol) -> int | None:
    """The axis along which a label's entries sum to one, `None` where they need not.

    It is the axis of the softmax whose output has the label's shape; a one-hot label without a
    softmax sums to one along its only long axis, or along the one that a parameter shares (the
    classes); where sizes do not tell, along the one that a matrix product sums over.
    """
    for statement in program.statements:
        for node in walk(statement.value):
            if isinstance(node, Apply) and node.op == "softmax" and node.shape == symbol.shape:
                given = node.keywords.get("axis")
                return _default_axis(node.shape) if given is None else int(given) % len(node.shape)
    if symbol.domain != "one-hot" or not symbol.shape:
        return None
    classes = {dim for other in program.symbols if other.role == "parameter" for dim in other.shape}
    shared = [axis for axis, dim in enumerate(symbol.shape) if dim != 1 and dim in classes]
    if len(shared) == 1:
        return shared[0]
    contracted = _contracted_axis(program, symbol.name)
    return _default_axis(symbol.shape) if contracted is None else contracted


def _contracted_axis(program: Program, name: str) -> int | None:
    """The axis of a quantity that the first matrix product with it sums over."""
    for statement in program.statements:
        for node in walk(statement.value):
            if isinstance(node, Apply) and node.op == "matmul":
                for side, axis in zip(node.args, (1, 0), strict=True):
                    if isinstance(side, Var) and side.name == name:
                        return axis
    return None


def _default_axis(shape: Shape) -> int:
    """The only long axis; of several, the last."""
    long = [axis for axis, dim in enumerate(shape) if dim != 1]
    return long[-1] if long else 0


def _fan_ins(program: Program) -> Iterator[tuple[str, Any]]:
    """The inner dimension of every matrix product, with the variables on either side."""
    for statement in program.statements:
        for node in walk(statement.value):
            if isinstance(node, Apply) and node.op in ("matmul", "dot"):
                inner = node.args[0].shape[-1]
                for arg in node.args:
                    yield from ((name, inner) for name in _product_name(arg, program))


def _product_name(arg: Expr, program: Program) -> tuple[str, ...]:
    while isinstance(arg, Apply) and arg.op == "transpose":
        arg = arg.args[0]
    parameter = isinstance(arg, Var) and program.roles.get(arg.name) == "parameter"
    return (arg.name,) if parameter and isinstance(arg, Var) else ()


class Inspection:
    """A forward pass in float64 that notes what is wrong and what is seen, per point."""

    def __init__(self, env: Environment) -> None:
        self.env = env
        self.conditions: dict[str, NDArray[np.bool_]] = {}
        self.features: list[NDArray[np.bool_]] = []

    def run(self, program: Program) -> None:
        """Evaluates every statement."""
        for statement in program.statements:
            value = self._evaluate(statement.value, self.env, statement.name)
            self.env = self.env.bound(statement.name, value)

    def good(self) -> NDArray[np.bool_]:
        """The points at which no condition failed."""
        good = np.ones(CANDIDATES, dtype=bool)
        for flags in self.conditions.values():
            good &= flags
        return good

    def _evaluate(self, expr: Expr, env: Environment, where: str) -> Batch:
        if not isinstance(expr, Apply):
            return env.evaluate(expr)
        if expr.op == "sum_over":
            return self._sum_over(expr, env, where)
        args = tuple(self._evaluate(arg, env, where) for arg in expr.args)
        value = env.combine(expr, args)
        if args:
            self._inspect(operator(expr.op), args, value, env.concrete_attrs(expr), where)
        return value

    def _sum_over(self, expr: Apply, env: Environment, where: str) -> Batch:
        index, size = expr.keywords["index"], expr.keywords["size"]
        terms = [
            self._evaluate(expr.args[0], env.bound(index, value), where)
            for value in env.index_values(size)
        ]
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return total

    def _inspect(
        self,
        row: Operator,
        args: tuple[Batch, ...],
        value: Batch,
        attrs: dict[str, Any],
        where: str,
    ) -> None:
        arrays = tuple(arg.data for arg in args)
        self._note(f"{where}: a value is too large", _bounded(value.data))
        if row.domain is not None:
            self._note(f"{where}: {row.name} leaves its domain", row.domain(*arrays))
        if row.name == "sub":
            self._note(f"{where}: a difference is tiny", _clear(value.data))
        if row.kinks is not None:
            margins = row.kinks(*aligned(*arrays), **attrs)
            self._note(f"{where}: {row.name} is near a kink", margins > KINK_MARGIN)
            self.features.append(_columns(_active(row, args, value, attrs)))
        drawn = len(arrays[0]) > 1  # a size alone, as in sqrt(d), is what it is
        if row.kinks is not None or (drawn and is_activation(row, args, value)):
            self._note(f"{where}: {row.name} is saturated", np.abs(arrays[0]) < STEEPEST)
            self.features.append(_columns(arrays[0] > 0))

    def _note(self, condition: str, good: NDArray[np.bool_]) -> None:
        """`good` holds flags per entry; a point is good when all its entries are."""
        flags = good.reshape(len(good), -1).all(axis=1)
        known = self.conditions.get(condition, np.ones(1, dtype=bool))
        self.conditions[condition] = np.logical_and(known, flags)


def is_activation(row: Operator, args: tuple[Batch, ...], value: Batch) -> bool:
    """Whether the row is a function of one operand that keeps its shape, written as a call."""
    return row.arity == 1 and row.notation.kind == "call" and args[0].shape == value.shape


def _active(
    row: Operator, args: tuple[Batch, ...], value: Batch, attrs: dict[str, Any]
) -> NDArray[np.bool_]:
    """Where a kinked unit passes its cotangent on unchanged (or, for a jump, where it is 1)."""
    one = value.constant(1).filled(value.shape)
    first = row.vjp(one, value, *args, **attrs)[0]
    flags: NDArray[np.bool_] = np.equal((value if first is None else first).data, 1)
    return flags


def _bounded(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Not too large; any order of magnitude will do, such as that of a million times a loss."""
    sizes = np.abs(values)
    bounded: NDArray[np.bool_] = sizes < WIDEST
    return bounded if bounded.all() else bounded | (sizes < TYPICAL * _typical(sizes))


def _clear(difference: NDArray[Any]) -> NDArray[np.bool_]:
    """Not tiny; an exact zero (1 - y for a label y) is meant."""
    sizes = np.abs(difference)
    clear: NDArray[np.bool_] = (sizes > DIFFERENCE_MARGIN) | (difference == 0)
    return clear if clear.all() else clear | (sizes > _typical(sizes) / TYPICAL)


def _typical(sizes: NDArray[Any]) -> float:
    """The median of the sizes that are numbers and not zero."""
    known = sizes[np.isfinite(sizes) & (sizes > 0)]
    return float(np.median(known)) if known.size else 0.0


def _columns(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(points, *shape) as (points, entries); a constant says nothing about any point."""
    return (
        flags.reshape(len(flags), -1)
        if len(flags) == CANDIDATES
        else np.zeros((CANDIDATES, 0), bool)
    )


def _covering(features: NDArray[np.bool_], points: int) -> Iterator[int]:
    """Rows that show every feature both ways, if any does: at least `points`, rarest first."""
    literals = np.concatenate([features, ~features], axis=1)
    counts = literals.sum(axis=0)
    varying = (counts > 0) & (counts < len(features))
    weight = np.where(varying, 1.0 / np.maximum(counts, 1), 0.0)
    free = np.ones(len(features), dtype=bool)
    for taken in range(MOST_POINTS):
        if taken >= points and not weight.any():
            return
        gain = np.where(free, literals @ weight, -1.0)
        best = int(np.argmax(gain))
        free[best] = False
        weight = np.where(literals[best], 0.0, weight)
        yield best


@lru_cache(maxsize=1024)
def _fraction(numerator: int) -> Fraction:
    """One of the few hundred numbers that are drawn: one object for each."""
    return Fraction(int(numerator), DENOMINATOR)


def _fractions(
    drawn: Sequence[Mapping[str, NDArray[np.int64]]], chosen: Sequence[int]
) -> dict[str, NDArray[Any]]:
    """The chosen candidates as arrays of fractions."""
    exact = np.frompyfunc(_fraction, 1, 1)
    return {
        name: exact(np.concatenate([rows[name] for rows in drawn])[chosen]) for name in drawn[0]
    }
