"""Rules of descent as questions put them: their symbols under free names, and their words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from engine.program import Domain, Program, Statement, Symbol, Target
from engine.shapes import SCALAR
from engine.updates import RULES, Rule
from generator.statement import latex

Method: TypeAlias = Literal["plain", "momentum", "decay", "rmsprop", "adam"]


@dataclass(frozen=True)
class Part:
    """A symbol of a rule: its field there, names of which the first that is free is taken, and
    whether it has the shape of the parameter.
    """

    field: str
    names: tuple[str, ...]
    domain: Domain
    meaning: str
    shaped: bool = False


RATE = Part("rate", ("alpha", "eta", "rate"), "positive", "the learning rate")
RATE_ALIASES = ("alpha", "eta", "rate", "lr", "learning_rate")
FACTOR = ("beta", "gamma", "mu", "rho", "kappa")
KEPT = ("v", "u", "velocity")
SMALL = Part("small", ("epsilon", "delta", "tau"), "positive", "a small number")

PARTS: Mapping[Method, tuple[Part, ...]] = {
    "plain": (),
    "momentum": (
        Part("factor", FACTOR, "probability", "the factor of the velocity"),
        Part("velocity", KEPT, "real", "the velocity before the step", shaped=True),
    ),
    "decay": (
        Part("strength", ("lambda", "kappa", "nu"), "positive", "the strength of the decay"),
    ),
    "rmsprop": (
        Part("factor", FACTOR, "probability", "the factor of the mean square"),
        Part("square", KEPT, "positive", "the mean square before the step", shaped=True),
        SMALL,
    ),
    "adam": (
        Part("factor", ("beta_1", "gamma_1"), "probability", "the factor of the mean"),
        Part("mean", ("u", "p", "f"), "real", "the mean gradient before the step", shaped=True),
        Part("square_factor", ("beta_2", "gamma_2"), "probability", "that of the mean square"),
        Part("square", ("v", "r", "velocity"), "positive", "the mean square before", shaped=True),
        Part("count", ("k", "j", "steps"), "positive", "the number of this step, from 1 on"),
        SMALL,
    ),
}

# What a prompt calls the step, and what it adds to that.
WORDS: Mapping[Method, tuple[str, str]] = {
    "plain": ("gradient descent with the learning rate ${rate}$", ""),
    "momentum": (
        "gradient descent with momentum and the learning rate ${rate}$",
        "The velocity ${velocity}$ is first multiplied by ${factor}$ and increased by the gradient;"
        " its new value times the learning rate is then subtracted.",
    ),
    "decay": (
        "gradient descent with decoupled weight decay and the learning rate ${rate}$",
        "Besides the gradient times the learning rate, the old value times ${rate} {strength}$ is"
        " subtracted.",
    ),
    "rmsprop": (
        "RMSprop with the learning rate ${rate}$",
        "The mean square ${square}$ of the gradients so far is first multiplied by ${factor}$ and"
        " increased by $1 - {factor}$ times the square of the gradient. What is then subtracted is"
        " ${rate}$ times the gradient, divided by the sum of ${small}$ and the root of the new mean"
        " square, all entry by entry.",
    ),
    "adam": (
        "Adam with the learning rate ${rate}$, the step with the number ${count}$",
        "The mean ${mean}$ of the gradients so far is first multiplied by ${factor}$ and increased"
        " by $1 - {factor}$ times the gradient; the mean square ${square}$ is multiplied by"
        " ${square_factor}$ and increased by $1 - {square_factor}$ times the square of the"
        " gradient. The new values are divided by $1 - {factor}^{{{count}}}$ and by"
        " $1 - {square_factor}^{{{count}}}$. What is then subtracted is ${rate}$ times the mean,"
        " divided by the sum of ${small}$ and the root of the mean square, all entry by entry.",
    ),
}


@dataclass(frozen=True)
class Descent:
    """A rule with its symbols for one parameter of one program."""

    method: Method
    symbols: tuple[Symbol, ...]

    @property
    def rate(self) -> str:
        """The name of the learning rate."""
        return self.symbols[0].name

    @property
    def rule(self) -> Rule | None:
        """The rule, with the names of its symbols; none for plain descent."""
        if self.method == "plain":
            return None
        parts = zip(PARTS[self.method], self.symbols[1:], strict=True)
        return RULES[self.method](**{part.field: symbol.name for part, symbol in parts})

    @property
    def words(self) -> tuple[str, str]:
        """How a prompt calls the step, and the sentences that say how it is taken."""
        parts = zip((RATE, *PARTS[self.method]), self.symbols, strict=True)
        spoken = {part.field: latex(symbol.var) for part, symbol in parts}
        name, how = (each.format(**spoken) for each in WORDS[self.method])
        return name, how


def descent(program: Program, target: Target, method: Method) -> Descent:
    """The rule for a step with `target`, under names that the program leaves free."""
    return Descent(method, tuple(_symbols(program, target, (RATE, *PARTS[method]))))


def _symbols(program: Program, target: Target, parts: tuple[Part, ...]) -> Iterator[Symbol]:
    taken = {*program.shapes, *program.dimensions}
    named: tuple[Symbol | Statement, ...] = (*program.symbols, *program.statements)
    taken |= {alias for each in named for alias in each.aliases}
    for part in parts:
        name = next(each for each in part.names if each not in taken)
        taken.add(name)
        aliases = RATE_ALIASES if part is RATE else (name.replace("_", ""),)
        yield Symbol(
            name,
            program.shapes[target.variable] if part.shaped else SCALAR,
            "data" if part.shaped else "constant",
            part.domain,
            tuple(each for each in aliases if each not in taken),
            part.meaning,
        )
