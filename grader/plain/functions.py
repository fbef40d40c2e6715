"""The functions of plain mathematics, each written with the operators of the table.

Those that no operator expresses are left to `foreign.FUNCTIONS`; a variable stands for them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce

from engine.expression import Const, Expr, Var, apply, const
from engine.notation import show
from engine.symbolic.foreign import Foreign

ONE: Expr = const(1)
TEN: Expr = const(10)
PI: Expr = Var("pi")
EULER = apply("exp", const(1))
LARGEST_FACTORIAL = 60  # written as a number
MOST_BITS = 4000  # of a power that is written as a number
MANY = 9  # operands of max and min


@dataclass
class Foreigners:
    """The functions beside the table that occur in a text, by the variables that stand for them."""

    found: dict[str, Foreign] = field(default_factory=dict)

    def call(self, function: str, *args: Expr) -> Expr:
        """The variable that stands for `function` of `args`."""
        name = f"{function}({', '.join(show(arg, 'text') for arg in args)})"
        self.found[name] = Foreign(function, args)
        return Var(name)


@dataclass(frozen=True)
class Function:
    """A function of `least` to `most` operands; `bare` ones may do without brackets."""

    build: Callable[..., Expr]
    least: int = 1
    most: int = 1
    foreign: bool = False  # whether `build` takes the text's Foreigners first


def log(x: Expr, base: Expr | None = None) -> Expr:
    """The logarithm, natural where there is no base."""
    natural = x.apply("log")
    return natural if base is None or base == EULER else natural / base.apply("log")


def add(a: Expr, b: Expr) -> Expr:
    """a + b; of numbers, the number."""
    if isinstance(a, Const) and isinstance(b, Const):
        return Const(a.value + b.value)
    return a + b


def subtract(a: Expr, b: Expr) -> Expr:
    """a - b; of numbers, the number."""
    if isinstance(a, Const) and isinstance(b, Const):
        return Const(a.value - b.value)
    return a - b


def multiply(a: Expr, b: Expr) -> Expr:
    """a b; of numbers, the number."""
    if isinstance(a, Const) and isinstance(b, Const):
        return Const(a.value * b.value)
    return a * b


def power(base: Expr, exponent: Expr) -> Expr:
    """base^exponent; powers of e are exponentials, small powers of whole numbers are numbers."""
    if base == EULER:
        return exponent.apply("exp")
    match base, exponent:
        case Const(value=b), Const(value=n) if n.denominator == 1 and b and abs(n) < MOST_BITS:
            size = max(abs(b.numerator), b.denominator)
            if abs(n) * size.bit_length() < MOST_BITS:
                return const(b ** int(n))
    return base.apply("pow", exponent)


def root(x: Expr, index: Expr | None = None) -> Expr:
    """The root; a square root where there is no index."""
    if index is None or index == const(2):
        return x.apply("sqrt")
    return power(x, ONE / index)


def _whole(expr: Expr) -> int | None:
    """The whole number that `expr` is, if it is one."""
    return int(expr.value) if isinstance(expr, Const) and expr.value.denominator == 1 else None


def factorial(strangers: Foreigners, x: Expr) -> Expr:
    """x!, by the gamma function where x is no small whole number."""
    number = _whole(x)
    if number is not None and 0 <= number <= LARGEST_FACTORIAL:
        return const(math.factorial(number))
    return strangers.call("gamma", x + 1)


def double_factorial(strangers: Foreigners, x: Expr) -> Expr:
    """x!!, of small whole numbers."""
    number = _whole(x)
    if number is None or not 0 <= number <= LARGEST_FACTORIAL:
        raise ValueError("a double factorial is that of a whole number")
    return const(math.prod(range(number, 0, -2)))


def binomial(strangers: Foreigners, n: Expr, k: Expr) -> Expr:
    """n over k; a polynomial in n where k is a small whole number."""
    chosen = _whole(k)
    if chosen is not None and 0 <= chosen <= MANY:
        factors = (n - i if i else n for i in range(chosen))
        return reduce(multiply, factors, ONE) / math.factorial(chosen)
    above, rest = factorial(strangers, n), factorial(strangers, n - k)
    return above / (factorial(strangers, k) * rest)


def _arranged(strangers: Foreigners, n: Expr, k: Expr) -> Expr:
    """The number of arrangements of k out of n."""
    return binomial(strangers, n, k) * factorial(strangers, k)


def _folded(function: Callable[[Expr, Expr], Expr]) -> Callable[..., Expr]:
    return lambda *args: reduce(function, args)


def _smaller(x: Expr, y: Expr) -> Expr:
    return -apply("maximum", -x, -y)


def _of_numbers(function: Callable[[int, int], int | Fraction]) -> Callable[..., Expr]:
    """A function of two whole numbers that are written out."""

    def build(a: Expr, b: Expr) -> Expr:
        first, second = _whole(a), _whole(b)
        if first is None or second is None or not second:
            raise ValueError("this function is known for whole numbers alone")
        return const(function(first, second))

    return build


def _gamma(strangers: Foreigners, x: Expr) -> Expr:
    number = _whole(x)
    return strangers.call("gamma", x) if number is None else factorial(strangers, const(number - 1))


def _foreign(name: str) -> Function:
    return Function(lambda strangers, x: strangers.call(name, x), foreign=True)


def _row(name: str, operands: int = 1) -> Function:
    return Function(lambda *args: apply(name, *args), operands, operands)


def _sinh(x: Expr) -> Expr:
    return apply("tanh", x) / apply("sech", x)


def _arcosh(x: Expr) -> Expr:
    return (x + (x - 1).apply("sqrt") * (x + 1).apply("sqrt")).apply("log")


_ROWS = ("sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "tanh", "sech",
         "exp", "abs", "sign", "sigmoid", "relu", "softplus")  # fmt: skip
_FOREIGN = ("floor", "ceil", "round", "trunc", "erf", "erfc", "re", "im", "conj", "arg")
_BUILT: dict[str, Function] = {
    **{name: _row(name) for name in _ROWS},
    "sqrt": Function(root, 1, 2),
    "log": Function(log, 1, 2),
    "lg": Function(lambda x, base=TEN: log(x, base), 1, 2),
    "log2": Function(lambda x: log(x, const(2))),
    "log1p": Function(lambda x: log(1 + x)),
    "expm1": Function(lambda x: x.apply("exp") - 1),
    "sinh": Function(_sinh),
    "cosh": Function(lambda x: 1 / apply("sech", x)),
    "coth": Function(lambda x: 1 / apply("tanh", x)),
    "csch": Function(lambda x: 1 / _sinh(x)),
    "arcsec": Function(lambda x: apply("arccos", 1 / x)),
    "arccsc": Function(lambda x: apply("arcsin", 1 / x)),
    "arccot": Function(lambda x: apply("arctan", 1 / x)),
    "arcsinh": Function(lambda x: log(x + (x * x + 1).apply("sqrt"))),
    "arccosh": Function(_arcosh),
    "arctanh": Function(lambda x: (log(1 + x) - log(1 - x)) / 2),
    "arccoth": Function(lambda x: (log(1 + 1 / x) - log(1 - 1 / x)) / 2),
    "arcsech": Function(lambda x: _arcosh(1 / x)),
    "arccsch": Function(lambda x: log(1 / x + (1 / (x * x) + 1).apply("sqrt"))),
    "sinc": Function(lambda x: apply("sin", x) / x),
    "cbrt": Function(lambda x: root(x, const(3))),
    "root": Function(root, 1, 2),
    "pow": Function(power, 2, 2),
    "square": Function(lambda x: x * x),
    "max": Function(_folded(lambda x, y: apply("maximum", x, y)), 1, MANY),
    "min": Function(_folded(_smaller), 1, MANY),
    "step": Function(lambda x: apply("greater", x, const(0))),
    "where": _row("where", 3),
    "leaky_relu": _row("leaky_relu", 2),
    "factorial": Function(factorial, foreign=True),
    "binomial": Function(binomial, 2, 2, foreign=True),
    "perm": Function(_arranged, 2, 2, foreign=True),
    "rational": Function(lambda a, b: a / b, 2, 2),
    "gamma": Function(_gamma, foreign=True),
    "f": _foreign("f"),
    "g": _foreign("g"),
    **{name: _foreign(name) for name in _FOREIGN},
    "atan2": Function(lambda strangers, y, x: strangers.call("atan2", y, x), 2, 2, foreign=True),
    "radians": Function(lambda x: x * PI / 180),
    "degrees": Function(lambda x: x * 180 / PI),
    "mod": Function(_of_numbers(lambda a, b: a % b), 2, 2),
    "gcd": Function(_of_numbers(math.gcd), 2, 2),
    "lcm": Function(_of_numbers(math.lcm), 2, 2),
}


_ALIASES = {
    "log": "ln", "lg": "log10 logten", "log2": "lb ld", "sign": "sgn signum", "csc": "cosec",
    "cot": "cotan ctg cotg", "tan": "tg", "tanh": "th", "sinh": "sh", "cosh": "ch",
    "arcsin": "asin", "arccos": "acos", "arctan": "atan arctg", "arccot": "acot arcctg",
    "arcsec": "asec", "arccsc": "acsc arccosec",
    "arcsinh": "asinh arsinh", "arccosh": "acosh arcosh", "arctanh": "atanh artanh",
    "arccoth": "acoth arcoth", "arcsech": "asech arsech", "arccsch": "acsch arcsch",
    "csch": "cosech", "abs": "fabs absolute", "ceil": "ceiling", "root": "nthroot surd",
    "pow": "power", "max": "maximum fmax", "min": "minimum fmin", "step": "heaviside",
    "where": "if", "binomial": "binom comb nCr choose", "factorial": "fact",
    "sigmoid": "logistic expit", "trunc": "fix", "conj": "conjugate",
    "atan2": "arctan2", "perm": "nPr",
}  # fmt: skip
FUNCTIONS: Mapping[str, Function] = _BUILT | {
    alias: _BUILT[name] for name, aliases in _ALIASES.items() for alias in aliases.split()
}
SHORT = frozenset(
    (
        "th",
        "sh",
        "ch",
        "tg",
        "lb",
        "ld",
        "if",
        "fix",
        "step",
        "comb",
        "fact",
        "im",
        "re",
        "rational",
        "perm",
        "square",
    )
)
INVERSES = {
    name: FUNCTIONS[f"arc{name}"]
    for name in ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "sech",
                 "csch")
}  # fmt: skip
# Functions that are seen inside of a word, and that need no brackets around their operand.
GLUED = (
    "arcsinh", "arccosh", "arctanh", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "sqrt",
    "sin", "cos", "tan", "sec", "csc", "cot", "exp", "log", "abs", "ln",
)  # fmt: skip
