"""Rational functions over kernels: exponentials, logarithms, roots, indicators, sines and cosines.

An element is a polynomial over a product of factors; a kernel is one more generator of the
polynomial ring, with what is known about it (s^2 = u for a root of u, I^2 = I for an indicator,
exp(a + b) = exp(a) exp(b) by construction).  If the reduced numerator of an element is zero, the
element is zero wherever it is defined: that is a proof.  Any other numerator proves nothing.

Every operation is paid for in term products out of a budget, so the work is bounded, not the time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

from flint import fmpq, fmpq_mpoly, fmpq_mpoly_ctx

from engine.symbolic.entrywise import Scalar
from engine.symbolic.generic import Independence

ROOTS = 12  # a generator is exp(b/12): exp(b/2), exp(b/3), exp(2b) are powers of one
MOST_TERMS_SPLIT = 8  # exp of a longer sum is one kernel
LARGEST_POWER = 64
SMALL_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31)


class Unprovable(Exception):
    """The algebra cannot carry this out; nothing is known about the expression."""


class OutOfBudget(Unprovable):
    """The work would exceed the budget."""


class OutOfGenerators(Unprovable):
    """More kernels than the ring has room for."""


Factors = dict[int, int]  # factor number -> exponent; treated as immutable


class Element(Scalar):
    """numerator / (product of factors), in the field of one `Kernels`."""

    __slots__ = ("algebra", "den", "num")

    algebra: Kernels

    def __init__(self, algebra: Kernels, num: fmpq_mpoly, den: Factors) -> None:
        self.algebra, self.num, self.den = algebra, num, den

    def __add__(self, other: Any) -> Element:
        right = self.algebra.lifted(other)
        if self.den == right.den:
            return Element(self.algebra, self.num + right.num, self.den)
        common = _merged(self.den, right.den, max)
        k = self.algebra
        return Element(k, k.over(self, common) + k.over(right, common), common)

    def __sub__(self, other: Any) -> Element:
        return self + -self.algebra.lifted(other)

    def __mul__(self, other: Any) -> Element:
        k, right = self.algebra, self.algebra.lifted(other)
        left_num, right_den = k.cancelled(self.num, right.den)
        right_num, left_den = k.cancelled(right.num, self.den)
        return Element(k, k.times(left_num, right_num), _merged(left_den, right_den, int.__add__))

    def __truediv__(self, other: Any) -> Element:
        return self * self.algebra.inverse(self.algebra.lifted(other))

    def __neg__(self) -> Element:
        return Element(self.algebra, -self.num, self.den)

    def __pow__(self, exponent: Any) -> Element:
        return self.algebra.power(self, self.algebra.lifted(exponent))

    def __float__(self) -> float:
        """The number that an element is; an index that is none cannot be followed."""
        value = self.algebra.constant(self)
        if value is None:
            raise Unprovable("an index that is not a number")
        return float(value)

    def __radd__(self, other: Any) -> Element:
        return self.__add__(other)

    def __rsub__(self, other: Any) -> Element:
        return self.algebra.lifted(other) - self

    def __rmul__(self, other: Any) -> Element:
        return self.__mul__(other)

    def __rtruediv__(self, other: Any) -> Element:
        return self.algebra.lifted(other) / self


def _merged(left: Factors, right: Factors, join: Callable[[int, int], int]) -> Factors:
    """The factors of both sides, the exponents of common ones joined."""
    merged = dict(left)
    for factor, exponent in right.items():
        merged[factor] = join(merged[factor], exponent) if factor in merged else exponent
    return merged


def terms_of(polynomial: fmpq_mpoly) -> Hashable:
    """What tells a polynomial from others; so does its text, but python-flint never frees that."""
    return frozenset(polynomial.to_dict().items())


@lru_cache(maxsize=16)
def _ring(generators: int) -> tuple[fmpq_mpoly_ctx, tuple[fmpq_mpoly, ...]]:
    """A polynomial ring and its symbols, which take longer to make than most proofs."""
    ring = fmpq_mpoly_ctx.get(tuple(f"g{number}" for number in range(generators)), "lex")
    return ring, tuple(ring.gens())


class Kernels:
    """The algebra: a polynomial ring with room for `generators` symbols and kernels."""

    def __init__(self, generators: int, budget: int) -> None:
        self.ring, symbols = _ring(generators)
        self.factors: list[fmpq_mpoly] = list(symbols)
        self.budget = budget
        self.one = self.ring.constant(1)
        self._room = generators
        self._used = 0
        self._known: dict[tuple[Hashable, ...], int] = {}
        self._squares: dict[int, fmpq_mpoly] = {}
        self._exclusive: list[frozenset[int]] = []
        self._binary: set[int] = set()
        self._indicators: set[int] = set()
        self._ties: dict[int, fmpq_mpoly] = {}
        self._independence = Independence()
        self._positive: set[int] = set()
        self._exponents: dict[int, Element] = {}
        self._logarithms: dict[int, int] = {}

    # Symbols and what is known about them.

    def symbol(self) -> Element:
        """A new generator that can have any value, whatever the others have."""
        number = self._generator()
        self._independence.free.add(number)
        return self._element(number)

    def quantity(self) -> Element:
        """A new generator that may depend on others in an unknown way."""
        number = self._generator()
        self._independence.tied.add(number)
        return self._element(number)

    def positive_symbol(self) -> Element:
        """A generator that is greater than 0."""
        number = self._generator()
        self._positive.add(number)
        self._independence.free.add(number)
        self._independence.nonzero.add(number)
        return self._element(number)

    def binary_symbol(self) -> Element:
        """A generator that is 0 or 1."""
        number = self._generator()
        self._squares[number] = self.factors[number]
        self._binary.add(number)
        return self._element(number)

    def sign_symbol(self) -> Element:
        """A generator that is 1 or -1."""
        number = self._generator()
        self._squares[number] = self.one
        self._independence.nonzero.add(number)
        return self._element(number)

    def one_hot(self, count: int) -> list[Element]:
        """`count` elements of which one is 1 and the others are 0."""
        free = [self.binary_symbol() for _ in range(count - 1)]
        self._exclusive.append(frozenset(range(self._used - len(free), self._used)))
        return [*free, self.number(Fraction(1)) - sum(free, self.number(Fraction(0)))]

    def distribution(self, count: int) -> list[Element]:
        """`count` positive elements that sum to 1."""
        free = [self.positive_symbol() for _ in range(count - 1)]
        return [*free, self.number(Fraction(1)) - sum(free, self.number(Fraction(0)))]

    def number(self, value: Fraction) -> Element:
        """A rational number."""
        return self._polynomial(self.ring.constant(fmpq(value.numerator, value.denominator)))

    def lifted(self, value: Any) -> Element:
        """`value` as an element; floats come from constant matrices and are exact."""
        if isinstance(value, Element):
            return value
        return self.number(Fraction(value))

    def _generator(self) -> int:
        if self._used == self._room:
            raise OutOfGenerators(f"more than {self._room} kernels")
        self._used += 1
        return self._used - 1

    def _element(self, generator: int) -> Element:
        return Element(self, self.factors[generator], {})

    def _polynomial(self, num: fmpq_mpoly) -> Element:
        return Element(self, num, {})

    def _kernel(self, name: str, *arguments: fmpq_mpoly) -> tuple[int, bool]:
        """The generator of a function of polynomials, and whether it is new."""
        key = (name, *map(terms_of, arguments))
        if key in self._known:
            return self._known[key], False
        self._known[key] = number = self._generator()
        self._independence.kernel(number, *arguments)
        return number, True

    # Arithmetic.

    def spend(self, work: int) -> None:
        """Pays for `work` term products; raises OutOfBudget."""
        self.budget -= work
        if self.budget < 0:
            raise OutOfBudget("the budget of term products is spent")

    def times(self, left: fmpq_mpoly, right: fmpq_mpoly) -> fmpq_mpoly:
        """The product, paid for."""
        self.spend(len(left) * len(right) + 1)
        return left * right

    def over(self, element: Element, common: Factors) -> fmpq_mpoly:
        """The numerator of `element` over a larger denominator."""
        num = element.num
        for factor, exponent in common.items():
            for _ in range(exponent - element.den.get(factor, 0)):
                num = self.times(num, self.factors[factor])
        return num

    def cancelled(self, num: fmpq_mpoly, den: Factors) -> tuple[fmpq_mpoly, Factors]:
        """num/den without the factors that divide num."""
        left = dict(den)
        for factor in den:
            while left[factor]:
                self.spend(len(num) + len(self.factors[factor]))
                quotient, rest = divmod(num, self.factors[factor])
                if not rest.is_zero():
                    break
                num, left[factor] = quotient, left[factor] - 1
        return num, {factor: exponent for factor, exponent in left.items() if exponent}

    def inverse(self, element: Element) -> Element:
        """1 / element; raises Unprovable for zero."""
        coefficient, factors = self.split(self.reduced(element.num))
        num = self.ring.constant(1 / coefficient)
        return Element(self, self.over(Element(self, num, {}), element.den), factors)

    def split(self, num: fmpq_mpoly) -> tuple[fmpq, Factors]:
        """A polynomial as a number times factors; what is no known factor becomes one."""
        if num.is_zero():
            raise Unprovable("a division by zero, or its logarithm")
        coefficient = num.leading_coefficient()
        rest, factors = num / coefficient, {}
        for factor, exponent in enumerate(rest.term_content().monomial(0)):
            if exponent:
                factors[factor] = int(exponent)
        rest = rest // self._product(factors)
        for factor in range(self._room, len(self.factors)):
            while len(rest) > 1:
                self.spend(len(rest) + len(self.factors[factor]))
                quotient, remainder = divmod(rest, self.factors[factor])
                if not remainder.is_zero():
                    break
                rest, factors[factor] = quotient, factors.get(factor, 0) + 1
        if not rest.is_constant():
            factors[len(self.factors)] = 1
            self.factors.append(rest)
        return coefficient, factors

    def _product(self, factors: Factors) -> fmpq_mpoly:
        product = self.one
        for factor, exponent in factors.items():
            for _ in range(exponent):
                product = self.times(product, self.factors[factor])
        return product

    # Normal forms.

    def is_zero(self, element: Element) -> bool:
        """Whether the element is surely zero wherever it is defined."""
        return self.reduced(element.num).is_zero()

    def reduced(self, num: fmpq_mpoly) -> fmpq_mpoly:
        """`num` with the squares of kernels and the products of exclusive symbols replaced."""
        degrees = num.degrees()
        for generator in sorted(self._squares, reverse=True):
            if degrees[generator] >= 2:
                num = self._without_squares(num, generator)
                degrees = num.degrees()
        for group in self._exclusive:
            if sum(1 for generator in group if degrees[generator]) >= 2:
                num = self._without_products(num, group)
        for tie, zero in self._ties.items():
            if num.degrees()[tie]:
                num = self._without_ties(num, tie, zero)
        return num

    def _without_squares(self, num: fmpq_mpoly, generator: int) -> fmpq_mpoly:
        square, same = self._squares[generator], self._squares[generator] == self.factors[generator]
        parts: dict[int, dict[tuple[int, ...], fmpq]] = {}
        for powers, coefficient in num.terms():
            power = powers[generator]
            times, left = (0, min(power, 1)) if same else divmod(power, 2)
            key = (*powers[:generator], left, *powers[generator + 1 :])
            part = parts.setdefault(times, {})
            part[key] = part.get(key, fmpq(0)) + coefficient
        total = self.ring.constant(0)
        for times, part in parts.items():
            self.spend(len(part))
            total += self.times(self.ring.from_dict(part), square**times)
        return total

    def _without_products(self, num: fmpq_mpoly, group: frozenset[int]) -> fmpq_mpoly:
        """`num` without the terms that hold two of the symbols of a group."""
        self.spend(len(num))
        return self.ring.from_dict(
            {powers: c for powers, c in num.terms() if sum(powers[g] for g in group) < 2}
        )

    def _without_ties(self, num: fmpq_mpoly, tie: int, zero: fmpq_mpoly) -> fmpq_mpoly:
        """`num` with what the indicator of zero = 0 multiplies reduced by `zero`."""
        apart, held = num.subs({tie: 0}), num.subs({tie: 1})
        self.spend(len(num) * len(zero))
        _, rest = divmod(held - apart, zero)
        return apart + self.times(self.factors[tie], rest)

    def canonical(self, element: Element) -> tuple[fmpq_mpoly, fmpq_mpoly]:
        """Numerator and denominator without common factors, the latter monic."""
        num, den = self.reduced(element.num), self.reduced(self._product(element.den))
        if den.is_zero():
            raise Unprovable("a division by zero")
        if num.is_zero() or den.is_one():
            return num, self.one
        self.spend(4 * len(num) * len(den))  # a greatest common divisor is dearer than a product
        common = num.gcd(den)
        num, den = num // common, den // common
        lead = den.leading_coefficient()
        return num / lead, den / lead

    def constant(self, element: Element) -> Fraction | None:
        """The rational number that an element is, if it is one."""
        num, den = self.canonical(element)
        if not (num.is_constant() and den.is_constant()):
            return None
        value = num.leading_coefficient() if len(num) else fmpq(0)
        return Fraction(int(value.p), int(value.q))

    def facts(self, guarded: Iterable[Element]) -> dict[int, int]:
        """The values of indicators that keep every guarded element from being zero."""
        found: dict[int, int] = {}
        for element in guarded:
            for generator in self._indicators:
                for value in (0, 1):
                    if self.reduced(element.num.subs({generator: value})).is_zero():
                        found[generator] = 1 - value
        return found

    def is_zero_given(self, element: Element, facts: dict[int, int]) -> bool:
        """Whether the element is surely zero where the indicators have the values `facts`."""
        num = self.reduced(element.num)
        return (
            bool(facts)
            and self.reduced(
                num.subs({generator: value for generator, value in facts.items()})
            ).is_zero()
        )

    def mentions_indicators(self, element: Element) -> bool:
        """Whether an indicator occurs in the numerator."""
        degrees = element.num.degrees()
        return any(degrees[generator] for generator in self._indicators)

    # Functions.

    def exp(self, x: Element) -> Element:
        """exp(x) as a product of powers of kernels."""
        num, den = self.canonical(x)
        if den.is_one() and len(num) <= MOST_TERMS_SPLIT:
            product = self.number(Fraction(1))
            for powers, coefficient in num.terms():
                product = product * self._exp_term(powers, coefficient)
            return product
        lead = num.leading_coefficient()
        return self._exp_power(num / lead, den, lead)

    def _exp_term(self, powers: tuple[int, ...], coefficient: fmpq) -> Element:
        """exp(coefficient * monomial); exp(k log f) is f^k."""
        present = [generator for generator, power in enumerate(powers) if power]
        if len(present) == 1 and powers[present[0]] == 1 and coefficient.q == 1:
            factor = self._logarithms.get(present[0])
            if factor is not None:
                base = self._polynomial(self.factors[factor])
                return self._whole_power(base, int(coefficient.p))
        return self._exp_power(self.ring.term(1, powers), self.one, coefficient)

    def _exp_power(self, num: fmpq_mpoly, den: fmpq_mpoly, coefficient: fmpq) -> Element:
        """exp(coefficient * num/den) as a power of one kernel."""
        power = coefficient * ROOTS
        if power.q != 1:
            num, power = num * coefficient, fmpq(ROOTS)
        generator, new = self._kernel("exp", num, den)
        if new:
            self._positive.add(generator)
            self._independence.nonzero.add(generator)
            self._exponents[generator] = self._fraction(num, den) / ROOTS
        exponent = int(power.p)
        if abs(exponent) > LARGEST_POWER * ROOTS:
            raise Unprovable("an exponent is too large")
        if exponent < 0:
            return Element(self, self.one, {generator: -exponent})
        return self._polynomial(self.factors[generator] ** exponent)

    def _fraction(self, num: fmpq_mpoly, den: fmpq_mpoly) -> Element:
        return self._polynomial(num) / self._polynomial(den)

    def log(self, x: Element) -> Element:
        """log(x) as a sum over the positive factors of x, and one kernel for the rest."""
        coefficient, factors = self._split_fraction(x)
        total, rest = self._log_number(abs(coefficient)), self.number(Fraction(1))
        for factor, exponent in factors.items():
            if self.is_positive(self.factors[factor]):
                total = total + self._log_factor(factor) * exponent
            else:
                rest = rest * self._whole_power(self._polynomial(self.factors[factor]), exponent)
        rest = rest if coefficient > 0 else -rest
        return total if self.is_zero(rest - 1) else total + self._log_kernel(rest)

    def _split_fraction(self, x: Element) -> tuple[fmpq, Factors]:
        """A number and factors, with negative exponents for the denominator."""
        num, den = self.canonical(x)
        above, upper = self.split(num)
        below, lower = self.split(den)
        exponents = _merged(upper, {factor: -power for factor, power in lower.items()}, int.__add__)
        return above / below, {factor: power for factor, power in exponents.items() if power}

    def _log_number(self, value: fmpq) -> Element:
        total = self.number(Fraction(0))
        for sign, whole in ((1, int(value.p)), (-1, int(value.q))):
            for prime, power in _prime_powers(whole):
                generator, _ = self._kernel("log", self.ring.constant(prime))
                total = total + self._element(generator) * (sign * power)
        return total

    def _log_factor(self, factor: int) -> Element:
        if factor in self._exponents:
            return self._exponents[factor]
        generator, new = self._kernel("log", self.factors[factor])
        if new:
            self._logarithms[generator] = factor
        return self._element(generator)

    def _log_kernel(self, rest: Element) -> Element:
        num, den = self.canonical(rest)
        generator, _ = self._kernel("log", num, den)
        return self._element(generator)

    def sqrt(self, x: Element) -> Element:
        """sqrt(x): even powers of positive factors, and a kernel s with s^2 = the rest."""
        if self.is_zero(x):
            return x
        coefficient, factors = self._split_fraction(x)
        front, inside = self.number(Fraction(1)), self._polynomial(self.ring.constant(coefficient))
        for factor, exponent in factors.items():
            base = self._polynomial(self.factors[factor])
            if self.is_positive(self.factors[factor]):
                front = front * self._whole_power(base, exponent // 2)
                exponent %= 2
            inside = inside * self._whole_power(base, exponent)
        return front * self._root(inside)

    def _root(self, inside: Element) -> Element:
        num, den = self.canonical(inside)
        if num.is_one() and den.is_one():
            return self.number(Fraction(1))
        generator, new = self._kernel("sqrt", num, den)
        if new:
            self._positive.add(generator)
            if den.is_one():
                self._squares[generator] = num
        return self._element(generator)

    def sin(self, x: Element) -> Element:
        """sin(x), with sin(-x) = -sin(x)."""
        sign, sine, _ = self._circular(x)
        return self._element(sine) * sign if sine >= 0 else self.number(Fraction(0))

    def cos(self, x: Element) -> Element:
        """cos(x), with cos(-x) = cos(x)."""
        _, sine, cosine = self._circular(x)
        return self._element(cosine) if sine >= 0 else self.number(Fraction(1))

    def arcsin(self, x: Element) -> Element:
        """A kernel of its own; nothing is known about it."""
        return self._opaque("arcsin", x)

    def arccos(self, x: Element) -> Element:
        """A kernel of its own; nothing is known about it."""
        return self._opaque("arccos", x)

    def arctan(self, x: Element) -> Element:
        """A kernel of its own; nothing is known about it."""
        return self._opaque("arctan", x)

    def _opaque(self, name: str, x: Element) -> Element:
        num, den = self.canonical(x)
        generator, _ = self._kernel(name, num, den)
        return self._element(generator)

    def _circular(self, x: Element) -> tuple[int, int, int]:
        """The sign of x and the kernels of its sine and cosine (-1 for x = 0)."""
        num, den = self.canonical(x)
        if num.is_zero():
            return 1, -1, -1
        sign = 1 if num.leading_coefficient() > 0 else -1
        cosine, _ = self._kernel("cos", num * sign, den)
        sine, new = self._kernel("sin", num * sign, den)
        if new:
            self._squares[sine] = self.one - self.factors[cosine] ** 2
        return sign, sine, cosine

    def power(self, x: Element, y: Element) -> Element:
        """x^y; a y that is no multiple of 1/2 makes it exp(y log x)."""
        exponent = self.constant(y)
        if exponent is not None and exponent.denominator == 1:
            return self._whole_power(x, exponent.numerator)
        if exponent is not None and exponent.denominator == 2:
            return self._whole_power(self.sqrt(x), exponent.numerator)
        return self.exp(y * self.log(x))

    def _whole_power(self, x: Element, exponent: int) -> Element:
        if abs(exponent) > LARGEST_POWER:
            raise Unprovable("an exponent is too large")
        base = self.inverse(x) if exponent < 0 else x
        result = self.number(Fraction(1))
        for _ in range(abs(exponent)):
            result = result * base
        return result

    def positive(self, x: Element) -> Element:
        """The indicator of x > 0: positive factors and squares matter only where they are zero."""
        if self.is_zero(x):
            return self.number(Fraction(0))
        coefficient, factors = self._split_fraction(x)
        result, rest = self.number(Fraction(1)), self.one
        for factor, exponent in factors.items():
            if factor in self._binary:
                result = result * self._element(factor)
            elif exponent % 2 and not self.is_positive(self.factors[factor]):
                rest = self.times(rest, self.factors[factor])
            elif exponent > 0:
                result = result * (self.number(Fraction(1)) - self._tie(self.factors[factor]))
        return result * self._indicator(rest if coefficient > 0 else -rest)

    def _indicator(self, rest: fmpq_mpoly) -> Element:
        """The indicator of rest > 0; that of -rest > 0 is what this one and the tie leave."""
        if rest.is_constant():
            return self.number(Fraction(int(rest.leading_coefficient() > 0)))
        flipped = rest.leading_coefficient() < 0
        above = -rest if flipped else rest
        indicator = self._element(self._binary_kernel("positive", above))
        return self.number(Fraction(1)) - indicator - self._tie(above) if flipped else indicator

    def _tie(self, num: fmpq_mpoly) -> Element:
        """The indicator of num = 0; 0 where that holds hardly anywhere."""
        if self._independence.is_generic(num) or self._is_above_zero(num):
            return self.number(Fraction(0))
        num = num / num.leading_coefficient()
        tie, above = self._binary_kernel("tie", num), self._binary_kernel("positive", num)
        if tie not in self._ties:
            self._ties[tie] = num
            self._exclusive.append(frozenset((tie, above)))
        return self._element(tie)

    def _is_above_zero(self, num: fmpq_mpoly) -> bool:
        """Whether a polynomial is surely positive by one of its terms alone."""
        never = self._independence.nonzero
        return self.is_positive(num) and any(
            all(g in never for g, power in enumerate(powers) if power) for powers in num.monoms()
        )

    def _binary_kernel(self, name: str, argument: fmpq_mpoly) -> int:
        generator, new = self._kernel(name, argument)
        if new:
            self._squares[generator] = self.factors[generator]
            self._binary.add(generator)
            self._indicators.add(generator)
        return generator

    def choose(self, c: Element, x: Element, y: Element) -> Element:
        """x where the 0/1 condition c is 1, else y; raises Unprovable if c may be anything else."""
        if not self.is_zero(c * c - c):
            raise Unprovable("a condition that need not be 0 or 1")
        return c * x + (self.number(Fraction(1)) - c) * y

    def is_positive(self, num: fmpq_mpoly) -> bool:
        """Whether a polynomial is a sum of terms that are surely positive."""
        self.spend(len(num))
        return all(
            coefficient > 0
            and all(
                power % 2 == 0 or g in self._positive for g, power in enumerate(powers) if power
            )
            for powers, coefficient in num.terms()
        )


def _prime_powers(whole: int) -> Iterator[tuple[int, int]]:
    """Small primes with their powers; what is left counts as a prime."""
    for prime in SMALL_PRIMES:
        power = 0
        while whole % prime == 0:
            whole, power = whole // prime, power + 1
        if power:
            yield prime, power
    if whole > 1:
        yield whole, 1
