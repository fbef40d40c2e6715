"""Reading an answer: what it says, or why nothing can be said about it.

A shape conflict inside an answer is a mistake of the mathematics; everything else that cannot be
read is `invalid` and costs nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.expression import Apply, Const, Expr, walk
from engine.notation import Ambiguous, Problem, Read, Reading, Scope, Unreadable, read, show
from engine.notation.syntax import Answer
from grader.verdict import Parsed, Verdict, invalid

FORBIDDEN_CALLS = re.compile(
    r"\b(?:grad|gradient|autograd|diff|jacobian|backward|derivative|vjp|nabla)\b|\\nabla|∇"
)
DERIVATIVE = re.compile(r"\\?(?:partial|∂)|\bd\w+\s*/\s*d\w|^d[A-Za-z]")
GIVEN_UP = re.compile(
    r"\s*(?:i\s+)?(?:do\s*n[o'’]?t\s+know|idk|dunno|no\s+idea|not\s+sure|help|n/?a|[?.\s]+)[\s.!?]*",
    re.IGNORECASE,
)
NO_FORMULA = (
    "This is no formula yet. Write down what you have: an answer that cannot be read costs nothing."
)
PARSE = "parse"
MOST_NODES = 1500  # of an answer with its side definitions written out
MOST_WORK = 8000  # node evaluations at one sample point, sums counted term by term
LARGEST_NUMBER = 10**100
TYPICAL_SIZE = 5  # of a dimension at a sample point


@dataclass(frozen=True)
class IllShaped:
    """An answer whose parts do not fit together."""

    problem: Problem
    syntax: Answer | None


def understood(text: str, scope: Scope) -> Read | IllShaped | Verdict:
    """What `text` says in `scope`; a verdict where it says nothing that could be graded."""
    if not text.strip():
        return invalid(PARSE, "There is no answer here yet.", (0, len(text)))
    if GIVEN_UP.fullmatch(text):
        return invalid(PARSE, NO_FORMULA, (0, len(text)))
    return _sorted_out(text, read(text, scope))


def _sorted_out(text: str, reading: Reading) -> Read | IllShaped | Verdict:
    match reading:
        case Read(expr=expr) if is_large(expr):
            return too_large((0, len(text)))
        case Read():
            return reading
        case Unreadable(problem=problem, syntax=syntax) if problem.kind == "shape":
            return IllShaped(problem, syntax)
        case Unreadable(problem=problem):
            return refused(text, problem)
        case Ambiguous(readings=readings, hint=hint):
            return _asked_back(readings, hint)


def is_large(expr: Expr) -> bool:
    """Whether evaluating `expr` would take unreasonably long, or leave what float64 can hold."""
    if expr.nodes > MOST_NODES:
        return True
    sums = False
    for node in walk(expr):
        if isinstance(node, Const) and _is_astronomical(node):
            return True
        sums = sums or (isinstance(node, Apply) and node.op == "sum_over")
    return sums and work(expr) > MOST_WORK


def _is_astronomical(number: Const) -> bool:
    """Whether a number has more digits than were typed in one piece, by divisions."""
    return max(abs(number.value.numerator), number.value.denominator) > LARGEST_NUMBER


def work(expr: Expr) -> int:
    """How many nodes are evaluated at one sample point."""
    below = 1 + sum(work(arg) for arg in expr.args)
    if not isinstance(expr, Apply) or expr.op != "sum_over":
        return below
    size = expr.keywords["size"]
    return below * (size if isinstance(size, int) else TYPICAL_SIZE)


def too_large(span: tuple[int, int]) -> Verdict:
    """The verdict on an answer that would be enormous with its definitions written out."""
    message = "With everything written out, this is longer than can be looked at."
    return invalid("limit", message, span)


def refused(text: str, problem: Problem) -> Verdict:
    """The verdict on a text that cannot be read: what, where, and what would help."""
    start, end = problem.span
    place = text[start:end]
    if FORBIDDEN_CALLS.search(place) or (
        problem.kind != "limit" and FORBIDDEN_CALLS.search(text[start : end + 12])
    ):
        message = "Write the derivative out: asking for it by name is no answer."
        return invalid("forbidden", message, problem.span)
    if problem.kind == "unknown-symbol" and DERIVATIVE.search(place):
        message = (
            f"{place.strip()} cannot be used here: only derivatives that the chain rule needs"
            " before the one asked for. Write it out."
        )
        return invalid("forbidden", message, problem.span)
    return invalid(problem.kind, sentence(problem), problem.span)


def sentence(problem: Problem) -> str:
    """A problem as one line for the learner, with the suggestion."""
    hint = f" ({problem.suggestion})" if problem.suggestion else ""
    message = problem.message[:1].upper() + problem.message[1:]
    return f"{message}{hint}."


def _asked_back(readings: tuple[Read, ...], hint: str) -> Verdict:
    """The readings spelled out, so that the learner can choose."""
    written = " or ".join(show(each.expr, "unicode") for each in readings)
    message = f"This can be read in more than one way: {written}? {hint[:1].upper()}{hint[1:]}."
    return invalid("ambiguous", message)


def parsed(expr: Read) -> Parsed:
    """How the answer was understood, for the learner to check."""
    shown = expr.expr if expr.entry is None else expr.entry
    return Parsed(show(shown, "unicode"), show(shown, "latex"))
