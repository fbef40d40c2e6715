"""The value of a derivative at given numbers: exact where it is rational, else rightly rounded.

A wrong value is held against what mistaken passes give at the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.instance import exact_value
from engine.numeric import Batch, forward
from engine.question import Derivative, Numeric
from engine.symbolic.rounding import enclosed, is_rounded
from grader import explain
from grader.compiled import compiled
from grader.diagnosis.constants import Constants
from grader.diagnosis.ground import Ground, Layout
from grader.diagnosis.plan import Plan
from grader.diagnosis.rules import mistakes_at_nodes, mistakes_elsewhere
from grader.diagnosis.stack import Sheet, sheets
from grader.errors import MalformedQuestion
from grader.misconceptions import misconception, misconceptions
from grader.numbers import Number, numbers
from grader.verdict import Diagnosis, Exact, Misshapen, Verdict, graded, incorrect, invalid

SHORT = 0.5  # of an entry that is rounded rightly, but to fewer digits than asked
MOST_REPORTED = 3
NEAR = 1e-9  # relative, of float64 values: they name a mistake, they decide nothing
TRANSPOSED, ROUNDED = "transposed-result", "rounded-number"
MARKS = {"right": 1.0, "short": SHORT, "wrong": 0.0}


def grade(question: Numeric, text: str) -> Verdict:
    """The verdict on numbers, each entry counting alike."""
    written = numbers(text)
    if isinstance(written, Verdict):
        return written
    key = _key(question)
    entries = written.in_shape(key.shape)
    if entries is None:
        return _wrong_shape(question, key.shape, written.shape)
    flat = tuple(each for row in entries for each in row)
    if question.digits is not None and any(each.digits is None for each in flat):
        message = f"Write decimals here, with {question.digits} digits after the point."
        return invalid("parse", message, (0, len(text)))
    states = [_judged(question, place, each) for place, each in enumerate(flat)]
    return _verdict(question, flat, states)


@dataclass(frozen=True)
class Key:
    """The right value: fractions, or nothing exact; in two axes either way."""

    shape: tuple[int, int]
    exact: tuple[Fraction, ...] | None


@lru_cache(maxsize=256)
def _key(question: Numeric) -> Key:
    value = enclosed(question.program, question.instance, question.reference)
    axes = value.data.shape[1:]
    rows, columns = (1, *axes) if len(axes) == 1 else (*axes, 1, 1)[:2]
    if question.digits is not None:
        return Key((rows, columns), None)
    exact = exact_value(question.program, question.instance, question.reference)
    if exact is None:
        raise MalformedQuestion(f"{question.id}: the value is not rational; how many digits?")
    return Key((rows, columns), tuple(Fraction(each) for each in exact.data.flat))


def _judged(question: Numeric, place: int, number: Number) -> str:
    """`right`, `short` (rounded rightly, to too few digits) or `wrong`."""
    exact = _key(question).exact
    if exact is not None:
        return "right" if number.value == exact[place] else "wrong"
    digits, wanted = number.digits or 0, question.digits or 0
    program, point = question.program, question.instance
    if not is_rounded(program, point, question.reference, place, number.value, digits):
        return "wrong"
    return "right" if digits >= wanted else "short"


def _verdict(question: Numeric, given: Sequence[Number], states: Sequence[str]) -> Verdict:
    score = sum(MARKS[state] for state in states) / len(states)
    wrong, short = states.count("wrong"), states.count("short")
    found = _diagnoses(question, given) if wrong else ()
    sentences = [] if wrong or short else ["Correct."]
    if wrong:
        sentences.append(_wrong_message(wrong, len(states)))
        sentences += [each.feedback for each in found[:1]]
    if short:
        sentences.append(f"Give {question.digits} digits after the point.")
    right = states.count("right")
    evidence = Exact(f"{right} of {len(states)} right", {"entries": list(states)})
    return graded(score, "value", " ".join(sentences), evidence, diagnosis=found)


def _wrong_message(wrong: int, total: int) -> str:
    if total == 1:
        return "This is not the value."
    return f"{wrong} of the {total} entries {'is' if wrong == 1 else 'are'} not right."


def _wrong_shape(question: Numeric, wanted: tuple[int, int], found: tuple[int, int]) -> Verdict:
    message = (
        f"The value has {_axes(wanted)}; your answer has {_axes(found)}."
        if wanted != (1, 1)
        else "The value is one number."
    )
    turned = found == wanted[::-1]
    diagnosis = (misconception(TRANSPOSED).diagnosis(_fields(question)),) if turned else ()
    return incorrect("shape", message, Misshapen(message), diagnosis=diagnosis)


def _axes(shape: tuple[int, int]) -> str:
    rows, columns = shape
    return f"{rows} row{'s' * (rows != 1)} and {columns} column{'s' * (columns != 1)}"


# diagnosis


def _diagnoses(question: Numeric, given: Sequence[Number]) -> tuple[Diagnosis, ...]:
    """The mistaken passes that lead to these numbers, those of the fewest slugs."""
    if _are_rounded(question, given):
        return (misconception(ROUNDED).diagnosis({}),)
    order = list(misconceptions())
    found = dict(_explained(question, given))
    fewest = sorted(found, key=lambda slugs: (len(slugs), [order.index(each) for each in slugs]))
    shown = [slugs for slugs in fewest if len(slugs) == len(fewest[0])][:MOST_REPORTED]
    known = _fields(question)
    named = {slug: {**known, **found[slugs]} for slugs in shown for slug in slugs}
    return tuple(misconception(slug).diagnosis(fields) for slug, fields in named.items())


def _are_rounded(question: Numeric, given: Sequence[Number]) -> bool:
    """Whether exact values were asked for and all were given, some of them rounded."""
    exact = _key(question).exact
    return exact is not None and all(
        abs(each.value - right) <= (Fraction(1, 10**each.digits) if each.digits else 0)
        for each, right in zip(given, exact, strict=True)
    )


def _explained(
    question: Numeric, given: Sequence[Number]
) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
    """Slugs that explain the numbers, with what fills their sentences."""
    ground, reference = _ground(question), _reference(question)
    constants = Constants(ground.layout)
    sizes = ground.env.sizes
    for factor in (-1.0, 2.0, 0.5, *sizes.values(), *(1 / each for each in sizes.values())):
        if _fits(given, factor * reference):
            yield constants.slugs((factor,), (sizes,)) or ("constant-multiple",), {}
    for sheet in _mistaken(question):
        for plan, values in zip(sheet.rows, sheet.data, strict=True):
            if _fits(given, values.reshape(-1)) and not np.allclose(values.reshape(-1), reference):
                yield tuple(dict.fromkeys(plan.slugs)), dict(plan.fields)


def _fits(
    given: Sequence[Number], values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
) -> bool:
    """Whether these are the values, each to the digits that were given."""
    if len(values) != len(given) or not np.all(np.isfinite(values)):
        return False
    return all(
        abs(float(each.value) - right) <= _margin(each) + NEAR * max(abs(right), 1.0)
        for each, right in zip(given, values, strict=True)
    )


def _margin(number: Number) -> float:
    return 0.5 * 10.0**-number.digits if number.digits else 0.0


@lru_cache(maxsize=64)
def _ground(question: Numeric) -> Ground:
    env = forward(question.program, question.instance.group.inputs())
    return Ground(Layout(question.program, question.target), env)


def _reference(question: Numeric) -> NDArray[np.float64]:
    value: Batch = _ground(question).env.evaluate(question.reference)
    return np.asarray(value.data[0], dtype=np.float64).reshape(-1)


@lru_cache(maxsize=64)
def _mistaken(question: Numeric) -> tuple[Sheet[Plan], ...]:
    """What every mistake makes of the gradient at these numbers."""
    layout = _ground(question).layout
    return tuple(
        sheets(_ground(question), (*mistakes_at_nodes(layout), *mistakes_elsewhere(layout)))
    )


def _fields(question: Numeric) -> dict[str, str]:
    """What the exercise puts into a misconception's sentence."""
    asked = Derivative(
        question.id, question.name, "", question.program, question.target, question.reference
    )
    return explain.exercise_fields(compiled(asked))
