"""Products and sums taken apart: the element-wise ring inside an expression.

A `Term` is a rational coefficient times powers of bases, in order of first appearance; every other
operator (a matrix product, a sum over an axis, a function) is a base.  `as_term` and `Term.expr`
are inverse up to the laws of commutative rings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from operator import mul
from typing import TypeAlias

from engine.expression import Apply, Const, Expr, Var, apply, const, walk
from engine.shapes import SCALAR, Shape, stretched

Powers: TypeAlias = tuple[tuple[Expr, int], ...]

ONE = const(1)
UNIT = Fraction(1)  # the coefficient of most terms: one object, so that it is known when it is met


@dataclass(frozen=True)
class Term:
    """coefficient * product of base**exponent; bases distinct, exponents non-zero and whole."""

    coefficient: Fraction
    powers: Powers = ()

    def times(self, other: Term) -> Term:
        """The product, with the powers of equal bases joined."""
        coefficient, powers = _scaled(self.coefficient, other.coefficient), self.powers
        for base, exponent in other.powers:
            sign, powers = _joined(powers, base, exponent)
            coefficient = coefficient if sign > 0 else -coefficient
        return Term(coefficient, powers)

    def power(self, exponent: int) -> Term:
        """The term raised to a whole exponent."""
        powers = tuple([(base, each * exponent) for base, each in self.powers])
        coefficient = UNIT if self.coefficient is UNIT else self.coefficient**exponent
        return Term(coefficient, powers if exponent else ())

    @property
    def shape(self) -> Shape:
        """The broadcast shape of all bases."""
        return stretched(*[base.shape for base, _ in self.powers])

    @property
    def scalars(self) -> Term:
        """The coefficient and the scalar bases."""
        return Term(self.coefficient, tuple(each for each in self.powers if not each[0].shape))

    @property
    def matrices(self) -> Term:
        """The bases that are not scalars."""
        return Term(UNIT, tuple(each for each in self.powers if each[0].shape))

    @property
    def key(self) -> frozenset[tuple[Expr, int]]:
        """What two like terms have in common."""
        return frozenset(self.powers)

    def expr(self) -> Expr:
        """The term as a person writes it: sign, coefficient, scalar quotient, scalars, matrices."""
        if not self.coefficient:
            return const(0)
        size = Term(abs(self.coefficient), self.powers)
        scalars = _scalar_factors(size.scalars, alone=not size.shape)
        factors = [*scalars, *_matrix_factors(size.matrices)]
        if not factors:
            return Const(self.coefficient)
        return _product(factors if self.coefficient > 0 else _negated(factors))


def _scaled(one: Fraction, other: Fraction) -> Fraction:
    """The product of two coefficients, at least one of which is nearly always 1."""
    if other is UNIT:
        return one
    return other if one is UNIT else one * other


def _joined(powers: Powers, base: Expr, exponent: int) -> tuple[int, Powers]:
    """The powers times one more, up to a sign, which comes first."""
    for position, (known, each) in enumerate(powers):
        sign = _same_up_to_sign(known, base)
        if sign:
            joined = ((known, each + exponent),) if each + exponent else ()
            rest = powers[:position] + joined + powers[position + 1 :]
            return sign if exponent % 2 else 1, rest
    return 1, (*powers, (base, exponent))


def as_term(expr: Expr) -> Term:
    """`expr` taken apart into coefficient and powers of bases."""
    match expr:
        case Const(value=value):
            return Term(value)
        case Apply(op="neg", args=(x,)):
            return _signed(as_term(x), -1)
        case Apply(op="mul", args=(x, y)):
            return as_term(x).times(as_term(y))
        case Apply(op="div", args=(x, y)) if (below := as_term(y)).coefficient:
            return as_term(x).times(below.power(-1))
        case Apply(op="mean", args=(x,)) if (size := averaged_size(expr)) is not None:
            total = apply("sum", x, **expr.keywords)
            return Term(UNIT, ((total, 1), (size, -1)))
        case Apply(op="matmul") if _begins_with_minus(expr):
            return Term(Fraction(-1), ((_minus(expr), 1),))
        case Apply(op="pow", args=(x, Const(value=value))) if value.denominator == 1:
            if value >= 0 or as_term(x).coefficient:
                return as_term(x).power(int(value))
    return Term(UNIT, ((expr, 1),))


def averaged_size(expr: Apply) -> Var | None:
    """The size along the axis of a sum or a mean, where it is a name."""
    axis = expr.keywords["axis"]
    dim = None if axis is None else expr.args[0].shape[axis]
    return Var(dim) if isinstance(dim, str) else None


def _begins_with_minus(expr: Expr) -> bool:
    """Whether the first factor of a matrix product carries a sign: -E V."""
    while isinstance(expr, Apply) and expr.op == "matmul":
        expr = expr.args[0]
    return isinstance(expr, Apply) and expr.op == "neg"


def summands(expr: Expr, sign: int = 1) -> Iterator[tuple[int, Expr]]:
    """The terms of a sum with their signs, left to right; a single term for anything else."""
    match expr:
        case Apply(op="add", args=(x, y)):
            yield from summands(x, sign)
            yield from summands(y, sign)
        case Apply(op="sub", args=(x, y)):
            yield from summands(x, sign)
            yield from summands(y, -sign)
        case Apply(op="neg", args=(x,)) if is_sum(x):
            yield from summands(x, -sign)
        case _:
            yield sign, expr


def is_sum(expr: Expr) -> bool:
    """Whether `expr` is a sum or a difference."""
    return isinstance(expr, Apply) and expr.op in ("add", "sub")


def as_terms(expr: Expr) -> list[Term]:
    """The summands of `expr` as terms, like terms collected, in order of first appearance."""
    return collected(_signed(as_term(each), sign) for sign, each in summands(expr))


def _signed(term: Term, sign: int) -> Term:
    return term if sign > 0 else Term(-term.coefficient, term.powers)


def collected(terms: Iterable[Term]) -> list[Term]:
    """`terms` with like ones added up and zeros left out."""
    totals: dict[frozenset[tuple[Expr, int]], Term] = {}
    for term in terms:
        key = term.key
        known = totals.get(key)
        if known is not None:
            term = Term(known.coefficient + term.coefficient, known.powers)
        totals[key] = term
    return [term for term in totals.values() if term.coefficient]


def expanded(term: Term, limit: int) -> list[Term] | None:
    """`term` with its positive powers of sums multiplied out; None beyond `limit` summands."""
    result = [Term(term.coefficient)]
    for base, exponent in term.powers:
        factors = as_terms(base) if is_sum(base) and exponent > 0 else None
        for _ in range(exponent if factors else 1):
            choices = factors or [Term(UNIT, ((base, exponent),))]
            if len(result) * len(choices) > limit:
                return None
            result = collected(left.times(right) for left in result for right in choices)
    return result


def total(terms: list[Term]) -> Expr:
    """The sum of `terms` as a person writes it."""
    if not terms:
        return const(0)
    averaged = [_averaged(term) for term in terms] if terms[1:] else terms
    first, *others = _addable(_positive_first(averaged))
    result = first.expr()
    for term in others:
        if term.coefficient < 0:
            result = result - Term(-term.coefficient, term.powers).expr()
        else:
            result = result + term.expr()
    return result


def _averaged(term: Term) -> Term:
    """The term with a mean where it has a sum over an axis divided by the size of that axis."""
    below = {base for base, exponent in term.powers if exponent == -1}
    for place, (base, exponent) in enumerate(term.powers):
        if not (isinstance(base, Apply) and base.op == "sum" and exponent == 1):
            continue
        size = averaged_size(base)
        if size in below:
            mean = apply("mean", *base.args, **base.keywords)
            powers = (*term.powers[:place], (mean, 1), *term.powers[place + 1 :])
            return Term(term.coefficient, tuple(each for each in powers if each != (size, -1)))
    return term


def without_ones(term: Term) -> Term:
    """`term` without its matrices of ones."""
    return Term(term.coefficient, tuple(each for each in term.powers if not is_ones(each[0])))


def is_ones(expr: Expr) -> bool:
    """Whether `expr` is a matrix of ones."""
    return isinstance(expr, Apply) and expr.op == "ones"


def _positive_first(terms: list[Term]) -> list[Term]:
    """The terms with a positive one in front, as in a - y; of fractions the first stays."""
    leading = next((term for term in terms if term.coefficient > 0), terms[0])
    if terms[0].coefficient > 0 or (_is_fraction(terms[0]) and _is_fraction(leading)):
        return terms
    return [leading, *(term for term in terms if term is not leading)]


def _is_fraction(term: Term) -> bool:
    return any(exponent < 0 for _, exponent in term.powers)


def _addable(terms: list[Term]) -> list[Term]:
    """The terms in an order in which columns never meet rows; ones where nothing else helps."""
    shape = stretched(*(term.shape for term in terms))
    if len({term.shape for term in terms if 1 in term.shape}) < 2:
        return terms
    whole = [term for term in terms if term.shape == shape]
    first = whole[0] if whole else terms[0].times(Term(UNIT, ((_ones(shape), 1),)))
    return [first, *(term for term in terms if term is not (whole or terms)[0])]


def _ones(shape: Shape) -> Expr:
    return apply("ones", shape=shape)


def _same_up_to_sign(left: Expr, right: Expr) -> int:
    """1 or -1 when left == sign * right as forms, else 0."""
    if left == right:
        return 1
    if not (is_sum(left) and is_sum(right)) or left.shape != right.shape:
        return 0
    mine = {frozenset((each,)): sign for sign, each in summands(left)}
    theirs = {frozenset((each,)): sign for sign, each in summands(right)}
    if mine.keys() != theirs.keys() or len(mine) != len(list(summands(left))):
        return 0
    signs = {mine[key] * theirs[key] for key in mine}
    return signs.pop() if len(signs) == 1 else 0


def _scalar_factors(term: Term, alone: bool) -> list[Expr]:
    """The coefficient and the scalars, with the quotient where the first division appears.

    With no matrices behind them, the other factors stand on top of it; indicators do not.
    """
    numerator, denominator = term.coefficient.numerator, term.coefficient.denominator
    below = [_power(base, -exponent) for base, exponent in term.powers if exponent < 0]
    if not below:
        leading = [Const(term.coefficient)] if term.coefficient != 1 else []
        return leading + [_power(*each) for each in term.powers]
    first = next(i for i, (_, exponent) in enumerate(term.powers) if exponent < 0)
    before = [_power(*each) for each in term.powers[:first]]
    after = [_power(*each) for each in term.powers[first:] if each[1] > 0]
    raised = [each for each in after if _is_plain(each) and not _is_indicator(each)]
    if (alone or (not before and numerator == 1)) and len(raised) == len(after):
        before, after = [*before, *after], []
    top = ([const(numerator)] if numerator != 1 or not before else []) + before
    bottom = ([const(denominator)] if denominator != 1 else []) + below
    return [_product(top) / _product(bottom), *after]


def _is_plain(expr: Expr) -> bool:
    """Whether there are no matrices in a scalar: e/(1 + e), but (1/m) sum(a - y)."""
    return not any(node.shape for node in walk(expr))


def _negated(factors: list[Expr]) -> list[Expr]:
    """The factors with the sign where it is written: at the first, in a lone quotient on top."""
    first, *others = factors
    match first:
        case Apply(op="div", args=(top, bottom)) if not others and not is_sum(top):
            return [_minus(top) / bottom]
    return [_minus(first), *others]


def _is_indicator(expr: Expr) -> bool:
    return isinstance(expr, Apply) and expr.op in ("greater", "greater_equal", "equal")


def _minus(expr: Expr) -> Expr:
    """`expr` with a sign at its first factor."""
    match expr:
        case Const(value=value):
            return Const(-value)
        case Apply(op="neg", args=(inside,)):
            return inside
        case Apply(op="mul", args=(first, rest)):
            return _minus(first) * rest
        case Apply(op="matmul", args=(first, rest)):
            return _minus(first) @ rest
    return -expr


def _matrix_factors(term: Term) -> list[Expr]:
    above = [_power(*each) for each in term.powers if each[1] > 0]
    below = [_power(base, -exponent) for base, exponent in term.powers if exponent < 0]
    if not below:
        return _combinable(above, term.shape)
    top = _product(_combinable(above, term.shape) if above else [ONE])
    bottom = _product(_combinable(below, term.shape))
    if top.shape and term.shape not in (top.shape, bottom.shape):
        top = filled(top, term.shape)
    return [top / bottom]


def _combinable(factors: list[Expr], shape: Shape) -> list[Expr]:
    """The factors in an order in which columns never meet rows; ones where nothing else helps."""
    if len({factor.shape for factor in factors if 1 in factor.shape}) < 2:
        return factors
    whole = [factor for factor in factors if factor.shape == shape]
    others = [factor for factor in factors if factor.shape != shape]
    return [*(whole or [_ones(shape)]), *others]


def _power(base: Expr, exponent: int) -> Expr:
    return base if exponent == 1 else apply("pow", base, const(exponent))


def _product(factors: list[Expr]) -> Expr:
    return reduce(mul, factors)


def filled(expr: Expr, shape: Shape) -> Expr:
    """`expr` in the given shape, with ones where it had become smaller."""
    return expr if expr.shape == shape or shape == SCALAR else expr.filled(shape)


def repeated(expr: Expr) -> Expr:
    """`expr` with what fills a matrix by being repeated as a product with ones: 1 gᵀ for gᵀ ⊙ 1."""
    term = as_term(expr)
    rest = without_ones(term)
    vector = rest.matrices.expr()
    if len(rest.powers) == len(term.powers) or len(expr.shape) != 2 or vector.shape == expr.shape:
        return expr
    rows, columns = expr.shape
    if vector.shape == (1, columns):
        product = _chained(_ones((rows, 1)), vector)
    elif vector.shape == (rows, 1):
        product = vector @ _ones((1, columns))
    else:
        return expr
    return rest.scalars.times(Term(Fraction(1), ((product, 1),))).expr()


def _chained(left: Expr, right: Expr) -> Expr:
    """A matrix product that is read from left to right, without brackets."""
    if isinstance(right, Apply) and right.op == "matmul":
        return _chained(left, right.args[0]) @ right.args[1]
    return left @ right
