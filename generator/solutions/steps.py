"""The reverse pass as numbered steps, each with its rule, what comes back to it, and its shape.

A step differentiates for one quantity.  For every statement that uses the quantity there is one
way back to it: the gradient of that statement's result, taken through the operators around the
quantity.  Where there are several ways, their contributions add up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from engine.expression import Apply, Const, Expr, Var, apply, const
from engine.gradient import adjoint_formulas
from engine.notation import show
from engine.operators import operator
from engine.program import Program, Statement, Target
from engine.shapes import Shape
from engine.simplify import simplify
from generator.derivation import Derivation, Line
from generator.distractors import closed_form

# Rules that go without saying where another one is at work.
PLAIN = frozenset({"add", "sub", "neg", "transpose"})
STRETCHED = "what is repeated along an axis receives the sum of its gradients along it"


@dataclass(frozen=True)
class Way:
    """How one statement hands the gradient of its result back to a quantity.

    `upstream` is the name of that result; `rules` are sentences in Markdown, the outermost
    operator's first.
    """

    statement: Statement
    upstream: str
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """The derivative of the loss for `name`, whose shape it has.

    `formula` is written with derivatives of earlier steps, `collected` with quantities of the
    forward pass alone.
    """

    number: int
    name: str
    shape: Shape
    ways: tuple[Way, ...]
    formula: Expr
    collected: Expr


@dataclass(frozen=True)
class Steps:
    """All steps from the loss to `target`, the nearest to the loss first."""

    program: Program
    target: Target

    @cached_property
    def all(self) -> tuple[Step, ...]:
        """The steps; none where the loss does not depend on the target."""
        return tuple(
            self._step(number, line) for number, line in enumerate(self._derivation.lines, 1)
        )

    @cached_property
    def result(self) -> Expr:
        """The derivative in its collected form: what the last step comes to."""
        return closed_form(self.program, self.target)

    @cached_property
    def _derivation(self) -> Derivation:
        return Derivation(self.program, Target(self.target.variable))

    def _step(self, number: int, line: Line) -> Step:
        collected = adjoint_formulas(self.program)[line.name]
        shape = self.program.shapes[line.name]
        ways = tuple(self._way(user, line.name) for user in self._derivation.users(line.name))
        return Step(number, line.name, shape, ways, line.formula, collected)

    def _way(self, user: Statement, name: str) -> Way:
        return Way(user, user.name, tuple(_telling(passed(user.value, name), name)))


def passed(expr: Expr, name: str) -> Iterator[Apply]:
    """The operators between a formula's value and the places where `name` stands in it."""
    if not isinstance(expr, Apply) or name not in expr.names:
        return
    yield expr
    for arg in expr.args:
        yield from passed(arg, name)


def _telling(nodes: Iterator[Apply], name: str) -> list[str]:
    """The rules at work, each once; the plain ones only where there are no others."""
    passed = list(nodes)
    telling = [node for node in passed if node.op not in PLAIN and not _is_factor(node)]
    rules = [_rule(node) for node in telling or passed]
    rules += [STRETCHED] if any(_stretches(node, name) for node in passed) else []
    return list(dict.fromkeys(rule for rule in rules if rule))


def _is_factor(node: Apply) -> bool:
    """Whether a node only multiplies by a number: `2 u`, `u / 2`."""
    return node.op in ("mul", "div") and any(isinstance(arg, Const) for arg in node.args)


def _stretches(node: Apply, name: str) -> bool:
    """Whether the operand that holds `name` fills a larger shape than its own."""
    if not operator(node.op).elementwise:
        return False
    return any(name in arg.names and arg.shape != node.shape for arg in node.args)


def _rule(node: Apply) -> str:
    row = operator(node.op)
    return row.rule or _function_rule(node.op)


@lru_cache(maxsize=128)
def _function_rule(name: str) -> str:
    """`$f'(u) = …$` for a function of one variable; nothing where nothing flows back."""
    row = operator(name)
    if row.arity != 1 or not row.elementwise:
        return ""
    at = Var("u", ())
    value = apply(name, at)
    (slope,) = row.vjp(const(1), value, at)
    if slope is None:
        return ""
    derivative = rf"\frac{{d}}{{du}} {show(value, 'latex')} = {show(simplify(slope), 'latex')}"
    return f"the derivative is ${derivative}$"
