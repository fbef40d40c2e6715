"""Programs as JSON and back: shapes as lists, formulas as text in Gradbook's own notation.

    {"symbols": [{"name": "x", "shape": ["n", 1], "role": "data", "domain": "real",
                  "aliases": [], "meaning": "the input"}],
     "statements": ["z = w^T x + b", …], "loss": "L"}

A statement with aliases or a meaning is an object instead: {"formula": "z = …", "aliases": […],
"meaning": "…"}.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from engine.errors import ProgramError
from engine.notation import parse_program, show
from engine.program import Program, Statement, Symbol
from engine.shapes import Dim, Shape

Json: TypeAlias = dict[str, Any]


def program_to_json(program: Program) -> Json:
    """`program` in plain JSON values."""
    return {
        "symbols": [symbol_to_json(symbol) for symbol in program.symbols],
        "statements": [_statement_to_json(statement) for statement in program.statements],
        "loss": program.loss,
    }


def program_from_json(value: Mapping[str, Any]) -> Program:
    """The program that `value` describes; raises ProgramError or NotationError."""
    try:
        symbols = [symbol_from_json(each) for each in value["symbols"]]
        statements = [_statement_parts(each) for each in value["statements"]]
        loss = str(value["loss"])
    except (KeyError, TypeError) as error:
        raise ProgramError(f"a program has symbols, statements and a loss: {error!r}") from error
    program = parse_program(symbols, [str(parts["formula"]) for parts in statements], loss)
    named = zip(program.statements, statements, strict=True)
    return replace(program, statements=tuple(_annotated(own, parts) for own, parts in named))


def symbol_to_json(symbol: Symbol) -> Json:
    """`symbol` in plain JSON values."""
    return {
        "name": symbol.name,
        "shape": list(symbol.shape),
        "role": symbol.role,
        "domain": symbol.domain,
        "aliases": list(symbol.aliases),
        "meaning": symbol.meaning,
    }


def symbol_from_json(value: Mapping[str, Any]) -> Symbol:
    """The symbol that `value` describes; raises ProgramError."""
    unknown = value.keys() - {"name", "shape", "role", "domain", "aliases", "meaning"}
    if unknown:
        raise ProgramError(f"a symbol has no field called {', '.join(sorted(unknown))}")
    return Symbol(
        name=str(value["name"]),
        shape=shape_from_json(value["shape"]),
        role=value["role"],
        domain=value.get("domain", "real"),
        aliases=tuple(value.get("aliases", ())),
        meaning=str(value.get("meaning", "")),
    )


def shape_from_json(value: Sequence[Any]) -> Shape:
    """The shape that a list of sizes and names describes; raises ProgramError."""
    if isinstance(value, str) or not all(_is_dim(dim) for dim in value):
        raise ProgramError(f"a shape is a list of sizes and names, not {value!r}")
    return tuple(value)


def _is_dim(value: Dim | object) -> bool:
    if isinstance(value, bool):
        return False
    return (isinstance(value, int) and value > 0) or (
        isinstance(value, str) and value.isidentifier()
    )


def _statement_to_json(statement: Statement) -> str | Json:
    formula = f"{statement.name} = {show(statement.value)}"
    if not statement.aliases and not statement.meaning:
        return formula
    return {"formula": formula, "aliases": list(statement.aliases), "meaning": statement.meaning}


def _statement_parts(value: str | Mapping[str, Any]) -> Mapping[str, Any]:
    return {"formula": value} if isinstance(value, str) else value


def _annotated(statement: Statement, parts: Mapping[str, Any]) -> Statement:
    return replace(
        statement,
        aliases=tuple(parts.get("aliases", ())),
        meaning=str(parts.get("meaning", "")),
    )
