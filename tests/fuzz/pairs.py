"""Pairs of texts through `equal`: `python -m tests.fuzz.pairs --count 20000 --seed 1`.

No pair may raise or take longer than LIMIT of processor time, the order of the sides changes no
outcome, and no text differs from itself.  A pair is a function of its number.
"""

from __future__ import annotations

import argparse
import gc
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random
from time import thread_time

from grader.equality import Different, Equality, equal

LIMIT = 100.0  # milliseconds of processor time
LEAVES = (
    "x", "y", "n", "i", "x_1", "x2", "theta", "\\theta", "π", "e", "2", "3", "0", "-1", "1/2",
    "0.1", "50%", "½", "1e9", "1e-9", "10^20", "9^9", "999999999", "1,000", "30°",
)  # fmt: skip
FUNCTIONS = (
    "sin", "cos", "tan", "exp", "log", "ln", "sqrt", "abs", "arcsin", "arccos", "arctan", "sinh",
    "tanh", "arccosh", "sec", "cot", "floor", "ceil", "gamma", "erf", "factorial", "log_2", "log10",
    "\\sqrt", "\\sin^2", "sin^-1", "f", "round", "unheard",
)  # fmt: skip
OF_TWO = ("max", "min", "binomial", "root", "log", "mod", "atan2", "pow")
SIGNS = (
    "+", "-", "*", "/", "^", "**", " ", "\\cdot ", "=", "<", "<=", "!", "!!", "^2", "^-1", "^{3}",
    "%", "°", ",", "|", "(", ")", "[", "]", "{", "}", "\\frac", "\\frac12", "_", "_2", "\\left(",
    "\\right)", "²", "⁻¹", "√", ".", "..", "if", " else ", "'", "\\", "&", "$", "\\text{a}", "for",
)  # fmt: skip
DAMAGE = "()[]{}^_+-*/|!%x2 .,=<\\e"


def expression(rng: Random, depth: int) -> str:
    """An expression of up to `depth` levels."""
    if not depth or rng.random() < 0.2:
        return rng.choice(LEAVES)
    a, b = expression(rng, depth - 1), expression(rng, depth - 1)
    name, other = rng.choice(FUNCTIONS), rng.choice(OF_TWO)
    shapes = (
        f"({a}){rng.choice(('+', '-', '*', '/', '^', ''))}({b})", f"{name}({a})", f"{name}({b})",
        f"{a}{rng.choice('+-*/^')}{b}", f"\\frac{{{a}}}{{{b}}}", f"|{a}|", f"{a}!",
        f"{other}({a}, {b})",
    )  # fmt: skip
    return rng.choice(shapes)


def damaged(rng: Random, text: str) -> str:
    """`text` with a few characters replaced or left out."""
    marks = list(text)
    for _ in range(min(len(marks), rng.randrange(1, 4))):
        marks[rng.randrange(len(marks))] = rng.choice(("", rng.choice(DAMAGE)))
    return "".join(marks)


def pair(number: int) -> tuple[str, str]:
    """The pair with a number."""
    rng = Random(number)
    pieces = (LEAVES, FUNCTIONS, SIGNS, SIGNS)
    junk = "".join(rng.choice(rng.choice(pieces)) for _ in range(rng.randrange(1, 25)))
    first = expression(rng, rng.randrange(1, 6)) if rng.random() < 0.7 else junk
    return first, rng.choice((first, damaged(rng, first), expression(rng, rng.randrange(1, 5))))


def faults(left: str, right: str) -> Iterator[str]:
    """What is wrong about the comparison of a pair."""
    start = thread_time()
    try:
        found = equal(left, right)
        taken = (thread_time() - start) * 1000
        back = equal(right, left)
    except Exception:  # any exception is the find
        yield traceback.format_exc(limit=-3)
        return
    if taken > LIMIT:
        yield f"{taken:.0f} ms"
    if left == right and isinstance(found, Different):
        yield f"differs from itself: {found.text}"
    if type(found) is not type(back):
        yield f"{_word(found)} one way, {_word(back)} the other"


def _word(found: Equality) -> str:
    return type(found).__name__.lower()


def run(numbers: range) -> list[str]:
    """The finds among some pairs, each with a line that reproduces it; prints what was found."""
    outcomes: Counter[str] = Counter()
    finds: list[str] = []
    gc.freeze()
    for number in numbers:
        left, right = pair(number)
        wrong = list(faults(left, right))
        outcomes["wrong" if wrong else "right"] += 1
        finds += [f"equal({left!r}, {right!r})  # {number}: {each}" for each in wrong]
    print(dict(outcomes))
    return finds


def main(words: Sequence[str]) -> int:
    """Runs over `--count` pairs from `--seed` on; 1 if something was found."""
    options = argparse.ArgumentParser(description="Pairs of texts through `equal`.")
    options.add_argument("--count", type=int, default=20_000)
    options.add_argument("--seed", type=int, default=0, metavar="FIRST")
    given = options.parse_args(words)
    finds = run(range(given.seed, given.seed + given.count))
    print(*finds, sep="\n")
    return bool(finds)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
