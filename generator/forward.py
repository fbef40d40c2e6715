"""The forward program of an exercise: a template's symbols and lines under one choice of slots."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import cast

from engine.errors import EngineError
from engine.notation import parse_program
from engine.program import Domain, Program, Role, Statement, Symbol
from engine.shapes import Dim
from generator.placeholders import Context
from generator.template import Entry, Template


def build_program(template: Template, context: Context) -> Program | None:
    """The forward program, with the meanings and aliases of its quantities; None for a template
    without a forward pass.

    Raises TemplateError where the lines are no program under these slots.
    """
    if not template.forward:
        return None
    symbols = tuple(_symbols(template, context))
    lines = tuple(_lines(template, context))
    try:
        program = parse_program(
            symbols, [line for _, line in lines], template.filled("loss", context) or "L"
        )
    except EngineError as problem:
        raise _place(problem, lines).table.error("lines", str(problem)) from problem
    return _with_words(program, dict(_words(template, context)))


def written(template: Template, context: Context) -> tuple[tuple[Symbol, ...], tuple[str, ...]]:
    """Symbols and lines of the forward pass as the template spells them, before they are read."""
    return tuple(_symbols(template, context)), tuple(line for _, line in _lines(template, context))


def _place(problem: EngineError, lines: tuple[tuple[Entry, str], ...]) -> Entry:
    """The entry whose line a problem is about; the last one where it names none."""
    number = re.match(r"line (\d+): ", str(problem))
    return lines[int(number[1]) - 1 if number else -1][0]


def _symbols(template: Template, context: Context) -> Iterator[Symbol]:
    for entry in template.symbols:
        for inner in entry.contexts(context):
            with entry.located("name"):
                yield _symbol(entry, inner)


def _symbol(entry: Entry, context: Context) -> Symbol:
    return Symbol(
        name=entry.fill("name", context),
        shape=tuple(_dimension(entry, each, context) for each in entry.table.scalars("shape")),
        role=cast(Role, entry.table.text("role")),
        domain=cast(Domain, entry.fill("domain", context) or "real"),
        aliases=entry.fill_all("aliases", context),
        meaning=entry.fill("meaning", context),
    )


def _dimension(entry: Entry, value: str | int, context: Context) -> Dim:
    with entry.located("shape"):
        text = context.fill(str(value))
    return int(text) if text.isdigit() else text


def _lines(template: Template, context: Context) -> Iterator[tuple[Entry, str]]:
    for entry in template.forward:
        for inner in entry.contexts(context):
            yield from ((entry, line) for line in entry.fill_all("lines", inner))


@dataclass(frozen=True)
class _Words:
    entry: Entry
    aliases: tuple[str, ...]
    meaning: str


def _words(template: Template, context: Context) -> Iterator[tuple[str, _Words]]:
    for entry in template.quantities:
        for inner in entry.contexts(context):
            words = _Words(entry, entry.fill_all("aliases", inner), entry.fill("meaning", inner))
            yield entry.fill("name", inner), words


def _with_words(program: Program, words: dict[str, _Words]) -> Program:
    for name, each in words.items():
        if name not in program.definitions:
            known = ", ".join(program.definitions)
            raise each.entry.table.error(
                "name", f"no line defines {name}; the lines define {known}"
            )
    statements = tuple(_described(statement, words) for statement in program.statements)
    return _unambiguous(replace(program, statements=statements), words)


def _unambiguous(program: Program, words: dict[str, _Words]) -> Program:
    """`program`; raises TemplateError where an alias already means something else."""
    meanings = dict.fromkeys(program.shapes, "a quantity's own name")
    meanings |= dict.fromkeys(program.dimensions, "a size")
    for symbol in program.symbols:
        meanings |= dict.fromkeys(symbol.aliases, "an alias of " + symbol.name)
    for name, each in words.items():
        for alias in each.aliases:
            if alias in meanings:
                raise each.entry.table.error("aliases", f"{alias} is {meanings[alias]} already")
            meanings[alias] = f"an alias of {name}"
    return program


def _described(statement: Statement, words: dict[str, _Words]) -> Statement:
    found = words.get(statement.name)
    if found is None:
        return statement
    return replace(statement, aliases=found.aliases, meaning=found.meaning)
