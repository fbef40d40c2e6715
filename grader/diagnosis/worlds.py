"""Other worlds, where an answer whose parts do not fit has a value.

    alike    all sizes are the same; vectors stay vectors
    square   every matrix is square: vectors, too, are matrices

An answer is elaborated there as it stands, and mistaken passes that a shape error hides in the
exercise's own world are run there as well.  In the square world every product exists: one whose
true result is a number becomes the trace, a sum along an axis a product with ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from itertools import count
from operator import mul
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.expression import Apply, Expr, Var, apply, const, rebuild
from engine.gradient import gradient
from engine.notation import Scope
from engine.notation.elaborate import Elaborator, Options
from engine.notation.errors import Mistake
from engine.notation.syntax import Answer, Chain, Syntax
from engine.numeric import Batch, Environment, forward
from engine.program import Program, Symbol, Target
from engine.sampling import normalised_axis
from engine.seeding import Stream
from engine.shapes import Shape
from grader.diagnosis.ground import Ground, Layout

SIZE = 3
DRAWN, KEPT = 48, 3
NUMBERS = (5, 7, 11, 13, 17, 19, 23, 29)  # what dimensions count as, written as numbers
UNSUPPORTED = frozenset(("entry", "slice", "basis", "reshape", "sum_over", "outer"))

Rebuilt: TypeAlias = Callable[[Apply, tuple[Expr, ...], str], Expr]


@dataclass(frozen=True)
class Kind:
    """A kind of world: what becomes of shapes, and of a node over operands with new shapes."""

    shape: Callable[[Shape, str], Shape]
    node: Rebuilt
    loose: bool  # whether all products exist, so that shapes do not decide between readings


@dataclass(frozen=True)
class World:
    """An exercise in another world: its program there, numbers, and the right gradient.

    Where one entry is asked for, what is known there are mistakes about the whole gradient.
    """

    program: Program
    ground: Ground
    formula: Expr | None
    loose: bool


def world_of(program: Program, asked: Target, kind: Kind) -> World | None:
    """A world of an exercise; None where it has no values there."""
    target = Target(asked.variable)
    if not program.shapes[target.variable]:
        return None
    side = _fresh(program)
    try:
        moved = _moved_program(program, kind, side)
        env = _drawn(program, moved, side)
    except EngineError:
        return None
    if env is None:
        return None
    ground = Ground(Layout(moved, target), env)
    return World(moved, ground, _formula(program, moved, target, kind, side), kind.loose)


def _formula(
    program: Program, moved: Program, target: Target, kind: Kind, side: str
) -> Expr | None:
    """The right gradient in another world; None where it cannot be written there."""
    try:
        there = _moved(gradient(program, target), kind, side)
        return _filled(there, moved.shapes[target.variable])
    except EngineError:
        return None


def readings(syntax: Answer, scope: Scope, loose: bool) -> Iterator[Expr]:
    """What an answer says in another world.

    In a loose one every product fits, so factors side by side after an entry-by-entry product
    have two readings: the one that stands there first.
    """
    literal = Elaborator(scope, Options(strict=True))
    entry_by_entry = _EntryByEntry(scope, Options(entrywise=True))
    for reader in (literal, entry_by_entry) if loose else (literal,):
        try:
            last = reader.answer(syntax).links[-1]
        except (Mistake, EngineError):
            continue
        if last is not None:
            yield last


class _EntryByEntry(Elaborator):
    """Reads factors side by side after an entry-by-entry product as entry-by-entry too."""

    def beside(self, node: Syntax) -> Expr:
        if not isinstance(node, Chain):
            return super().beside(node)
        return reduce(mul, (self.expr(item) for item in node.items))


def _fresh(program: Program) -> str:
    """A name for the common size that the program does not use."""
    taken = program.shapes.keys() | program.dimensions
    return next(name for number in count() if (name := f"side{number}") not in taken)


def _moved_program(program: Program, kind: Kind, side: str) -> Program:
    """`program` with other shapes; raises EngineError where it cannot have them."""
    symbols = [replace(each, shape=kind.shape(each.shape, side)) for each in program.symbols]
    dims = [Symbol(name, (), "dimension") for name in sorted(program.dimensions)]
    declared = {*(each.name for each in symbols), *program.definitions}  # h may be a size, too
    ring = [each for each in dims if each.name not in declared]
    statements = []
    for statement in program.statements:
        value = _moved(statement.value, kind, side)
        value = _filled(value, kind.shape(statement.value.shape, side))
        statements.append(replace(statement, value=value))
    return Program((*symbols, *ring), tuple(statements), program.loss)


def _filled(expr: Expr, shape: Shape) -> Expr:
    return expr if expr.shape == shape else expr.filled(shape)


def _moved(expr: Expr, kind: Kind, side: str) -> Expr:
    """`expr` over variables of other shapes."""
    if isinstance(expr, Var):
        return Var(expr.name, kind.shape(expr.shape, side))
    if not isinstance(expr, Apply):
        return expr
    if expr.op in UNSUPPORTED:
        raise EngineError(f"{expr.op} has no meaning in another world")
    args = tuple(_moved(arg, kind, side) for arg in expr.args)
    return kind.node(expr, args, side)


# all sizes alike


def _alike_shape(shape: Shape, side: str) -> Shape:
    return tuple(1 if dim == 1 else side for dim in shape)


def _alike_node(expr: Apply, args: tuple[Expr, ...], side: str) -> Expr:
    match expr.op:
        case "mean":
            return _mean(expr, args[0].sum(**expr.keywords))
        case "ones" | "eye":
            return apply(expr.op, shape=_alike_shape(expr.keywords["shape"], side))
    return rebuild(expr, args)


def _mean(expr: Apply, total: Expr) -> Expr:
    """A mean from its sum: what is counted stays the number of the exercise's own dimension."""
    (arg,), axis = expr.args, expr.keywords["axis"]
    one = const(1)
    return total / (one.count(arg.shape) if axis is None else one.size(arg.shape[axis]))


# every matrix square


def _square_shape(shape: Shape, side: str) -> Shape:
    """(side, side) for a matrix or vector, scalar for a scalar."""
    return (side, side) if shape else ()


def _square_node(expr: Apply, args: tuple[Expr, ...], side: str) -> Expr:
    ones = apply("ones", shape=(side, side))
    axis = expr.keywords.get("axis")
    match expr.op:
        case "matmul" if not expr.shape:
            return apply("trace", args[0] @ args[1])
        case "dot":
            return apply("trace", args[0].T @ args[1])
        case "max":
            raise EngineError("a largest entry has no meaning in the square world")
        case "softmax" if axis is None and expr.shape:
            return apply("softmax", args[0], axis=0 if expr.shape[-1] == 1 else 1)
        case "ones" | "eye":
            return apply(expr.op, shape=(side, side)) if expr.shape else const(1)
        case "sum" | "mean" if axis is not None and expr.shape:
            total = args[0] @ ones if axis % 2 else ones @ args[0]
            return total if expr.op == "sum" else _mean(expr, total)
        case "sum":
            return args[0].sum()
        case "mean":
            return _mean(expr, args[0].sum())
    return rebuild(expr, args)


ALIKE = Kind(_alike_shape, _alike_node, loose=False)
SQUARE = Kind(_square_shape, _square_node, loose=True)


# numbers


def _drawn(original: Program, program: Program, side: str) -> Environment | None:
    """Numbers for another world at a few points where everything is defined."""
    stream = Stream("square world")
    given = [each for each in original.symbols if each.role != "dimension"]
    numbers = [each.name for each in program.symbols if each.role == "dimension"]
    sizes = {side: SIZE} | dict(zip(numbers, NUMBERS, strict=False))
    axes = {each.name: normalised_axis(original, each) for each in given}
    shapes = program.shapes
    values = {
        each.name: _values(each, shapes[each.name], stream, axes[each.name]) for each in given
    }
    env = forward(program, Environment(values, sizes))
    good = reduce(np.logical_and, (_finite(batch) for batch in env.values.values()))
    chosen = np.flatnonzero(good)[:KEPT]
    if len(chosen) < KEPT:
        return None
    kept = {name: Batch(_all(b)[chosen], b.shape, b.field) for name, b in env.values.items()}
    return Environment(kept, sizes)


def _finite(batch: Batch) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(_all(batch)).reshape(DRAWN, -1).all(axis=1))


def _all(batch: Batch) -> NDArray[np.float64]:
    return np.broadcast_to(batch.data, (DRAWN, *batch.data.shape[1:]))


def _values(symbol: Symbol, shape: Shape, stream: Stream, axis: int | None) -> Batch:
    """Entries between 0.1 and 0.9 for positive symbols, with both signs for the others."""
    sizes = tuple(1 if dim == 1 else SIZE for dim in shape)
    size = DRAWN * int(np.prod(sizes, dtype=int))
    raw = np.frombuffer(stream.octets(2 * size), dtype="<u2").astype(np.float64) / 65536
    numbers = 0.1 + 0.8 * raw
    match symbol.domain:
        case "binary" | "mask":
            numbers = np.round(raw)
        case "sign":
            numbers = 2 * np.round(raw) - 1
        case "real":
            numbers = numbers * np.where(np.arange(size) // (size // DRAWN) % 2, 1.0, -1.0)
    drawn = numbers.reshape((DRAWN, *sizes))
    return Batch(drawn if axis is None else _distributed(drawn, symbol, axis + 1), sizes)


def _distributed(drawn: NDArray[np.float64], symbol: Symbol, axis: int) -> NDArray[np.float64]:
    """Entries that sum to one along an axis: one-hot, or all positive."""
    if symbol.domain != "one-hot":
        return np.asarray(drawn / drawn.sum(axis, keepdims=True))
    return np.asarray(drawn == drawn.max(axis, keepdims=True), dtype=np.float64)
