"""From a text to what it says: the outcome of reading is a value, never an exception.

Reading ::= Read(expr, …) | Unreadable(problem, …) | Ambiguous(readings)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from engine.errors import ProgramError
from engine.expression import Expr
from engine.notation.elaborate import Elaborated, elaborate
from engine.notation.errors import Mistake, NotationError, Problem
from engine.notation.parser import parse
from engine.notation.scope import Scope
from engine.notation.syntax import Answer
from engine.program import Program, Statement, Symbol


@dataclass(frozen=True)
class Read:
    """What a text says; `links` are the parts of an equality chain, None for a mere name."""

    expr: Expr
    syntax: Answer
    notes: tuple[str, ...] = ()
    links: tuple[Expr | None, ...] = ()


@dataclass(frozen=True)
class Unreadable:
    """Why a text says nothing; `syntax` is there when only names or shapes are wrong."""

    problem: Problem
    syntax: Answer | None = None


@dataclass(frozen=True)
class Ambiguous:
    """A text with several readings that differ; the learner is asked back."""

    readings: tuple[Read, ...]


Reading: TypeAlias = Read | Unreadable | Ambiguous


def read(text: str, scope: Scope, *, strict: bool = False) -> Reading:
    """What `text` says in `scope`; strictly, every element-wise product needs a sign."""
    try:
        syntax = parse(text, scope)
    except Mistake as mistake:
        return Unreadable(replace(mistake.problem, text=text))
    return read_again(syntax, scope, strict=strict)


def read_again(syntax: Answer, scope: Scope, *, strict: bool = False) -> Reading:
    """What a surface tree says in `scope`, which may be another than it was parsed in."""
    try:
        elaborated = elaborate(syntax, scope, strict=strict)
        other = elaborate(syntax, scope, entrywise=True) if elaborated.forked else elaborated
    except Mistake as mistake:
        problem = _unknown_name(mistake.problem, syntax, scope) or mistake.problem
        return Unreadable(replace(problem, text=syntax.text), syntax)
    if other.links[-1] != elaborated.links[-1]:
        return Ambiguous((_said(elaborated, syntax), _said(other, syntax)))
    return _said(elaborated, syntax)


def _unknown_name(problem: Problem, syntax: Answer, scope: Scope) -> Problem | None:
    """The unknown name behind a conflict of shapes, if there is one: names come before shapes."""
    if problem.kind != "shape":
        return None
    try:
        elaborate(syntax, scope.shapeless)
    except Mistake as mistake:
        return mistake.problem if mistake.problem.kind == "unknown-symbol" else None
    return None


def _said(elaborated: Elaborated, syntax: Answer) -> Read:
    last = elaborated.links[-1]
    assert last is not None  # the last link always has a value
    return Read(last, syntax, elaborated.notes, elaborated.links)


def parse_expr(text: str, scope: Scope, where: str = "") -> Expr:
    """The expression `text`; raises NotationError, its message beginning with `where`."""
    match read(text, scope, strict=True):
        case Read(expr=expr):
            return expr
        case Unreadable(problem=problem):
            raise NotationError(problem, where)
        case Ambiguous():
            problem = Problem("parse", (0, len(text)), "the formula has two readings", text=text)
            raise NotationError(problem, where)


def parse_program(
    symbols: Sequence[Symbol],
    lines: Sequence[str],
    loss: str,
    *,
    functions: dict[str, str] | None = None,
    example_axis: int | None = None,
) -> Program:
    """The program of `lines`, each `name = formula`; an error names the line."""
    shapes = {symbol.name: symbol.shape for symbol in symbols}
    aliases = {alias: symbol.name for symbol in symbols for alias in symbol.aliases}
    dims = frozenset(dim for shape in shapes.values() for dim in shape if isinstance(dim, str))
    statements: list[Statement] = []
    for number, line in enumerate(lines, start=1):
        where = f"line {number}: "
        name, equals, formula = line.partition("=")
        if not equals or not name.strip().isidentifier():
            raise ProgramError(f"{where}expected 'name = formula', not {line!r}")
        scope = Scope(shapes, aliases, dims, functions=functions or {}, example_axis=example_axis)
        value = parse_expr(formula.strip(), scope, where)
        statements.append(Statement(name.strip(), value))
        shapes = shapes | {name.strip(): value.shape}
    return Program(tuple(symbols), tuple(statements), loss)
