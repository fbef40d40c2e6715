"""The key of a question written as an answer, in the words that a learner would use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.instance import exact_value
from engine.notation import show
from engine.program import Target
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
from engine.shapes import Shape, concrete
from engine.symbolic.rounding import rounded


def right_answer(question: Question) -> str:
    """An answer that is right in full."""
    return ANSWERS[question.kind](question)


def _formula(question: Derivative | Step) -> str:
    return show(question.reference, "text")


def _forward(question: Forward) -> str:
    steps = question.program.statements
    return "\n".join(f"{each.name} = {show(each.value, 'text')}" for each in steps)


def _shapes(question: Shapes) -> str:
    return "\n".join(f"{name}: {_by(shape)}" for name, shape in question.key.items())


def _by(shape: Shape) -> str:
    rows, columns = (*shape, 1, 1)[:2] if len(shape) != 1 else (1, shape[0])
    return f"{rows} x {columns}"


def _prerequisites(question: Prerequisites) -> str:
    loss = question.program.loss
    return ", ".join(f"d{loss}/d{entry_name(each)}" for each in question.required)


def entry_name(target: Target) -> str:
    """What is differentiated for: w, a1_2 for an entry of a vector, W2_12 for one of a matrix."""
    if target.entry is None:
        return target.variable
    row, column = target.entry
    return f"{target.variable}_{row}" + (str(column) if column != 1 else "")


def _cache(question: Cache) -> str:
    return ", ".join(names[0] for names in question.required)


def _numbers(question: Numeric) -> str:
    """The value by rows, as fractions or as decimals that are rounded as asked."""
    entries = [str(each) for each in values(question)]
    shape = concrete(question.reference.shape, dict(question.instance.sizes))
    return _nested(entries, shape) if shape else entries[0]


def values(question: Numeric) -> Sequence[Any]:
    """The entries of the value, row by row: fractions, or decimals where these are asked for."""
    program, instance, reference = question.program, question.instance, question.reference
    if question.digits is not None:
        return rounded(program, instance, reference, question.digits)
    exact = exact_value(program, instance, reference)
    if exact is None:
        raise ValueError(f"{question.id}: the value is not rational, and no digits are asked for")
    return tuple(exact.data.flat)


def _nested(entries: list[str], shape: tuple[int, ...]) -> str:
    rows = [entries[at : at + shape[-1]] for at in range(0, len(entries), shape[-1])]
    return "[" + ", ".join(f"[{', '.join(row)}]" for row in rows) + "]"


def _choice(question: Choice) -> str:
    return question.key


def _bug(question: Bug) -> str:
    return str(question.wrong)


ANSWERS: dict[str, Callable[[Any], str]] = {
    "derivative": _formula,
    "forward": _forward,
    "shapes": _shapes,
    "prerequisites": _prerequisites,
    "cache": _cache,
    "choice": _choice,
    "step": _formula,
    "instance": _numbers,
    "bug": _bug,
}
