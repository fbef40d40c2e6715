"""`{{…}}` in a template's texts: slots, terms, counters and a few functions.

    {{activation}}        the value of a slot, a counter or a term
    {{l-1}}  {{depth+1}}  a whole number, shifted
    {{width[l-1]}}        the slot called `width` and a number: width1
    {{equation:z}}        a function of the statement (see generator.statement)

Terms are filled in turn, in the place where they are used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from generator.errors import GeneratorError, nearest
from generator.slots import Condition, Value

# Braces inside braces are filled first: {{equation:a{{depth}}}}.
PLACEHOLDER = re.compile(r"\{\{((?:[^{}]|\{\{[^{}]*\}\})*)\}\}")
_NAME = re.compile(r"([A-Za-z_]\w*)(?:\[([^\[\]]+)\])?\s*(?:([+-])\s*(\d+))?$")
DEEPEST = 12


class PlaceholderError(GeneratorError):
    """A `{{…}}` that stands for nothing; the reader adds file, key and line."""


@dataclass(frozen=True)
class Term:
    """A named piece of text; of several with one name, the first whose condition holds counts."""

    name: str
    text: str
    condition: Condition


@dataclass(frozen=True)
class Context:
    """What placeholders stand for at one place of a template."""

    values: Mapping[str, Value]
    terms: tuple[Term, ...] = ()
    functions: Mapping[str, Callable[[str], str]] = field(default_factory=dict)
    depth: int = 0

    def bound(self, **values: Value) -> Context:
        """The context with more counters."""
        return replace(self, values={**self.values, **values})

    def speaking(self, functions: Mapping[str, Callable[[str], str]]) -> Context:
        """The context with the statement's functions."""
        return replace(self, functions={**self.functions, **functions})

    def fill(self, text: str) -> str:
        """`text` with every placeholder replaced; raises PlaceholderError for an unknown one."""
        return PLACEHOLDER.sub(lambda found: str(self.value(self.fill(found[1]).strip())), text)

    def value(self, inside: str) -> Value:
        """What stands between the braces."""
        function, colon, argument = inside.partition(":")
        if colon:
            return self._call(function.strip(), argument.strip())
        found = _NAME.match(inside)
        if not found:
            raise PlaceholderError(f"{{{{{inside}}}}} is not a name, name[number] or name:argument")
        name, index, sign, shift = found.groups()
        if index is not None:
            name = f"{name}{self.value(index)}" if not index.isdigit() else f"{name}{index}"
        value = self._named(name)
        return self._shifted(name, value, int(f"{sign}{shift}")) if sign else value

    def _call(self, function: str, argument: str) -> str:
        if function not in self.functions:
            raise PlaceholderError(
                f"no function is called {function!r}{nearest(function, self.functions)}"
            )
        return self.functions[function](argument)

    def _named(self, name: str) -> Value:
        if name in self.values:
            return self.values[name]
        for term in self.terms:
            if term.name == name and term.condition.holds(self.values):
                return self._deeper(name).fill(term.text)
        known = {*self.values, *(term.name for term in self.terms)}
        unmet = " for this choice of slots" if name in known else nearest(name, known)
        raise PlaceholderError(f"{{{{{name}}}}} stands for nothing{unmet}")

    def _deeper(self, name: str) -> Context:
        if self.depth >= DEEPEST:
            raise PlaceholderError(f"the term {name!r} is defined through itself")
        return replace(self, depth=self.depth + 1)

    def _shifted(self, name: str, value: Value, shift: int) -> int:
        if not isinstance(value, int):
            raise PlaceholderError(
                f"{name} is {value!r}, which is not a whole number to count from"
            )
        return value + shift
