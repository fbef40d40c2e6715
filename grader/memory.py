"""Answers that read alike are judged once: a bounded memory of what is known of expressions.

Long expressions are not kept, so that what strangers type cannot fill the memory.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Generic, TypeVar

from engine.expression import Expr
from grader.compiled import Compiled

T = TypeVar("T")

REMEMBERED = 2048  # expressions
LONGEST = 300  # nodes


class Remembered(Generic[T]):
    """A function of a question and an expression, with its values for short expressions kept."""

    def __init__(self, function: Callable[[Compiled, Expr], T]) -> None:
        self.function = function
        self.cached = lru_cache(maxsize=REMEMBERED)(function)

    def __call__(self, compiled: Compiled, expr: Expr) -> T:
        return (self.cached if expr.nodes <= LONGEST else self.function)(compiled, expr)

    def forget(self) -> None:
        """Empties the memory."""
        self.cached.cache_clear()
