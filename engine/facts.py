"""What a program's own lines and domains make known about a formula, used to write it shorter.

    probs = counts * inv    counts / S   is  probs     relations: products of powers that are 1
    S = sum(counts)         sum(counts)  is  S         whole definitions
    y is one-hot            sum(y)       is  1         totals

All of it is sound on the program's domain; `Facts.tidied` uses what makes a formula shorter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

from engine.expression import Apply, Expr, Var, const, transform
from engine.program import Program
from engine.sampling import normalised_axis
from engine.shapes import Shape, checked_axis, reduce
from engine.simplify import simplify
from engine.terms import Term, as_term, filled, is_sum, summands

PRODUCTS = frozenset(("mul", "div", "pow"))
NORMALISED = frozenset(("one-hot", "probability"))
ROUNDS = 3  # one fact may make room for another


@dataclass(frozen=True)
class Facts:
    """What is known about the quantities of one program."""

    program: Program

    def tidied(self, expr: Expr) -> Expr:
        """`expr` simplified, and with the program's own quantities where that is shorter."""
        formula = simplify(expr)
        for _ in range(ROUNDS if self._any else 0):
            better = filled(simplify(transform(formula, self._known)), formula.shape)
            if better == formula:
                break
            formula = better
        return formula

    @cached_property
    def _any(self) -> bool:
        return bool(self._relations or self._named or self._axes)

    def _known(self, node: Expr) -> Expr:
        """`node`, or something shorter that is equal to it, in the shape of `node`."""
        found = self._shorter(node)
        return node if found is None else filled(found, node.shape)

    def _shorter(self, node: Expr) -> Expr | None:
        """Something shorter that is equal to `node`; smaller where its entries are equal."""
        if not isinstance(node, Apply):
            return None
        if node in self._named:
            return self._named[node]
        if node.op == "sum":
            return self._summed(node)
        return self._related(node) if node.op in PRODUCTS else None

    @cached_property
    def _named(self) -> dict[Expr, Expr]:
        """The quantities by their definitions."""
        return {
            simplify(each.value): each.var
            for each in self.program.statements
            if isinstance(each.value, Apply) and each.name != self.program.loss
        }

    # Relations: terms that are 1 everywhere.

    @cached_property
    def _relations(self) -> tuple[Term, ...]:
        found = (self._relation(each.var, each.value) for each in self.program.statements)
        forward = [each for each in found if each is not None]
        return (*forward, *(each.power(-1) for each in forward))

    def _relation(self, name: Var, value: Expr) -> Term | None:
        """`name / value`, where the value is a product of powers."""
        if not isinstance(value, Apply) or value.op not in PRODUCTS:
            return None
        term = as_term(simplify(value))
        return Term(Fraction(1), ((name, 1),)).times(term.power(-1)) if term.powers else None

    def _related(self, node: Apply) -> Expr | None:
        """A product after the one or two relations that shorten it most."""
        term = as_term(node)
        once = [each for each in self._neighbours(term) if _size(each) <= _size(term)]
        twice = [other for each in once for other in self._neighbours(each)]
        near = [each for each in (*once, *twice) if _size(each) <= _size(term)]
        best = min((each.expr() for each in near), key=lambda each: each.nodes, default=node)
        return best if best.nodes < node.nodes else None

    def _neighbours(self, term: Term) -> Iterator[Term]:
        bases = {base for base, _ in term.powers}
        for relation in self._relations:
            if any(base in bases for base, _ in relation.powers):
                yield term.times(relation)

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

    def _summed(self, node: Apply) -> Expr | None:
        operand, axis, kept = node.args[0], node.keywords["axis"], node.keywords["keepdims"]
        if len(operand.shape) != 2 or (axis is not None and not kept):
            return None
        along = None if axis is None else checked_axis(operand.shape, axis)
        found = self._total(operand, along)
        better = None if found is None else simplify(found)
        return better if better is not None and better.nodes < node.nodes else None

    def _total(self, expr: Expr, axis: int | None) -> Expr | None:
        """The sum of `expr` along an axis; None where nothing is known about it."""
        named = self._named.get(expr.sum(axis=axis, keepdims=axis is not None))
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
            if total is None:
                return None
            result = result + sign * total
        return result

    def _total_of_summand(self, expr: Expr, shape: Shape, axis: int | None) -> Expr | None:
        if not expr.shape:
            return expr * const(1).count(shape if axis is None else (shape[axis],))
        return self._total(expr, axis) if expr.shape == shape else None

    def _total_of_product(self, term: Term, shape: Shape, axis: int | None) -> Expr | None:
        """What does not vary along the axis comes out of the sum."""
        outside = tuple(each for each in term.powers if not _varies(each[0].shape, axis))
        inside = tuple(each for each in term.powers if each not in outside)
        rest = Term(Fraction(1), inside).expr()
        if not inside or rest.shape != shape or (not outside and term.coefficient == 1):
            return None
        total = self._total(rest, axis)
        if total is None:
            return None
        product = simplify(Term(term.coefficient, outside).expr() * total)
        return self._shorter(product) or product


def _size(term: Term) -> int:
    return sum(abs(exponent) for _, exponent in term.powers)


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


@lru_cache(maxsize=512)
def facts(program: Program) -> Facts:
    """The facts about a program."""
    return Facts(program)
