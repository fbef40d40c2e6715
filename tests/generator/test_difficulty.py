"""Difficulty and likeness: what they must tell apart, and what they must not."""

from __future__ import annotations

from itertools import islice

import pytest

from engine.notation import parse_program
from engine.program import Program, Symbol, Target
from generator.difficulty import EASIEST, HARDEST, difficulty, effort, scaled
from generator.likeness import likeness, likeness_of
from generator.slots import combinations
from tests.generator.exercises import SLUGS, made, shipped, telling_seeds


def chain(*lines: str, names: tuple[str, ...] = ("x", "w"), shape: tuple[str, ...] = ()) -> Program:
    symbols = tuple(Symbol(name, shape, "parameter") for name in names)
    return parse_program(symbols, lines, lines[-1].split(" =")[0])


def test_more_steps_are_harder() -> None:
    short = chain("z = w x", "L = z^2")
    long = chain("z = w x", "a = sigmoid(z)", "L = a^2")
    assert effort(short, Target("w")) < effort(long, Target("w"))


def test_vectors_and_forks_are_harder() -> None:
    plain = chain("z = w x", "L = z^2")
    wide = chain("z = w * x", "L = sum(z^2)", shape=("n", "m"))
    fork = chain("z = w x", "L = z^2 w")
    assert effort(plain, Target("w")) < effort(wide, Target("w"))
    assert effort(plain, Target("w")) < effort(fork, Target("w"))


@pytest.mark.parametrize("slug", SLUGS)
def test_difficulties_lie_on_the_scale(slug: str) -> None:
    found = [difficulty(made(slug, seed)) for seed in telling_seeds(slug)]
    assert all(EASIEST <= each <= HARDEST for each in found)


def test_the_scale_keeps_the_order() -> None:
    values = [scaled(each / 4) for each in range(1, 400)]
    assert values == sorted(values)


def test_names_do_not_matter() -> None:
    one = chain("z = w x", "L = tanh(z)")
    other = chain("u = c v", "J = tanh(u)", names=("v", "c"))
    assert likeness_of(one) == likeness_of(other)


@pytest.mark.parametrize(
    "lines", [("z = x w", "L = tanh(z)"), ("z = w x", "L = sigmoid(z)"), ("z = w x", "L = tanh(x)")]
)
def test_mathematics_does(lines: tuple[str, ...]) -> None:
    assert likeness_of(chain("z = w x", "L = tanh(z)")) != likeness_of(chain(*lines))


def test_the_same_slots_are_alike_and_others_are_not() -> None:
    template = shipped().template("logistic-single")
    seen = {}
    for seed in range(60):
        slots = tuple(template.choose(seed).items())
        seen.setdefault(slots, set()).add(likeness(made("logistic-single", seed)))
    assert all(len(each) == 1 for each in seen.values())
    assert len(set.union(*seen.values())) > len(seen) / 2


@pytest.mark.parametrize("slug", SLUGS)
def test_every_draw_is_a_combination(slug: str) -> None:
    template = shipped().template(slug)
    listed = list(islice(combinations(template.slots, template.exclusions), 20_000))
    known = {tuple(each.items()) for each in listed}
    assert len(known) == len(listed)
    if len(listed) < 20_000:
        assert all(tuple(template.choose(seed).items()) in known for seed in range(100))
    assert listed[0] == template.choose(0)
