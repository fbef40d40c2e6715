"""Answers that read alike are judged once: a bounded memory of what is known of expressions.

Long expressions are not kept, so that what strangers type cannot fill the memory.  All that is
remembered can be forgotten, which is what measuring asks for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Generic, ParamSpec, TypeVar

from engine import canonical, gradient
from engine.expression import Expr
from grader import compiled, points
from grader.diagnosis import search

P = ParamSpec("P")
T = TypeVar("T")

REMEMBERED = 2048  # expressions
LONGEST = 300  # nodes


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


class Remembered(Generic[P, T]):
    """A function of hashable arguments, with its values for short expressions kept."""

    def __init__(self, function: Callable[P, T]) -> None:
        self.function = function
        self.cached = lru_cache(maxsize=REMEMBERED)(function)
        _memories.append(self.forget)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        if any(isinstance(arg, Expr) and arg.nodes > LONGEST for arg in args):
            return self.function(*args, **kwargs)
        return self.cached(*args, **kwargs)  # type: ignore[arg-type]  # the caller sees to hashing

    def forget(self) -> None:
        """Empties the memory."""
        self.cached.cache_clear()
