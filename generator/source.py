"""Typed reading of a TOML file, in which every complaint names the file, the key and the line.

`tomllib` gives values without positions, so the lines of tables and keys are found by one scan of
the text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from generator.errors import TemplateError, nearest

Key: TypeAlias = tuple[str | int, ...]

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_ASSIGNMENT = re.compile(r"\s*((?:[\w-]+|\"[^\"]*\")(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"))*)\s*=")
_FENCES = ('"""', "'''")


@dataclass(frozen=True)
class Source:
    """A TOML file: its name for messages, its content, and the line of every table and key."""

    file: str
    content: Mapping[str, Any]
    lines: Mapping[Key, int]

    @classmethod
    def read(cls, path: Path) -> Source:
        """The file at `path`; raises TemplateError when it is unreadable or not TOML."""
        try:
            return cls.parse(path.read_text(encoding="utf-8"), str(path))
        except (OSError, UnicodeDecodeError) as problem:
            raise TemplateError(str(path), 0, "", f"cannot be read: {problem}") from problem

    @classmethod
    def parse(cls, text: str, file: str) -> Source:
        """The TOML document `text`; raises TemplateError when it is none."""
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as problem:
            found = re.search(r"line (\d+)", str(problem))
            line = int(found[1]) if found else 0
            raise TemplateError(file, line, "", f"is not TOML: {problem}") from problem
        return cls(file, content, dict(reversed(list(_positions(text)))))

    @property
    def top(self) -> Table:
        """The whole document."""
        return Table(self, (), self.content)

    def line(self, key: Key) -> int:
        """The line of `key`, or of the nearest table around it; 0 where neither is known."""
        for length in range(len(key), 0, -1):
            if key[:length] in self.lines:
                return self.lines[key[:length]]
        return 0

    def error(self, key: Key, problem: str) -> TemplateError:
        """A complaint about `key`."""
        return TemplateError(self.file, self.line(key), spelled(key), problem)


def spelled(key: Key) -> str:
    """A key as an author reads it; entries of a list count from 1: `questions[2].target`."""
    text = ""
    for part in key:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _positions(text: str) -> Iterator[tuple[Key, int]]:
    """Every table header and every assignment with its line; the insides of strings are skipped."""
    counts: dict[str, int] = {}
    table: Key = ()
    fence = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if fence:
            fence = "" if fence in line else fence
            continue
        if header := _HEADER.match(line):
            table = _opened(header[1] == "[[", header[2], counts)
            yield table, number
        elif assignment := _ASSIGNMENT.match(line):
            yield (*table, *_parts(assignment[1])), number
        fence = next((each for each in _FENCES if line.count(each) % 2), "")


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part.strip().strip('"') for part in name.split("."))


def _opened(repeated: bool, name: str, counts: dict[str, int]) -> Key:
    """The key of a table whose header was met; `[[name]]` opens the next entry of its list."""
    if repeated:
        counts[name] = counts.get(name, -1) + 1
        for inner in [each for each in counts if each.startswith(f"{name}.")]:
            del counts[inner]
    key: Key = ()
    parts = _parts(name)
    for length, part in enumerate(parts, start=1):
        key = (*key, part)
        prefix = ".".join(parts[:length])
        if prefix in counts:
            key = (*key, counts[prefix])
    return key


@dataclass(frozen=True)
class Table:
    """One table of a TOML file, read key by key with the types that are expected."""

    source: Source
    key: Key
    content: Mapping[str, Any]

    def error(self, name: str, problem: str) -> TemplateError:
        """A complaint about one key of the table, or about the table itself."""
        return self.source.error((*self.key, name) if name else self.key, problem)

    def allow(self, *names: str) -> None:
        """Nothing; raises TemplateError for a key that is not among `names`."""
        for name in self.content:
            if name not in names:
                raise self.error(name, f"is not a key here{nearest(name, names)}")

    def text(self, name: str, default: str | None = None) -> str:
        """A string."""
        return str(self._typed(name, str, "a string", default))

    def number(self, name: str, default: int | None = None) -> int:
        """A whole number."""
        value = self._typed(name, int, "a whole number", default)
        if isinstance(value, bool):
            raise self.error(name, f"expected a whole number, not {_shown(value)}")
        return int(value)

    def flag(self, name: str, default: bool) -> bool:
        """true or false."""
        return bool(self._typed(name, bool, "true or false", default))

    def one_of(self, name: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """A string out of `allowed`."""
        value = self.text(name, default)
        if value not in allowed:
            raise self.error(name, f"{value!r} is not possible{nearest(value, allowed)}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings; empty where the key is missing."""
        return tuple(self._list(name, lambda each: isinstance(each, str), "strings"))

    def scalars(self, name: str) -> tuple[str | int, ...]:
        """A list of strings and whole numbers; empty where the key is missing."""
        return tuple(self._list(name, _is_scalar, "strings or whole numbers"))

    def table(self, name: str) -> Table:
        """A table; an empty one where the key is missing."""
        return self._below(name, self._typed(name, dict, "a table", {}))

    def named_tables(self, name: str) -> dict[str, Table]:
        """The tables inside a table, by name: `[slots.loss]`, `[slots.bias]`."""
        inner = self.table(name)
        return {each: inner.table(each) for each in inner.content}

    def tables(self, name: str) -> tuple[Table, ...]:
        """The entries of a list of tables: `[[questions]]`."""
        rows = self._list(
            name, lambda each: isinstance(each, dict), f"tables, each under [[{name}]]"
        )
        return tuple(
            Table(self.source, (*self.key, name, position), row)
            for position, row in enumerate(rows)
        )

    def _below(self, name: str, content: Mapping[str, Any]) -> Table:
        return Table(self.source, (*self.key, name), content)

    def _typed(self, name: str, kind: type, expected: str, default: Any) -> Any:
        value = self.content.get(name, default)
        if value is None:
            raise self.error("", f"the key {name!r} is missing; it is {expected}")
        if not isinstance(value, kind):
            raise self.error(name, f"expected {expected}, not {_shown(value)}")
        return value

    def _list(self, name: str, fits: Callable[[Any], bool], expected: str) -> list[Any]:
        values = self.content.get(name, [])
        if not isinstance(values, list):
            raise self.error(name, f"expected a list of {expected}, not {_shown(values)}")
        for value in values:
            if not fits(value):
                raise self.error(
                    name, f"expected a list of {expected}, but {_shown(value)} is in it"
                )
        return values


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    return repr(value) if len(repr(value)) < 60 else f"{repr(value)[:57]}..."
