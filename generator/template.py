"""A template: everything about a family of exercises, read from one TOML file.

The format is described in generator/templates/README.md.  Reading checks everything that can be
known without a choice of slots; what depends on one is checked when an exercise is made, with the
same kind of message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias, get_args

from engine.errors import EngineError
from engine.notation import NotationError
from engine.program import Domain, Role
from engine.question import Kind, Upstream
from generator.errors import nearest
from generator.placeholders import Context, PlaceholderError, Term
from generator.slots import ALWAYS, Choices, Condition, Exclusion, Slot, Value, choose
from generator.source import Source, Table

FORMAT = "gradbook.template/1"
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*$")
RANGE = re.compile(r"(.+?)\.\.(.+)$")

Counters: TypeAlias = tuple[tuple[str, str | tuple[Value, ...]], ...]


@dataclass(frozen=True, eq=False)
class Entry:
    """A part of a template: there where `condition` holds, once for every value of its counters."""

    table: Table
    condition: Condition
    counters: Counters

    def contexts(self, context: Context) -> Iterator[Context]:
        """The contexts in which the entry is present."""
        with self.located("for"):
            names = [name for name, _ in self.counters]
            ranges = [_counted(values, context) for _, values in self.counters]
        for values in product(*ranges):
            inner = context.bound(**dict(zip(names, values, strict=True)))
            if self.condition.holds(inner.values):
                yield inner

    @contextmanager
    def located(self, key: str) -> Iterator[None]:
        """Turn what goes wrong inside into a TemplateError about `key` of this entry."""
        try:
            yield
        except (PlaceholderError, EngineError, NotationError) as problem:
            raise self.table.error(key, str(problem)) from problem

    def fill(self, key: str, context: Context) -> str:
        """The text at `key`, filled; empty where it is missing."""
        with self.located(key):
            return context.fill(self.table.text(key, ""))

    def fill_all(self, key: str, context: Context) -> tuple[str, ...]:
        """The texts at `key`, filled."""
        with self.located(key):
            return tuple(context.fill(text) for text in self.table.texts(key))


def _counted(values: str | tuple[Value, ...], context: Context) -> tuple[Value, ...]:
    if not isinstance(values, str):
        return tuple(context.fill(each) if isinstance(each, str) else each for each in values)
    ends = RANGE.match(values)
    if not ends:
        raise PlaceholderError(f"{values!r} is not a range such as 1..depth")
    return tuple(range(_whole(ends[1], context), _whole(ends[2], context) + 1))


def _whole(text: str, context: Context) -> int:
    value = int(text) if text.strip().isdigit() else context.value(text.strip())
    if not isinstance(value, int):
        raise PlaceholderError(f"{text} is {value!r}, which is not a whole number to count to")
    return value


@dataclass(frozen=True, eq=False)
class Asking(Entry):
    """One entry of [[questions]], with the entries of its [[questions.options]]."""

    kind: Kind
    options: tuple[Entry, ...]


@dataclass(frozen=True, eq=False)
class Template:
    """A family of exercises; `slug@version` names it for ever."""

    slug: str
    version: int
    title: str
    family: str
    difficulty: int
    source: str
    top: Table
    slots: tuple[Slot, ...]
    exclusions: tuple[Exclusion, ...]
    terms: tuple[Term, ...]
    symbols: tuple[Entry, ...]
    forward: tuple[Entry, ...]
    quantities: tuple[Entry, ...]
    statement: tuple[Entry, ...]
    conventions: tuple[Entry, ...]
    questions: tuple[Asking, ...]

    @classmethod
    def load(cls, path: Path) -> Template:
        """The template in the file at `path`; raises TemplateError."""
        return read_template(Source.read(path))

    @property
    def label(self) -> str:
        """`slug@version`."""
        return f"{self.slug}@{self.version}"

    def filled(self, key: str, context: Context) -> str:
        """A text of the head, filled; raises TemplateError."""
        return Entry(self.top, ALWAYS, ()).fill(key, context)

    def choose(self, seed: int) -> Choices:
        """The value of every slot for `seed`."""
        return choose(self.label, seed, self.slots, self.exclusions)

    def to_json(self) -> dict[str, Any]:
        """The template as a service lists it; its title and questions are those of seed 0."""
        context = self.context(self.choose(0))
        return {
            "slug": self.slug,
            "version": self.version,
            "title": self.filled("title", context),
            "family": self.family,
            "difficulty": self.difficulty,
            "source": self.source,
            "slots": {slot.name: list(slot.values) for slot in self.slots},
            "questions": [
                {"name": each.fill("name", inner), "kind": each.kind}
                for each in self.questions
                for inner in each.contexts(context)
            ],
        }

    def context(self, choices: Mapping[str, Value]) -> Context:
        """What the template's placeholders stand for under `choices`."""
        return Context(dict(choices), self.terms)


KEYS = (
    "format", "slug", "version", "title", "family", "difficulty", "source", "loss", "slots",
    "exclude", "terms", "symbols", "forward", "quantities", "statement", "conventions", "questions",
)  # fmt: skip

# What the prompts of questions say themselves.
SPOKEN = (
    "derivative",
    "target_symbol",
    "loss_symbol",
    "symbols",
    "update",
    "point",
    "accuracy",
    "derivation",
    "usual",
)

CONDITIONAL = ("when", "unless", "for")
ENTRY_KEYS: dict[str, tuple[str, ...]] = {
    "symbols": ("name", "shape", "role", "domain", "aliases", "meaning"),
    "forward": ("lines",),
    "quantities": ("name", "aliases", "meaning"),
    "statement": ("text",),
    "conventions": ("text",),
    "questions": (
        "kind", "name", "prompt", "target", "asked", "upstream", "numerator_layout",
        "example_axis", "distractors", "instead", "options", "method", "digits",
        "along",
    ),
    "options": ("text", "key", "misconception", "comment"),
}  # fmt: skip
TARGETED = ("derivative", "prerequisites", "cache", "step", "instance", "bug")  # kinds of question
NEEDED: dict[str, tuple[str, ...]] = {
    "symbols": ("name", "role"),
    "forward": ("lines",),
    "quantities": ("name",),
    "statement": ("text",),
    "conventions": ("text",),
    "questions": ("kind", "name"),
    "options": ("text",),
}


def read_template(source: Source) -> Template:
    """The template of a TOML document; raises TemplateError for the first thing that is wrong."""
    top = source.top
    top.allow(*KEYS)
    if top.text("format") != FORMAT:
        raise top.error("format", f"expected {FORMAT!r}, not {top.text('format')!r}")
    return _Reading(top).template()


@dataclass(frozen=True, eq=False)
class _Reading:
    """One reading of a template's document; conditions may mention its slots and counters."""

    top: Table

    def template(self) -> Template:
        top = self.top
        return Template(
            slug=self._slug(),
            version=self._at_least_one("version"),
            title=top.text("title"),
            family=top.text("family"),
            difficulty=self._at_least_one("difficulty"),
            source=top.text("source"),
            top=top,
            slots=self.slots,
            exclusions=self.exclusions,
            terms=self.terms,
            symbols=self.entries("symbols"),
            forward=self.entries("forward"),
            quantities=self.entries("quantities"),
            statement=self.entries("statement"),
            conventions=self.entries("conventions"),
            questions=self.questions,
        )

    def _slug(self) -> str:
        slug = self.top.text("slug")
        if not SLUG.match(slug):
            raise self.top.error("slug", f"{slug!r} is not kebab-case, such as logistic-single")
        return slug

    def _at_least_one(self, key: str) -> int:
        number = self.top.number(key)
        if number < 1:
            raise self.top.error(key, f"expected a whole number from 1 on, not {number}")
        return number

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        read: tuple[Slot, ...] = ()
        for name, table in self.top.named_tables("slots").items():
            read = (*read, self._slot(name, table, {each.name: each.values for each in read}))
        return read

    def _name(self, name: str, table: Table, key: str) -> str:
        """The name of a slot or a term, which no prompt of a question may use for itself."""
        if not name.isidentifier() or name in SPOKEN:
            raise table.error(key, f"{name!r} is no name for a slot or a term")
        return name

    def _slot(self, name: str, table: Table, earlier: Mapping[str, tuple[Value, ...]]) -> Slot:
        table.allow("values", "when", "unless", "meaning")
        values = table.scalars("values")
        if not values or len(set(values)) != len(values):
            raise table.error("values", "expected a list of different values, at least one")
        condition = _condition(table, earlier, frozenset())
        return Slot(self._name(name, table, ""), values, condition, table.text("meaning", ""))

    @cached_property
    def values(self) -> dict[str, tuple[Value, ...]]:
        return {slot.name: slot.values for slot in self.slots}

    @cached_property
    def exclusions(self) -> tuple[Exclusion, ...]:
        return tuple(self._exclusion(table) for table in self.top.tables("exclude"))

    def _exclusion(self, table: Table) -> Exclusion:
        table.allow("when", "unless", "because")
        condition = _condition(table, self.values, frozenset())
        if not condition.when and not condition.unless:
            raise table.error("", "expected a condition under 'when' or 'unless'")
        return Exclusion(condition, table.text("because"))

    @cached_property
    def counters(self) -> frozenset[str]:
        """All counters of the file; a term may mention any of them."""
        tables = [
            each for name in ENTRY_KEYS if name != "options" for each in self.top.tables(name)
        ]
        return frozenset(name for table in tables for name in table.table("for").content)

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        return tuple(self._term(table) for table in self.top.tables("terms"))

    def _term(self, table: Table) -> Term:
        table.allow("name", "text", "when", "unless")
        condition = _condition(table, self.values, self.counters)
        name = self._name(table.text("name"), table, "name")
        return Term(name, table.text("text"), condition)

    def entries(self, name: str) -> tuple[Entry, ...]:
        return tuple(self._entry(name, table) for table in self.top.tables(name))

    def _entry(self, kind: str, table: Table) -> Entry:
        table.allow(*ENTRY_KEYS[kind], *CONDITIONAL)
        for key in NEEDED[kind]:
            if key not in table.content:
                raise table.error("", f"the key {key!r} is missing")
        counters = _counters(table)
        condition = _condition(table, self.values, frozenset(name for name, _ in counters))
        if kind == "symbols":
            _check_symbol(table)
        return Entry(table, condition, counters)

    @cached_property
    def questions(self) -> tuple[Asking, ...]:
        found = tuple(self._question(table) for table in self.top.tables("questions"))
        if not found:
            raise self.top.error("", "expected at least one [[questions]]")
        return found

    def _question(self, table: Table) -> Asking:
        entry = self._entry("questions", table)
        kind = table.one_of("kind", get_args(Kind))
        self._check_slots(table.table("instead"))
        table.one_of("upstream", get_args(Upstream), "loss")
        options = tuple(self._entry("options", each) for each in table.tables("options"))
        if kind in TARGETED or (kind == "choice" and not options):
            table.text("target")
        return Asking(table, entry.condition, entry.counters, kind, options)  # type: ignore[arg-type]  # checked by one_of

    def _check_slots(self, table: Table) -> None:
        for name in table.content:
            if name not in self.values:
                raise table.error(name, f"is not a slot{nearest(name, self.values)}")


def _check_symbol(table: Table) -> None:
    table.scalars("shape")
    table.texts("aliases")
    table.one_of("role", get_args(Role))
    if "{{" not in table.text("domain", "real"):
        table.one_of("domain", get_args(Domain), "real")


def _counters(table: Table) -> Counters:
    """The counters of an entry: a range in a string, or a list of values."""
    ranges = table.table("for")
    return tuple(
        (name, values if isinstance(values, str) else ranges.scalars(name))
        for name, values in ranges.content.items()
    )


def _condition(
    table: Table, slots: Mapping[str, tuple[Value, ...]], counters: frozenset[str]
) -> Condition:
    return Condition(
        _rows(table.table("when"), slots, counters), _rows(table.table("unless"), slots, counters)
    )


def _rows(
    table: Table, slots: Mapping[str, tuple[Value, ...]], counters: frozenset[str]
) -> tuple[tuple[str, tuple[Value, ...]], ...]:
    return tuple((name, _allowed(table, name, slots, counters)) for name in table.content)


def _allowed(
    table: Table, name: str, slots: Mapping[str, tuple[Value, ...]], counters: frozenset[str]
) -> tuple[Value, ...]:
    value = table.content[name]
    allowed = table.scalars(name) if isinstance(value, list) else (value,)
    if name in counters:
        return allowed
    if name not in slots:
        raise table.error(name, f"is not a slot{nearest(name, {*slots, *counters})}")
    for each in allowed:
        if each not in slots[name]:
            raise table.error(
                name, f"the slot {name} has no value {each!r}{nearest(str(each), slots[name])}"
            )
    return allowed
