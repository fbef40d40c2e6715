"""Rules of descent: what a parameter is moved against, from its gradient and what a rule keeps.

    w - rate * direction

The fields of a rule are names of a program's symbols: factors, and what was kept before the step.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, TypeAlias

from engine.errors import ProgramError
from engine.expression import Expr, apply
from engine.program import Program


@dataclass(frozen=True)
class Momentum:
    """The new velocity: the old one times a factor, plus the gradient."""

    kind: ClassVar[str] = "momentum"

    factor: str
    velocity: str

    def direction(self, program: Program, parameter: Expr, gradient: Expr) -> Expr:
        factor: Expr = program.var(self.factor)
        return factor * program.var(self.velocity) + gradient


@dataclass(frozen=True)
class Decay:
    """Decoupled weight decay: the gradient, and the parameter itself times a strength."""

    kind: ClassVar[str] = "decay"

    strength: str

    def direction(self, program: Program, parameter: Expr, gradient: Expr) -> Expr:
        strength: Expr = program.var(self.strength)
        return gradient + strength * parameter


@dataclass(frozen=True)
class RMSprop:
    """The gradient over the root of its new mean square, entry by entry."""

    kind: ClassVar[str] = "rmsprop"

    factor: str
    square: str
    small: str

    def direction(self, program: Program, parameter: Expr, gradient: Expr) -> Expr:
        square = _mixed(program, self.factor, self.square, gradient**2)
        return gradient / (square.apply("sqrt") + program.var(self.small))


@dataclass(frozen=True)
class Adam:
    """The new mean of the gradient over the root of its new mean square, both freed of their bias
    towards the zeros that they began with.
    """

    kind: ClassVar[str] = "adam"

    factor: str
    mean: str
    square_factor: str
    square: str
    count: str
    small: str

    def direction(self, program: Program, parameter: Expr, gradient: Expr) -> Expr:
        mean = _mixed(program, self.factor, self.mean, gradient)
        square = _mixed(program, self.square_factor, self.square, gradient**2)
        root = (square / self._weight(program, self.square_factor)).apply("sqrt")
        return mean / self._weight(program, self.factor) / (root + program.var(self.small))

    def _weight(self, program: Program, factor: str) -> Expr:
        """1 - factor^t: what the weights of all gradients so far come to."""
        base: Expr = program.var(factor)
        return 1 - apply("pow", base, program.var(self.count))


Rule: TypeAlias = Momentum | Decay | RMSprop | Adam
RULES: dict[str, type[Rule]] = {each.kind: each for each in (Momentum, Decay, RMSprop, Adam)}


def _mixed(program: Program, factor: str, kept: str, new: Expr) -> Expr:
    """A running mean after one step: factor * kept + (1 - factor) * new."""
    share: Expr = program.var(factor)
    return share * program.var(kept) + (1 - share) * new


def names(rule: Rule | None) -> tuple[str, ...]:
    """The symbols that belong to a rule."""
    return tuple(getattr(rule, each.name) for each in fields(rule)) if rule else ()


def rule_to_json(rule: Rule | None) -> dict[str, str] | None:
    """A rule with its kind; `rule_from_json` reads it back."""
    return {"kind": rule.kind, **asdict(rule)} if rule else None


def rule_from_json(stored: dict[str, Any] | None) -> Rule | None:
    """The rule that `rule_to_json` wrote; raises ProgramError for an unknown kind."""
    if stored is None:
        return None
    given = {name: value for name, value in stored.items() if name != "kind"}
    if stored.get("kind") not in RULES:
        raise ProgramError(f"no rule of descent is called {stored.get('kind')!r}")
    return RULES[stored["kind"]](**given)
