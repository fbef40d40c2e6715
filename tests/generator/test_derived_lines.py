"""Prerequisites and cached values of the worksheet against the catalogue's P and C lines."""

from __future__ import annotations

from typing import Any

import pytest

from engine.program import Target
from engine.question import Cache, Prerequisites
from generator.bank import Bank
from generator.exercise import Exercise, compose
from generator.slots import Choices


def _question(bank: Bank, slug: str, changed: dict[str, Any], name: str) -> Any:
    template = bank.template(slug)
    slots: Choices = {}
    for slot in template.slots:
        if slot.only.holds(slots):
            slots[slot.name] = changed.get(slot.name, slot.values[0])
    exercise: Exercise = compose(template, 0, slots)
    return exercise.question(name)


def _named(targets: tuple[Target, ...]) -> set[str]:
    return {
        each.variable if each.entry is None else f"{each.variable}[{each.entry[0]}]"
        for each in targets
    }


P_LINES = (
    ("logistic-single", {}, "before-dw", {"a", "z"}),
    ("logistic-batch", {}, "before-dw", {"a", "z"}),
    ("logistic-batch", {"target": "b"}, "before-db", {"a", "z"}),
    ("shallow-network", {}, "before-da1", {"a3", "z3", "a2[1]", "a2[2]", "z2[1]", "z2[2]"}),
    ("shallow-network", {"answer": "vector"}, "before-da1", {"a3", "z3", "a2", "z2"}),
    ("shallow-network", {"depth": 2}, "before-da1", {"a2", "z2"}),
    ("univariate-chain", {}, "before-dw", {"yhat", "s", "z"}),
    ("multivariate-scalar", {}, "before-dw", {"yhat", "z"}),
    ("scalar-matrix", {}, "before-dx", {"yhat", "s"}),
    ("scalar-matrix", {"target": "W"}, "before-dW", {"yhat"}),
)

C_LINES = (
    ("logistic-single", {}, "cache-dw", [{"x"}, {"a", "z"}]),
    ("logistic-single", {"target": "x"}, "cache-dx", [{"a", "z"}]),
    ("logistic-batch", {}, "cache-dw", [{"X"}, {"a", "z"}]),
    ("shallow-network", {}, "cache-da2", [{"a3", "z3"}]),
    ("shallow-network", {"depth": 2}, "cache-da2", [{"a2", "z2"}]),
    ("univariate-chain", {}, "cache-dw", [{"x"}, {"s", "z"}, {"yhat", "s", "z"}]),
    ("univariate-chain", {"outer": "sin"}, "cache-dw", [{"x"}, {"s", "z"}, {"yhat", "s", "z"}]),
    # The output of the ReLU tells its mask, so either of the two serves both needs.
    ("multivariate-scalar", {}, "cache-dw", [{"x"}, {"yhat", "z"}, {"yhat", "z"}]),
    ("scalar-matrix", {}, "cache-dx", [{"s", "x"}, {"yhat"}]),
    ("scalar-matrix", {"target": "W"}, "cache-dW", [{"s", "x"}, {"yhat"}]),
)


@pytest.mark.parametrize(("slug", "slots", "name", "expected"), P_LINES)
def test_prerequisites(
    bank: Bank, slug: str, slots: dict[str, Any], name: str, expected: set[str]
) -> None:
    question = _question(bank, slug, slots, name)
    assert isinstance(question, Prerequisites)
    assert _named(question.required) == expected
    assert question.target in question.also_fine
    assert not _named(question.required) & _named(question.also_fine)


@pytest.mark.parametrize(("slug", "slots", "name", "expected"), C_LINES)
def test_cache(
    bank: Bank, slug: str, slots: dict[str, Any], name: str, expected: list[set[str]]
) -> None:
    question = _question(bank, slug, slots, name)
    assert isinstance(question, Cache)
    assert sorted(map(sorted, question.required)) == sorted(map(sorted, expected))


def test_what_is_free_and_what_is_superfluous(bank: Bank) -> None:
    question = bank.exercise("shallow-network", 0).question("cache-da2")
    assert isinstance(question, Cache)
    assert {"W3", "y"} <= set(question.free)
    assert not {"x", "a1", "z1", "a2", "z2", "L"} & {*question.free, *sum(question.required, ())}


def test_the_mean_is_known_before_the_reverse_pass(bank: Bank) -> None:
    question = bank.exercise("logistic-batch", 0).question("before-dw")
    assert isinstance(question, Prerequisites)
    assert {"J", "L"} <= _named(question.also_fine)
