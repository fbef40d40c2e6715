"""Mistakes at one operator: its row's wrong rules, and what is done wrong at any function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any, TypeAlias

from engine.expression import Apply, Expr, Var, walk
from engine.operators import TABLE, operator
from engine.operators.row import Operator, WrongVJP
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
HALF_REMEMBERED: dict[str, tuple[RowRule, ...]] = {
    "sigmoid": (
        lambda g, out, x: (g * out * (1 + out),),
        lambda g, out, x: (g * out**2,),
        lambda g, out, x: (g * (1 - out) ** 2,),
    ),
    "tanh": (
        lambda g, out, x: (g * (1 + out**2),),
        lambda g, out, x: (g * (1 + out),),
        lambda g, out, x: (g * (1 - out) ** 2,),
        lambda g, out, x: (g * out**2,),
    ),
    "exp": (lambda g, out, x: (g * x * (x - x.constant(1)).apply("exp"),),),  # as of a power
}
# Wrong rules of a row that have a second name: a logarithm that is skipped loses its 1/x.
ALSO = {(op, "activation-derivative-skipped"): ("log-exp-division-rule",) for op in ("log", "exp")}
# What sentences call a node that is no plain function.
SPOKEN = {
    "relu": "ReLU",
    "sigmoid": "the sigmoid",
    "softmax": "the softmax",
    "log": "the logarithm",
    "exp": "the exponential",
    "maximum": "the maximum",
    "max": "the maximum",
    "add": "the sum",
    "sub": "the difference",
    "neg": "the minus sign",
    "mul": "the product",
    "div": "the quotient",
    "pow": "the power",
    "sqrt": "the square root",
    "abs": "the absolute value",
    "norm": "the norm",
    "matmul": "the matrix product",
    "sum": "the sum",
    "mean": "the mean",
}
OWN_SLUG = {
    "sigmoid": "sigmoid-derivative",
    "tanh": "tanh-derivative",
    "exp": "log-exp-division-rule",
}


def row_mistakes(layout: Layout) -> Iterator[Plan]:
    """Every wrong rule of a row, at every node where it applies."""
    for place in layout.places:
        for number, wrong in enumerate(operator(place.node.op).wrong):
            crossed = _crossed(layout, place, number, wrong)
            if crossed is not None:
                for slug in (wrong.slug, *ALSO.get((place.node.op, wrong.slug), ())):
                    yield planted(layout, place, slug, wrong.rule, operand=crossed)


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
    if layout.regularises(place.statement, place.node):
        slug = "regulariser-wrong"
    fields = {"function": SPOKEN.get(place.node.op, place.node.op), "operand": operand}
    known = {name: text for name, text in fields.items() if text}
    return Plan((slug,), known, vjp={place.key: rule})


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
            if layout.label is not None and place.key == (layout.prediction, ()):
                yield from _shortcut_and_half(layout, place)


def _shortcut_and_half(layout: Layout, place: Place) -> Iterator[Plan]:
    """The derivative of the last activation once more on top of the residual, by half of it."""
    op = place.node.op
    if op in ACTIVATIONS and op in OWN_SLUG:
        right, slug = operator(op).vjp, "shortcut-counted-twice"
        yield planted(layout, place, slug, lambda g, out, x: (right(g, out, x)[0] * out,))
        yield planted(layout, place, slug, lambda g, out, x: (right(g, out, x)[0] * (1 - out),))


def _rules_at_any_function(op: str) -> Iterator[tuple[str, RowRule]]:
    right = operator(op).vjp
    if op in ACTIVATIONS:
        yield from _rules_of_others(op)
    for rule in HALF_REMEMBERED.get(op, ()):
        yield OWN_SLUG[op], rule
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
    """The derivative of an outer function at what went into the inner one, or came out of it."""
    (argument,), op = place.node.args, place.node.op
    slug = "outer-derivative-at-wrong-point"
    within = tuple(_functions_within(layout, argument))
    inner = {each.args[0] for each in within} | {each for each in within if each != argument}
    for earlier in sorted(inner, key=repr):
        if earlier.shape == argument.shape:
            yield grounded(layout, place, slug, _at(operator(op), earlier))


def _functions_within(layout: Layout, argument: Expr) -> Iterator[Apply]:
    """The functions that an argument is made of, itself or by an affine map."""
    parts = tuple(walk(_written_out(layout, argument)))
    for part in (*parts, *(_written_out(layout, each) for each in parts)):
        if isinstance(part, Apply) and is_function(part):
            yield part


def _written_out(layout: Layout, expr: Expr) -> Expr:
    """The definition of a quantity; any other expression as it is."""
    found = layout.program.definitions.get(expr.name) if isinstance(expr, Var) else None
    return expr if found is None else found.value


def _at(row: Operator, earlier: Expr) -> Rule:
    """The right rule of a function, at another point."""

    def rule(ground: Ground, g: Any, out: Any, x: Any) -> Any:
        point = ground.value(earlier)
        return row.vjp(g, point.apply(row.name), point)

    return rule


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
