"""The independent oracle: SymPy's own derivative of the forward pass, entry by entry.

It shares no rule with the operator table: a row gives only the meaning of an entry, SymPy
differentiates.  For tests and certificates, never for grading; SymPy is imported with this module
and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import sympy
from numpy.typing import NDArray

from engine.expression import Expr
from engine.numeric import Batch, Environment
from engine.program import Program, Target
from engine.sampling import Group
from engine.seeding import Stream
from engine.shapes import Dim, canonical
from engine.symbolic.balls import BITS, ball_around, precision
from engine.symbolic.entrywise import Entries, Scalar, batch_of, entries, entry_names
from engine.symbolic.taylor import Slopes, direction

MEANINGS = [{"Step": lambda x: 1 if x > 0 else 0}, "mpmath"]
DIGITS = 50  # of a slope that SymPy works out


class Step(sympy.Function):  # type: ignore[misc]  # SymPy ships no types
    """The indicator of x > 0, whose derivative away from 0 is 0."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Any:
        return sympy.S.Zero


class SymPy:
    """The algebra of SymPy expressions."""

    def number(self, value: Fraction) -> Entry:
        return Entry(self, sympy.Rational(value.numerator, value.denominator))

    def exp(self, x: Entry) -> Entry:
        return Entry(self, sympy.exp(x.value))

    def log(self, x: Entry) -> Entry:
        return Entry(self, sympy.log(x.value))

    def sqrt(self, x: Entry) -> Entry:
        return Entry(self, sympy.sqrt(x.value))

    def sin(self, x: Entry) -> Entry:
        return Entry(self, sympy.sin(x.value))

    def cos(self, x: Entry) -> Entry:
        return Entry(self, sympy.cos(x.value))

    def arcsin(self, x: Entry) -> Entry:
        return Entry(self, sympy.asin(x.value))

    def arccos(self, x: Entry) -> Entry:
        return Entry(self, sympy.acos(x.value))

    def arctan(self, x: Entry) -> Entry:
        return Entry(self, sympy.atan(x.value))

    def power(self, x: Entry, y: Entry) -> Entry:
        return Entry(self, x.value**y.value)

    def positive(self, x: Entry) -> Entry:
        return Entry(self, Step(x.value))

    def choose(self, c: Entry, x: Entry, y: Entry) -> Entry:
        return Entry(self, c.value * x.value + (1 - c.value) * y.value)

    def lifted(self, value: Any) -> Entry:
        """`value` as an entry; floats come from constant matrices and are exact."""
        return value if isinstance(value, Entry) else self.number(Fraction(value))


class Floats(SymPy):
    """The algebra of SymPy expressions whose numbers are floats of twice as many digits as asked.

    Constant parts are worked out at once, which keeps the expressions of a whole network small.
    """

    def number(self, value: Fraction) -> Entry:
        return Entry(self, sympy.Rational(value.numerator, value.denominator).evalf(2 * DIGITS))


class Entry(Scalar):
    """One SymPy expression, as NumPy's object arrays see it."""

    __slots__ = ("algebra", "value")

    algebra: SymPy

    def __init__(self, algebra: SymPy, value: Any) -> None:
        self.algebra, self.value = algebra, value

    def _with(self, value: Any) -> Entry:
        return Entry(self.algebra, value)

    def _other(self, other: Any) -> Any:
        return self.algebra.lifted(other).value

    def __float__(self) -> float:
        return float(self.value)

    def __add__(self, other: Any) -> Entry:
        return self._with(self.value + self._other(other))

    def __radd__(self, other: Any) -> Entry:
        return self._with(self._other(other) + self.value)

    def __sub__(self, other: Any) -> Entry:
        return self._with(self.value - self._other(other))

    def __rsub__(self, other: Any) -> Entry:
        return self._with(self._other(other) - self.value)

    def __mul__(self, other: Any) -> Entry:
        return self._with(self.value * self._other(other))

    def __rmul__(self, other: Any) -> Entry:
        return self._with(self._other(other) * self.value)

    def __truediv__(self, other: Any) -> Entry:
        return self._with(self.value / self._other(other))

    def __rtruediv__(self, other: Any) -> Entry:
        return self._with(self._other(other) / self.value)

    def __pow__(self, other: Any) -> Entry:
        return self._with(self.value ** self._other(other))

    def __neg__(self) -> Entry:
        return self._with(-self.value)


def symbols_of(name: str, shape: tuple[Dim, ...], sizes: Mapping[str, int]) -> Batch:
    """A variable as an array of real SymPy symbols."""
    algebra = SymPy()
    symbol = np.frompyfunc(lambda each: Entry(algebra, sympy.Symbol(each, real=True)), 1, 1)
    return batch_of(np.asarray(symbol(entry_names(name, shape, sizes)), dtype=object), algebra)


def expanded(expr: Expr, shapes: Mapping[str, tuple[Dim, ...]], sizes: Mapping[str, int]) -> Batch:
    """`expr` written out in the entries of its variables."""
    return _environment(shapes, sizes).evaluate(expr)


def _environment(shapes: Mapping[str, tuple[Dim, ...]], sizes: Mapping[str, int]) -> Entries:
    free = {name: shape for name, shape in shapes.items() if name not in sizes}
    values = {name: symbols_of(name, shape, sizes) for name, shape in free.items()}
    return entries(SymPy(), sizes, values)


def derivative(program: Program, variable: str, sizes: Mapping[str, int]) -> NDArray[Any]:
    """d loss / d variable as SymPy expressions in the entries of the inputs and of `variable`.

    A defined variable is an independent quantity from its statement on.
    """
    shapes = {symbol.name: symbol.shape for symbol in program.symbols}
    shapes[variable] = program.shapes[variable]
    env: Environment = _environment(shapes, sizes)
    for statement in program.statements:
        if statement.name != variable:
            env = env.bound(statement.name, env.evaluate(statement.value))
    loss = env.values[program.loss].data.reshape(-1)[0].value
    names = entry_names(variable, shapes[variable], sizes)
    differentiated = np.frompyfunc(lambda name: loss.diff(sympy.Symbol(name, real=True)), 1, 1)
    return np.asarray(differentiated(names), dtype=object)


def numbers(
    exprs: NDArray[Any], shapes: Mapping[str, tuple[Dim, ...]], env: Environment
) -> NDArray[np.float64]:
    """SymPy expressions at the points of `env`, as (points, *shape) of float64.

    `shapes` names the variables whose entries occur.
    """
    names = [name for name in shapes if name in env.values]
    symbols = [
        sympy.Symbol(each, real=True)
        for name in names
        for each in entry_names(name, shapes[name], env.sizes).flat
    ]
    given = [env.values[name].data.reshape(len(env.values[name].data), -1) for name in names]
    points = max(len(rows) for rows in given)
    table = np.concatenate([np.broadcast_to(r, (points, r.shape[1])) for r in given], axis=1)
    function = sympy.lambdify(symbols, list(np.ravel(exprs)), modules=MEANINGS)
    rows = [function(*(float(value) for value in row)) for row in table]
    return np.array(rows, dtype=float).reshape((points, *np.shape(exprs)))


def simplified_difference(
    left: Expr, right: Expr, shapes: Mapping[str, tuple[Dim, ...]], sizes: Mapping[str, int]
) -> bool:
    """Whether `sympy.simplify` makes every entry of left - right zero.

    It may take minutes, and a False says nothing: for benchmarks only.
    """
    difference = expanded(left - right, shapes, sizes)
    return all(sympy.simplify(entry.value) == 0 for entry in difference.data.flat)


def slope(program: Program, group: Group, name: str, towards: NDArray[Any]) -> str:
    """d loss(v + t d) / dt at t = 0 for the quantity `name`, at a group's one point, as SymPy's
    decimal.

    `towards` is d, an array (1, *shape) of fractions.  A defined quantity is moved where it is
    defined.
    """
    t = sympy.Symbol("t", real=True)
    algebra = Floats()
    env: Environment = entries(algebra, group.sizes, {})
    for given, array in group.values.items():
        exact = np.frompyfunc(algebra.number, 1, 1)(array)
        env = env.bound(given, Batch(exact, canonical(array.shape[1:]), env.field))
    if name in env.values:
        env = env.bound(name, _moved(env.values[name], towards, algebra, t))
    for statement in program.statements:
        value = env.evaluate(statement.value)
        if statement.name == name:
            value = _moved(value, towards, algebra, t)
        env = env.bound(statement.name, value)
    loss = env.values[program.loss].data.item().value
    # a network's value is a graph: what is shared has to be worked out once
    function = sympy.lambdify(t, loss.diff(t), modules=MEANINGS, cse=True)
    with mpmath.workdps(2 * DIGITS):
        return str(mpmath.nstr(function(mpmath.mpf(0)), DIGITS))


def _moved(value: Batch, towards: NDArray[Any], algebra: SymPy, t: Any) -> Batch:
    step = np.frompyfunc(lambda each: algebra.number(each) * Entry(algebra, t), 1, 1)
    return replace(value, data=value.data + step(towards).reshape(1, *value.data.shape[1:]))


def predicts(program: Program, group: Group, target: Target, key: Expr, stream: Stream) -> bool:
    """Whether a derivative predicts the slope that SymPy finds at the first point of a group."""
    first = Group(group.sizes, {name: array[:1] for name, array in group.values.items()})
    towards = direction(program, first, target, stream)
    with precision(BITS):
        ball = Slopes(program, first).predicted(target, key, towards).data.item()
        found = slope(program, first, target.variable, towards)
        return bool(ball.overlaps(ball_around(found, DIGITS - 8)))
