"""The forward pass: an ordered list of equations, any equivalent program accepted.

Every asked quantity is compared as a function of what the learner had defined before it, so one
slip counts once.  Other names are the learner's own: they may differ, be added or be left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

from engine.expression import Expr, Var, substitute
from engine.notation import Problem, Read, Scope, Unreadable, read
from engine.program import Program
from engine.question import Forward
from engine.shapes import Shape
from grader.equality import same_function
from grader.kinds.per_example import Example, batch_of, example_of, read_with
from grader.reading import MOST_NODES, is_large, refused, sentence, too_large
from grader.scopes import scope_of
from grader.verdict import Exact, Verdict, graded, invalid

Span: TypeAlias = tuple[int, int]
LINE = re.compile(r"[^;\n]+")
EQUALS = re.compile(r"(?<![<>=!:])(?::=|←|=)(?!=)")
HOW = "Write one equation per line, such as z = w^T x + b."


@dataclass(frozen=True)
class Equation:
    """One line: `name` is the program's own where it has it; `value` uses earlier names."""

    name: str
    value: Expr
    inlined: Expr
    span: Span


@dataclass(frozen=True)
class Broken:
    """A line whose right-hand side has parts that do not fit together."""

    name: str
    message: str
    span: Span


@dataclass
class Notebook:
    """The names known so far: the inputs, and what has been defined."""

    program: Program
    scope: Scope
    equations: list[Equation] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    own: dict[str, Expr] = field(
        default_factory=dict
    )  # the learner's names, in terms of the inputs
    local: dict[str, Expr] = field(default_factory=dict)  # those that are not the program's

    @property
    def given(self) -> dict[str, Shape]:
        """The inputs."""
        return {symbol.name: symbol.shape for symbol in self.program.symbols}

    def reading_scope(self) -> Scope:
        """The inputs, and what has been defined so far."""
        return Scope(
            symbols=self.given | self.known(),
            aliases=self.scope.aliases,
            dimensions=self.scope.dimensions,
            functions=self.scope.functions,
            definitions=self.local,
            example_axis=self.scope.example_axis,
        )

    def known(self) -> dict[str, Shape]:
        """The names defined so far that are the program's own."""
        shapes = {name: value.shape for name, value in self.ours().items()}
        broken = {each.name for each in self.ours_broken()} - self.own.keys()
        return shapes | {name: self.program.shapes[name] for name in sorted(broken)}

    def ours(self) -> dict[str, Expr]:
        """The program's own names that have been defined, in terms of the inputs.

        What is written with other names has these written out already.
        """
        return {name: value for name, value in self.own.items() if name not in self.local}

    def ours_broken(self) -> list[Broken]:
        """The broken lines about quantities of the program; later lines may use these names."""
        return [each for each in self.broken if each.name in self.program.definitions]

    def size(self, value: Expr) -> int:
        """The number of nodes that `value` has in terms of the inputs."""
        if isinstance(value, Var):
            return self.own[value.name].nodes if value.name in self.own else 1
        return 1 + sum(self.size(arg) for arg in value.args)

    def define(self, name: str, value: Expr, span: Span) -> None:
        """Writes an equation down."""
        inlined = substitute(value, self.ours())
        self.equations.append(Equation(name, value, inlined, span))
        if self.program.shapes.get(name) == value.shape and name in self.program.definitions:
            self.local.pop(name, None)
        else:
            self.local[name] = inlined
        self.own[name] = inlined


def grade(question: Forward, text: str) -> Verdict:
    """The verdict on a list of equations, each asked quantity counting alike."""
    notebook = written(question, text)
    if isinstance(notebook, Verdict):
        return notebook
    judged = {name: _judged(question.program, name, notebook) for name in question.quantities}
    right = [name for name, state in judged.items() if state == "right"]
    wrong = [name for name, state in judged.items() if state == "wrong"]
    missing = [name for name, state in judged.items() if state == "missing"]
    return _verdict(question, right, wrong, missing, notebook)


def _verdict(
    question: Forward, right: list[str], wrong: list[str], missing: list[str], notebook: Notebook
) -> Verdict:
    sentences = [] if wrong or missing else ["Correct."]
    sentences += [each.message for each in notebook.broken if each.name in wrong]
    if wrong:
        sentences.append(f"Not right: the equation for {', '.join(wrong)}.")
    if missing:
        sentences.append(f"Missing: an equation for {', '.join(missing)}.")
    total = len(question.quantities)
    evidence = Exact(f"{len(right)} of {total} right", {"wrong": wrong, "missing": missing})
    lines: list[Equation | Broken] = [*notebook.broken, *notebook.equations]
    span = next((each.span for each in lines if each.name in wrong), None)
    return graded(len(right) / max(total, 1), "items", " ".join(sentences), evidence, span=span)


def _judged(program: Program, name: str, notebook: Notebook) -> str:
    """`right`, `wrong` or `missing`."""
    reference = program.definitions[name].value
    own = [each for each in notebook.equations if each.name == name]
    for each in own or notebook.equations:
        if _is(program, name, reference, each):
            return "right"
    tried = own or any(each.name == name for each in notebook.broken)
    return "wrong" if tried else "missing"


def _is(program: Program, name: str, reference: Expr, equation: Equation) -> bool:
    """Whether an equation defines `name`: with earlier names taken as right, or from the inputs."""
    shape = program.shapes[name]
    local = equation.value.shape == shape and same_function(program, equation.value, reference)
    return local or (
        equation.inlined.shape == shape
        and equation.inlined != equation.value
        and same_function(program, equation.inlined, Var(name, shape))
    )


def written(question: Forward, text: str) -> Notebook | Verdict:
    """The equations of a text; an invalid verdict where one cannot be read."""
    program = question.program
    notebook = Notebook(program, scope_of(program, examples=question.example_axis))
    for line in LINE.finditer(text):
        problem = _line(notebook, line.group(), line.start()) if line.group().strip() else None
        if problem is not None:
            return problem
    read_any = notebook.equations or notebook.broken
    return notebook if read_any else invalid("parse", HOW, (0, len(text)))


def _line(notebook: Notebook, line: str, start: int) -> Verdict | None:
    """Writes one line down; a verdict where it cannot be read."""
    signs = _equal_signs(line)
    if not signs:
        return invalid("parse", HOW, (start, start + len(line)))
    example = example_of(line[: signs[0].start()], notebook.scope)
    right = line[signs[-1].end() :]
    value = _value(notebook, right, start + signs[-1].end(), example)
    if isinstance(value, Verdict):
        return value
    if isinstance(value, Problem):
        left = line[signs[-2].end() if len(signs) > 1 else 0 : signs[-1].start()]
        return _broken(notebook, left, value, (start, start + len(line)))
    if example is not None:
        return _one_example(notebook, example, value, (start, start + len(line)))
    starts = [0, *(sign.end() for sign in signs[:-1])]
    lefts = [line[begin : sign.start()] for begin, sign in zip(starts, signs, strict=True)]
    for left in reversed(lefts):
        name = _name(notebook, left)
        if name is None:
            return invalid(
                "parse", f"'{left.strip()}' is no name for a quantity.", (start, start + len(line))
            )
        if name in notebook.given:
            message = f"{name} is given: it needs no equation."
            return invalid("parse", message, (start, start + len(line)))
        if is_large(value) or notebook.size(value) > MOST_NODES:
            return too_large((start, start + len(line)))
        notebook.define(name, value, (start, start + len(line)))
        value = Var(name, value.shape) if name not in notebook.local else value
    return None


def _one_example(notebook: Notebook, example: Example, value: Expr, span: Span) -> Verdict | None:
    """Writes down what an equation for one example says about the batch."""
    axis = notebook.scope.example_axis
    known = notebook.program.shapes.get(example.name)
    batch = None if axis is None else batch_of(value, example, axis, known)
    if batch is None:
        message = f"In the equation for {example.name}: this is not one example of {example.name}."
        notebook.broken.append(Broken(example.name, message, span))
    elif is_large(batch) or notebook.size(batch) > MOST_NODES:
        return too_large(span)
    else:
        notebook.define(example.name, batch, span)
    return None


def _equal_signs(line: str) -> list[re.Match[str]]:
    """The signs of equality outside of brackets: not the one of a sum's lower bound."""
    return [sign for sign in EQUALS.finditer(line) if _depth(line[: sign.start()]) == 0]


def _depth(text: str) -> int:
    """How many brackets are open at the end of a text."""
    return sum(text.count(mark) for mark in "([{") - sum(text.count(mark) for mark in ")]}")


def _broken(notebook: Notebook, left: str, problem: Problem, span: Span) -> Verdict | None:
    """Writes down a line whose right-hand side does not fit together."""
    name = _name(notebook, left)
    if name is None:
        return invalid("parse", HOW, span)
    notebook.broken.append(Broken(name, f"In the equation for {name}: {sentence(problem)}", span))
    return None


def _value(
    notebook: Notebook, text: str, start: int, example: Example | None = None
) -> Expr | Problem | Verdict:
    """What a right-hand side says; a problem where its parts do not fit together."""
    trimmed, scope = text.rstrip(" ,.$"), notebook.reading_scope()
    match read_with(example.index, trimmed, scope) if example else read(trimmed, scope):
        case Read(expr=expr):
            return expr
        case Unreadable(problem=problem):
            span = (start + problem.span[0], start + problem.span[1])
            if problem.kind == "shape":
                return problem
            verdict = refused(trimmed, problem)
            return invalid(
                verdict.reason, _later(notebook, text, problem.span) or verdict.message, span
            )
    return invalid(
        "ambiguous",
        "This can be read in more than one way; use brackets.",
        (start, start + len(text)),
    )


def _later(notebook: Notebook, text: str, span: Span) -> str:
    """The sentence for a quantity that is used before it is defined."""
    word = text[span[0] : span[1]].strip()
    name = notebook.scope.lookup(word)
    if name in notebook.program.definitions:
        return f"{word} is used here before it is defined."
    return ""


def _name(notebook: Notebook, text: str) -> str | None:
    """The name on a left-hand side: the program's where it is one, otherwise as written."""
    bare = text.strip(" $&")
    match read(bare, notebook.scope) if bare else None:
        case Read(expr=Var(name=name)):
            return name
    plain = re.sub(r"[\s\\{}\[\]^_]", "", bare)
    return plain if plain.isidentifier() else None
