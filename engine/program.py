"""A forward program: symbols, and statements that each define one more quantity, down to the loss.

    z = w^T x + b
    a = sigmoid(z)
    L = -(y log(a) + (1 - y) log(1 - a))

Everything else about an exercise is derived from it: shapes, gradients, what must be cached, what
must be known first.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeAlias, get_args

from engine.errors import ProgramError
from engine.expression import Expr, Var, substitute
from engine.shapes import Shape, canonical

Role: TypeAlias = Literal["data", "label", "parameter", "constant", "dimension"]
Domain: TypeAlias = Literal["real", "positive", "probability", "binary", "sign", "one-hot", "mask"]


@dataclass(frozen=True)
class Symbol:
    """A given quantity of an exercise; `aliases` are other names students use for it."""

    name: str
    shape: Shape
    role: Role
    domain: Domain = "real"
    aliases: tuple[str, ...] = ()
    meaning: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", canonical(self.shape))
        if self.role not in get_args(Role):
            raise ProgramError(f"symbol {self.name}: no role is called {self.role!r}")
        if self.domain not in get_args(Domain):
            raise ProgramError(f"symbol {self.name}: no domain is called {self.domain!r}")

    @property
    def var(self) -> Var:
        """The symbol as an expression."""
        return Var(self.name, self.shape)


@dataclass(frozen=True)
class Statement:
    """`name = value`, one step of the forward pass; `aliases` are other names for the result."""

    name: str
    value: Expr
    aliases: tuple[str, ...] = ()
    meaning: str = ""

    @property
    def var(self) -> Var:
        """The defined quantity as an expression."""
        return Var(self.name, self.value.shape)


@dataclass(frozen=True)
class Target:
    """What is differentiated for: a variable, or one entry of it (row, column; counted from 1)."""

    variable: str
    entry: tuple[int, int] | None = None


@dataclass(frozen=True)
class Program:
    """Symbols and statements in order; `loss` names the scalar that is differentiated."""

    symbols: tuple[Symbol, ...]
    statements: tuple[Statement, ...]
    loss: str

    def __post_init__(self) -> None:
        known = {symbol.name: symbol.shape for symbol in self.symbols}
        if len(known) != len(self.symbols):
            raise ProgramError("two symbols have the same name")
        for statement in self.statements:
            self._check(statement, known)
            known[statement.name] = statement.value.shape
        if self.loss not in self.definitions:
            raise ProgramError(f"the loss {self.loss} is not defined by any statement")
        if known[self.loss]:
            raise ProgramError(f"the loss {self.loss} is not a scalar")

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Computed once: much is remembered by program."""
        return hash((self.symbols, self.statements, self.loss))

    def _check(self, statement: Statement, known: dict[str, Shape]) -> None:
        if statement.name in known:
            raise ProgramError(f"{statement.name} is defined twice")
        missing = sorted(statement.value.names - known.keys() - self.dimensions)
        if missing:
            raise ProgramError(
                f"the statement for {statement.name} uses {', '.join(missing)} before it is defined"
            )

    @cached_property
    def dimensions(self) -> frozenset[str]:
        """The names of all symbolic dimensions."""
        return frozenset(
            dim for symbol in self.symbols for dim in symbol.shape if isinstance(dim, str)
        )

    @cached_property
    def definitions(self) -> dict[str, Statement]:
        """Statements by the name they define."""
        return {statement.name: statement for statement in self.statements}

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """The shape of every symbol and every defined quantity, in order."""
        given = {symbol.name: symbol.shape for symbol in self.symbols}
        return given | {statement.name: statement.value.shape for statement in self.statements}

    @cached_property
    def roles(self) -> dict[str, Role]:
        """The role of every symbol."""
        return {symbol.name: symbol.role for symbol in self.symbols}

    def var(self, name: str) -> Var:
        """The quantity called `name`; raises ProgramError when there is none."""
        if name not in self.shapes:
            raise ProgramError(f"the program has no quantity called {name}")
        return Var(name, self.shapes[name])

    @cached_property
    def lean(self) -> Program:
        """The program without symbols that no statement uses, such as the rate of a step."""
        used = self.dimensions.union(*(each.value.names for each in self.statements))
        kept = tuple(each for each in self.symbols if each.name in used)
        sized = {dim for symbol in kept for dim in symbol.shape if isinstance(dim, str)}
        if kept == self.symbols or sized != self.dimensions:
            return self
        return replace(self, symbols=kept)

    def following(self, name: str) -> tuple[Statement, ...]:
        """The statements that a quantity has a say in, in order; not the one that defines it."""
        moved, found = {name}, []
        for statement in self.statements:
            if not moved.isdisjoint(statement.value.names):
                moved.add(statement.name)
                found.append(statement)
        return tuple(found)

    def preceding(self, names: Set[str]) -> tuple[Statement, ...]:
        """The statements by which these quantities are computed, in order."""
        needed, found = set(names), []
        for statement in reversed(self.statements):
            if statement.name in needed:
                needed |= statement.value.names
                found.append(statement)
        return tuple(reversed(found))

    def inlined(self, expr: Expr) -> Expr:
        """`expr` with every defined quantity replaced by its definition, down to the symbols."""
        for statement in reversed(self.statements):
            expr = substitute(expr, {statement.name: statement.value})
        return expr
