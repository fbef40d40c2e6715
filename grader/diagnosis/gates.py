"""Mistakes at gates: nodes that let an operand through where it is larger than another.

relu(x)                x where it is larger than 0
maximum(x, y)    x where it is larger than y, y where it is not
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from engine.expression import Expr, Var, const, substitute
from engine.numeric import Batch
from engine.shapes import Shape
from grader.diagnosis.functions import grounded
from grader.diagnosis.ground import Ground, Layout, Place
from grader.diagnosis.plan import Plan, Rule

WRONG = "indicator-on-wrong-quantity"
LARGEST = 12  # entries of a quantity whose single entries are tried


@dataclass(frozen=True)
class Gate:
    """One operand of such a node, at `position`."""

    place: Place
    position: int

    @property
    def operand(self) -> Expr:
        return self.place.node.args[self.position]

    def margin(self, *operands: Any) -> Any:
        """By how much the operand is larger than the other one."""
        own = operands[self.position]
        return own if len(operands) == 1 else own - operands[1 - self.position]

    def rule(self, passed: Callable[..., Any]) -> Rule:
        """Lets through what `passed` makes of the cotangent, the output and the margin."""

        def rule(ground: Ground, g: Any, out: Any, *operands: Any) -> tuple[Any, ...]:
            given = passed(ground, g, out, self.margin(*operands))
            return tuple(given if i == self.position else None for i in range(len(operands)))

        return rule


def _positive(value: Any) -> Any:
    return value.apply("greater", value.constant(0))


# What is made of the cotangent at a gate.
PASSED: tuple[tuple[str, Callable[..., Any]], ...] = (
    (
        "mask-always-true",
        lambda ground, g, out, margin: g * out.apply("greater_equal", out.constant(0)),
    ),
    ("activation-derivative-skipped", lambda ground, g, out, margin: g),
    ("relu-as-own-derivative", lambda ground, g, out, margin: g * out),
    (WRONG, lambda ground, g, out, margin: g * _positive(-margin)),
    (WRONG, lambda ground, g, out, margin: g * _positive(g)),
)


def gate_mistakes(layout: Layout) -> Iterator[Plan]:
    """A gate that is always open, turned round, or opened by another quantity."""
    for gate in gates(layout):
        for slug, passed in PASSED:
            yield grounded(layout, gate.place, slug, gate.rule(passed))
        for name, shape in layout.quantities.items():
            if shape == gate.operand.shape and not _decides(gate, name):
                rule = gate.rule(lambda ground, g, *_, name=name: g * _mask(ground, name))
                yield grounded(layout, gate.place, WRONG, rule)


def threshold_mistakes(layout: Layout) -> Iterator[Plan]:
    """A gate on a margin from which the label was left out."""
    for gate in gates(layout):
        label = layout.label
        if label is not None and label in gate.operand.names:
            ones = const(1).filled(layout.program.shapes[label])
            without = substitute(gate.operand, {label: ones})
            rule = gate.rule(
                lambda ground, g, *_, margin=without: g * _positive(ground.value(margin))
            )
            yield grounded(layout, gate.place, WRONG, rule)


def gates(layout: Layout) -> Iterator[Gate]:
    """The gates that the gradient passes."""
    for place in layout.places:
        if place.node.op in ("relu", "maximum"):
            for position in place.relevant:
                yield Gate(place, position)


def _decides(gate: Gate, name: str) -> bool:
    """Whether the gate opens where the quantity called `name` is positive."""
    others = (arg for i, arg in enumerate(gate.place.node.args) if i != gate.position)
    alone = all(other == const(0) for other in others)
    output = not gate.place.path and gate.place.statement.name == name
    return alone and (output or gate.operand == Var(name, gate.operand.shape))


def _mask(ground: Ground, name: str) -> Batch:
    positive: Batch = _positive(ground.env.values[name])
    return positive


def final_mask_mistakes(layout: Layout) -> Iterator[Plan]:
    """A gate passed as if it were open, and the finished gradient switched by another quantity."""
    target = layout.target
    for gate in gates(layout):
        opened = gate.rule(lambda ground, g, *_: g)
        skipped = grounded(layout, gate.place, WRONG, opened)
        for name, shape in layout.quantities.items():
            if target.entry is None and shape == layout.program.shapes[target.variable]:
                yield replace(skipped, final=_switched_by(name))
            for entry in entries(shape) if target.entry else ():
                yield replace(skipped, final=_switched_by(name, entry))


def entries(shape: Shape) -> Iterator[tuple[int, int]]:
    """The places in a small vector, counted from zero; none where its size is a symbol."""
    rows, columns = (shape or (1, 1))[:2]
    if isinstance(rows, int) and isinstance(columns, int) and rows * columns <= LARGEST:
        yield from product(range(rows), range(columns))


def _switched_by(name: str, entry: tuple[int, int] | None = None) -> Callable[..., Batch]:
    def final(ground: Ground, value: Batch) -> Batch:
        mask = _mask(ground, name)
        return value * (mask if entry is None else entry_of(mask, entry))

    return final


def entry_of(value: Batch, entry: tuple[int, int]) -> Batch:
    """One entry of a vector or matrix as a number."""
    return Batch(value.data[:, *entry], (), value.field) if value.shape else value
