"""A bounded proof that two expressions are equal entry by entry, at small sizes.

The difference is expanded over the field of `kernels`, first with every forward quantity as a
symbol of its own (cheap, and enough for most answers), then with activations written out in their
arguments, then with everything written out in the inputs.  A zero difference is a proof at these
sizes; anything else, also a spent budget, says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from engine.expression import Apply, Expr, walk
from engine.numeric import Batch
from engine.operators import operator
from engine.program import Program, Statement, Symbol
from engine.sampling import normalised_axis
from engine.shapes import concrete
from engine.symbolic.entrywise import Entries, batch_of, entries, flat, small_sizes
from engine.symbolic.kernels import Element, Kernels, OutOfGenerators, Unprovable

BUDGET = 50_000  # term products for the whole proof
ROOM = (12, 48, 120)  # generators for kernels, beside those for symbols


@dataclass(frozen=True)
class Proved:
    """The two sides are the same function at these sizes, wherever both are defined."""

    sizes: Mapping[str, int]


@dataclass(frozen=True)
class NotProved:
    """Nothing is known."""

    reason: str


Outcome: TypeAlias = Proved | NotProved


def prove(
    program: Program,
    left: Expr,
    right: Expr,
    sizes: Mapping[str, int] | None = None,
    budget: int = BUDGET,
) -> Outcome:
    """Whether `left` and `right` are surely equal, as functions of what `program` is given."""
    chosen = small_sizes(program) if sizes is None else dict(sizes)
    reason = "the difference is not zero as it stands"
    for symbols in _depths(program, left, right):
        attempt = _Attempt(program, chosen, symbols)
        try:
            proved, budget = attempt.run(left, right, budget)
        except Unprovable as problem:
            reason = str(problem)
            continue
        except IndexError:
            return NotProved("an index lies outside the sizes")
        if proved:
            return Proved(chosen)
    return NotProved(reason)


def _depths(program: Program, left: Expr, right: Expr) -> Iterator[frozenset[str]]:
    """The defined quantities that stay symbols, ever fewer; those out of reach do not count."""
    everything = frozenset(program.definitions)
    kept = frozenset(s.name for s in program.statements if not is_pointwise(s))
    seen: list[frozenset[str]] = []
    for symbols in (everything, kept, frozenset[str]()):
        reached = _reached(program, left.names | right.names, symbols)
        if reached not in seen:
            seen.append(reached)
            yield symbols


def _reached(program: Program, names: frozenset[str], symbols: frozenset[str]) -> frozenset[str]:
    """The names in which an expression over `names` is written when only `symbols` stay."""
    reached = set(names)
    for statement in reversed(program.statements):
        if statement.name in reached and statement.name not in symbols:
            reached.discard(statement.name)
            reached |= statement.value.names
    return frozenset(reached)


def is_pointwise(statement: Statement) -> bool:
    """Whether a statement applies an activation without mixing entries."""
    nodes = [node for node in walk(statement.value) if isinstance(node, Apply)]
    calls = [node for node in nodes if _is_activation(node)]
    return bool(calls) and all(operator(n.op).elementwise or _is_activation(n) for n in nodes)


def _is_activation(node: Apply) -> bool:
    row = operator(node.op)
    return row.arity == 1 and row.notation.kind == "call" and node.args[0].shape == node.shape


@dataclass(frozen=True)
class _Attempt:
    """A proof with the defined quantities in `symbols` taken as independent."""

    program: Program
    sizes: Mapping[str, int]
    symbols: frozenset[str]

    def run(self, left: Expr, right: Expr, budget: int) -> tuple[bool, int]:
        """Whether it is proved, and what is left of the budget."""
        names = _reached(self.program, left.names | right.names, self.symbols)
        count = sum(self._count(name) for name in names)
        for room in ROOM:
            algebra = Kernels(count + room, budget)
            try:
                return self._is_zero(algebra, left, right), algebra.budget
            except OutOfGenerators:
                budget = algebra.budget
        raise Unprovable(f"more than {ROOM[-1]} kernels")

    def _count(self, name: str) -> int:
        shape = self.program.shapes.get(name, ())
        return int(np.prod(concrete(shape, self.sizes), dtype=int))

    def _is_zero(self, algebra: Kernels, left: Expr, right: Expr) -> bool:
        env = self._environment(algebra)
        differences = _differences(env.evaluate(left), env.evaluate(right))
        open_ones = [each for each in differences if not algebra.is_zero(each)]
        if not any(algebra.mentions_indicators(each) for each in open_ones):
            return not open_ones
        facts = algebra.facts(self._guarded(env))
        return all(algebra.is_zero_given(each, facts) for each in open_ones)

    def _environment(self, algebra: Kernels) -> Entries:
        """An environment that makes symbols and evaluates definitions when they are asked for."""
        known: dict[str, Batch] = {}

        def given(name: str) -> Batch | None:
            if name not in known and name in self.program.shapes and name not in self.sizes:
                known[name] = self._value(algebra, name, env)
            return known.get(name)

        env = entries(algebra, self.sizes, {}, given)
        return env

    def _value(self, algebra: Kernels, name: str, env: Entries) -> Batch:
        definition = self.program.definitions.get(name)
        if definition is not None and name not in self.symbols:
            return env.evaluate(definition.value)
        symbol = next((each for each in self.program.symbols if each.name == name), None)
        size = concrete(self.program.shapes[name], self.sizes)
        array = np.empty(size, dtype=object)
        if symbol is None:
            _fill(array, algebra.quantity)
        else:
            _declare(self.program, symbol, array, algebra)
        return batch_of(array, algebra)

    def _guarded(self, env: Entries) -> Iterator[Element]:
        """What the forward pass must not have zero: what it takes logarithms of, divides by, …"""
        for statement in self.program.statements:
            for node in walk(statement.value):
                guards = isinstance(node, Apply) and operator(node.op).domain is not None
                if guards and node.args[-1].names <= self.program.shapes.keys():
                    yield from flat(env.evaluate(node.args[-1]))


def _differences(left: Batch, right: Batch) -> list[Element]:
    """The differences entry by entry; a scalar meets every entry."""
    first, second = list(flat(left)), list(flat(right))
    if 1 not in (len(first), len(second)) and len(first) != len(second):
        raise Unprovable(f"{len(first)} entries cannot equal {len(second)}")
    count = max(len(first), len(second))
    pairs = zip(first * (count // len(first)), second * (count // len(second)), strict=True)
    return [a - b for a, b in pairs]


# How the entries of a symbol of a domain come about; the domains that tie entries together stand
# below.
_ENTRIES: dict[str, Callable[[Kernels], Element]] = {
    "real": Kernels.symbol,
    "positive": Kernels.positive_symbol,
    "probability": Kernels.positive_symbol,
    "binary": Kernels.binary_symbol,
    "mask": Kernels.binary_symbol,
    "sign": Kernels.sign_symbol,
}
_ALONG: dict[str, Callable[[Kernels, int], list[Element]]] = {
    "one-hot": Kernels.one_hot,
    "probability": Kernels.distribution,
}


def _declare(program: Program, symbol: Symbol, array: Any, algebra: Kernels) -> None:
    """Fills `array` with the entries of a symbol, with what its domain says about them."""
    axis = normalised_axis(program, symbol)
    if symbol.domain in _ALONG and axis is not None:
        lines = np.moveaxis(array, axis, -1)
        for place in np.ndindex(lines.shape[:-1]):
            lines[place] = _ALONG[symbol.domain](algebra, lines.shape[-1])
    else:
        _fill(array, lambda: _ENTRIES[symbol.domain](algebra))


def _fill(array: Any, make: Callable[[], Element]) -> None:
    for place in np.ndindex(array.shape):
        array[place] = make()
