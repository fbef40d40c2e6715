"""What is said about an answer: diagnoses, witnesses, sentences with the exercise's names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from engine.errors import PrecisionExhausted, ShapeError
from engine.expression import Apply, Const, Expr, Var, transform, walk
from engine.notation import Read
from engine.notation.fitting import ENTRY_BY_ENTRY
from engine.notation.syntax import Answer, Derivative, Name, Syntax
from engine.notation.tree import parts
from engine.program import Target
from engine.shapes import show as show_shape
from engine.symbolic import balls
from engine.symbolic.prove import Proved
from grader.compiled import KEPT, Compiled
from grader.diagnosis.repairs import mended
from grader.diagnosis.search import Explanation
from grader.diagnosis.worlds import readings
from grader.memory import Remembered
from grader.misconceptions import misconception
from grader.reading import is_large
from grader.scopes import derivative_names, earlier_derivatives
from grader.verdict import Diagnosis

DECIMAL = re.compile(r"\d*\.(\d+)")
MOST_LINKS = 8  # of an equality chain are looked at
LARGEST_DENOMINATOR = 60
ROUNDED = "rounded-number"
OVERWRITTEN = "paths-overwritten"
ASSIGNED_ROWS = re.compile(r"\s*\w+\[\s*[^\W\d]\w+\s*\]\s*=(?!=)")  # dC[idx] = …: idx may repeat
ALWAYS_TRUE = "mask-always-true"  # the first to be named where an answer has such a mask


# diagnoses


def wrong(compiled: Compiled, answer: Expr, text: str = "") -> tuple[Diagnosis, ...]:
    """The misconceptions that explain a wrong answer."""
    if _rounded(compiled, answer, text):
        return (misconception(ROUNDED).diagnosis({}),)
    return _explained(compiled, answer)


@Remembered
def _explained(compiled: Compiled, answer: Expr) -> tuple[Diagnosis, ...]:
    found = _diagnoses(compiled, compiled.search.explain(answer))
    mask = any(isinstance(node, Apply) and node.op == "greater_equal" for node in walk(answer))
    return tuple(sorted(found, key=lambda each: each.slug != ALWAYS_TRUE)) if mask else found


def wrong_shape(compiled: Compiled, answer: Expr, reading: Read | None) -> tuple[Diagnosis, ...]:
    """The misconceptions that explain an answer of another shape.

    Where factors side by side could not be multiplied and were read entry by entry, a learner
    meant a matrix product, in which a transpose may be missing: that is looked at first.
    """
    if reading is not None and ASSIGNED_ROWS.match(reading.syntax.text):
        return (misconception(OVERWRITTEN).diagnosis(exercise_fields(compiled)),)
    literal = reading is not None and ENTRY_BY_ENTRY in reading.notes
    syntax = None if reading is None else reading.syntax
    first = ill_shaped(compiled, syntax) if literal else ()
    found = first or _explained(compiled, answer)
    return found or (() if literal else ill_shaped(compiled, syntax))


def ill_shaped(compiled: Compiled, syntax: Answer | None) -> tuple[Diagnosis, ...]:
    """The misconceptions that explain an answer whose parts do not fit."""
    if syntax is None:
        return ()
    for each in compiled.elsewhere():
        said = readings(syntax, each.scope, each.world.loose)
        found = (each.search.explain(expr) for expr in said if not is_large(expr))
        explanations = next((several for several in found if several), ())
        if explanations:
            return _diagnoses(compiled, explanations)
    slugs = mended(syntax, compiled.scope, compiled.layout, compiled.search.at_most_one)
    return _diagnoses(compiled, (Explanation(slugs, {}),)) if slugs else ()


def _diagnoses(compiled: Compiled, explanations: Sequence[Explanation]) -> tuple[Diagnosis, ...]:
    """One diagnosis per slug, in order; of several explanations by two mistakes, the first."""
    if explanations and len(explanations[0].slugs) > 1:
        explanations = explanations[:1]
    known = exercise_fields(compiled)
    found: dict[str, Diagnosis] = {}
    for each in explanations:
        for slug in each.slugs:
            found.setdefault(slug, misconception(slug).diagnosis({**known, **each.fields}))
    return tuple(found.values())


def exercise_fields(compiled: Compiled) -> dict[str, str]:
    """What the exercise alone puts into a misconception's sentence."""
    program, target = compiled.program, compiled.question.target
    batch = sorted(compiled.search.constants.means)
    known = {
        "derivative": asked(compiled),
        "variable": target.variable,
        "shape": show_shape(program.shapes[target.variable]),
        "loss": program.loss,
    }
    return known | ({"batch": batch[0]} if batch else {})


def asked(compiled: Compiled) -> str:
    """What was asked for, as in dL/dw."""
    return f"d{compiled.program.loss}/d{entry_name(compiled.question.target)}"


def entry_name(target: Target) -> str:
    """A target as text: w, or a1_1 for an entry of a vector, W2_12 for one of a matrix."""
    if target.entry is None:
        return target.variable
    row, column = target.entry
    return f"{target.variable}_{row}" + (str(column) if column != 1 else "")


def value_message(compiled: Compiled, diagnosis: Sequence[Diagnosis]) -> str:
    """The first sentence on a wrong answer."""
    if diagnosis:
        return diagnosis[0].feedback
    return f"This is not {asked(compiled)}: the two differ at a sample point."


def _rounded(compiled: Compiled, answer: Expr, text: str) -> bool:
    """Whether decimals in the text are rounded forms of fractions that would be right."""
    places = [len(found) for found in DECIMAL.findall(text)]
    if not places:
        return False
    better = transform(answer, lambda node: _unrounded(node, max(places)))
    return better != answer and _equal(compiled, better)


def _unrounded(node: Expr, places: int) -> Expr:
    """The simple fraction that a decimal of so many places stands for."""
    if not isinstance(node, Const) or node.value.denominator == 1:
        return node
    simple = node.value.limit_denominator(LARGEST_DENOMINATOR)
    return Const(simple) if abs(simple - node.value) < Fraction(1, 10**places) else node


def _equal(compiled: Compiled, answer: Expr) -> bool:
    try:
        outcome = compiled.comparison.equal(answer, compiled.reference)
    except (PrecisionExhausted, ShapeError):
        return False
    return isinstance(outcome, balls.Agreement)


# equality chains and derivatives that were taken as known


def false_links(compiled: Compiled, reading: Read | None) -> list[str]:
    """A remark for an equality chain in which an earlier link differs from the last."""
    if reading is None:
        return []
    links = [link for link in reading.links[:-1] if link is not None and not isinstance(link, Var)]
    short = [link for link in links if not is_large(link)]
    broken = [link for link in short[:MOST_LINKS] if not _same(compiled, link, reading.expr)]
    if not broken:
        return []
    return ["Your equality signs do not all hold: only the last part of the chain was graded."]


def _same(compiled: Compiled, left: Expr, right: Expr) -> bool:
    if left.shape != right.shape:
        return False
    try:
        return isinstance(compiled.comparison.equal(left, right), balls.Agreement)
    except PrecisionExhausted:
        return True


def borrowed_derivatives(compiled: Compiled, reading: Read | None) -> str:
    """The first earlier derivative that the answer uses by name and does not define; else empty."""
    known = _borrowable(compiled)
    if reading is None or not known:
        return ""
    clauses = reading.syntax.clauses
    used = _looked_up(compiled, [clause.links[-1] for clause in clauses])
    defined = _looked_up(compiled, [clause.links[0] for clause in clauses if clause.links[1:]])
    return next((known[name] for name in known if name in used - defined), "")


def _looked_up(compiled: Compiled, nodes: list[Syntax]) -> set[str | None]:
    return {compiled.scope.lookup(name) for name in _names(nodes)}


@lru_cache(maxsize=KEPT)
def _borrowable(compiled: Compiled) -> Mapping[str, str]:
    """The names of earlier derivatives, each with what it is a name of."""
    program, target = compiled.program, compiled.question.target
    return {
        spelling: f"d{program.loss}/d{name}"
        for name in earlier_derivatives(program, target)
        for spelling in derivative_names(program, name)
    }


def _names(nodes: list[Syntax]) -> Iterator[str]:
    """Every name in some trees, derivatives as dL/dz."""
    stack = list(nodes)
    while stack:
        match stack.pop():
            case Name(spelling=spelling):
                yield spelling
            case Derivative(of=Name(spelling=over), wrt=Name(spelling=under)):
                yield f"d{over}/d{under}"
            case node:
                stack.extend(parts(node))


# evidence


def proof_text(proof: Proved) -> str:
    """What a proof at fixed sizes has shown."""
    sizes = ", ".join(f"{name} = {size}" for name, size in dict(proof.sizes).items())
    return f"proved at {sizes}" if sizes else "proved"


def witness(found: balls.Refuted) -> Mapping[str, Any]:
    """A refutation for instructors: the point, the entry and both values."""
    return {
        "point": found.point,
        "sizes": dict(found.sizes),
        "inputs": {name: _printable(value) for name, value in found.inputs.items()},
        "entry": list(found.entry),
        "answer": found.left,
        "reference": found.right,
    }


def _printable(value: Any) -> Any:
    """Nested lists of fractions as nested lists of strings."""
    return [_printable(each) for each in value] if isinstance(value, list) else str(value)
