"""Mistakes in writing a gradient down: one thing changed in the finished formula.

A mistaken pass shows in all that follows it.  A slip of the pen at the end does not, and where the
shapes of a mistaken pass do not fit, a formula with the same slip still has a value in the square
world.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations
from typing import TypeAlias

from engine.errors import EngineError
from engine.expression import Apply, Const, Expr, Var, apply, const, rebuild, substitute, transform
from engine.numeric import Batch
from grader.diagnosis.ground import Ground, Layout
from grader.diagnosis.plan import Plan

Made: TypeAlias = tuple[str, Callable[[], Expr]]
"""What a change is called, and what it makes of a node; EngineError where the shapes do not fit."""
Change: TypeAlias = Callable[[Layout, Apply], Iterator[Made]]

TRANSPOSE_LOST = {
    "parameter": "missing-transpose-weights",
    "data": "missing-transpose-activations",
    "constant": "missing-transpose-activations",
}


def formula_mistakes(layout: Layout, reference: Expr) -> Iterator[Plan]:
    """The right gradient with one thing changed, or one kind of thing wherever it stands."""
    for formula in _spellings(layout, reference):
        for slug, wrong in dict.fromkeys(_changed(layout, formula)):
            yield Plan((slug,), value=partial(_value, wrong))
    yield from _without_transposes(layout, reference)
    yield from _along_the_other_axis(reference)
    yield from _exchanged_weights(layout, reference)
    if layout.label is not None and layout.label in reference.names:
        ones = const(1).filled(layout.program.shapes[layout.label])
        wrong = substitute(reference, {layout.label: ones})
        yield Plan(("label-and-prediction-swapped",), value=partial(_value, wrong))


def _spellings(layout: Layout, reference: Expr) -> Iterator[Expr]:
    """The gradient, also with each quantity of the forward pass that it mentions written out."""
    yield reference
    for name in sorted(reference.names & layout.program.definitions.keys()):
        value = layout.program.definitions[name].value
        if isinstance(value, Apply) and value.op in ("add", "sub"):
            yield substitute(reference, {name: value})


def _changed(layout: Layout, formula: Expr) -> Iterator[tuple[str, Expr]]:
    """The formula with one change in it, and what that is called."""
    if not isinstance(formula, Apply):
        return
    for change in CHANGES.get(formula.op, ()):
        for slug, make in change(layout, formula):
            yield from _fitting(slug, make)
    for position, arg in enumerate(formula.args):
        for slug, wrong in _changed(layout, arg):
            args = (*formula.args[:position], wrong, *formula.args[position + 1 :])
            yield from _fitting(slug, partial(rebuild, formula, args))


def _fitting(slug: str, make: Callable[[], Expr]) -> Iterator[tuple[str, Expr]]:
    try:
        yield slug, make()
    except EngineError:
        return


# what is changed at one node


def _term(layout: Layout, node: Apply) -> Iterator[Made]:
    """One term of a sum or difference lost, or with the other sign."""
    left, right = node.args
    if Const in map(type, node.args):
        return
    for kept in (left, right if node.op == "add" else -right):
        if kept.shape == node.shape:
            yield "term-lost", partial(_same, kept)
    other = "sub" if node.op == "add" else "add"
    for slug in ("sign-of-one-term", "sign-flip"):
        yield slug, partial(apply, other, left, right)


def _transpose(layout: Layout, node: Apply) -> Iterator[Made]:
    (inner,) = node.args
    yield TRANSPOSE_LOST[layout.holds(inner)], partial(_same, inner)


def _product(layout: Layout, node: Apply) -> Iterator[Made]:
    """A matrix product with its factors in the other order, entry by entry, or one turned."""
    left, right = node.args
    yield "wrong-matmul-order", partial(apply, "matmul", right, left)
    yield "elementwise-for-matmul", partial(apply, "mul", left, right)
    if isinstance(left, Var):
        yield TRANSPOSE_LOST[layout.holds(left)], partial(apply, "matmul", left.T, right)
    if isinstance(right, Var):
        yield TRANSPOSE_LOST[layout.holds(right)], partial(apply, "matmul", left, right.T)


def _entry_product(layout: Layout, node: Apply) -> Iterator[Made]:
    left, right = node.args
    if left.shape and right.shape:
        yield "matmul-for-elementwise", partial(apply, "matmul", left, right)
        yield "matmul-for-elementwise", partial(apply, "matmul", right, left)


def _reduction(layout: Layout, node: Apply) -> Iterator[Made]:
    """A sum or mean along the other axis, or over everything."""
    (inner,), axis = node.args, node.keywords["axis"]
    if axis is None or len(inner.shape) != 2:
        return
    slug, keepdims = "summed-over-wrong-axis", node.keywords["keepdims"]
    other = partial(apply, node.op, inner, axis=1 - axis % 2, keepdims=keepdims)
    yield slug, other
    yield slug, partial(apply, node.op, inner, axis=None, keepdims=False)


def _power(layout: Layout, node: Apply) -> Iterator[Made]:
    """A constant power taken for its derivative."""
    base, exponent = node.args
    given = isinstance(base, Var) and base.name not in layout.program.definitions
    if given and isinstance(exponent, Const) and exponent.value > 1:
        lowered = base if exponent.value == 2 else base ** (exponent.value - 1)
        yield "wrong-variable", partial(apply, "mul", exponent, lowered)
        yield "wrong-variable", partial(_same, lowered)


def _same(expr: Expr) -> Expr:
    return expr


CHANGES: dict[str, tuple[Change, ...]] = {
    "add": (_term,),
    "sub": (_term,),
    "transpose": (_transpose,),
    "matmul": (_product,),
    "mul": (_entry_product,),
    "sum": (_reduction,),
    "mean": (_reduction,),
    "pow": (_power,),
}


# what is changed everywhere


def _without_transposes(layout: Layout, reference: Expr) -> Iterator[Plan]:
    """All transposes lost: those of weights, or of everything else, or both."""
    for kinds in (("parameter",), ("data", "constant"), ("parameter", "data", "constant")):
        slugs = tuple(dict.fromkeys(TRANSPOSE_LOST[kind] for kind in kinds))
        for _, wrong in _fitting("", partial(_bare, layout, reference, kinds)):
            if wrong != reference:
                yield Plan(slugs, value=partial(_value, wrong))


def _bare(layout: Layout, formula: Expr, kinds: tuple[str, ...]) -> Expr:
    """The formula without the transposes of what holds one of `kinds`."""

    def lost(node: Expr) -> Expr:
        match node:
            case Apply(op="transpose", args=(inner,)) if layout.holds(inner) in kinds:
                return inner
        return node

    return transform(formula, lost)


def _value(formula: Expr, ground: Ground) -> Batch:
    return ground.env.evaluate(formula)


def _exchanged_weights(layout: Layout, reference: Expr) -> Iterator[Plan]:
    """Two weights of one shape, each in the place of the other."""
    shapes, roles = layout.program.shapes, layout.program.roles
    weights = sorted(name for name in reference.names if roles.get(name) == "parameter")
    for one, two in combinations(weights, 2):
        if shapes[one] == shapes[two] != ():
            each = {one: Var(two, shapes[two]), two: Var(one, shapes[one])}
            wrong = substitute(reference, each)
            yield Plan(("wrong-layer-weights",), value=partial(_value, wrong))


def _along_the_other_axis(reference: Expr) -> Iterator[Plan]:
    """All sums and means taken along the other axis."""

    def turned(node: Expr) -> Expr:
        match node:
            case Apply(op="sum" | "mean", args=(inner,)) if node.keywords["axis"] is not None:
                axis = 1 - node.keywords["axis"] % 2
                return apply(node.op, inner, axis=axis, keepdims=node.keywords["keepdims"])
        return node

    for slug, wrong in _fitting("summed-over-wrong-axis", partial(transform, reference, turned)):
        if wrong != reference:
            yield Plan((slug,), value=partial(_value, wrong))
