"""Exercises defined in one file for labelled answers: programs, and derivatives asked of them.

    format = "gradbook.exercises/1"

    [[programs]]
    name = "S2"
    loss = "J"
    lines = ["z = w^T X + b", "a = sigmoid(z)", "l = (a - y)^2", "J = mean(l)"]

    [[programs.symbols]]               # as in a template: with domain, aliases, meaning
    name = "X"
    shape = ["n", "m"]
    role = "data"

    [[programs.quantities]]            # as in a template: name, aliases, meaning
    name = "a"
    aliases = ["yhat"]

    [[exercises]]
    id = "S2.w.col"
    program = "S2"
    target = "w"                       # or a1[2], W1[1,2]
    example_axis = "columns"           # what x^{(i)} means
    upstream = "example"               # dZ is the derivative of one example's loss
    numerator_layout = false           # true: the transposed answer counts as well

A derivative that is given from above is a constant of the program whose product with the quantity
is the loss: `J = sum(G * a)` makes `G` what comes back for `a`.  The key is derived, as for every
exercise; no file holds one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast, get_args

from engine.errors import EngineError
from engine.notation import NotationError, parse_program
from engine.program import Domain, Program, Role, Statement, Symbol
from engine.question import Derivative, Upstream
from generator.distractors import closed_form
from generator.errors import nearest
from generator.placeholders import PlaceholderError
from generator.questions import AXES
from generator.source import Source, Table
from generator.statement import read_target

FORMAT = "gradbook.exercises/1"
SYMBOL = ("name", "shape", "role", "domain", "aliases", "meaning")
EXERCISE = ("id", "program", "target", "example_axis", "upstream", "numerator_layout")


def read_exercises(path: Path) -> Mapping[str, Derivative]:
    """The questions of a file by their ids; raises TemplateError: file, key and line."""
    return exercises_of(Source.read(path))


def exercises_of(source: Source) -> Mapping[str, Derivative]:
    """The questions of a document by their ids; raises TemplateError."""
    top = source.top
    top.allow("format", "programs", "exercises")
    top.one_of("format", (FORMAT,))
    programs: dict[str, Program] = {}
    for table in top.tables("programs"):
        programs[_new(table, "name", programs)] = _program(table)
    exercises: dict[str, Derivative] = {}
    for table in top.tables("exercises"):
        exercises[_new(table, "id", exercises)] = _exercise(table, programs)
    return exercises


def _new(table: Table, key: str, known: Mapping[str, object]) -> str:
    """The name at `key`, which nothing before has."""
    name = table.text(key)
    if name in known:
        raise table.error(key, f"{name!r} is defined twice")
    return name


def _program(table: Table) -> Program:
    table.allow("name", "loss", "lines", "symbols", "quantities")
    symbols = [_symbol(each) for each in table.tables("symbols")]
    with _located(table, "lines"):
        program = parse_program(symbols, table.texts("lines"), table.text("loss"))
    for each in table.tables("quantities"):
        program = _with_words(program, each)
    return program


def _symbol(table: Table) -> Symbol:
    table.allow(*SYMBOL)
    with _located(table, "name"):
        return Symbol(
            name=table.text("name"),
            shape=table.scalars("shape"),
            role=cast(Role, table.one_of("role", get_args(Role))),
            domain=cast(Domain, table.one_of("domain", get_args(Domain), "real")),
            aliases=table.texts("aliases"),
            meaning=table.text("meaning", ""),
        )


def _with_words(program: Program, table: Table) -> Program:
    """The program with further names for one of its quantities."""
    table.allow("name", "aliases", "meaning")
    name, aliases, meaning = table.text("name"), table.texts("aliases"), table.text("meaning", "")
    if name not in program.definitions:
        raise table.error("name", f"no line defines {name}{nearest(name, program.definitions)}")
    for alias in aliases:
        if alias in program.shapes or alias in program.dimensions:
            raise table.error("aliases", f"{alias} is a name of the program already")
    statements = (
        Statement(each.name, each.value, aliases, meaning) if each.name == name else each
        for each in program.statements
    )
    return replace(program, statements=tuple(statements))


def _exercise(table: Table, programs: Mapping[str, Program]) -> Derivative:
    table.allow(*EXERCISE)
    name = table.text("id")
    program = programs[table.one_of("program", tuple(programs))]
    with _located(table, "target"):
        target = read_target(table.text("target"), program)
        reference = closed_form(program, target)
    axis = table.one_of("example_axis", ("", *AXES), "")
    return Derivative(
        id=name,
        name=name,
        prompt="",
        program=program,
        target=target,
        reference=reference,
        admits_numerator_layout=table.flag("numerator_layout", False),
        upstream=cast(Upstream, table.one_of("upstream", get_args(Upstream), "loss")),
        example_axis=AXES.get(axis),
    )


@contextmanager
def _located(table: Table, key: str) -> Iterator[None]:
    """Turn what goes wrong inside into a TemplateError about `key` of the table."""
    try:
        yield
    except (EngineError, NotationError, PlaceholderError) as problem:
        raise table.error(key, str(problem)) from problem
