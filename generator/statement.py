"""The words of an exercise: markdown with LaTeX, every formula printed by the engine.

{{math:a1}}          a name or a formula in the engine's notation, inline
{{shape:X}}          the shape of a quantity, inline
{{equation:L}}       the line that defines a quantity, for a display between dollars
{{inlined:yhat}}     the same with every step on the way put in
{{derivative:w}}     the derivative of the loss with respect to w, or a1[2], or W1[1,2], inline
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from engine.expression import Apply, Expr, Var, apply, const, walk
from engine.notation import Scope, parse_expr, show
from engine.program import Program, Target
from engine.shapes import Shape
from generator.placeholders import Context, PlaceholderError
from generator.template import Entry, Template

TARGET = re.compile(r"([^\[\]]+?)\s*(?:\[\s*(\d+)\s*(?:,\s*(\d+)\s*)?\])?$")

LAYOUT = (
    "A gradient has the shape of what it is taken with respect to: the derivative for a column is a"
    " column, the derivative for an $n \\times m$ matrix is an $n \\times m$ matrix."
)
NAMES = "Answers may use every quantity listed here, under its name, and all sizes."
INDICES = (
    "An index below a function says what it runs over, $i$ the rows and $j$ the columns:"
    " {examples}."
)
ALONG = {
    ("mean", 0): r"$\operatorname{mean}_{i}(A)$ is a row, the means of the columns of $A$",
    ("mean", 1): r"$\operatorname{mean}_{j}(A)$ is a column, the means of the rows of $A$",
    ("max", 0): r"$\max_{i}(A)$ is a row, the largest entries of the columns of $A$",
    ("max", 1): r"$\max_{j}(A)$ is a column, the largest entries of the rows of $A$",
    ("softmax", 0): r"$\operatorname{softmax}_{i}(A)$ is a softmax of every column of $A$",
    ("softmax", 1): r"$\operatorname{softmax}_{j}(A)$ is a softmax of every row of $A$",
}


@dataclass(frozen=True)
class Speech:
    """What the functions of a statement say about one program."""

    program: Program

    @property
    def functions(self) -> Mapping[str, Callable[[str], str]]:
        """The functions by the names that placeholders use."""
        return {
            "math": self.math,
            "shape": self.shape,
            "equation": self.equation,
            "inlined": self.inlined,
            "derivative": self.derivative,
        }

    def math(self, text: str) -> str:
        """A formula, inline."""
        return f"${latex(parse_expr(text, Scope.of(self.program)))}$"

    def shape(self, name: str) -> str:
        """The shape of a quantity, inline."""
        return f"${shape_latex(self.program.var(name).shape)}$"

    def equation(self, name: str) -> str:
        """`name = …`, without dollars."""
        return self._defined(name, self._definition(name))

    def inlined(self, name: str) -> str:
        """`name = …` in terms of the given symbols alone, without dollars."""
        return self._defined(name, self.program.inlined(self._definition(name)))

    def _definition(self, name: str) -> Expr:
        if name not in self.program.definitions:
            raise PlaceholderError(f"no line of the forward pass defines {name!r}")
        return self.program.definitions[name].value

    def _defined(self, name: str, value: Expr) -> str:
        return f"{latex(self.program.var(name))} = {latex(value)}"

    def derivative(self, text: str) -> str:
        """The symbol of a derivative, inline."""
        return f"${derivative_inline(self.program, read_target(text, self.program))}$"


@lru_cache(maxsize=1024)
def latex(expr: Expr) -> str:
    """A formula in LaTeX; an exercise's words and solutions print the same few again and again."""
    return show(expr, "latex")


def shape_latex(shape: Shape) -> str:
    """A shape in LaTeX; a scalar is 1 by 1."""
    rows, columns = (*shape, 1, 1)[:2] if len(shape) != 1 else (1, shape[0])
    return rf"{rows} \times {columns}"


def matrix_latex(entries: Sequence[str], columns: int | None) -> str:
    """Entries by rows as a matrix of so many columns; a single number where there are none."""
    if columns is None:
        return entries[0]
    rows = [" & ".join(entries[at : at + columns]) for at in range(0, len(entries), columns)]
    return r"\begin{pmatrix} " + r" \\ ".join(rows) + r" \end{pmatrix}"


def read_target(text: str, program: Program) -> Target:
    """`w`, `a1[2]` (an entry of a row or column) or `W1[1,2]`, counted from 1.

    Raises PlaceholderError for anything else, and for a variable or an entry that is not there.
    """
    found = TARGET.match(text.strip())
    if not found or found[1] not in program.shapes:
        known = ", ".join(program.shapes)
        raise PlaceholderError(f"{text!r} is not the target of a derivative; there are {known}")
    name, first, second = found.groups()
    if first is None:
        return Target(name)
    return Target(name, _entry(text, program.shapes[name], int(first), second))


def _entry(text: str, shape: Shape, first: int, second: str | None) -> tuple[int, int]:
    rows, columns = (*shape, 1, 1)[:2]
    if second is not None:
        entry = (first, int(second))
    elif columns == 1:
        entry = (first, 1)
    elif rows == 1:
        entry = (1, first)
    else:
        raise PlaceholderError(f"{text!r}: an entry of a matrix needs a row and a column")
    for place, size in zip(entry, (rows, columns), strict=True):
        if place < 1 or (isinstance(size, int) and place > size):
            raise PlaceholderError(f"{text!r}: {place} lies outside 1..{size}")
    return entry


def target_latex(program: Program, target: Target) -> str:
    """What is differentiated for, in LaTeX."""
    var: Expr = program.var(target.variable)
    if target.entry is not None and var.shape:
        var = apply("entry", var, *(const(place) for place in target.entry))
    return latex(var)


def derivative_latex(program: Program, target: Target) -> str:
    r"""`\frac{\partial L}{\partial w}`."""
    loss = latex(Var(program.loss))
    return rf"\frac{{\partial {loss}}}{{\partial {target_latex(program, target)}}}"


def derivative_inline(program: Program, target: Target) -> str:
    r"""`\partial L / \partial w`, for a line of words."""
    loss = latex(Var(program.loss))
    return rf"\partial {loss} / \partial {target_latex(program, target)}"


def statement(template: Template, context: Context, program: Program | None) -> str:
    """The statement: the template's paragraphs, then all quantities with their meanings."""
    paragraphs = tuple(_texts(template.statement, context))
    return "\n\n".join((_joined(paragraphs), *_quantities(program)))


def _joined(paragraphs: tuple[str, ...]) -> str:
    """Paragraphs apart, items of a list under each other."""
    text = ""
    for each in paragraphs:
        item = each.startswith("- ") and text.splitlines()[-1:] and _is_item(text)
        text += each if not text else f"\n{each}" if item else f"\n\n{each}"
    return text


def _is_item(text: str) -> bool:
    return text.splitlines()[-1].startswith("- ")


def _texts(entries: tuple[Entry, ...], context: Context) -> Iterator[str]:
    for entry in entries:
        for inner in entry.contexts(context):
            yield entry.fill("text", inner).strip()


def _quantities(program: Program | None) -> Iterator[str]:
    if program is None:
        return
    named = [(each.var, each.meaning) for each in program.symbols]
    named += [(each.var, each.meaning) for each in program.statements]
    rows = [f"- ${latex(var)}$: {meaning}" for var, meaning in named if meaning]
    if rows:
        yield "Quantities:\n\n" + "\n".join(rows)


def conventions(template: Template, context: Context, program: Program | None) -> tuple[str, ...]:
    """What answers are held to: the general conventions, then the template's."""
    general = (LAYOUT, NAMES, *_indices(program)) if program else ()
    return (*general, *_texts(template.conventions, context))


def _indices(program: Program) -> Iterator[str]:
    """What an index below a function means, where the forward pass has one."""
    nodes = [node for each in program.statements for node in walk(each.value)]
    used = [
        (node.op, node.keywords["axis"])
        for node in nodes
        if isinstance(node, Apply) and "axis" in node.keywords
    ]
    examples = [ALONG[each] for each in dict.fromkeys(used) if each in ALONG]
    if examples:
        yield INDICES.format(examples="; ".join(examples))
