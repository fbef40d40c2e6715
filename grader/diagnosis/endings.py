"""Mistakes at the two ends of a pass: at the loss, and with the finished gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import product
from typing import Any

from engine.errors import EngineError
from engine.expression import Apply, Expr, walk
from engine.numeric import Batch, constant
from engine.operators import operator
from engine.reverse import Numbers
from grader.diagnosis.constants import Constants, Factor
from grader.diagnosis.functions import SPOKEN, grounded, is_function, planted
from grader.diagnosis.ground import Ground, Layout
from grader.diagnosis.plan import Plan, Rule

DIVIDED = ("repeated-batch-mean", "constant-of-another-cost")  # factors one over a size
ENTRIES = 3  # in each direction, of which one may be taken for another


def label_mistakes(layout: Layout) -> Iterator[Plan]:
    """Label and prediction exchanged in the derivative of the loss; the label left out."""
    label, prediction = layout.label, layout.prediction
    if label is None or prediction is None or layout.target.variable not in _upto(layout):
        return
    slugs = ("label-and-prediction-swapped",)

    def swapped(ground: Ground) -> dict[str, Batch]:
        values = ground.env.values
        return {label: values[prediction], prediction: values[label]}

    def left_out(ground: Ground) -> dict[str, Batch]:
        shape = ground.env.values[label].shape
        return {label: constant(1, ground.env.field).filled(shape)}

    yield Plan(slugs, numbers=lambda ground: _Otherwise(ground, swapped(ground)))
    yield Plan(slugs, numbers=lambda ground: _Otherwise(ground, left_out(ground)))


def _upto(layout: Layout) -> frozenset[str]:
    """Everything that is not computed from the prediction."""
    return frozenset(layout.program.shapes) - {s.name for s in layout.comparison}


class _Otherwise(Numbers):
    """Forward values in which the loss saw other values than the rest of the program."""

    def __init__(self, ground: Ground, values: dict[str, Batch]) -> None:
        super().__init__(ground.env)
        env = replace(ground.env, values={**ground.env.values, **values})
        for statement in ground.layout.comparison:
            env = env.bound(statement.name, env.evaluate(statement.value))
        self._loss = Numbers(env)
        self._names = {statement.name for statement in ground.layout.comparison}

    def value(self, statement: Any, path: tuple[int, ...], node: Any) -> Batch:
        if statement.name in self._names:
            return self._loss.value(statement, path, node)
        return super().value(statement, path, node)


def mask_mistakes(layout: Layout) -> Iterator[Plan]:
    """A mask taken for ones, from the forward pass on."""
    for symbol in layout.program.symbols:
        if symbol.domain == "mask":
            yield Plan(("dropout-mask-missing",), numbers=partial(_unmasked, symbol.name))


def _unmasked(name: str, ground: Ground) -> Numbers:
    shape = ground.env.values[name].shape
    env = ground.env.bound(name, constant(1, ground.env.field).filled(shape))
    for statement in ground.layout.program.statements:
        env = env.bound(statement.name, env.evaluate(statement.value))
    return Numbers(env)


def shortcut_mistakes(layout: Layout) -> Iterator[Plan]:
    """Prediction minus label taken for the gradient before the last activation."""
    label, prediction = layout.label, layout.prediction
    if label is None or prediction is None:
        return
    means = [factor for slug, factor in Constants(layout).rows if slug in DIVIDED]
    for place in layout.places:
        if place.key == (prediction, ()):
            residual = _residual if _activates(place.node) else _residual_of_sums
            for factor in (None, *means):
                rule = residual(place.node.op, label, factor)
                yield grounded(layout, place, "shortcut-for-wrong-pair", rule)


def loss_mistakes(layout: Layout) -> Iterator[Plan]:
    """At the last activation: the loss itself in place of its derivative, or z in place of a."""
    label, prediction = layout.label, layout.prediction
    if label is None or prediction is None:
        return
    scales = [factor for slug, factor in Constants(layout).rows if slug in DIVIDED]
    for place in layout.places:
        if place.key == (prediction, ()):
            for scale, term in product((None, *scales), _terms(layout, prediction)):
                rule = _instead(operator(place.node.op).vjp, term, scale)
                yield grounded(layout, place, "loss-not-differentiated", rule)
            for scale in (None, *scales) if _activates(place.node) else ():
                rule = _residual_of_argument(label, scale)
                found = grounded(layout, place, "argument-for-output", rule)
                yield replace(found, fields={**found.fields, "operand": prediction})


def _terms(layout: Layout, prediction: str) -> Iterator[Expr]:
    """The loss, or what it is a sum of, as long as it has the shape of the prediction."""
    shape = layout.program.shapes[prediction]
    for statement in layout.comparison:
        for node in walk(statement.value):
            if isinstance(node, Apply) and node.shape == shape and prediction in node.names:
                yield node


def _instead(right: Any, term: Expr, scale: Factor | None) -> Rule:
    """The right rule with the value of `term` for what comes back from the loss."""

    def rule(ground: Ground, g: Any, out: Any, *args: Any, **attrs: Any) -> Any:
        return right(_scaled(ground, ground.value(term), scale), out, *args, **attrs)

    return rule


def _residual_of_argument(label: str, scale: Factor | None) -> Rule:
    def rule(ground: Ground, g: Any, out: Any, x: Any, **attrs: Any) -> Any:
        return (_scaled(ground, x - ground.env.values[label], scale),)

    return rule


def _scaled(ground: Ground, value: Batch, scale: Factor | None) -> Batch:
    return value if scale is None else value * Fraction(scale(ground.env.sizes))


def _activates(node: Apply) -> bool:
    return is_function(node) or node.op == "softmax"


def _residual(op: str, label: str, factor: Factor | None) -> Rule:
    """Prediction minus label; EngineError where that is right but for a constant factor.

    At a single point nothing is shown by that: there every number is a multiple of every other.
    """

    def rule(ground: Ground, g: Any, out: Any, x: Any, **attrs: Any) -> Any:
        residual = _scaled(ground, out - ground.env.values[label], factor)
        (right,) = operator(op).vjp(g, out, x, **attrs)
        several = ground.points > ground.rows
        if several and ground.column(residual).factor(ground.column(right)) is not None:
            raise EngineError("the shortcut holds here")
        return (residual,)

    return rule


def _residual_of_sums(op: str, label: str, factor: Factor | None) -> Rule:
    """The same where no activation makes the prediction: for what comes back from the loss."""

    def rule(ground: Ground, g: Any, out: Any, *args: Any, **attrs: Any) -> Any:
        residual = _scaled(ground, out - ground.env.values[label], factor)
        if ground.column(residual).factor(ground.column(g)) is not None:
            raise EngineError("the shortcut holds here")
        return operator(op).vjp(residual, out, *args, **attrs)

    return rule


def logit_mistakes(layout: Layout) -> Iterator[Plan]:
    """The derivative of a sigmoid that the loss, written in logits, has in it already."""
    for name in sorted({each for arg in _arguments(layout) for each in arg.names}):
        definition = layout.program.definitions.get(name)
        if name not in layout.between or not isinstance(definition and definition.value, Apply):
            continue
        for place in layout.places:
            if place.key == (name, ()):
                rule = _times_slope(operator(place.node.op).vjp)
                found = planted(layout, place, "shortcut-counted-twice", rule)
                yield replace(found, fields={"function": SPOKEN["sigmoid"]})


def _arguments(layout: Layout) -> Iterator[Expr]:
    """What stands in an exponential or a softplus in the loss."""
    for place in layout.places:
        if place.node.op in ("exp", "softplus"):
            yield place.node.args[0]


def _times_slope(right: Any) -> Any:
    def rule(g: Any, out: Any, *args: Any, **attrs: Any) -> Any:
        slope = out.apply("sigmoid")
        return right(g * slope * (1 - slope), out, *args, **attrs)

    return rule


def norm_mistakes(layout: Layout) -> Iterator[Plan]:
    """The derivative of a norm where the loss has its square."""
    slug = "norm-for-squared-norm"
    for place in layout.places:
        match place.node:
            case Apply(op="pow", args=(Apply(op="norm"), _)):
                yield planted(layout, place, slug, lambda g, out, x, y: (g, None))
            case Apply(op="sum", args=(Apply(op="pow" | "mul"),)) if not place.node.shape:
                yield planted(layout, place, slug, _rooted)


def _rooted(g: Any, out: Any, x: Any, axis: Any, keepdims: Any) -> Any:
    return (g / (out.apply("sqrt") * 2),)


def other_variables(layout: Layout) -> Iterator[Plan]:
    """The gradient of another quantity than the one asked for."""
    for name in layout.program.shapes:
        if name not in (layout.target.variable, layout.program.loss):
            yield Plan(("wrong-variable",), variable=name)
            if _in_one_layer(layout, name) or _just_after(layout, name):
                yield Plan(("local-input-factor",), variable=name)


def _in_one_layer(layout: Layout, name: str) -> bool:
    """Whether `name` is a parameter of the layer whose parameter is asked for."""
    roles, both = layout.program.roles, {name, layout.target.variable}
    together = any(both <= each.value.names for each in layout.program.statements)
    return together and all(roles.get(each) == "parameter" for each in both)


def _just_after(layout: Layout, name: str) -> bool:
    """Whether `name` is what the parameter that is asked for goes into."""
    target = layout.target.variable
    definition = layout.program.definitions.get(name)
    used = definition is not None and target in definition.value.names
    return used and layout.program.roles.get(target) == "parameter"


def other_entries(layout: Layout) -> Iterator[Plan]:
    """The gradient of another entry, or of all of them, where one entry was asked for."""
    if layout.target.entry is None:
        return
    yield Plan(("wrong-variable",), variable=layout.target.variable)
    row, column = layout.target.entry
    for entry in product(range(1, ENTRIES + 1), repeat=2):
        if entry != (row, column):
            yield Plan(("wrong-variable",), value=_entry(*entry))
    if row != column:
        name = {"operand": layout.target.variable}
        yield Plan(("weight-indices-swapped",), name, value=_entry(column, row))


def _entry(row: int, column: int) -> Callable[[Ground], Batch]:
    """Another entry of the gradient; IndexError where there is none."""

    def value(ground: Ground) -> Batch:
        whole = ground.adjoints[ground.layout.target.variable]
        return Batch(whole.data[:, row - 1, column - 1], (), whole.field)

    return value
