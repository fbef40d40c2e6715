"""What a program's own lines and domains make known about a formula, used to write it shorter.

    probs = counts * inv    counts / S   is  probs     relations: products of powers that are 1
    S = sum(counts)         sum(counts)  is  S         whole definitions
    y is one-hot            sum(y)       is  1         totals
    E = M * (R - P)         E * M        is  E         masks: M is 0 or 1 everywhere

All of it is sound on the program's domain; `Facts.tidied` uses what makes a formula shorter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from engine.expression import Apply, Const, Expr, Var, apply, const, transform, walk
from engine.program import Program, Statement
from engine.sampling import normalised_axis
from engine.shapes import Shape, checked_axis, reduce
from engine.simplify import simplify
from engine.terms import UNIT, Term, as_term, filled, is_sum, summands

PRODUCTS = frozenset(("mul", "div", "pow"))
REDUCTIONS = frozenset(("sum", "mean"))
VANISHING = frozenset(("relu", "greater", "greater_equal", "equal", "maximum", "where"))
WITH_ZEROS = frozenset(("binary", "one-hot", "mask"))
NORMALISED = frozenset(("one-hot", "probability"))
KEPT = 500  # formulas of one program that are remembered
ROUNDS = 3  # one fact may make room for another


@dataclass(frozen=True)
class Facts:
    """What is known about the quantities of one program."""

    program: Program

    def tidied(self, expr: Expr) -> Expr:
        """`expr` simplified, and with the program's own quantities where that is shorter."""
        formula = simplify(expr)
        if not self._any:
            return formula
        if formula not in self._tidy:
            _make_room(self._tidy)
            self._tidy[formula] = self._written(formula)
        return self._tidy[formula]

    def _written(self, formula: Expr) -> Expr:
        """A simplified formula with the program's own quantities where that is shorter."""
        for _ in range(ROUNDS):
            better = self._swapped(simplify(transform(formula, self._known)))
            better = filled(better, formula.shape)
            if better == formula:
                break
            formula = better
        return formula

    @cached_property
    def _tidy(self) -> dict[Expr, Expr]:
        """What was tidied lately: mistaken passes differ from the right one in few places."""
        return {}

    @cached_property
    def _any(self) -> bool:
        return bool(self._relations or self._named or self._axes or self._masked)

    def _known(self, node: Expr) -> Expr:
        """`node`, or something shorter that is equal to it, in the shape of `node`."""
        found = self._shorter(node)
        return node if found is None else filled(found, node.shape)

    def _shorter(self, node: Expr) -> Expr | None:
        """Something shorter that is equal to `node`; smaller where its entries are equal."""
        if not isinstance(node, Apply):
            return None
        if node not in self._found:
            _make_room(self._found)
            self._found[node] = self._searched(node)
        return self._found[node]

    @cached_property
    def _found(self) -> dict[Apply, Expr | None]:
        """What was found lately: the same few parts come back with every rule of a reverse pass."""
        return {}

    def _searched(self, node: Apply) -> Expr | None:
        if node in self._named:
            return self._named[node]
        if node.op in REDUCTIONS:
            return self._reduced(node)
        if node.op not in PRODUCTS:
            return None
        return self._unmasked(node) or self._related(node)

    @cached_property
    def _named(self) -> dict[Expr, Expr]:
        """The quantities by their definitions."""
        return {
            simplify(each.value): each.var
            for each in self.program.statements
            if isinstance(each.value, Apply) and each.name != self.program.loss
        }

    # Masks: a quantity times a mask that it holds as a factor is the quantity itself.

    @cached_property
    def _masked(self) -> dict[Expr, frozenset[Expr]]:
        """The quantities that are products with masks, each with its masks."""
        masks = frozenset(each.var for each in self.program.symbols if each.domain == "mask")
        found: dict[Expr, frozenset[Expr]] = {}
        for statement in self.program.statements if masks else ():
            held = masks & {base for base, _ in as_term(statement.value).powers}
            if held:
                found[statement.var] = frozenset(held)
        return found

    def _unmasked(self, node: Apply) -> Expr | None:
        """A product without the masks that do nothing in it."""
        term = as_term(node) if self._masked else Term(UNIT)
        held = (self._masked.get(base, frozenset()) for base, power in term.powers if power > 0)
        idle: frozenset[Expr] = frozenset().union(*held)
        kept = tuple(each for each in term.powers if each[0] not in idle)
        return Term(term.coefficient, kept).expr() if len(kept) < len(term.powers) else None

    # Relations: terms that are 1 everywhere.

    @cached_property
    def _relations(self) -> tuple[Term, ...]:
        powers = (each.power(exponent) for each in self._direct for exponent in (2, 3))
        rootless = (each for power in powers if (each := _rootless(power)) != power)
        forward = (*self._direct, *rootless)
        return (*forward, *(each.power(-1) for each in forward))

    @cached_property
    def _direct(self) -> tuple[Term, ...]:
        """The quantities that are products, divided by what they are."""
        found = (self._relation(each.var, each.value) for each in self._products)
        return tuple(each for each in found if each is not None)

    @cached_property
    def _products(self) -> tuple[Statement, ...]:
        """The statements whose products may be called by name.

        A product with a parameter is not, nor is the loss: delta w reads better than delta z / a.
        """
        parameters = {each.name for each in self.program.symbols if each.role == "parameter"}
        return tuple(
            each
            for each in self.program.statements
            if each.name != self.program.loss and parameters.isdisjoint(each.value.names)
        )

    @cached_property
    def _swaps(self) -> dict[Expr, Expr]:
        """Factors of one quantity, solved for: x - mu = n/r, where n = (x - mu) r; no masks."""
        equations = (self._equation(each.var, each.value) for each in self._products)
        found = (_solved(term) for term in equations if term is not None and _solvable(term))
        solved = {
            base: new
            for base, new in found
            if self._zeros.isdisjoint(base.names) and not self._divides_by_zero(new)
        }
        turned = {simplify(-base): -new for base, new in solved.items() if is_sum(base)}
        return solved | turned

    def _swapped(self, formula: Expr) -> Expr:
        """`formula` with such a factor written otherwise, where that makes it shorter."""
        inside = [base for base in self._swaps if base in walk(formula)]
        changed = [simplify(_replaced(formula, base, self._swaps[base])) for base in inside]
        return min([formula, *changed], key=lambda each: each.nodes)

    def _relation(self, name: Var, value: Expr) -> Term | None:
        """`name / value`, where the value is a product of powers, none of which is often zero."""
        return None if self._vanishes(value) else self._equation(name, value)

    def _equation(self, name: Var, value: Expr) -> Term | None:
        """`name / value`, where the value is a product of powers."""
        if not isinstance(value, Apply) or value.op not in PRODUCTS:
            return None
        term = as_term(simplify(value))
        return Term(UNIT, ((name, 1),)).times(term.power(-1)) if term.powers else None

    def _divides_by_zero(self, product: Expr) -> bool:
        return any(self._vanishes(base) for base, power in as_term(product).powers if power < 0)

    def _vanishes(self, expr: Expr) -> bool:
        """Whether `expr` may be zero on a whole region, where it must not become a divisor."""
        names = {name for name in expr.names if name in self.program.definitions}
        return (
            not self._zeros.isdisjoint(expr.names)
            or any(isinstance(node, Apply) and node.op in VANISHING for node in walk(expr))
            or any(self._vanishes(self.program.definitions[name].value) for name in names)
        )

    @cached_property
    def _zeros(self) -> frozenset[str]:
        """The symbols that are zero in some of their entries."""
        return frozenset(each.name for each in self.program.symbols if each.domain in WITH_ZEROS)

    def _related(self, node: Apply) -> Expr | None:
        """A product after the one or two relations that shorten it most."""
        term = as_term(node)
        once = [each for each in self._neighbours(term) if _size(each) <= _size(term) + 1]
        twice = [other for each in once for other in self._neighbours(each)]
        near = [each for each in (*once, *twice) if _brings_names_alone(each, term)]
        best = min((each.expr() for each in near), key=lambda each: each.nodes, default=node)
        return best if best.nodes < node.nodes else None

    def _neighbours(self, term: Term) -> Iterator[Term]:
        bases = {base for base, _ in term.powers}
        for relation in self._relations:
            if any(base in bases for base, _ in relation.powers):
                yield term.times(relation)
        for whole in self._wholes:
            if _holds(term, whole):
                yield term.times(whole)

    @cached_property
    def _wholes(self) -> tuple[Term, ...]:
        """Quantities that may be zero, divided by what they are: of use where all of it occurs."""
        vanishing = (each for each in self._products if self._vanishes(each.value))
        found = (self._equation(each.var, each.value) for each in vanishing)
        return tuple(each for each in found if each is not None)

    # Totals: sums along an axis (`None`: of all entries) that are known.

    @cached_property
    def _axes(self) -> dict[str, int]:
        """The axis along which a label's entries sum to one, by name."""
        found = {
            each.name: normalised_axis(self.program, each)
            for each in self.program.symbols
            if each.domain in NORMALISED and len(each.shape) == 2
        }
        return {name: axis for name, axis in found.items() if axis is not None}

    @cached_property
    def _averaged(self) -> dict[Expr, Expr]:
        """The sums whose means the program has a name for: sum(x) is m mu."""
        found: dict[Expr, Expr] = {}
        for statement in self.program.statements:
            name: Expr = statement.var
            match statement.value:
                case Apply(op="mean", args=(inside,)) as mean:
                    count = _count(inside.shape, mean.keywords["axis"])
                    found[apply("sum", inside, **mean.keywords)] = name * count
        return found

    def _reduced(self, node: Apply) -> Expr | None:
        operand, axis, kept = node.args[0], node.keywords["axis"], node.keywords["keepdims"]
        if len(operand.shape) != 2 or (axis is not None and not kept):
            return None
        along = None if axis is None else checked_axis(operand.shape, axis)
        found = self._total(operand, along)
        if found is not None and node.op == "mean":
            found = found / _count(operand.shape, along)
        better = None if found is None else simplify(found)
        if better is not None and not as_term(better).coefficient:
            return const(0)
        return better if better is not None and better.nodes < node.nodes else None

    def _total(self, expr: Expr, axis: int | None) -> Expr | None:
        """The sum of `expr` along an axis; None where nothing is known about it."""
        total = expr.sum(axis=axis, keepdims=axis is not None)
        named = self._named.get(total) or self._averaged.get(total)
        if named is not None:
            return named
        match expr:
            case Var(name=name) if name in self._axes:
                return _ones(expr.shape, self._axes[name], axis)
            case Var(name=name) if name in self.program.definitions:
                return self._total(self.program.definitions[name].value, axis)
            case Apply(op="softmax"):
                return _ones(expr.shape, _softmax_axis(expr), axis)
            case Apply() if is_sum(expr):
                return self._total_of_sum(expr, axis)
            case Apply(op="mul" | "div" | "neg"):
                return self._total_of_product(as_term(expr), expr.shape, axis)
        return None

    def _total_of_sum(self, expr: Expr, axis: int | None) -> Expr | None:
        result: Expr = const(0)
        for sign, each in summands(expr):
            total = self._total_of_summand(each, expr.shape, axis)
            if total is None and each.shape != expr.shape:
                return None
            kept = each.sum(axis=axis, keepdims=axis is not None) if total is None else total
            result = result + sign * kept
        return result

    def _total_of_summand(self, expr: Expr, shape: Shape, axis: int | None) -> Expr | None:
        if not expr.shape or (axis is not None and expr.shape == reduce(shape, axis, True)):
            return expr * _count(shape, axis)
        return self._total(expr, axis) if expr.shape == shape else None

    def _total_of_product(self, term: Term, shape: Shape, axis: int | None) -> Expr | None:
        """What does not vary along the axis comes out of the sum."""
        outside = tuple(each for each in term.powers if not _varies(each[0].shape, axis))
        inside = tuple(each for each in term.powers if each not in outside)
        rest = Term(UNIT, inside).expr()
        if not inside or rest.shape != shape or (not outside and term.coefficient == 1):
            return None
        total = self._total(rest, axis)
        if total is None:
            return None
        product = Term(term.coefficient, outside).times(as_term(total)).expr()
        return self._shorter(product) or product


def _make_room(known: dict[Any, Any]) -> None:
    if len(known) >= KEPT:
        known.clear()


def _size(term: Term) -> int:
    return sum(abs(exponent) for _, exponent in term.powers)


def _divisors(term: Term) -> int:
    """The number of matrices that a product is divided by, entry by entry."""
    return sum(bool(base.shape) and exponent < 0 for base, exponent in term.powers)


def _brings_names_alone(after: Term, before: Term) -> bool:
    """Whether a product has got no other new factors than quantities, and no more divisors."""
    if after.key == before.key:
        return False
    if _divisors(after) > _divisors(before):
        return False
    known = {base for base, _ in before.powers}
    new = [base for base, _ in after.powers if base not in known]
    return _size(after) <= _size(before) + 1 and all(isinstance(each, Var) for each in new)


def _count(shape: Shape, axis: int | None) -> Expr:
    """The number of entries that a sum along an axis adds up."""
    return const(1).count(shape if axis is None else (shape[axis],))


def _holds(term: Term, whole: Term) -> bool:
    """Whether all factors that a quantity is made of are factors of `term`."""
    powers = dict(term.powers)
    factors = ((powers.get(base, 0), -exponent) for base, exponent in whole.powers[1:])
    return all(0 < wanted <= held or held <= wanted < 0 for held, wanted in factors)


def _rootless(term: Term) -> Term:
    """A power of a relation with its roots taken out: r² v where it had r² √v²."""
    result = Term(term.coefficient)
    for base, exponent in term.powers:
        result = result.times(_raised(base, exponent))
    return result


def _raised(base: Expr, exponent: int) -> Term:
    """A power of a base that may be a root."""
    match base:
        case Apply(op="sqrt", args=(under,)) if exponent % 2 == 0:
            return Term(UNIT, ((under, exponent // 2),))
        case Apply(op="pow", args=(under, Const(value=root))) if root.denominator == 2:
            if exponent % 2 == 0:
                return Term(UNIT, ((under, int(root * exponent)),))
            power: Expr = apply("pow", under, Const(root * abs(exponent)))
            return Term(UNIT, ((power, 1 if exponent > 0 else -1),))
    return Term(UNIT, ((base, exponent),))


def _solvable(term: Term) -> bool:
    """Whether a quantity, first in its relation, has a factor of its own shape to solve for."""
    (name, _), *others = term.powers
    return any(_is_factor(base, exponent, name) for base, exponent in others)


def _is_factor(base: Expr, exponent: int, name: Expr) -> bool:
    return (is_sum(base) or isinstance(base, Var)) and exponent == -1 and base.shape == name.shape


def _solved(term: Term) -> tuple[Expr, Expr]:
    """The first such factor, and what it is by the relation."""
    name = term.powers[0][0]
    base = next(each for each, exponent in term.powers if _is_factor(each, exponent, name))
    return base, term.times(Term(UNIT, ((base, 1),))).expr()


def _replaced(formula: Expr, old: Expr, new: Expr) -> Expr:
    return transform(formula, lambda each: new if each == old else each)


def _varies(shape: Shape, axis: int | None) -> bool:
    return bool(shape) and (axis is None or shape[axis] != 1)


def _softmax_axis(expr: Apply) -> int:
    given = expr.keywords.get("axis")
    if given is not None:
        return checked_axis(expr.shape, given)
    return next(axis for axis, dim in enumerate(expr.shape) if dim != 1)


def _ones(shape: Shape, normalised: int, axis: int | None) -> Expr | None:
    """The sum along an axis of what sums to one along the axis `normalised`."""
    if axis is None:
        return const(1).count(reduce(shape, normalised, True))
    return const(1) if axis == normalised else None


@lru_cache(maxsize=128)
def facts(program: Program) -> Facts:
    """The facts about a program."""
    return Facts(program)
