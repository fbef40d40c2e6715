"""The square world: an exercise with every matrix square, where ill-shaped answers have values.

A product whose true result is a scalar becomes the trace of the product, a sum along an axis a
product with ones.  An answer whose factors do not fit is elaborated there as it stands; mistaken
passes that a shape error hides in the real world are run there as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from itertools import count
from operator import mul

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.expression import Apply, Expr, Var, apply, const, rebuild
from engine.notation import Scope
from engine.notation.elaborate import Elaborator
from engine.notation.errors import Mistake
from engine.notation.syntax import Answer, Chain, Syntax
from engine.numeric import Batch, Environment, forward
from engine.program import Program, Symbol, Target
from engine.seeding import Stream
from engine.shapes import Shape
from grader.diagnosis.ground import Ground, Layout

SIZE = 3
DRAWN, KEPT = 48, 3
NUMBERS = (
    5,
    7,
    11,
    13,
    17,
    19,
    23,
    29,
)  # what dimensions count as, where they are written as numbers
UNSUPPORTED = frozenset(
    ("entry", "slice", "basis", "reshape", "sum_over", "softmax", "max", "outer")
)


@dataclass(frozen=True)
class SquareWorld:
    """An exercise in the square world: its program there, and numbers."""

    program: Program
    ground: Ground


def square_world(program: Program, target: Target) -> SquareWorld | None:
    """The square world of an exercise; None where it has none.

    Where one entry is asked for, what is known there are mistakes about the whole gradient.
    """
    if not program.shapes[target.variable]:
        return None
    side = _fresh(program)
    try:
        squared = _squared_program(program, side)
        env = _drawn(squared, side)
    except EngineError:
        return None
    return (
        None
        if env is None
        else SquareWorld(squared, Ground(Layout(squared, Target(target.variable)), env))
    )


def readings(syntax: Answer, scope: Scope) -> Iterator[Expr]:
    """What an answer says in the square world.

    There every product fits, so factors side by side after an entry-by-entry product have two
    readings.
    """
    for reader in (_EntryByEntry(scope, False, True), Elaborator(scope, True, False)):
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


def squared_shape(shape: Shape, side: str) -> Shape:
    """(side, side) for a matrix or vector, scalar for a scalar."""
    return (side, side) if shape else ()


def _squared_program(program: Program, side: str) -> Program:
    """`program` with every shape squared; raises EngineError where it cannot be."""
    symbols = [replace(each, shape=squared_shape(each.shape, side)) for each in program.symbols]
    dims = [Symbol(name, (), "dimension") for name in sorted(program.dimensions)]
    declared = {each.name for each in symbols}
    ring = [each for each in dims if each.name not in declared]
    statements = []
    for statement in program.statements:
        value = _filled(squared(statement.value, side), squared_shape(statement.value.shape, side))
        statements.append(replace(statement, value=value))
    return Program((*symbols, *ring), tuple(statements), program.loss)


def _filled(expr: Expr, shape: Shape) -> Expr:
    return expr if expr.shape == shape else expr.filled(shape)


def squared(expr: Expr, side: str) -> Expr:
    """`expr` over squared variables, of the squared shape."""
    if isinstance(expr, Var):
        return Var(expr.name, squared_shape(expr.shape, side))
    if not isinstance(expr, Apply):
        return expr
    if expr.op in UNSUPPORTED:
        raise EngineError(f"{expr.op} has no meaning in the square world")
    args = tuple(squared(arg, side) for arg in expr.args)
    return _squared_apply(expr, args, side)


def _squared_apply(expr: Apply, args: tuple[Expr, ...], side: str) -> Expr:
    ones = apply("ones", shape=(side, side))
    axis = expr.keywords.get("axis")
    match expr.op:
        case "matmul" if not expr.shape:
            return apply("trace", args[0] @ args[1])
        case "dot":
            return apply("trace", args[0].T @ args[1])
        case "ones" | "eye":
            return apply(expr.op, shape=(side, side)) if expr.shape else const(1)
        case "sum" | "mean" if axis is not None and expr.shape:
            total = args[0] @ ones if axis % 2 else ones @ args[0]
            return total if expr.op == "sum" else total / const(1).size(expr.args[0].shape[axis])
        case "sum":
            return args[0].sum()
        case "mean":
            return args[0].sum() / const(1).count(expr.args[0].shape)
    return rebuild(expr, args)


def _drawn(program: Program, side: str) -> Environment | None:
    """Numbers for the square world at a few points where everything is defined."""
    stream = Stream("square world")
    given = [each for each in program.symbols if each.role != "dimension"]
    numbers = [each.name for each in program.symbols if each.role == "dimension"]
    sizes = {side: SIZE} | dict(zip(numbers, NUMBERS, strict=False))
    values = {each.name: _values(each, stream) for each in given}
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


def _values(symbol: Symbol, stream: Stream) -> Batch:
    """Entries between 0.1 and 0.9 for positive symbols, with both signs for the others."""
    shape = tuple(SIZE for _ in symbol.shape)
    size = DRAWN * int(np.prod(shape, dtype=int))
    raw = np.frombuffer(stream.octets(2 * size), dtype="<u2").astype(np.float64) / 65536
    numbers = 0.1 + 0.8 * raw
    match symbol.domain:
        case "binary" | "mask" | "one-hot":
            numbers = np.round(raw)
        case "sign":
            numbers = 2 * np.round(raw) - 1
        case "real":
            numbers = numbers * np.where(np.arange(size) // (size // DRAWN) % 2, 1.0, -1.0)
    return Batch(numbers.reshape((DRAWN, *shape)), symbol.shape and (SIZE, SIZE))
