"""The bank's exercises as the tests look at them: some seeds of every template, made once."""

from __future__ import annotations

from functools import cache

from generator.bank import SHIPPED, Bank
from generator.exercise import Exercise, make_exercise

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
    template = shipped().template(slug)
    shown = {seed: set(template.choose(seed).items()) for seed in range(LOOKED_AT)}
    missing = set().union(*shown.values())
    found = [0]
    while missing := missing - shown[found[-1]]:
        found.append(max(shown, key=lambda seed: len(shown[seed] & missing)))
    return tuple(found)
