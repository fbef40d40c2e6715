"""When two exercises are alike: the same forward pass and questions, whatever things are called.

Names are replaced by numbers in the order in which they come; the words around the mathematics, the
numbers of an instance and the line of a bug do not count.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.expression import Apply, Const, Expr, Var
from engine.program import Program, Symbol, Target
from engine.question import (
    Bug,
    Cache,
    Choice,
    Derivative,
    Forward,
    Numeric,
    Prerequisites,
    Question,
    Shapes,
    Step,
)
from engine.shapes import Shape
from generator.exercise import Exercise

WORD = re.compile(r"[^\W\d]\w*|\S")  # a name, or any other sign
BYTES = 12  # of a digest: two exercises in a million million collide by accident with 2^-16


def likeness(exercise: Exercise) -> str:
    """A digest that alike exercises share, and no others."""
    if exercise.program is None:
        words = [exercise.statement, *(each.prompt for each in exercise.questions)]
        return _digest(words)
    renamed = Renamed()
    form = renamed.program(exercise.program)
    return _digest([form, [renamed.question(each) for each in exercise.questions]])


def likeness_of(program: Program) -> str:
    """The digest of a forward pass alone."""
    return _digest(Renamed().program(program))


def outline(symbols: Sequence[Symbol], lines: Sequence[str], asked: Iterable[Iterable[str]]) -> str:
    """A digest of a forward pass and of what is asked about it, as a template spells them.

    Two exercises with one outline are alike; it takes a tenth of the time that reading them takes.
    """
    renamed = Renamed()
    given = [renamed.symbol(each) for each in symbols]
    for line in lines:
        renamed.name(line.partition("=")[0].strip())
    rows = [[renamed.spelled(each) for each in row] for row in (lines, *asked)]
    return _digest([given, rows])


def _digest(form: Any) -> str:
    text = json.dumps(form, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=BYTES).hexdigest()


@dataclass
class Renamed:
    """The numbers that stand for names and dimensions, given out as they come."""

    numbers: dict[str, int] = field(default_factory=dict)

    def name(self, name: str) -> int:
        """The number of a name."""
        return self.numbers.setdefault(name, len(self.numbers))

    def shape(self, shape: Shape) -> list[Any]:
        """A shape: numbers stay, names of sizes are renamed."""
        return [dim if isinstance(dim, int) else f"d{self.name(dim)}" for dim in shape]

    def program(self, program: Program) -> list[Any]:
        """Symbols with what is known of them, then statements."""
        symbols = [self.symbol(each) for each in program.symbols]
        lines = [[self.name(each.name), self.formula(each.value)] for each in program.statements]
        return [symbols, lines, self.name(program.loss)]

    def formula(self, expr: Expr) -> Any:
        """An expression as nested lists."""
        match expr:
            case Var(name):
                return self.name(name)
            case Const(value):
                return str(value)
            case Apply(op, args):
                attrs = [[key, self._attribute(value)] for key, value in expr.attrs]
                return [op, *(self.formula(each) for each in args), attrs]
        raise TypeError(f"{expr!r} is not an expression")

    def _attribute(self, value: Any) -> Any:
        if isinstance(value, tuple):
            return self.shape(value)
        return f"d{self.name(value)}" if isinstance(value, str) else value

    def question(self, question: Question) -> list[Any]:
        """What is asked, without the words."""
        return [question.kind, *self._asked(question)]

    def _asked(self, question: Question) -> Iterator[Any]:
        match question:
            case (
                Derivative(program=program, target=target) | Numeric(program=program, target=target)
            ):
                yield from (self.program(program), self.target(target))
            case Step(target=target, rule=rule):
                yield from (self.target(target), rule.kind if rule else "")
            case Prerequisites(target=target) | Cache(target=target):
                yield self.target(target)
            case Forward(quantities=names) | Shapes(variables=names) | Bug(lines=names):
                yield [self.name(each) for each in names]
            case Choice(program=program):
                yield self.program(program) if program else question.prompt

    def symbol(self, symbol: Symbol) -> list[Any]:
        """What is known of a symbol."""
        return [self.name(symbol.name), self.shape(symbol.shape), symbol.role, symbol.domain]

    def spelled(self, text: str) -> str:
        """A text in which numbers, after a sign that no name has, stand for the known names."""
        tokens = WORD.findall(text)
        return " ".join(
            f"#{self.numbers[token]}" if token in self.numbers else token for token in tokens
        )

    def target(self, target: Target) -> list[Any]:
        """What is differentiated for."""
        return [self.name(target.variable), list(target.entry or ())]
