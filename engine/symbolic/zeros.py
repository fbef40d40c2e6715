"""Whether two rational functions vanish at the same real places.

    same_zeros(f, g) -> True | False | None

They do when their numerators have the same irreducible factors.  They do not when a factor that
only one of them has changes its sign: it then vanishes on a surface on which the other one does not
(the sign-changing criterion of real algebra).  Anything else is not decided.

What is no rational operation, such as sqrt(y), is a variable of its own; factors that differ then
prove nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from itertools import product
from math import comb
from typing import Any

from flint import Ordering, fmpq, fmpq_mpoly_ctx

from engine.canonical import canonical
from engine.expression import Apply, Const, Expr, Var
from engine.symbolic.kernels import terms_of

LARGEST_POWER = 24
MOST_NODES = 120
MOST_POINTS = 400
MOST_TERMS = 150  # of a polynomial
HIGHEST = 48  # degree of a polynomial, since factors take longer and longer to find
PROBES = tuple(fmpq(n, d) for n, d in ((1, 3), (-5, 2), (17, 4), (-40, 1), (97, 1), (0, 1)))


class Undecided(Exception):
    """A denominator is zero, or a polynomial is large."""


def same_zeros(left: Expr, right: Expr) -> bool | None:
    """Whether both vanish at the same places; None where that is not decided."""
    if left.nodes + right.nodes > MOST_NODES:
        return None
    leaves = {key: None for side in (left, right) for key, _ in leaves_of(side)}
    context = fmpq_mpoly_ctx.get([f"x{n}" for n in range(max(1, len(leaves)))], Ordering.lex)
    generators = dict(zip(leaves, context.gens(), strict=False))
    try:
        one, two = (_factors(ratio(side, generators, context)[0]) for side in (left, right))
    except Undecided:
        return None
    if one.keys() == two.keys():
        return True
    if not all(isinstance(leaf, str) for leaf in leaves):
        return None
    lonely = [(one | two)[name] for name in one.keys() ^ two.keys()]
    return False if any(map(_changes_sign, lonely)) else None


def leaves_of(expr: Expr) -> Iterator[tuple[Any, Expr]]:
    """The variables, by their names, and what is no rational operation, by its normal form."""
    match expr:
        case Const():
            return
        case Var(name=name):
            yield name, expr
        case Apply(op="pow", args=(base, Const(value=n))) if _is_power(n):
            yield from leaves_of(base)
        case Apply(op=op, args=args) if op in _LAWS:
            for arg in args:
                yield from leaves_of(arg)
        case _:
            yield _key(expr), expr


def _key(expr: Expr) -> Any:
    """What is the same for expressions with the same normal form."""
    return canonical(expr) or expr


def _factors(numerator: Any) -> dict[Hashable, Any]:
    """The irreducible factors with the leading coefficient 1, by their terms."""
    if numerator == 0:
        return {terms_of(numerator): numerator}
    monic = [each / each.leading_coefficient() for each, _ in numerator.factor()[1]]
    return {terms_of(each): each for each in monic}


def _changes_sign(polynomial: Any) -> bool:
    """Whether values of both signs are found."""
    used = [degree > 0 for degree in polynomial.degrees()]
    signs: set[bool] = set()
    places = product(*(PROBES if each else PROBES[:1] for each in used))
    for place, _ in zip(places, range(MOST_POINTS), strict=False):
        value = polynomial(*place)
        if value != 0:
            signs.add(value > 0)
        if len(signs) == 2:
            return True
    return False


def ratio(expr: Expr, generators: Mapping[Any, Any], context: Any) -> tuple[Any, Any]:
    """Numerator and denominator in lowest terms."""
    match expr:
        case Const(value=value):
            return context.constant(fmpq(value.numerator, value.denominator)), context.constant(1)
        case Var(name=name):
            return generators[name], context.constant(1)
        case Apply(op="pow", args=(base, Const(value=n))) if _is_power(n):
            above, below = ratio(base, generators, context)
            above, below = (above, below) if n >= 0 else (below, above)
            return _lowest(_raised(above, abs(int(n))), _raised(below, abs(int(n))))
        case Apply(op=op, args=args) if op in _LAWS:
            operands = [ratio(arg, generators, context) for arg in args]
            return _lowest(*_LAWS[op](*operands))
    return generators[_key(expr)], context.constant(1)


def _is_power(exponent: Any) -> bool:
    return bool(exponent.denominator == 1 and abs(exponent) <= LARGEST_POWER)


def _raised(polynomial: Any, power: int) -> Any:
    """A power, where it has not too many terms."""
    terms = comb(power + len(polynomial) - 1, power)
    if terms > MOST_TERMS or polynomial.total_degree() * power > HIGHEST:
        raise Undecided
    return polynomial**power


def _is_large(polynomial: Any) -> bool:
    return len(polynomial) > MOST_TERMS or polynomial.total_degree() > HIGHEST


def _lowest(above: Any, below: Any) -> tuple[Any, Any]:
    if below == 0 or any(map(_is_large, (above, below))):
        raise Undecided
    common = above.gcd(below)
    return above / common, below / common


_LAWS: dict[str, Any] = {
    "add": lambda a, b: (a[0] * b[1] + b[0] * a[1], a[1] * b[1]),
    "sub": lambda a, b: (a[0] * b[1] - b[0] * a[1], a[1] * b[1]),
    "mul": lambda a, b: (a[0] * b[0], a[1] * b[1]),
    "div": lambda a, b: (a[0] * b[1], a[1] * b[0]),
    "neg": lambda a: (-a[0], a[1]),
}
