"""Mistakes at products: transposes, order, sums over units, and factors from another place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from engine.expression import Apply, Const, Expr, Var
from engine.numeric import Batch
from engine.operators import operator
from engine.shapes import Shape
from grader.diagnosis.functions import RowRule, grounded, is_function, named, planted
from grader.diagnosis.gates import entries, entry_of
from grader.diagnosis.ground import Ground, Layout, Place, SiteKey
from grader.diagnosis.plan import Plan, Rule

UNITS = 3  # how many units of the next layer are tried as the only one

# How the cotangent of one operand is formed from the upstream g and the other operand o, by what
# is wrong.
# Right is g @ o.T for the left operand and o.T @ g for the right one.
LEFT: tuple[tuple[str, Any], ...] = (
    ("transpose", lambda g, o: g @ o),
    ("transpose", lambda g, o: g.T @ o.T),
    ("transpose", lambda g, o: g.T @ o),
    ("order", lambda g, o: o.T @ g),
    ("order", lambda g, o: o.T @ g.T),
    ("order", lambda g, o: o @ g),
    ("entries", lambda g, o: g * o.T),
    ("entries", lambda g, o: g * o),
    ("axis", lambda g, o: (g * o).sum(axis=0, keepdims=True)),
    ("axis", lambda g, o: (g * o).sum()),
    ("inverse", lambda g, o: g @ o**-1),
    ("inverse", lambda g, o: g @ o.T**-1),
    ("nothing", lambda g, o: g),
)
RIGHT: tuple[tuple[str, Any], ...] = (
    ("transpose", lambda g, o: o @ g),
    ("transpose", lambda g, o: o.T @ g.T),
    ("transpose", lambda g, o: o @ g.T),
    ("order", lambda g, o: g @ o.T),
    ("order", lambda g, o: g.T @ o.T),
    ("order", lambda g, o: g @ o),
    ("entries", lambda g, o: o.T * g),
    ("entries", lambda g, o: o * g),
    ("axis", lambda g, o: (o * g).sum(axis=1, keepdims=True)),
    ("axis", lambda g, o: (o * g).sum()),
    ("inverse", lambda g, o: o**-1 @ g),
    ("inverse", lambda g, o: o.T**-1 @ g),
    ("nothing", lambda g, o: g),
)
SLUGS = {
    "transpose": {
        "parameter": "missing-transpose-weights",
        "data": "missing-transpose-activations",
    },
    "order": {"parameter": "wrong-matmul-order", "data": "wrong-matmul-order"},
    "entries": {"parameter": "elementwise-for-matmul", "data": "elementwise-for-matmul"},
    "axis": {"data": "summed-over-wrong-axis"},
    "inverse": {"parameter": "inverse-for-transpose", "data": "inverse-for-transpose"},
    "nothing": {"parameter": "weights-left-out"},  # of a layer's input: in the operator's row
}


def _one_sided(position: int, form: Any) -> RowRule:
    """A product rule that is only wrong for the operand at `position`."""

    def rule(g: Any, out: Any, x: Any, y: Any) -> tuple[Any, Any]:
        return (form(g, y), x.T @ g) if position == 0 else (g @ y.T, form(g, x))

    return rule


def _matmuls(layout: Layout) -> Iterator[tuple[Place, int, Expr]]:
    """Every matrix product, with the operand the gradient goes to and the one it crosses."""
    for place in layout.places:
        if place.node.op == "matmul":
            for position in place.relevant:
                yield place, position, place.node.args[1 - position]


def matmul_mistakes(layout: Layout) -> Iterator[Plan]:
    """A transpose, the order or the kind of a product wrong, in every way."""
    for place, position, crossed in _matmuls(layout):
        for kind, form in (LEFT, RIGHT)[position]:
            for slug in _slugs(layout, place, position, kind):
                yield planted(layout, place, slug, _one_sided(position, form), named(crossed))


def _slugs(layout: Layout, place: Place, position: int, kind: str) -> Iterator[str]:
    """What a mistake at a product is called: by what is crossed, and by what is differentiated.

    Where both or neither are parameters, either may be what a learner thinks of as the weights.
    """
    holds = layout.holds(place.node.args[1 - position])
    if holds in SLUGS[kind] and not (kind == "entries" and layout.target.entry):
        yield SLUGS[kind][holds]
    receiving = layout.holds(place.node.args[position])
    if kind == "nothing" and receiving == "parameter":
        yield "local-input-factor"
    beside = position == 1 and (holds, receiving) == ("data", "parameter")  # A x looks like W x
    if kind == "transpose" and (beside or holds == receiving != "constant"):
        yield SLUGS[kind]["data" if holds == "parameter" else "parameter"]


def unit_mistakes(layout: Layout) -> Iterator[Plan]:
    """One unit of the next layer taken for all, or the indices of a weight swapped."""
    for place, position, crossed in _matmuls(layout):
        if layout.holds(crossed) != "parameter" or 1 in crossed.shape:
            continue
        for unit in range(UNITS):
            rule = _one_sided(position, _only(unit, position))
            yield planted(layout, place, "next-layer-sum-dropped", rule, named(crossed))
        if all(isinstance(size, int) for size in crossed.shape):  # written out in components
            swapped = _one_sided(position, _swapped(position))
            yield planted(layout, place, "weight-indices-swapped", swapped, named(crossed))


def _only(unit: int, position: int) -> Any:
    """The product with all units of the next layer but one left out."""

    def form(g: Batch, other: Batch) -> Batch:
        kept = np.zeros_like(g.data)
        index = (slice(None), slice(None), unit) if position == 0 else (slice(None), unit)
        kept[index] = g.data[index]  # IndexError: there is no such unit, and no such mistake
        alone = Batch(kept, g.shape, g.field)
        return alone @ other.T if position == 0 else other.T @ alone

    return form


def _swapped(position: int) -> Any:
    """The product with entry (j, i) of the weights in place of (i, j), where there is one."""

    def form(g: Batch, other: Batch) -> Batch:
        rows, columns = other.data.shape[1:]
        size = min(rows, columns)
        turned = np.zeros_like(other.data)
        turned[:, :size, :size] = np.swapaxes(other.data[:, :size, :size], 1, 2)
        swapped = Batch(turned, other.shape, other.field)
        return g @ swapped.T if position == 0 else swapped.T @ g

    return form


def layer_mistakes(layout: Layout) -> Iterator[Plan]:
    """Another quantity of the same shape in place of the factor that the gradient crosses."""
    for place in layout.places:
        if place.node.op not in ("matmul", "mul"):
            continue
        for position in place.relevant:
            crossed = place.node.args[1 - position]
            if not isinstance(crossed, Const) and layout.holds(crossed) != "constant":
                yield from _substitutes(layout, place, position, crossed)


def _substitutes(layout: Layout, place: Place, position: int, crossed: Expr) -> Iterator[Plan]:
    weights = layout.holds(crossed) == "parameter"
    slug = "wrong-layer-weights" if weights else "wrong-layer-activation"
    for name, shape in layout.quantities.items():
        role = layout.program.roles.get(name)
        if name in (layout.program.loss, *_alone(crossed)):
            continue
        if weights and role != "parameter":
            continue
        for turned in (False, True):
            if _takes(place.node, position, shape[::-1] if turned else shape):
                rule = _with(place.node.op, position, name, turned)
                yield grounded(layout, place, slug, rule, named(crossed))


def _alone(crossed: Expr) -> frozenset[str]:
    """The quantity that is crossed, where it is one, turned or not."""
    return frozenset((named(crossed),)) - {""}


def own_output_mistakes(layout: Layout) -> Iterator[Plan]:
    """Where a weight is used at several steps: the output of each step in place of its input."""
    rules: dict[SiteKey, Rule] = {}
    for place, position, crossed in _matmuls(layout):
        used = layout.target.variable == named(place.node.args[position])
        shape = layout.program.shapes[place.statement.name]
        if used and crossed.shape == shape:
            rules[place.key] = _with(place.node.op, position, place.statement.name, False)
    if len(rules) > 1:
        yield Plan(("wrong-layer-activation",), vjp=rules)


def entry_mistakes(layout: Layout) -> Iterator[Plan]:
    """Where one weight is asked for: an entry of another quantity in place of its input."""
    if layout.target.entry is None:
        return
    for place, position, crossed in _matmuls(layout):
        if layout.target.variable != named(place.node.args[position]):
            continue
        for name, shape in layout.quantities.items():
            for entry in entries(shape):
                rule = _with_entry(place.node.op, position, name, entry)
                yield grounded(layout, place, "wrong-layer-activation", rule, named(crossed))


def _with_entry(op: str, position: int, name: str, entry: tuple[int, int]) -> Rule:
    """The right rule with one entry of `name` everywhere in place of the crossed operand."""

    def rule(ground: Ground, g: Any, out: Any, x: Any, y: Any) -> Any:
        number = entry_of(ground.env.values[name], entry)
        x, y = (x, number.filled(y.shape)) if position == 0 else (number.filled(x.shape), y)
        return operator(op).vjp(g, out, x, y)

    return rule


def _takes(node: Apply, position: int, shape: Shape) -> bool:
    """Whether a quantity of `shape` can stand for the operand that the gradient crosses."""
    if node.op != "matmul":
        return shape == node.args[1 - position].shape
    outer = node.shape or (1, 1)
    return len(shape) == 2 and shape[1 - position] == outer[1 - position]


def _with(op: str, position: int, name: str, turned: bool) -> Rule:
    """The right rule with the value of `name` in place of the crossed operand."""

    def rule(ground: Ground, g: Any, out: Any, x: Any, y: Any) -> Any:
        value = ground.env.values[name]
        value = value.T if turned else value
        x, y = (x, value) if position == 0 else (value, y)
        return operator(op).vjp(g, out, x, y)

    return rule


def factor_mistakes(layout: Layout) -> Iterator[Plan]:
    """The other factor of an entry-by-entry product wrong, in whole or in part."""
    for place in layout.places:
        for position in place.relevant if place.node.op == "mul" else ():
            other = place.node.args[1 - position]
            if isinstance(other, Const):
                continue
            slug = _factor_slug(layout, other)
            yield planted(layout, place, slug, _left_out(position), named(other))
            for wrong in _parts(other):
                yield grounded(layout, place, slug, _replaced(position, wrong), named(other))
            if layout.holds(other) == "constant":
                yield planted(layout, place, "scale-at-wrong-node", _twice(position), named(other))
            yield from _as_if_varying(layout, place, position, other)


def divisor_mistakes(layout: Layout) -> Iterator[Plan]:
    """A constant divisor left out on the way back, multiplied by, or used twice."""
    right = operator("div").vjp
    for place in layout.places:
        if place.node.op == "div" and place.relevant == (0,):
            slug = _factor_slug(layout, place.node.args[1])
            name = named(place.node.args[1])
            yield planted(layout, place, slug, lambda g, out, x, y: (g, None), name)
            yield planted(layout, place, slug, lambda g, out, x, y: (g * y, None), name)
            twice = "scale-at-wrong-node"
            yield planted(layout, place, twice, lambda g, out, x, y: right(g / y, out, x, y), name)


def _parts(factor: Expr) -> Iterator[Expr]:
    """What is left of a product or quotient when one of its two parts is lost."""
    match factor:
        case Apply(op="mul", args=(one, two)):
            yield from (one, two)
        case Apply(op="div", args=(over, under)):
            yield from (over, 1 / under, over * under)


def _replaced(position: int, wrong: Expr) -> Rule:
    """The right rule with `wrong` in place of the factor that the gradient crosses."""

    def rule(ground: Ground, g: Any, out: Any, x: Any, y: Any) -> Any:
        crossed = g * ground.value(wrong)
        return (crossed, g * x) if position == 0 else (g * y, crossed)

    return rule


def _twice(position: int) -> RowRule:
    return lambda g, out, x, y: (g * y * y, g * x) if position == 0 else (g * y, g * x * x)


def _factor_slug(layout: Layout, other: Expr) -> str:
    masks = {s.name for s in layout.program.symbols if s.domain == "mask"}
    if other.names & masks:
        return "dropout-mask-missing"
    if _is_number_of_examples(layout, other):
        return "missing-batch-mean"
    scale = layout.holds(other) == "constant" and not other.shape
    return "scale-at-wrong-node" if scale else "local-input-factor"


def _is_number_of_examples(layout: Layout, factor: Expr) -> bool:
    """Whether a factor or divisor is a dimension, or one over it, up to a number."""
    match factor:
        case Apply(op="div" | "mul", args=(one, two)):
            parts = [each for each in (one, two) if not isinstance(each, Const)]
            return len(parts) == 1 and _is_number_of_examples(layout, parts[0])
        case Var(name=name):
            return name in layout.program.dimensions
    return False


def _left_out(position: int) -> RowRule:
    return lambda g, out, x, y: (g, g * x) if position == 0 else (g * y, g)


def _as_if_varying(layout: Layout, place: Place, position: int, other: Expr) -> Iterator[Plan]:
    """A constant power x^k taken as its derivative, k x^(k-1), or as x^(k-1)."""
    match other:
        case Apply(op="pow", args=(base, Const(value=k))):
            pass
        case _:
            return
    for factor in (k, 1):

        def rule(ground: Ground, g: Any, out: Any, x: Any, y: Any, factor: Any = factor) -> Any:
            value = ground.value(base)
            lowered = g * value ** (k - 1) * factor
            return (lowered, g * x) if position == 0 else (g * y, lowered)

        yield grounded(layout, place, "wrong-variable", rule)


def entry_product_mistakes(layout: Layout) -> Iterator[Plan]:
    """A matrix product where a derivative multiplies entry by entry; the upstream turned."""
    for place in layout.places:
        if is_function(place.node) and place.node.shape:
            slug = "matmul-for-elementwise"
            right = operator(place.node.op).vjp
            yield planted(layout, place, slug, _before(right))
            yield planted(layout, place, slug, _after(right))
            yield planted(layout, place, slug, _all_products(right))
            yield planted(layout, place, "transposed-result", _turned(right))


def _local(right: RowRule, out: Any, x: Any) -> Any:
    """The derivative itself: the rule on ones."""
    return right(x.nullary("ones", shape=x.shape), out, x)[0]


def _before(right: RowRule) -> RowRule:
    return lambda g, out, x: (g @ _local(right, out, x),)


def _after(right: RowRule) -> RowRule:
    return lambda g, out, x: (_local(right, out, x) @ g,)


def _turned(right: RowRule) -> RowRule:
    return lambda g, out, x: (g.T * _local(right, out, x),)


class _Matrices(Batch):
    """Numbers for which every product of two matrices is a matrix product."""

    def apply(self, operator: str, *others: Batch, **attrs: Any) -> _Matrices:
        matrices = operator == "mul" and self.shape and others[0].shape
        result = super().apply("matmul" if matrices else operator, *others, **attrs)
        return _Matrices(result.data, result.shape, result.field)


def _all_products(right: RowRule) -> RowRule:
    """The right rule with all its entry-by-entry products read as matrix products."""

    def rule(g: Batch, out: Batch, x: Batch) -> tuple[Any, ...]:
        (result,) = right(*(_Matrices(each.data, each.shape, each.field) for each in (g, out, x)))
        return (Batch(result.data, result.shape, result.field),)

    return rule
