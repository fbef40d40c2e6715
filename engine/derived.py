"""What follows from a forward program alone: which derivatives come first, which values are kept.

Both are read off the program's graph and its symbolic gradient.  No template and no table holds
them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from engine.expression import Apply, Const, Expr, Var, substitute, walk
from engine.gradient import adjoint_formulas
from engine.numeric import Batch, Environment
from engine.operators import operator
from engine.program import Program, Role, Statement, Target
from engine.shapes import canonical, concrete

FREE_ROLES: tuple[Role, ...] = ("parameter", "label", "constant", "dimension")


def path(program: Program, variable: str) -> tuple[str, ...]:
    """The quantities through which `variable` acts on the loss, in the order of the forward pass.

    The loss is the last of them; `variable` itself is not among them.
    """
    reached = {variable}
    for statement in program.statements:
        if not reached.isdisjoint(statement.value.names):
            reached.add(statement.name)
    needed = {program.loss}
    for statement in reversed(program.statements):
        if statement.name in needed:
            needed |= statement.value.names
    on_path = (reached & needed) - {variable}
    return tuple(each.name for each in program.statements if each.name in on_path)


@dataclass(frozen=True)
class Order:
    """Derivatives by what is differentiated for, the nearest to the loss first.

    `known` are on the way as well, but no forward value enters them: the loss's own, 1, or 1/m.
    """

    required: tuple[Target, ...]
    known: tuple[Target, ...]


def prerequisites(program: Program, target: Target) -> Order:
    """The derivatives that the reverse pass must know before that of `target`.

    For one entry of a variable they are the entries through which it acts, where the sizes are
    numbers: every neuron of the next layer counts.
    """
    names = tuple(reversed(path(program, target.variable)))
    reached = _reached_entries(program, target)
    entries = {name: tuple(_entries(program, name, target, reached)) for name in names}
    known = [name for name in names if _is_known(program, name)]
    return Order(
        tuple(each for name in names if name not in known for each in entries[name]),
        tuple(each for name in known for each in entries[name]),
    )


def _is_known(program: Program, name: str) -> bool:
    """Whether the derivative for `name` mentions nothing but sizes and constants."""
    constants = {symbol.name for symbol in program.symbols if symbol.role == "constant"}
    return adjoint_formulas(program)[name].names <= program.dimensions | constants


def _entries(
    program: Program, name: str, target: Target, reached: dict[str, NDArray[np.bool_]]
) -> Iterator[Target]:
    match program.shapes[name]:
        case (int(rows), int(columns)) if target.entry is not None:
            for row, column in product(range(rows), range(columns)):
                if reached[name][row, column]:
                    yield Target(name, (row + 1, column + 1))
        case _:
            yield Target(name)


def _reached_entries(program: Program, target: Target) -> dict[str, NDArray[np.bool_]]:
    """For every quantity which of its entries depend on the target's entry, at some sizes."""
    sizes = {dim: 2 + place for place, dim in enumerate(sorted(program.dimensions))}
    flags = {
        name: np.zeros(concrete(shape, sizes), dtype=bool) for name, shape in program.shapes.items()
    }
    flags[target.variable][_place(target, flags[target.variable].ndim)] = True
    for statement in program.statements:
        if statement.name != target.variable:
            flags[statement.name] = _spread(statement, flags, sizes)
    return flags


def _place(target: Target, rank: int) -> tuple[int, ...]:
    """The index of the target's entry; the empty one, which means everything, for all of it."""
    return (target.entry[0] - 1, target.entry[1] - 1) if target.entry and rank else ()


def _spread(
    statement: Statement, flags: dict[str, NDArray[np.bool_]], sizes: dict[str, int]
) -> NDArray[np.bool_]:
    """Which entries of a statement's result depend on the flagged entries of its operands.

    Not-a-number marks what is flagged: every operator hands it on to what it has a say in.
    """
    names = statement.value.names & flags.keys()
    values = {name: _marked(flags[name]) for name in names}
    with np.errstate(all="ignore"):
        result = Environment(values, sizes).evaluate(statement.value)
    marked: NDArray[np.bool_] = np.isnan(result.data[0])
    return marked


def _marked(flags: NDArray[np.bool_]) -> Batch:
    return Batch(np.where(flags, np.nan, 0.5)[None], canonical(flags.shape))


@dataclass(frozen=True)
class Needs:
    """The forward values that a formula needs, each with the names of which any one will do."""

    program: Program
    formula: Expr

    @cached_property
    def free(self) -> tuple[str, ...]:
        """Names that nobody has to keep: parameters, labels, constants and sizes."""
        given = tuple(each.name for each in self.program.symbols if each.role in FREE_ROLES)
        sizes = sorted(self.program.dimensions - set(given))
        return (*given, *sizes)

    @cached_property
    def classes(self) -> tuple[tuple[str, ...], ...]:
        """One class for every value in the formula: its name, then what can stand in for it."""
        names = [name for name in self.program.shapes if name in self.formula.names]
        return tuple(
            (name, *self._sources(name), *self._images(name))
            for name in names
            if name not in self.free
        )

    def _sources(self, name: str) -> tuple[str, ...]:
        """The values from which `name` follows entry by entry: z, where a = sigmoid(z)."""
        statement = self.program.definitions.get(name)
        source = self._sole_operand(statement) if statement else None
        return (source, *self._sources(source)) if source else ()

    def _images(self, name: str) -> tuple[str, ...]:
        """The values that tell as much as `name`: a, where a = tanh(z); and for a mask, relu(z).

        A value that is itself a function of another one has none: s (1 - s) is written with s, and
        nobody would take it from tanh(s).
        """
        if self._sources(name):
            return ()
        return tuple(
            statement.name
            for statement in self.program.statements
            if self._sole_operand(statement) == name and self._tells(statement, name)
        )

    def _tells(self, statement: Statement, name: str) -> bool:
        strictly, weakly = _monotone(statement, name)
        return strictly or (weakly and _only_compared(self.formula, name))

    def _sole_operand(self, statement: Statement) -> str | None:
        """The one name that a statement works on entry by entry; none where there are several."""
        names = statement.value.names
        if len(names) != 1 or not _is_elementwise(statement.value):
            return None
        (name,) = names
        known = self.program.shapes.get(name)
        return name if known == statement.value.shape and name not in self.free else None


def _is_elementwise(expr: Expr) -> bool:
    return all(operator(node.op).elementwise for node in walk(expr) if isinstance(node, Apply))


def _monotone(statement: Statement, name: str) -> tuple[bool, bool]:
    """Whether a function of one variable is strictly, and weakly, monotone where it is defined."""
    function = substitute(statement.value, {name: Var(name)})
    grid = Batch(np.linspace(-3.0, 3.0, 121), ())
    with np.errstate(all="ignore"):
        values = Environment({name: grid}, {}).evaluate(function).data
    steps = np.diff(values[np.isfinite(values)])
    return bool(np.all(steps > 0) or np.all(steps < 0)), bool(
        np.all(steps >= 0) or np.all(steps <= 0)
    )


def _only_compared(formula: Expr, name: str) -> bool:
    """Whether `name` enters a formula through comparisons with constants alone."""
    if isinstance(formula, Var):
        return formula.name != name
    if isinstance(formula, Apply) and _is_comparison(formula):
        return all(isinstance(_whole(arg), Var | Const) for arg in formula.args)
    return all(_only_compared(arg, name) for arg in formula.args)


def _whole(expr: Expr) -> Expr:
    """What `expr` is an entry of, or `expr` itself."""
    return expr.args[0] if isinstance(expr, Apply) and expr.op == "entry" else expr


def _is_comparison(node: Apply) -> bool:
    row = operator(node.op)
    return row.notation.kind == "infix" and row.kinks is not None
