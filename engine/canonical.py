"""A normal form: two expressions that agree by the laws of rings and of linear operators get the
same one.

Sums are multiplied out, matrix products distributed and flattened, transposes pushed to the leaves,
scalars pulled out, means written as sums.  Equality of normal forms is a proof of equality at every
size; inequality proves nothing.

    Normal  = {monomial: coefficient}
    monomial = {(atom, exponent)}     combined entry by entry
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache, partial
from typing import Any, TypeAlias

from engine.expression import Apply, Const, Expr, Var, const, walk
from engine.operators import operator
from engine.shapes import SCALAR, Shape, reduce, stretched, transpose
from engine.shapes import canonical as canonical_shape

LIMIT = 512
KEPT = 2048  # normal forms, of 1 to 2 kB
LONGEST = 40  # nodes of an expression whose normal form is kept

Rational: TypeAlias = int | Fraction  # a whole number is an int, which is ten times as fast


class TooLarge(Exception):
    """The normal form would exceed its limit; nothing is known."""


@dataclass(frozen=True)
class Atom:
    """Something that is not taken apart further: a variable, or an operator on normal forms."""

    head: str
    parts: tuple[Any, ...]
    shape: Shape
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.head, self.parts, self.shape)))

    def __hash__(self) -> int:
        return self._hash


Monomial: TypeAlias = frozenset[tuple[Atom, Rational]]
ONE: Monomial = frozenset()


@dataclass(frozen=True)
class Normal:
    """A polynomial over atoms; `terms` maps monomials to non-zero coefficients."""

    terms: frozenset[tuple[Monomial, Rational]]

    def __iter__(self) -> Any:
        return iter(self.terms)


def canonical(expr: Expr) -> Normal | None:
    """The normal form of `expr`; None where it would be too large."""
    try:
        return _normal(expr)
    except TooLarge:
        return None


def may_lack_values(expr: Expr, dimensions: frozenset[str]) -> bool:
    """Whether an operator is applied that is not defined everywhere; dimensions are not zero.

    A normal form cancels what may have no value (x/x is 1, sqrt(x)^2 is x): its equality is a
    proof for the places at which both sides have one.
    """
    return any(_is_partial(node, dimensions) for node in walk(expr))


def _is_partial(node: Expr, dimensions: frozenset[str]) -> bool:
    if not isinstance(node, Apply) or not node.args:
        return False
    last = node.args[-1]
    if node.op == "pow":
        return not (isinstance(last, Const) and last.value.denominator == 1 and last.value >= 0)
    if node.op == "div":
        return not (last.names <= dimensions and last != Const(Fraction(0)))
    return operator(node.op).domain is not None


def _build(terms: Iterable[tuple[Monomial, Rational]]) -> Normal:
    totals: dict[Monomial, Rational] = {}
    for monomial, coefficient in terms:
        totals[monomial] = totals.get(monomial, 0) + coefficient
        if len(totals) > LIMIT:
            raise TooLarge
    return Normal(frozenset([(m, _whole(c)) for m, c in totals.items() if c]))


def _number(value: Rational) -> Normal:
    return Normal(frozenset([(ONE, _whole(value))]) if value else frozenset())


def _whole(value: Rational) -> Rational:
    """`value`, as an int where it is one."""
    return value if type(value) is int or value.denominator != 1 else value.numerator


def _single(atom: Atom, exponent: Rational = 1) -> Normal:
    return Normal(frozenset([(frozenset([(atom, exponent)]), 1)]))


def _normal(expr: Expr) -> Normal:
    return (_kept if expr.nodes <= LONGEST else _worked_out)(expr)


def _worked_out(expr: Expr) -> Normal:
    match expr:
        case Const(value=value):
            return _number(value)
        case Var(name=name, shape=shape):
            return _single(Atom("var", (name,), shape))
        case Apply():
            rule = RULES.get(expr.op)
            return rule(expr) if rule else _opaque(expr)
    raise TypeError(f"{expr!r} is not an expression")


# Answers to one question are made of the same parts: `a - y`, `1 - a`.
_kept = lru_cache(maxsize=KEPT)(_worked_out)


def forget() -> None:
    """Empties the memory of normal forms."""
    _kept.cache_clear()


def _opaque(expr: Apply) -> Normal:
    """Any other operator, on the normal forms of its operands."""
    parts = tuple(_normal(arg) for arg in expr.args)
    return _single(Atom(expr.op, (*parts, expr.attrs), expr.shape))


def _plus(left: Normal, right: Normal, factor: Rational = 1) -> Normal:
    return _build([*left.terms, *((m, factor * c) for m, c in right.terms)])


def _times(left: Normal, right: Normal) -> Normal:
    if len(left.terms) * len(right.terms) > LIMIT:
        raise TooLarge
    return _build((_join(m, n), c * d) for m, c in left.terms for n, d in right.terms)


def _join(left: Monomial, right: Monomial) -> Monomial:
    if not left or not right:
        return left or right
    powers = dict(left)
    for atom, exponent in right:
        powers[atom] = powers.get(atom, 0) + exponent
    kept = frozenset([(atom, _whole(exponent)) for atom, exponent in powers.items() if exponent])
    if len(kept) == len(powers) and not any([atom.head == "ones" for atom in powers]):
        return kept
    return _without_needless_ones(kept, _shape(frozenset(powers.items())))


def _shape(monomial: Monomial) -> Shape:
    return stretched(*(atom.shape for atom, _ in monomial))


def _without_needless_ones(monomial: Monomial, shape: Shape) -> Monomial:
    """Ones are kept only where they give the monomial its shape."""
    rest = frozenset([each for each in monomial if each[0].head != "ones"])
    if _shape(rest) == shape:
        return rest
    return rest | {(Atom("ones", (), shape), 1)}


def _power(base: Normal, exponent: Rational) -> Normal:
    """base**exponent: multiplied out for small whole exponents, monomial by monomial otherwise."""
    if exponent.denominator == 1 and 0 <= exponent <= 8:
        result = _number(1)
        for _ in range(int(exponent)):
            result = _times(result, base)
        return result
    if len(base.terms) == 1 and exponent.denominator == 1:
        ((monomial, coefficient),) = base.terms
        powers = frozenset((atom, each * exponent) for atom, each in monomial)
        return Normal(frozenset([(powers, _whole(Fraction(coefficient) ** int(exponent)))]))
    return _inverse_power(base, exponent)


def _inverse_power(base: Normal, exponent: Rational) -> Normal:
    """A power of a sum, as an atom; the sum is scaled so that equal sums up to a factor are one
    atom.
    """
    if not base.terms or exponent.denominator != 1:
        return _single(Atom("sum of terms", (base,), _shape_of(base)), exponent)
    lead = min(base.terms, key=lambda term: repr(sorted(map(repr, term[0]))))[1]
    monic = Normal(frozenset((m, _whole(Fraction(c) / lead)) for m, c in base.terms))
    atom = _single(Atom("sum of terms", (monic,), _shape_of(base)), exponent)
    return _times(_number(Fraction(lead) ** int(exponent)), atom)


def _shape_of(normal: Normal) -> Shape:
    return stretched(*(_shape(monomial) for monomial, _ in normal.terms))


def _binary(combine: Callable[[Normal, Normal], Normal]) -> Callable[[Apply], Normal]:
    return lambda expr: combine(_normal(expr.args[0]), _normal(expr.args[1]))


def _pow(expr: Apply) -> Normal:
    base, exponent = expr.args
    if not isinstance(exponent, Const) or abs(exponent.value) > 64:
        return _opaque(expr)
    inside = _under_root(base) if exponent.value % 2 == 0 else None
    if inside is not None:
        return _power(_normal(inside), _whole(exponent.value / 2))
    return _power(_normal(base), _whole(exponent.value))


def _under_root(expr: Expr) -> Expr | None:
    """What stands under the root, when `expr` is a square root or a Euclidean norm."""
    match expr:
        case Apply(op="sqrt", args=(x,)):
            return x
        case Apply(op="norm", args=(x,)):
            return (x * x).sum()
    return None


def _split(monomial: Monomial) -> tuple[Monomial, Monomial]:
    """The scalar atoms of a monomial, and the others."""
    scalars = frozenset(each for each in monomial if not each[0].shape)
    return scalars, monomial - scalars


def _linear(normal: Normal, shape: Shape, function: Callable[[Monomial], Normal]) -> Normal:
    """A linear operator: applied to the non-scalar part of every monomial, summed up."""
    return _build(
        term
        for monomial, coefficient in normal.terms
        for term in _image(monomial, coefficient, shape, function).terms
    )


def _image(
    monomial: Monomial, coefficient: Rational, shape: Shape, function: Callable[[Monomial], Normal]
) -> Normal:
    """A linear operator applied to one term; what is scalar in it is pulled out."""
    scalars, rest = _split(monomial)
    rest = rest or frozenset([(Atom("ones", (), shape), 1)])
    return _times(Normal(frozenset([(scalars, coefficient)])), function(rest))


def _transpose(expr: Apply) -> Normal:
    return _linear(_normal(expr.args[0]), expr.args[0].shape, _transposed)


def _transposed(monomial: Monomial) -> Normal:
    return Normal(frozenset([(frozenset((_transposed_atom(a), e) for a, e in monomial), 1)]))


def _transposed_atom(atom: Atom) -> Atom:
    shape = transpose(atom.shape)
    match atom.head:
        case "transpose":
            return Atom(*atom.parts)
        case "ones" | "eye":
            return Atom(atom.head, atom.parts, shape)
        case "product":
            factors = tuple(_flip(factor) for factor in reversed(atom.parts))
            return Atom("product", factors, shape)
        case "diag":
            return atom
    return Atom("transpose", (atom.head, atom.parts, atom.shape), shape)


def _flip(factor: Monomial) -> Monomial:
    return frozenset((_transposed_atom(atom), exponent) for atom, exponent in factor)


def _matmul(expr: Apply) -> Normal:
    left, right = expr.args
    rights = _normal(right)
    return _linear(
        _normal(left),
        left.shape,
        lambda rest: _linear(rights, right.shape, partial(_product, rest)),
    )


def _product(left: Monomial, right: Monomial) -> Normal:
    """The matrix product of two element-wise monomials, flattened into one chain."""
    factors = [*_chain(left), *_chain(right)]
    if _is_ones(left) and left and _shape(left)[0] == 1:
        return _sum_of(right, 0)
    if _is_ones(right) and _shape(right)[-1] == 1:
        return _sum_of(left, 1)
    shape = canonical_shape((_shape(left)[0], _shape(right)[1]))
    if not shape and len(factors) == 2:
        return _sum_of(_join(_flip(factors[0]), factors[1]), None)
    if not shape:
        factors = min(factors, [_flip(f) for f in reversed(factors)], key=_sort_key)
    return _single(Atom("product", tuple(factors), shape))


def _sort_key(factors: list[Monomial]) -> list[list[str]]:
    return [sorted(map(repr, factor)) for factor in factors]


def _chain(monomial: Monomial) -> tuple[Monomial, ...]:
    """The factors of a matrix product, or the monomial as the only factor."""
    if len(monomial) == 1:
        ((atom, exponent),) = monomial
        if atom.head == "product" and exponent == 1:
            factors: tuple[Monomial, ...] = atom.parts
            return factors
    return (monomial,)


def _is_ones(monomial: Monomial) -> bool:
    return all(atom.head == "ones" for atom, _ in monomial)


def _sum_of(monomial: Monomial, axis: int | None) -> Normal:
    """The sum of an element-wise monomial along an axis, kept two-dimensional."""
    shape = _shape(monomial)
    if _is_ones(monomial):
        counted = shape if axis is None else (shape[axis],)
        count = _normal(const(1).count(counted))
        kept = SCALAR if axis is None else reduce(shape, axis, True)
        return count if not kept else _times(count, _single(Atom("ones", (), kept)))
    if axis is not None and shape[axis] == 1:
        return Normal(frozenset([(monomial, 1)]))
    if axis is not None and reduce(shape, axis, True) == SCALAR:
        axis = None
    stretched = _constant_across(monomial, axis)
    if stretched and stretched != monomial:
        weights, rest = _flip(stretched), monomial - stretched
        return _product(rest, weights) if axis == 1 else _product(weights, rest)
    if axis is None:
        monomial = min(monomial, _flip(monomial), key=lambda each: sorted(map(repr, each)))
        return _single(Atom("sum", (monomial, None), SCALAR))
    return _single(Atom("sum", (monomial, axis), reduce(shape, axis, True)))


def _constant_across(monomial: Monomial, axis: int | None) -> Monomial:
    """The vectors along `axis` in a monomial: weights, when it is summed along that axis."""
    if axis is None:
        return ONE
    return frozenset(each for each in monomial if each[0].shape[1 - axis] == 1)


def _sum(expr: Apply) -> Normal:
    arg, axis = expr.args[0], expr.keywords["axis"]
    if len(arg.shape) != 2:
        return _opaque(expr)
    axis = None if axis is None else axis % 2
    summed = _linear(_normal(arg), arg.shape, lambda each: _sum_of(each, axis))
    if len(expr.shape) == 1:
        return _reshaped(summed, expr.shape)
    return summed


def _reshaped(normal: Normal, shape: Shape) -> Normal:
    return _single(Atom("reshape", (normal,), shape))


def _mean(expr: Apply) -> Normal:
    arg, axis = expr.args[0], expr.keywords["axis"]
    total = arg.apply("sum", **expr.keywords)
    counted = arg.shape if axis is None else (arg.shape[axis],)
    return _times(_normal(total), _power(_normal(const(1).count(counted)), -1))


def _where(expr: Apply) -> Normal:
    chosen, yes, no = (_normal(arg) for arg in expr.args)
    other = _plus(_number(1), chosen, -1)
    return _plus(_times(chosen, yes), _times(other, no))


def _through(definition: Callable[..., Expr]) -> Callable[[Apply], Normal]:
    """An operator that is short for an expression in others."""
    return lambda expr: (
        _opaque(expr)
        if any(len(arg.shape) == 1 for arg in expr.args)
        else _normal(definition(*expr.args))
    )


def _dot(x: Expr, y: Expr) -> Expr:
    return (x * (y if y.shape == x.shape else y.T)).sum()


def _outer(x: Expr, y: Expr) -> Expr:
    column = x if x.shape[-1:] == (1,) else x.T
    return column @ (y if y.shape[:1] == (1,) else y.T)


RULES: dict[str, Callable[[Apply], Normal]] = {
    "add": _binary(_plus),
    "sub": _binary(lambda x, y: _plus(x, y, -1)),
    "neg": lambda expr: _plus(_number(0), _normal(expr.args[0]), -1),
    "mul": _binary(_times),
    "div": _binary(lambda x, y: _times(x, _power(y, -1))),
    "pow": _pow,
    "transpose": _transpose,
    "matmul": _matmul,
    "sum": _sum,
    "mean": _mean,
    "where": _where,
    "dot": _through(_dot),
    "outer": _through(_outer),
    "relu": _through(lambda x: x * x.apply("greater", const(0))),
    "ones": lambda expr: _single(Atom("ones", (), expr.shape)),
    "eye": lambda expr: _single(Atom("eye", (), expr.shape)),
}
