"""From a text to what it says: the outcome of reading is a value, never an exception.

Reading ::= Read(expr, …) | Unreadable(problem, …) | Ambiguous(readings)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TypeAlias

from engine.errors import ProgramError
from engine.expression import Expr
from engine.notation.components import free_indices, has_brackets, is_left_sided
from engine.notation.elaborate import PLAIN, Elaborated, Options, elaborate
from engine.notation.errors import Mistake, NotationError, Problem
from engine.notation.parser import parse
from engine.notation.scope import Scope
from engine.notation.syntax import Answer
from engine.program import Program, Statement, Symbol
from engine.shapes import SCALAR


@dataclass(frozen=True)
class Read:
    """What a text says; `links` are the parts of an equality chain, None for a mere name.

    `entry` is what a text in component form says of one entry.
    """

    expr: Expr
    syntax: Answer
    notes: tuple[str, ...] = ()
    links: tuple[Expr | None, ...] = ()
    entry: Expr | None = None


@dataclass(frozen=True)
class Unreadable:
    """Why a text says nothing; `syntax` is there when only names or shapes are wrong."""

    problem: Problem
    syntax: Answer | None = None


@dataclass(frozen=True)
class Ambiguous:
    """A text with several readings that differ; the learner is asked back.

    `hint` says how each of them is written.
    """

    readings: tuple[Read, ...]
    hint: str = "use brackets, @ or ⊙"


Reading: TypeAlias = Read | Unreadable | Ambiguous


def read(text: str, scope: Scope, *, strict: bool = False) -> Reading:
    """What `text` says in `scope`; strictly, every element-wise product needs a sign."""
    try:
        syntax = parse(text, scope)
    except Mistake as mistake:
        return Unreadable(replace(mistake.problem, text=text))
    return read_again(syntax, scope, strict=strict)


def read_again(syntax: Answer, scope: Scope, *, strict: bool = False) -> Reading:
    """What a surface tree says in `scope`, which may be another than it was parsed in."""
    outcome = _plainly(syntax, scope, Options(strict=strict))
    if strict or (not syntax.matlab and _fits(outcome, scope)):
        return outcome if strict else _unless_contested(outcome, syntax, scope)
    if scope.wanted is not None:
        outcome = _in_components(outcome, syntax, scope)
    if not _fits(outcome, scope):
        outcome = _otherwise(outcome, syntax, scope)
    return _in_matlab(outcome, syntax, scope) if syntax.matlab else outcome


@dataclass(frozen=True)
class Contested:
    """A sign whose meanings may both conform; where they do and differ, the learner is asked."""

    signs: tuple[str, ...]
    options: Options
    hint: str


CONTESTED = (
    Contested(
        ("|",),
        Options(lengths=True),
        "write ‖…‖ for the length of a vector, abs(…) for its entries",
    ),
    Contested(
        ("⊗", "otimes"),
        Options(outer=True),
        "write ⊙ for a product entry by entry, a bᵀ for the outer product",
    ),
    Contested((), Options(entries=True), "write ⊙ between entries, @ for a product of matrices"),
)


def _unless_contested(outcome: Reading, syntax: Answer, scope: Scope) -> Reading:
    """`outcome`, unless a sign may be meant otherwise: |r| for the length of r, ⊗ for r rᵀ.

    |r| may not where the exercise itself writes it for its entries.  Where the exercise has no
    product of matrices or vectors, factors side by side may always be meant entry by entry.
    """
    for each in CONTESTED:
        alone = each.options.entries and scope.products == frozenset()
        signed = any(sign in syntax.text for sign in each.signs)
        if scope.wanted is None or not (signed or alone):
            continue
        if each.options.lengths and scope.entry_bars:
            continue
        other = _plainly(syntax, scope, each.options)
        if not (isinstance(outcome, Read) and isinstance(other, Read) and _fits(other, scope)):
            continue
        if other.expr != outcome.expr:
            return Ambiguous((outcome, other), each.hint)
    return outcome


def _fits(outcome: Reading, scope: Scope) -> bool:
    """Whether a reading has the shape of what is asked for, or any where that is not known."""
    if not isinstance(outcome, Read) or scope.wanted is None:
        return isinstance(outcome, Read | Ambiguous)
    shape = outcome.expr.shape
    return shape == scope.wanted or (
        len(shape) == 1 and shape == tuple(dim for dim in scope.wanted if dim != 1)
    )


MATLAB_SUMS = "sums were read as in MATLAB, whose second axis is 2"
MATLAB_NOTE = "* was read as a matrix product, as in MATLAB"


@dataclass(frozen=True)
class Alternative:
    """Another meaning of a sign, for texts with `signs` whose usual meaning does not conform."""

    signs: tuple[str, ...]
    options: Options
    note: str


BATCH_NOTE = "Σ without an index was read as the sum over the examples"
ENTRIES_NOTE = "· was read entry by entry, which is how it conforms"
DOTS_HINT = "write ⊙ between entries, xᵀ y for a number"
DOT = re.compile(r"[·⋅∙•]|\\cdot(?![A-Za-z])")
MOST_DOTS = 3  # signs of which every subset is tried
SUMS = ("Σ", "∑", "\\sum")
ALTERNATIVES = (
    Alternative(
        ("_", "^", "⁽", "ᵢ"),
        Options(columns=True),
        "an example such as x^{(i)} was read as a column, as in books",
    ),
    Alternative(("|", "vert"), Options(lengths=True), "|…| was read as the length of a vector"),
    Alternative((" ones(", "*ones(", "(ones("), Options(matlab=True), MATLAB_NOTE),
    Alternative(
        ("·", "⋅", "cdot", "∙", "•", "torch.dot("),
        Options(dots=True),
        "· was read as the dot product",
    ),
    Alternative(
        ("·", "⋅", "cdot", "∙", "•"),
        Options(dots=True, columns=True),
        "· was read as the dot product, a row of a matrix as a column",
    ),
    Alternative(("·", "⋅", "cdot", "∙", "•"), Options(entries=True), ENTRIES_NOTE),
    Alternative(SUMS, Options(batch=True), BATCH_NOTE),
    Alternative(SUMS, Options(batch=True, columns=True), BATCH_NOTE),
    Alternative(SUMS, Options(batch=True, entries=True), BATCH_NOTE),
    Alternative(("×", "times"), Options(crosses=True), "× was read as a matrix product"),
    Alternative(
        ("⊙", "∘", "odot", "circ", "*", "∗"),
        Options(tight=True),
        "A ⊙ B C was read as (A ⊙ B) C, which is how it conforms",
    ),
    Alternative(("⊗", "otimes"), Options(outer=True), "⊗ was read as the outer product"),
    Alternative(
        (")/(", ") / ("),
        Options(fractions=True),
        "A (B)/(C) was read as A (B/C), which is how it conforms",
    ),
)


def _otherwise(outcome: Reading, syntax: Answer, scope: Scope) -> Reading:
    """A reading with another meaning of a sign, where that conforms and the usual one does not."""
    mixed = _of_dots(syntax, scope)
    if mixed is not None:
        return mixed
    for each in ALTERNATIVES:
        if not _applies(each, syntax, scope):
            continue
        other = _plainly(syntax, scope, each.options)
        if scope.wanted is not None:
            other = _in_components(other, syntax, scope, each.options)
        if isinstance(other, Ambiguous):
            return other
        if isinstance(other, Read) and _fits(other, scope):
            said = replace(other, notes=(*other.notes, each.note))
            return _of_entries(said, syntax, scope) if each.options.dots else said
    return outcome


def _of_dots(syntax: Answer, scope: Scope) -> Reading | None:
    """A reading in which some dots are dot products and others entry by entry; None for none.

    Where all of them can be dot products, they are no mixture.
    """
    places = [match.start() for match in DOT.finditer(syntax.text)]
    if not 1 < len(places) <= MOST_DOTS or scope.wanted is None:
        return None
    if _fits(_plainly(syntax, scope, Options(dots=True)), scope):
        return None
    found: dict[Expr, Read] = {}
    for count in range(len(places)):
        for inner in combinations(places, count):
            other = _plainly(syntax, scope, Options(entries=True, inner=frozenset(inner)))
            if isinstance(other, Read) and _fits(other, scope):
                found.setdefault(other.expr, replace(other, notes=(*other.notes, ENTRIES_NOTE)))
    readings = tuple(found.values())
    if len(readings) > 1:
        return Ambiguous(readings[:2], DOTS_HINT)
    return readings[0] if readings else None


def _applies(each: Alternative, syntax: Answer, scope: Scope) -> bool:
    """Whether a text may be read so: it has the sign, and the exercise leaves room for it.

    Where the exercise has no product of matrices or vectors, none is meant by factors side by side.
    """
    doubtful = each.options.dots or each.options.entries
    if scope.products == frozenset() and doubtful and not each.options.batch:
        return each.options.entries
    return any(sign in f" {syntax.text}" for sign in each.signs)


def _of_entries(outcome: Read, syntax: Answer, scope: Scope) -> Reading:
    """`outcome`, in which · is a dot product, unless · may be meant entry by entry as well.

    It may not where the exercise itself multiplies vectors into numbers.
    """
    other = _plainly(syntax, scope, Options(entries=True))
    if "inner" in (scope.products or ()) or not (isinstance(other, Read) and _fits(other, scope)):
        return outcome
    return outcome if other.expr == outcome.expr else Ambiguous((outcome, other), DOTS_HINT)


def _plainly(syntax: Answer, scope: Scope, options: Options) -> Reading:
    """What a surface tree says with these options."""
    try:
        elaborated = elaborate(syntax, scope, options)
        other = elaborated
        if elaborated.forked:
            other = elaborate(syntax, scope, replace(options, entrywise=True))
        elif elaborated.swept and not options.batch and scope.examples is not None:
            return _swept(elaborated, syntax, scope, options)
    except Mistake as mistake:
        problem = _unknown_name(mistake.problem, syntax, scope, options) or mistake.problem
        return Unreadable(replace(problem, text=syntax.text), syntax)
    if other.links[-1] != elaborated.links[-1]:
        return Ambiguous((_said(elaborated, syntax), _said(other, syntax)))
    return _said(elaborated, syntax)


def _swept(elaborated: Elaborated, syntax: Answer, scope: Scope, options: Options) -> Reading:
    """A reading in which Σ has no index and stands before a matrix: what is summed is asked back.

    It is not asked where only one of all entries and the examples conforms.
    """
    plain = _said(elaborated, syntax)
    other = _plainly(syntax, scope, replace(options, batch=True))
    if not (isinstance(other, Read) and _fits(plain, scope) and _fits(other, scope)):
        return plain
    hint = "write Σ_i with its index, or sum(…, axis=…)"
    return plain if other.expr == plain.expr else Ambiguous((plain, other), hint)


def _in_components(
    outcome: Reading, syntax: Answer, scope: Scope, given: Options = PLAIN
) -> Reading:
    """The reading as entries of a vector or a matrix, where the text has free indices.

    They may stand on the left alone, as in `dX_j = h - y`.
    """
    ordered = is_left_sided(syntax, scope)
    if isinstance(outcome, Ambiguous) or (
        isinstance(outcome, Read) and (not ordered or _fits(outcome, scope))
    ):
        return outcome
    free = free_indices(syntax, scope)
    asked = ordered and len(free) == len(scope.entry)
    if not free or scope.wanted is None or (scope.wanted == SCALAR and not asked):
        return outcome
    bracketed = scope.base == 0 and has_brackets(syntax)
    options = replace(given, free=free, ordered=ordered, from_zero=bracketed, fixed=scope.entry)
    found = _plainly(syntax, scope, options)
    return found if isinstance(outcome, Unreadable) or _fits(found, scope) else outcome


def _in_matlab(outcome: Reading, syntax: Answer, scope: Scope) -> Reading:
    """The reading with `*` as a matrix product, where that conforms and the plain one does not.

    Where both conform and differ, the learner is asked back.
    """
    if isinstance(outcome, Ambiguous):
        return outcome
    other = _plainly(syntax, scope, Options(matlab=True))
    if not isinstance(other, Read):
        return outcome
    if isinstance(outcome, Read) and _fits(outcome, scope) >= _fits(other, scope):
        settled = other.expr == outcome.expr or not _fits(other, scope)
        return outcome if settled else Ambiguous((outcome, other))
    if isinstance(outcome, Unreadable) and outcome.problem.kind != "shape":
        return outcome
    starred = "*" in syntax.text.replace(".*", "")
    return replace(other, notes=(*other.notes, MATLAB_NOTE if starred else MATLAB_SUMS))


def _unknown_name(
    problem: Problem, syntax: Answer, scope: Scope, options: Options
) -> Problem | None:
    """The unknown name behind a conflict of shapes, if there is one: names come before shapes."""
    if problem.kind != "shape":
        return None
    try:
        elaborate(syntax, scope.shapeless, options)
    except Mistake as mistake:
        return mistake.problem if mistake.problem.kind == "unknown-symbol" else None
    return None


def _said(elaborated: Elaborated, syntax: Answer) -> Read:
    last = elaborated.links[-1]
    assert last is not None  # the last link always has a value
    return Read(last, syntax, elaborated.notes, elaborated.links, elaborated.entry)


def parse_expr(text: str, scope: Scope, where: str = "") -> Expr:
    """The expression `text`; raises NotationError, its message beginning with `where`."""
    match read(text, scope, strict=True):
        case Read(expr=expr):
            return expr
        case Unreadable(problem=problem):
            raise NotationError(problem, where)
        case Ambiguous():
            problem = Problem("parse", (0, len(text)), "the formula has two readings", text=text)
            raise NotationError(problem, where)


def parse_program(
    symbols: Sequence[Symbol],
    lines: Sequence[str],
    loss: str,
    *,
    functions: dict[str, str] | None = None,
    example_axis: int | None = None,
) -> Program:
    """The program of `lines`, each `name = formula`; an error names the line."""
    shapes = {symbol.name: symbol.shape for symbol in symbols}
    aliases = {alias: symbol.name for symbol in symbols for alias in symbol.aliases}
    dims = frozenset(dim for shape in shapes.values() for dim in shape if isinstance(dim, str))
    statements: list[Statement] = []
    for number, line in enumerate(lines, start=1):
        where = f"line {number}: "
        name, equals, formula = line.partition("=")
        if not equals or not name.strip().isidentifier():
            raise ProgramError(f"{where}expected 'name = formula', not {line!r}")
        scope = Scope(shapes, aliases, dims, functions=functions or {}, example_axis=example_axis)
        value = parse_expr(formula.strip(), scope, where)
        statements.append(Statement(name.strip(), value))
        shapes = shapes | {name.strip(): value.shape}
    return Program(tuple(symbols), tuple(statements), loss)
