"""Random environments for the tests of the engine, and central differences over them."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from engine.expression import Expr
from engine.numeric import Batch, Environment, forward
from engine.program import Program
from engine.shapes import Shape, canonical, concrete

SIZES = {"n": 3, "m": 4, "k": 2, "h": 5}
POINTS = 3


def drawn(name: str, shape: Shape, low: float = 0.2, high: float = 0.9) -> Batch:
    """Values of a name at all points, the same in every run."""
    numbers = concrete(shape, SIZES)
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    return Batch(rng.uniform(low, high, (POINTS, *numbers)), canonical(numbers))


def environment(program: Program) -> Environment:
    """Inputs of the program, without the forward pass."""
    values = {symbol.name: drawn(symbol.name, symbol.shape) for symbol in program.symbols}
    return Environment(values, SIZES)


def central_differences(
    program: Program, env: Environment, name: str, step: float = 1e-6
) -> NDArray[np.float64]:
    """d loss / d name at every point, (points, *shape), from forward passes alone."""
    start = env.values[name]
    result = np.zeros_like(start.data)
    for position in np.ndindex(*start.data.shape[1:]):
        place = (slice(None), *position)
        up, down = start.data.copy(), start.data.copy()
        up[place] += step
        down[place] -= step
        result[place] = (_loss(program, env, name, up) - _loss(program, env, name, down)) / (
            2 * step
        )
    return result


def _loss(
    program: Program, env: Environment, name: str, data: NDArray[np.float64]
) -> NDArray[np.float64]:
    moved = env.bound(name, Batch(data, env.values[name].shape))
    loss: NDArray[np.float64] = forward(program, moved).values[program.loss].data
    return loss


def value(expr: Expr, env: Environment) -> NDArray[np.float64]:
    """The value of an expression, with one row per point also for a constant."""
    data = env.evaluate(expr).data
    return np.broadcast_to(data, (POINTS, *data.shape[1:]))
