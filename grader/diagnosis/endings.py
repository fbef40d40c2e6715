"""Mistakes at the two ends of a pass: at the loss, and with the finished gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from typing import Any

from engine.expression import Apply, Const, Expr, apply, rebuild, substitute
from engine.numeric import Batch, constant
from engine.reverse import Numbers
from grader.diagnosis.functions import grounded, is_function, planted
from grader.diagnosis.ground import Ground, Layout
from grader.diagnosis.plan import Plan

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


def shortcut_mistakes(layout: Layout) -> Iterator[Plan]:
    """Prediction minus label taken for the gradient before the last activation."""
    label, prediction = layout.label, layout.prediction
    if label is None or prediction is None:
        return
    for place in layout.places:
        if place.key == (prediction, ()) and is_function(place.node):

            def rule(ground: Ground, g: Any, out: Any, x: Any) -> Any:
                return (out - ground.env.values[label],)

            yield grounded(layout, place, "shortcut-for-wrong-pair", rule)


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
            if _in_one_layer(layout, name):
                yield Plan(("local-input-factor",), variable=name)


def _in_one_layer(layout: Layout, name: str) -> bool:
    """Whether `name` is a parameter of the layer whose parameter is asked for."""
    roles, both = layout.program.roles, {name, layout.target.variable}
    together = any(both <= each.value.names for each in layout.program.statements)
    return together and all(roles.get(each) == "parameter" for each in both)


def other_entries(layout: Layout) -> Iterator[Plan]:
    """The gradient of another entry, or of all of them, where one entry was asked for."""
    if layout.target.entry is None:
        return
    yield Plan(("wrong-variable",), variable=layout.target.variable)
    for entry in product(range(1, ENTRIES + 1), repeat=2):
        if entry != layout.target.entry:
            yield Plan(("wrong-variable",), value=_entry(*entry))


def _entry(row: int, column: int) -> Callable[[Ground], Batch]:
    """Another entry of the gradient; IndexError where there is none."""

    def value(ground: Ground) -> Batch:
        whole = ground.adjoints[ground.layout.target.variable]
        return Batch(whole.data[:, row - 1, column - 1], (), whole.field)

    return value


def term_mistakes(layout: Layout, reference: Expr) -> Iterator[Plan]:
    """One term of the finished gradient lost, or with the wrong sign."""
    for formula in _in_formula(layout, reference):
        for wrong, slug in _without_a_term(formula):
            yield Plan((slug,), value=_evaluated(wrong))


def _in_formula(layout: Layout, reference: Expr) -> Iterator[Expr]:
    """The gradient, also with each quantity of the forward pass that it mentions written out."""
    yield reference
    for name in sorted(reference.names & layout.program.definitions.keys()):
        value = layout.program.definitions[name].value
        if isinstance(value, Apply) and value.op in ("add", "sub"):
            yield substitute(reference, {name: value})


def _without_a_term(formula: Expr) -> Iterator[tuple[Expr, str]]:
    """The formula with one change in one of its sums, and what that is."""
    if not isinstance(formula, Apply):
        return
    if formula.op in ("add", "sub") and Const not in map(type, formula.args):
        left, right = formula.args
        for kept in (left, right if formula.op == "add" else -right):
            if kept.shape == formula.shape:
                yield kept, "term-lost"
        other = "sub" if formula.op == "add" else "add"
        yield apply(other, left, right), "sign-of-one-term"
    for position, arg in enumerate(formula.args):
        for wrong, slug in _without_a_term(arg):
            args = (*formula.args[:position], wrong, *formula.args[position + 1 :])
            yield rebuild(formula, args), slug


def _evaluated(wrong: Expr) -> Callable[[Ground], Batch]:
    return lambda ground: ground.env.evaluate(wrong)
