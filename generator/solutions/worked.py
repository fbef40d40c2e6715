"""A question's worked solution and its hints, in Markdown with LaTeX, as statements are written.

A derivative is worked out in the steps of the reverse pass (`generator.solutions.steps`), and its
hints are a ladder made of the same steps: the order, the rules, the shape, all lines but the last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

from engine.expression import Const, Expr, Var
from engine.program import Program, Target
from engine.question import (
    Bug,
    Cache,
    Choice,
    Derivative,
    Forward,
    Numeric,
    Prerequisites,
    Question,
    Shapes,
)
from engine.question import (
    Step as Update,
)
from engine.updates import names
from generator.derivation import derivative_name
from generator.keys import values
from generator.solutions.steps import Step, Steps, Way
from generator.statement import (
    derivative_inline,
    derivative_latex,
    latex,
    matrix_latex,
    shape_latex,
    target_latex,
)

WIDEST = 150  # characters of LaTeX that a line of a sheet holds, about
LONGEST = 320  # characters of LaTeX that are still read in one go, about


@dataclass(frozen=True)
class Solution:
    """A question's solution: the way to the answer, where there is one, and the answer.

    `hints` lead to it, each telling more than the one before.
    """

    answer: str
    steps: str = ""
    hints: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The way and the answer."""
        return "\n\n".join(filter(None, (self.steps, self.answer)))

    def to_json(self) -> dict[str, Any]:
        """For instructors, and for learners once the solution is released."""
        return {"steps": self.steps, "answer": self.answer, "hints": list(self.hints)}


def worked(question: Question) -> Solution:
    """The worked solution of a question of any kind."""
    return WORKED[question.kind](question)


# derivatives


def _derivative(question: Derivative) -> Solution:
    steps = _steps(question.program, question.target)
    return Solution(_result(steps), _way(steps), tuple(_hints(steps)))


def walkthrough(program: Program, targets: Iterable[Target]) -> str:
    """One reverse pass that reaches all targets, the steps numbered through."""
    found: dict[str, tuple[Steps, Step]] = {}
    for steps in (_steps(program, target) for target in targets):
        for step in steps.all:
            found.setdefault(step.name, (steps, step))
    order = [*reversed([each.name for each in program.statements]), *program.roles]
    passed = [found[name][1] for name in order if name in found]
    numbered = tuple(replace(step, number=number) for number, step in enumerate(passed, 1))
    return _explained(next(iter(found.values()))[0], numbered) if found else ""


@lru_cache(maxsize=64)
def _steps(program: Program, target: Target) -> Steps:
    return Steps(program, target)


def _explained(steps: Steps, shown: tuple[Step, ...]) -> str:
    """The steps, each a paragraph and a display."""
    return "\n\n".join(_paragraphs(steps, shown))


def _paragraphs(steps: Steps, shown: tuple[Step, ...]) -> Iterator[str]:
    if not shown:
        return
    first = shown[0].name
    whole = derivative_inline(steps.program, Target(first))
    yield (
        f"Work backwards from {_math(steps, steps.program.loss)}, writing"
        f" ${_shorthand(steps, first)}$ for ${whole}$, and so on."
    )
    for step in shown:
        yield f"**Step {step.number}.** {_reason(steps, step)}"
        yield _equation(steps, step)


def _way(steps: Steps) -> str:
    """All steps, and the words that introduce what they come to."""
    return "\n\n".join((*_paragraphs(steps, steps.all), "Altogether:"))


def _reason(steps: Steps, step: Step) -> str:
    """Through what a quantity acts on the loss, and by which rules its gradient follows."""
    name = _math(steps, step.name)
    through = " and ".join(f"${_statement(way)}$" for way in step.ways)
    rules = list(dict.fromkeys(rule for way in step.ways for rule in way.rules))
    parts = [f"{name} acts through {through}", *_added(step)]
    spoken = ", and ".join(parts) + (f": {'; '.join(rules)}" if rules else "")
    return f"{spoken}. The gradient has the shape of {name}, ${shape_latex(step.shape)}$."


def _added(step: Step) -> list[str]:
    return ["what comes back on these ways adds up"] if len(step.ways) > 1 else []


def _statement(way: Way) -> str:
    return f"{latex(way.statement.var)} = {latex(way.statement.value)}"


def _equation(steps: Steps, step: Step) -> str:
    """`dz = ∂L/∂z = …`, and what it comes to in quantities of the forward pass, as displays."""
    symbol = derivative_latex(steps.program, Target(step.name))
    line = f"{_shorthand(steps, step.name)} = {symbol} = {latex(step.formula)}"
    if step.collected == step.formula or step.name == steps.target.variable:
        return f"$${line}$$"
    collected = latex(step.collected)
    if len(line) + len(collected) > WIDEST:
        return f"$${line}$$\n\n$$= {collected}$$"
    return f"$${line} = {collected}$$"


def _result(steps: Steps) -> str:
    """The collected form; where it is long, after what the last step makes of the others."""
    symbol = derivative_latex(steps.program, steps.target)
    whole = latex(steps.result)
    if len(whole) < LONGEST or steps.target.entry or len(steps.all) < 2:
        return f"$${symbol} = {whole}$$"
    last = steps.all[-1]
    others = [_shorthand(steps, step.name) for step in steps.all[:-1] if _is_used(step, last)]
    *first, final = (f"${each}$" for each in others)
    named = f"{', '.join(first)} and {final}" if first else final
    return (
        f"$${symbol} = {latex(last.formula)}$$\n\n"
        f"with {named} from the steps of the reverse pass. Written out:\n\n$$= {whole}$$"
    )


def _is_used(step: Step, last: Step) -> bool:
    return derivative_name(step.name) in last.formula.names


def _hints(steps: Steps) -> Iterator[str]:
    if not steps.all:
        return
    yield _order(steps)
    for step in steps.all:
        yield f"For ${_shorthand(steps, step.name)}$: {_reason(steps, step)}"
    if len(steps.all) > 1:
        lines = "\n\n".join(_equation(steps, step) for step in steps.all[:-1])
        yield f"All lines but the last:\n\n{lines}"


def _order(steps: Steps) -> str:
    """The order of the derivatives on the way."""
    loss, last = _math(steps, steps.program.loss), steps.all[-1]
    if len(steps.all) == 1:
        return f"{_math(steps, last.name)} acts on {loss} directly: one step is enough."
    before = ", then ".join(f"${_shorthand(steps, step.name)}$" for step in steps.all[:-1])
    return (
        f"Work backwards from {loss}: first {before}; ${_shorthand(steps, last.name)}$ comes last."
    )


def _shorthand(steps: Steps, name: str) -> str:
    return latex(Var(derivative_name(name), steps.program.shapes[name]))


def _math(steps: Steps, name: str) -> str:
    return f"${latex(steps.program.var(name))}$"


# the other kinds


def _forward(question: Forward) -> Solution:
    defined = question.program.definitions
    lines = (f"$${_line(question.program, name, defined[name].value)}$$" for name in defined)
    return Solution("\n\n".join(lines))


def _line(program: Program, name: str, value: Expr) -> str:
    return f"{latex(program.var(name))} = {latex(value)}"


def _shapes(question: Shapes) -> Solution:
    shapes = (
        f"${latex(question.program.var(name))}$ is ${shape_latex(shape)}$"
        for name, shape in question.key.items()
    )
    return Solution(f"{', '.join(shapes)}.")


def _prerequisites(question: Prerequisites) -> Solution:
    asked = derivative_inline(question.program, question.target)
    rows = [f"- ${derivative_inline(question.program, each)}$" for each in question.required]
    text = f"Before ${asked}$ come the derivatives for everything it acts through:\n\n"
    first = _steps(question.program, question.target)
    hint = (
        f"Follow {_math(first, question.target.variable)} forwards to"
        f" {_math(first, question.program.loss)}: whatever it changes on the way counts."
    )
    return Solution(text + "\n".join(rows), hints=(hint,))


def _cache(question: Cache) -> Solution:
    steps = _steps(question.program, question.target)
    symbol = derivative_inline(question.program, question.target)
    rows = [f"- {_any_of(steps, names)}" for names in question.required]
    text = f"The derivative is\n\n{_result(steps)}\n\nOf the values of the"
    text += " forward pass it needs:\n\n" + "\n".join(rows)
    hint = f"Work out ${symbol}$ first; then see which values of the forward pass stand in it."
    return Solution(text, hints=(hint, *tuple(_hints(steps))[:1]))


def _any_of(steps: Steps, names: tuple[str, ...]) -> str:
    first, *others = (_math(steps, name) for name in names)
    return f"{first} (or, as good: {', '.join(others)})" if others else first


def _choice(question: Choice) -> Solution:
    key = next(each for each in question.options if each.label == question.key)
    comments = [f"- {each.label}: {each.comment}" for each in question.options if each.comment]
    text = f"**{key.label}**: {key.text}"
    return Solution("\n\n".join(filter(None, (text, "\n".join(comments)))))


def _update(question: Update) -> Solution:
    program, target = _without(question.program, question), question.target
    steps = _steps(program, target)
    new = f"{target_latex(program, target)} \\leftarrow {latex(question.reference)}"
    answer = f"{_result(steps)}\n\nThe step:\n\n$${new}$$"
    return Solution(answer, _way(steps), tuple(_hints(steps)))


def _without(program: Program, question: Update) -> Program:
    """The program without the symbols that belong to the step alone."""
    own = {question.rate, *names(question.rule)}
    return replace(program, symbols=tuple(each for each in program.symbols if each.name not in own))


def _instance(question: Numeric) -> Solution:
    steps = _steps(question.program, question.target)
    symbol = derivative_latex(question.program, question.target)
    value = matrix_latex(_values(question), _columns(question))
    sign = "=" if question.digits is None else r"\approx"
    text = f"$${symbol} = {latex(steps.result)} {sign} {value}$$"
    return Solution(text, _way(steps), tuple(_hints(steps)))


def _values(question: Numeric) -> tuple[str, ...]:
    if question.digits is None:
        return tuple(latex(Const(Fraction(each))) for each in values(question))
    return tuple(f"{each:f}" for each in values(question))


def _columns(question: Numeric) -> int | None:
    shape = question.reference.shape
    sizes = dict(question.instance.sizes)
    return None if not shape else sizes.get(str(shape[-1])) or int(shape[-1])


def _bug(question: Bug) -> Solution:
    steps = _steps(question.program, Target(question.lines[-1]))
    step = steps.all[question.wrong - 1]
    line = f"{_shorthand(steps, step.name)} = {latex(step.formula)}"
    text = f"Line ({question.wrong}) is wrong. {_reason(steps, step)}\n\n$${line}$$"
    hint = "Check each line against the rule for the operation it goes back through, and its shape."
    return Solution(text, hints=(hint,))


WORKED: dict[str, Callable[[Any], Solution]] = {
    "derivative": _derivative,
    "forward": _forward,
    "shapes": _shapes,
    "prerequisites": _prerequisites,
    "cache": _cache,
    "choice": _choice,
    "step": _update,
    "instance": _instance,
    "bug": _bug,
}
