"""The bank's exercises as the tests look at them: some seeds of every template, made once."""

from __future__ import annotations

from functools import cache

from engine.instance import exact_value
from engine.notation import show
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
from engine.symbolic.rounding import enclosed, rounded
from generator.bank import SHIPPED, Bank
from generator.exercise import Exercise, make_exercise
from grader.explain import entry_name

SLUGS = tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))
WORKSHEET = (
    "warm-up", "logistic-single", "logistic-batch", "shallow-network", "univariate-chain",
    "multivariate-scalar", "scalar-matrix",
)  # fmt: skip
LOOKED_AT = 300  # seeds, of which those are taken that show something new


@cache
def shipped() -> Bank:
    """The shipped templates."""
    return Bank.load()


@cache
def made(slug: str, seed: int) -> Exercise:
    """An exercise, made once and kept."""
    return make_exercise(shipped().template(slug), seed)


@cache
def telling_seeds(slug: str) -> tuple[int, ...]:
    """Seeds from 0 on whose exercises together show every value that a slot takes among many."""
    seen: set[tuple[str, str | int]] = set()
    found = []
    for seed in range(LOOKED_AT):
        choices = set(shipped().template(slug).choose(seed).items())
        if not choices <= seen:
            seen |= choices
            found.append(seed)
    return tuple(found)


def right_answer(question: Question) -> str:
    """The key of a question, written as an answer."""
    match question:
        case Derivative() | Step():
            return show(question.reference, "text")
        case Forward():
            steps = question.program.statements
            return "\n".join(f"{each.name} = {show(each.value, 'text')}" for each in steps)
        case Shapes():
            return "\n".join(f"{name}: {_shape(shape)}" for name, shape in question.key.items())
        case Prerequisites():
            return ", ".join(
                f"d{question.program.loss}/d{entry_name(each)}" for each in question.required
            )
        case Cache():
            return ", ".join(names[0] for names in question.required)
        case Choice():
            return question.key
        case Bug():
            return str(question.wrong)
        case Numeric():
            return _numbers(question)


def _shape(shape: tuple[int | str, ...]) -> str:
    rows, columns = (*shape, 1, 1)[:2] if len(shape) != 1 else (1, shape[0])
    return f"{rows} x {columns}"


def _numbers(question: Numeric) -> str:
    """The rows of a value, as fractions or as decimals that are rounded as asked."""
    program, instance, reference = question.program, question.instance, question.reference
    exact = exact_value(program, instance, reference)
    if exact is not None:
        shape, entries = exact.data.shape[1:], [str(each) for each in exact.data.flat]
    else:
        assert question.digits is not None
        shape = enclosed(program, instance, reference).data.shape[1:]
        entries = [str(each) for each in rounded(program, instance, reference, question.digits)]
    if not shape:
        return entries[0]
    rows = [entries[at : at + shape[-1]] for at in range(0, len(entries), shape[-1])]
    return "[" + ", ".join(f"[{', '.join(row)}]" for row in rows) + "]"
