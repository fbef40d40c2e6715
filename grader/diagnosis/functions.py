"""Mistakes at one operator: its row's wrong rules, and what is done wrong at any function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any, TypeAlias

from engine.expression import Apply, Expr, Var
from engine.operators import TABLE, operator
from engine.operators.row import WrongVJP
from grader.diagnosis.ground import Ground, Layout, Place
from grader.diagnosis.plan import Plan, Rule

RowRule: TypeAlias = Callable[..., tuple[Any, ...]]

# The derivative of an activation, from the output that is at hand or from the activation's own.
RULE_OF_ANOTHER: tuple[tuple[str, RowRule], ...] = (
    ("sigmoid", lambda g, out, x: (g * out * (1 - out),)),
    ("sigmoid", lambda g, out, x: operator("sigmoid").vjp(g, x.apply("sigmoid"), x)),
    ("tanh", lambda g, out, x: (g * (1 - out**2),)),
    ("tanh", lambda g, out, x: operator("tanh").vjp(g, x.apply("tanh"), x)),
    ("relu", lambda g, out, x: (g * x.apply("greater", x.constant(0)),)),
)
ACTIVATIONS = frozenset(("sigmoid", "tanh", "relu", "softplus", "sin", "cos"))
SIGN_WITHIN: dict[str, RowRule] = {
    "sigmoid": lambda g, out, x: (g * out * (1 + out),),
    "tanh": lambda g, out, x: (g * (1 + out**2),),
}
AT_A_REGULARISER = frozenset(("factor-two", "power-rule", "scale-at-wrong-node"))
OWN_SLUG = {"sigmoid": "sigmoid-derivative", "tanh": "tanh-derivative"}


def row_mistakes(layout: Layout) -> Iterator[Plan]:
    """Every wrong rule of a row, at every node where it applies."""
    for place in layout.places:
        for number, wrong in enumerate(operator(place.node.op).wrong):
            crossed = _crossed(layout, place, number, wrong)
            if crossed is not None:
                yield planted(layout, place, wrong.slug, wrong.rule, operand=crossed)


def _crossed(layout: Layout, place: Place, number: int, wrong: WrongVJP) -> str | None:
    """What the gradient crosses there; None where the wrong rule does not apply."""
    if not wrong.across:
        return ""
    for position in wrong_positions(place.node.op, number):
        other = place.node.args[1 - position]
        if position in place.relevant and layout.holds(other) == wrong.across:
            return named(other)
    return None


@cache
def wrong_positions(op: str, number: int) -> tuple[int, ...]:
    """The operands for which a wrong rule of a product's row differs from the right one."""
    row = TABLE[op]
    g, out, x, y = (Var(name, ("s", "s")) for name in "goxy")
    right, wrong = row.vjp(g, out, x, y), row.wrong[number].rule(g, out, x, y)
    return tuple(i for i, (a, b) in enumerate(zip(right, wrong, strict=True)) if a != b)


def named(expr: Expr) -> str:
    """The name of a quantity or of its transpose; empty for anything else."""
    match expr:
        case Var(name=name):
            return name
        case Apply(op="transpose", args=(Var(name=name),)):
            return name
    return ""


def planted(layout: Layout, place: Place, slug: str, rule: RowRule, operand: str = "") -> Plan:
    """The pass in which `rule`, a row's, stands at `place` for the right one."""
    return grounded(layout, place, slug, lambda ground, *a, **k: rule(*a, **k), operand)


def grounded(layout: Layout, place: Place, slug: str, rule: Rule, operand: str = "") -> Plan:
    """The pass in which `rule` stands at `place` for the right one."""
    if _regulariser(layout, place) and slug in AT_A_REGULARISER:
        slug = "regulariser-wrong"
    fields = {"function": place.node.op, "operand": operand}
    known = {name: text for name, text in fields.items() if text}
    return Plan((slug,), known, vjp={place.key: rule})


def _regulariser(layout: Layout, place: Place) -> bool:
    compared = layout.label is not None and not place.statement.value.shape
    return compared and layout.holds(place.node) == "parameter"


def is_function(node: Apply) -> bool:
    """Whether `node` is a function of one variable, applied entry by entry."""
    row = operator(node.op)
    return row.elementwise and row.arity == 1 and row.notation.kind == "call"


def function_mistakes(layout: Layout) -> Iterator[Plan]:
    """What is done wrong at any function: another's derivative, twice, elsewhere, as a product."""
    for place in layout.places:
        if is_function(place.node):
            op = place.node.op
            for slug, rule in _rules_at_any_function(op):
                yield planted(layout, place, slug, rule)
            yield from _at_an_earlier_point(layout, place)


def _rules_at_any_function(op: str) -> Iterator[tuple[str, RowRule]]:
    right = operator(op).vjp
    if op in ACTIVATIONS:
        yield from _rules_of_others(op)
    if op in SIGN_WITHIN:
        yield OWN_SLUG[op], SIGN_WITHIN[op]
    if op in ACTIVATIONS and op != "relu":
        yield OWN_SLUG.get(op, "activation-derivative"), lambda g, out, x: (g * out,)
    yield "shortcut-counted-twice", lambda g, out, x: right(right(g, out, x)[0], out, x)
    yield "derivative-read-as-product", lambda g, out, x: (right(g, out, x)[0] * x,)
    yield "derivative-at-activated-value", lambda g, out, x: right(g, out.apply(op), out)


def _rules_of_others(op: str) -> Iterator[tuple[str, RowRule]]:
    slug = OWN_SLUG.get(op, "activation-derivative")
    for name, rule in RULE_OF_ANOTHER:
        if name != op:
            yield slug, rule
            if name in OWN_SLUG and OWN_SLUG[name] != slug:
                yield OWN_SLUG[name], rule


def softmax_mistakes(layout: Layout) -> Iterator[Plan]:
    """The derivative of a softmax once more on top of the residual, in full or by its diagonal."""
    right = operator("softmax").vjp

    def diagonal(g: Any, out: Any, x: Any, axis: int | None = None) -> tuple[Any, ...]:
        return (right(g, out, x, axis)[0] * out * (1 - out),)

    def in_full(g: Any, out: Any, x: Any, axis: int | None = None) -> tuple[Any, ...]:
        return right(right(g, out, x, axis)[0], out, x, axis)

    for place in layout.places:
        if place.node.op == "softmax":
            yield planted(layout, place, "shortcut-counted-twice", diagonal)
            yield planted(layout, place, "shortcut-counted-twice", in_full)


def _at_an_earlier_point(layout: Layout, place: Place) -> Iterator[Plan]:
    """The derivative of an outer function at what went into the inner one."""
    (argument,) = place.node.args
    if isinstance(argument, Var) and argument.name in layout.program.definitions:
        argument = layout.program.definitions[argument.name].value
    if not (isinstance(argument, Apply) and is_function(argument)):
        return
    (earlier,), op = argument.args, place.node.op

    def rule(ground: Ground, g: Any, out: Any, x: Any) -> Any:
        point = ground.env.evaluate(earlier)
        return operator(op).vjp(g, point.apply(op), point)

    yield grounded(layout, place, "outer-derivative-at-wrong-point", rule)


def upstream_mistakes(layout: Layout) -> Iterator[Plan]:
    """A chain that begins at a quantity in the middle, as if it were the loss."""
    for place in layout.places:
        if not place.path and place.statement.name != layout.program.loss:
            rule = _from_here(operator(place.node.op).vjp)
            found = planted(layout, place, "upstream-left-out", rule)
            yield replace(found, fields={"operand": place.statement.name})


def _from_here(right: RowRule) -> RowRule:
    def rule(g: Any, out: Any, *args: Any, **attrs: Any) -> tuple[Any, ...]:
        one = out.nullary("ones", shape=out.shape) if out.shape else out.constant(1)
        return right(one, out, *args, **attrs)

    return rule


def mask_mistakes(layout: Layout) -> Iterator[Plan]:
    """An indicator that is always 1, or that looks at another quantity."""
    for place in layout.places:
        if place.node.op == "relu":
            yield planted(layout, place, "mask-always-true", _always_true)
            for name, shape in layout.program.shapes.items():
                if name != place.statement.name and name not in place.node.names and shape:
                    yield from _masked_by(layout, place, name)


def _always_true(g: Any, out: Any, x: Any) -> tuple[Any]:
    return (g * out.apply("greater_equal", out.constant(0)),)


def _masked_by(layout: Layout, place: Place, name: str) -> Iterator[Plan]:
    """The indicator on `name`: at the node, or on the finished gradient, as shapes allow."""
    slug, shapes = "indicator-on-wrong-quantity", layout.program.shapes

    def mask(ground: Ground) -> Any:
        values = ground.env.values[name]
        return values.apply("greater", values.constant(0))

    def at_node(ground: Ground, g: Any, out: Any, x: Any) -> Any:
        return (g * mask(ground),)

    if shapes[name] == place.node.shape:
        yield grounded(layout, place, slug, at_node)
    if shapes[name] == shapes[layout.target.variable]:
        skipped = planted(layout, place, slug, lambda g, out, x: (g,))
        yield replace(skipped, final=lambda ground, value: value * mask(ground))
