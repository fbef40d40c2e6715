"""Answers that read alike are judged once: a bounded memory of what is known of expressions.

The steps of one verdict ask several times for the same, and many learners write the same; beyond
that nothing is worth keeping.  A node of an expression takes some 300 bytes, what is known of a
whole one up to 5 kB, so NODES bounds every memory to 5 MB or so, whatever strangers type.  A
question is not kept alive by what is remembered of its answers: one that is compiled takes 0.5 MB.

All that is remembered can be forgotten, which is what measuring asks for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeAlias, TypeVar
from weakref import ref

from engine import canonical, gradient
from engine.expression import Expr
from grader import compiled, points
from grader.compiled import Compiled
from grader.diagnosis import search

T = TypeVar("T")
Key: TypeAlias = tuple[ref[Compiled], Expr]

NODES = 6_000  # of all expressions of one generation; there are two
LEAST = 10  # nodes that an expression counts for

_memories: list[Callable[[], None]] = [canonical.forget, search.forget]


def forget_answers() -> None:
    """Empties what is remembered of answers; what is known of exercises stays."""
    for forget in _memories:
        forget()


def forget_exercises() -> None:
    """Empties what was worked out for exercises."""
    compiled.forget()
    points.forget()
    gradient.adjoint_formulas.cache_clear()


class Remembered(Generic[T]):
    """A function of a question and an expression, with its latest values kept.

    They are kept in two generations: when the young one is full, it takes the place of the old.
    """

    young: dict[Key, T]
    old: dict[Key, T]
    nodes: int  # of the young

    def __init__(self, function: Callable[[Compiled, Expr], T]) -> None:
        self.function = function
        self.forget()
        _memories.append(self.forget)

    def __call__(self, compiled: Compiled, expr: Expr) -> T:
        key = (ref(compiled), expr)
        young, old = self.young, self.old
        if key in young:
            return young[key]
        value = old[key] if key in old else self.function(compiled, expr)
        self._keep(key, value)
        return value

    def _keep(self, key: Key, value: T) -> None:
        length = max(key[1].nodes, LEAST)
        if self.nodes + length > NODES:
            self.young, self.old, self.nodes = {}, self.young, 0
        self.nodes += length
        self.young[key] = value

    def forget(self) -> None:
        """Empties the memory."""
        self.young, self.old, self.nodes = {}, {}, 0
