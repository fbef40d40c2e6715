"""Formulas as a person would write them: collected, cancelled, factored where that is shorter.

`simplify` works from the leaves up.  Identities between operators are rows of `engine.rewrite`;
what holds for sums and products is here: like terms, powers, common factors, and multiplying out
where that makes the formula shorter (`-(y/a) a (1 - a) + (1 - y) a` is `a - y`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache

from engine.expression import Apply, Const, Expr, apply, const, rebuild
from engine.rewrite import rewritten
from engine.shapes import common, stretched
from engine.terms import (
    UNIT,
    Term,
    as_term,
    as_terms,
    averaged_size,
    collected,
    expanded,
    filled,
    is_sum,
    total,
    without_ones,
)

EXPANSION_LIMIT = 64
REDUCTIONS = frozenset(("sum", "mean"))
RING = frozenset(("add", "sub", "neg", "mul", "div", "pow"))


@lru_cache(maxsize=4096)
def simplify(expr: Expr) -> Expr:
    """An expression of the same shape that is equal as a function and reads better."""
    if not isinstance(expr, Apply):
        return expr
    node = rebuild(expr, tuple(simplify(arg) for arg in expr.args))
    if not isinstance(node, Apply):
        return node
    better = _ring(node) if node.op in RING else _linear(node)
    return filled(better, expr.shape)


def _ring(node: Apply) -> Expr:
    """A sum or a product, tidied."""
    again = rewritten(node)
    if again is not node:
        return simplify(again)
    return _sum(as_terms(node)) if is_sum(node) else _product(as_term(node))


def _product(term: Term) -> Expr:
    """The shortest of the product itself and what cancelling into its sums gives."""
    term = _absorbed(_without_ones(term))
    turned = (each.expr() for each in _turned(term))
    return min([*turned, term.expr(), *_distributed(term)], key=_cost)


def _without_ones(term: Term) -> Term:
    """`term` without the matrices of ones that its other factors make superfluous."""
    rest = without_ones(term)
    return rest if rest.shape == term.shape else term


def _absorbed(term: Term) -> Term:
    """`term` without indicators that a rectified factor makes superfluous: relu(x) 1{x > 0}."""
    rectified = {each.args[0] for each, power in term.powers if _is(each, "relu") and power > 0}
    masks = {apply("greater", each, const(0)) for each in rectified}
    kept = tuple(each for each in term.powers if each[0] not in masks)
    return Term(term.coefficient, kept) if masks else term


def _is(expr: Expr, op: str) -> bool:
    return isinstance(expr, Apply) and expr.op == op


def _unfilled(terms: list[Term]) -> list[Term]:
    """The summands without the ones that stretch them, where another one has the whole shape."""
    bare = [without_ones(term) for term in terms]
    whole = stretched(*(term.shape for term in terms))
    return collected(bare) if any(term.shape == whole for term in bare) else terms


def _turned(term: Term) -> Iterator[Term]:
    """The product without its minus sign, a difference turned round: X (a - y) for -X (y - a)."""
    for position, (base, exponent) in enumerate(term.powers if term.coefficient < 0 else ()):
        turns = exponent == 1 and not _is_slope(base, term)
        around = _turned_round(base) if turns else None
        if around is not None:
            powers = (*term.powers[:position], (around, 1), *term.powers[position + 1 :])
            yield Term(-term.coefficient, powers)
            return


def _is_slope(base: Expr, term: Term) -> bool:
    """Whether a factor makes the slope of an activation: 1 - a beside a, or 1 - a^2."""
    match base:
        case Apply(op="sub", args=(Const(), Apply(op="pow"))):
            return True
        case Apply(op="sub", args=(Const(), inside)):
            return any(other == inside for other, _ in term.powers)
    return False


def _turned_round(expr: Expr) -> Expr | None:
    """-`expr`, where that is a difference, or linear in one."""
    if is_sum(expr):
        terms = as_terms(expr)
        negative = any(term.coefficient < 0 for term in terms)
        return total([Term(-each.coefficient, each.powers) for each in terms]) if negative else None
    if not isinstance(expr, Apply):
        return None
    if expr.op == "mul":
        negated = Term(Fraction(-1)).times(as_term(expr))
        return next((term.expr() for term in _turned(negated)), None)
    for position in LINEAR.get(expr.op, ()):
        around = _turned_round(expr.args[position])
        if around is not None:
            return rebuild(expr, (*expr.args[:position], around, *expr.args[position + 1 :]))
    return None


def _distributed(term: Term) -> Iterator[Expr]:
    """The product with one of its sums opened, where a division in that sum can cancel."""
    for position, (base, exponent) in enumerate(term.powers):
        if exponent != 1 or not is_sum(base):
            continue
        rest = Term(term.coefficient, term.powers[:position] + term.powers[position + 1 :])
        inside = as_terms(base)
        if _cancels(inside, rest):
            yield _sum(collected(rest.times(each) for each in inside))


def _cancels(inside: list[Term], rest: Term) -> bool:
    below = {base for term in inside for base, exponent in term.powers if exponent < 0}
    above = {base for base, exponent in rest.powers if exponent > 0}
    return not below.isdisjoint(above)


def _sum(terms: list[Term]) -> Expr:
    """The shortest of the collected sum, its factored form and its multiplied-out form."""
    terms = _unfilled(terms)
    if not terms:
        return const(0)
    if len(terms) == 1:
        return _product(terms[0])
    forms = [total(_begun_positive(terms)), *_factored(terms), *_multiplied_out(terms)]
    return min(forms, key=_cost)


def _begun_positive(terms: list[Term]) -> list[Term]:
    """Negative terms alone, with the first difference among them turned round."""
    if any(term.coefficient > 0 for term in terms):
        return terms
    for position, term in enumerate(terms):
        for turned in _turned(term):
            return [turned, *terms[:position], *terms[position + 1 :]]
    return terms


def _factored(terms: list[Term]) -> Iterator[Expr]:
    """The sum with the powers common to all its terms in front."""
    shared = [
        (base, min(exponents, key=abs))
        for base, first in terms[0].powers
        if (exponents := [_exponent(term, base) for term in terms])
        and (min(exponents) > 0 or max(exponents) == min(exponents) < 0 or _averages(base, terms))
    ]
    coefficient = _common_coefficient(terms)
    if not shared and abs(coefficient) == 1:
        return
    common_term = Term(coefficient, tuple(shared))
    inner = [common_term.power(-1).times(term) for term in terms]
    inside = _sum(collected(inner))
    yield Term(coefficient, (*shared,)).times(as_term(inside)).expr()


def _averages(size: Expr, terms: list[Term]) -> bool:
    """Whether all terms are divided by a size, along which one of them is a sum."""
    sums = (base for term in terms for base, _ in term.powers if isinstance(base, Apply))
    summed = any(each.op == "sum" and averaged_size(each) == size for each in sums)
    return summed and all(_exponent(term, size) < 0 for term in terms)


def _exponent(term: Term, base: Expr) -> int:
    return next((exponent for known, exponent in term.powers if known == base), 0)


def _common_coefficient(terms: list[Term]) -> Fraction:
    """The coefficient that all terms share in size, or 1."""
    sizes = {abs(term.coefficient) for term in terms}
    sign = -1 if all(term.coefficient < 0 for term in terms) else 1
    return sizes.pop() * sign if len(sizes) == 1 else Fraction(sign)


def _multiplied_out(terms: list[Term]) -> Iterator[Expr]:
    """The sum with every product of sums multiplied out, positive terms first."""
    if not any(is_sum(base) for term in terms for base, _ in term.powers):
        return
    opened = [expanded(term, EXPANSION_LIMIT) for term in terms]
    if any(each is None for each in opened):
        return
    flat = collected(term for each in opened for term in each or [])
    yield total(sorted(flat, key=lambda term: term.coefficient < 0))


def _cost(expr: Expr) -> int:
    return expr.nodes


def _linear(node: Apply) -> Expr:
    """Any other operator: identities, then scalars pulled out of linear operators."""
    again = rewritten(node)
    if again is not node:
        return simplify(again)
    shorter = SHORTER[node.op](node) if node.op in SHORTER else None
    if shorter is not None and _cost(shorter) < _cost(node):
        return shorter
    positions = LINEAR.get(node.op, ())
    if not positions:
        return node
    outside, args = Term(UNIT), list(node.args)
    for position in positions:
        scalars, rest = _split(args[position], node)
        outside, args[position] = outside.times(scalars), rest
    if args == list(node.args):
        return node
    return _product(outside.times(as_term(simplify(rebuild(node, tuple(args))))))


def _constants_out(node: Apply) -> Expr | None:
    """sum(x + c) = sum(x) + size c, for c that is the same along the axis; None elsewhere."""
    axis, (inside,) = node.keywords["axis"], node.args
    size = averaged_size(node)
    if size is None or not is_sum(inside):
        return None
    terms = as_terms(inside)
    same = [each for each in terms if not each.shape or each.shape[axis] == 1]
    rest = total([each for each in terms if each not in same])
    if not same or rest.shape != inside.shape:
        return None
    outside = [each.times(Term(UNIT, ((size, 1),))) for each in same]
    return _sum(collected([as_term(simplify(rebuild(node, (rest,)))), *outside]))


def _ones_out(node: Apply) -> Expr | None:
    """(g 1ᵀ) y = g (1ᵀ y): what has equal columns meets the sums of the other's; None elsewhere."""
    left, right = node.args
    column, row = _unstretched(left), _unstretched(right)
    if column is not None and column.shape == (left.shape[0], 1):
        return simplify(column @ right.sum(axis=0, keepdims=True))
    if row is not None and row.shape == (1, right.shape[1]):
        return simplify(left.sum(axis=1, keepdims=True) @ row)
    return None


def _unstretched(expr: Expr) -> Expr | None:
    """A product without its matrices of ones; None where it has none, or nothing else."""
    term = as_term(expr)
    bare = without_ones(term)
    return bare.expr() if bare.powers and len(bare.powers) < len(term.powers) else None


def _split(arg: Expr, node: Apply) -> tuple[Term, Expr]:
    """The factors of `arg` that a linear operator lets through, and what stays inside."""
    term = as_term(arg)
    free = tuple(each for each in term.powers if _passes(each[0], node))
    kept = tuple(each for each in term.powers if each not in free)
    inside = Term(UNIT, kept).expr()
    if common(inside.shape) != arg.shape:
        return Term(UNIT), arg
    return Term(term.coefficient, free), inside


def _passes(factor: Expr, node: Apply) -> bool:
    """Whether a factor is a scalar, or the same all along the axis that a sum takes away."""
    if not factor.shape:
        return node.op != "sum_over" or node.keywords["index"] not in factor.names
    axis = node.keywords["axis"] if node.op in REDUCTIONS else None
    return axis is not None and node.keywords["keepdims"] and factor.shape[axis] == 1


LINEAR: dict[str, tuple[int, ...]] = {
    "matmul": (0, 1),
    "transpose": (0,),
    "sum": (0,),
    "mean": (0,),
    "outer": (0, 1),
    "dot": (0, 1),
    "trace": (0,),
    "diag": (0,),
    "diagonal": (0,),
    "entry": (0,),
    "slice": (0,),
    "reshape": (0,),
    "sum_over": (0,),
    "correlate": (0, 1),
    "convolve": (0, 1),
    "flip": (0,),
    "avgpool": (0,),
    "upsample": (0,),
    "downsample": (0,),
    "dilate": (0,),
    "pad": (0,),
    "crop": (0,),
}

SHORTER: dict[str, Callable[[Apply], Expr | None]] = {"sum": _constants_out, "matmul": _ones_out}
