"""The names an answer may use: the exercise's own, and derivatives that come earlier."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import reduce
from operator import mul

from engine.expression import Apply, Expr, Var, const, walk
from engine.gradient import adjoint_formulas
from engine.notation import Scope, show
from engine.operators import operator
from engine.program import Program, Statement, Symbol, Target
from engine.shapes import SCALAR, Dim, Shape
from grader.diagnosis.constants import Constants
from grader.diagnosis.ground import Layout

GENERIC = ("g", "f", "phi", "φ", "varphi", "ϕ", "act")
BATCH = "m"
COUNTING = ("N", "n_samples", "batch_size", "num_examples")
PRE_ACTIVATION = re.compile(r"[zZ]\d*")


def scope_of(
    program: Program,
    target: Target | None = None,
    examples: int | None = None,
    per_example: bool = False,
) -> Scope:
    """The scope of answers about `program`; with a target, earlier derivatives have a meaning too.

    `examples` is the axis of the examples, where the question says it.  With `per_example`, dz is
    the derivative of one example's loss, without the mean's factor; dJ/dz is what it says.
    """
    axis = example_axis(program) if examples is None else examples
    return Scope.of(
        program,
        aliases=_counting_names(program, axis),
        functions=_generic_functions(program),
        applied=dict(_activations(program)),
        definitions=_counts(program, axis)
        | (dict(_derivatives(program, target, per_example)) if target else {}),
        example_axis=axis,
        examples=_examples(program, axis),
        entry=() if target is None else _position(program, target),
        wanted=None if target is None else _shape_of(program, target),
        asked=() if target is None else _names_asked(program, target),
    )


def _counting_names(program: Program, axis: int | None) -> dict[str, str]:
    """Further names for the number of examples, where the label says which dimension it is."""
    counted = _along(program, axis, "label")
    sizes = [size for size in counted if isinstance(size, str)]
    taken = program.shapes.keys() | program.dimensions
    names = COUNTING if BATCH in taken else (BATCH, *COUNTING)
    return dict.fromkeys(names, sizes[0]) if len(sizes) == 1 else {}


def _counts(program: Program, axis: int | None) -> dict[str, Expr]:
    """Names for the number of examples, where it is a number and the names are free."""
    size = _examples(program, axis)
    if not isinstance(size, int):
        return {}
    taken = program.shapes.keys() | program.dimensions
    return {name: const(size) for name in (BATCH, *COUNTING) if name not in taken}


def _along(program: Program, axis: int | None, role: str) -> set[Dim]:
    """The sizes of the symbols with a role along an axis."""
    shapes = (symbol.shape for symbol in program.symbols if symbol.role == role)
    return {shape[axis] for shape in shapes if axis is not None and len(shape) == 2}


def _examples(program: Program, axis: int | None) -> Dim | None:
    """The number of examples, where the labels or the data say it."""
    counted = _along(program, axis, "label") or _along(program, axis, "data")
    return counted.pop() if len(counted) == 1 else None


def _position(program: Program, target: Target) -> tuple[int, ...]:
    """The position of the entry that is asked for, along the axes that have several."""
    shape = program.shapes[target.variable]
    pairs = zip(target.entry or (), shape, strict=False)
    return tuple(at for at, dim in pairs if dim != 1)


def _names_asked(program: Program, target: Target) -> tuple[str, ...]:
    """The names that the derivative for `target` has on the left of an equals sign."""
    name = target.variable
    return (
        *derivative_names(program, name),
        f"{name}_grad",
        f"grad_{name}",
        f"d{program.loss}{name}",
        f"∇{name}",
    )


def _shape_of(program: Program, target: Target) -> Shape:
    """The shape of the derivative for `target`."""
    return SCALAR if target.entry is not None else program.shapes[target.variable]


def earlier_derivatives(program: Program, target: Target) -> dict[str, Expr]:
    """The derivatives that the chain rule needs before the target's, by what they are taken for."""
    formulas = adjoint_formulas(program)
    names = Layout(program, target).between - {target.variable, program.loss}
    return {name: formulas[name] for name in sorted(names) if name in formulas}


def _derivatives(program: Program, target: Target, per_example: bool) -> Iterator[tuple[str, Expr]]:
    means = sorted(Constants(Layout(program, target)).means) if per_example else []
    for name, formula in earlier_derivatives(program, target).items():
        for spelling in derivative_names(program, name):
            if spelling not in program.shapes:
                short = "/" not in spelling
                yield spelling, reduce(mul, map(Var, means), formula) if short else formula


def derivative_names(program: Program, name: str) -> tuple[str, ...]:
    """The ways in which the derivative for `name` is written as a name."""
    aliases = _aliases(program, name)
    plain = (
        spelling
        for each in (name, *aliases)
        for spelling in (f"d{program.loss}/d{each}", f"d{each}")
    )
    return (*plain, *_error_names(name))


def _error_names(name: str) -> tuple[str, ...]:
    """δ2 for z2: the derivative for what enters an activation."""
    return (f"delta{name[1:]}",) if PRE_ACTIVATION.fullmatch(name) else ()


def _aliases(program: Program, name: str) -> tuple[str, ...]:
    named: tuple[Symbol | Statement, ...] = (*program.symbols, *program.statements)
    return next((each.aliases for each in named if each.name == name), ())


def _generic_functions(program: Program) -> dict[str, str]:
    """`g`, where no symbol has that name: the only activation, or by its argument; `g1` of z1."""
    found = dict(_activations(program))
    used = set(found.values())
    names = [name for name in GENERIC if name not in program.shapes and used]
    of_layers = {
        f"{name}{sign}{argument[1:]}": row
        for argument, row in found.items()
        if PRE_ACTIVATION.fullmatch(argument) and argument[1:]
        for name in names
        for sign in ("", "_")
    }
    free = {name: row for name, row in of_layers.items() if name not in program.shapes}
    return free | dict.fromkeys(names, used.pop() if len(used) == 1 else "")


def _activations(program: Program) -> Iterator[tuple[str, str]]:
    """The functions that are whole statements, each with the text of what it is applied to."""
    for statement in program.statements:
        match statement.value:
            case Apply(op=op, args=(argument, *_)) if _is_function(op):
                yield show(argument), op


def _is_function(op: str) -> bool:
    row = operator(op)
    return row.notation.kind == "call" and row.elementwise


def example_axis(program: Program) -> int | None:
    """The axis along which the label counts examples, if it does."""
    labels = [symbol.shape for symbol in program.symbols if symbol.role == "label"]
    given = {dim for s in program.symbols if s.role == "data" for dim in s.shape}
    learned = {dim for s in program.symbols if s.role == "parameter" for dim in s.shape}
    for shape in labels:
        for axis, dim in enumerate(shape):
            if _counts_examples(dim, given, learned):
                return axis
    return None


def _counts_examples(dim: Dim, given: set[Dim], learned: set[Dim]) -> bool:
    return dim != 1 and dim in given and dim not in learned


def mentions(expr: Expr, ops: frozenset[str]) -> bool:
    """Whether `expr` contains one of the operators."""
    return any(isinstance(node, Apply) and node.op in ops for node in walk(expr))
