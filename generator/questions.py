"""The questions of an exercise with their keys: the template asks, the program alone answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, cast, get_args

import numpy as np

from engine.derived import Needs, prerequisites
from engine.expression import Const, Expr, Var
from engine.instance import LEAST, Given, Instance, exact_value, instances
from engine.notation import show
from engine.numeric import forward
from engine.program import Program, Target
from engine.question import (
    Bug,
    Cache,
    Choice,
    Derivative,
    Forward,
    Numeric,
    Option,
    Prerequisites,
    Question,
    Shapes,
    Step,
    Upstream,
)
from engine.seeding import Stream
from generator.derivation import Derivation, Line, derivative_name, is_name_free, with_wrong
from generator.descent import Method, descent
from generator.directional import GRADIENT, SLOPE, along, slope_of
from generator.distractors import Mistakes, closed_form
from generator.errors import nearest
from generator.forward import build_program
from generator.placeholders import Context
from generator.slots import Value
from generator.source import Table
from generator.statement import (
    Speech,
    derivative_inline,
    latex,
    matrix_latex,
    read_target,
    target_latex,
)
from generator.template import Asking, Entry, Template

PROMPTS = {
    "derivative": "Give {{derivative}} as a formula in the quantities of the forward pass.",
    "forward": "Write down the equations of the forward pass from the input to {{loss_symbol}},"
    " one equation per line, with the names {{symbols}}.",
    "shapes": "What is the shape of each of these: {{symbols}}? Write a scalar as $1 \\times 1$.",
    "prerequisites": "Which other derivatives of {{loss_symbol}} does backpropagation need"
    " before it can give {{derivative}}? List them.",
    "cache": "Which values have to be kept from the forward pass to compute {{derivative}}?"
    " List no more than necessary; parameters and labels are at hand anyway.",
    "choice": "Which of these is {{derivative}}?",
    "step": "Write down the value of {{target_symbol}} after one step of {{update}}, as a formula"
    " in its old value and the quantities of the forward pass.",
    "bug": "Someone worked out {{derivative}} line by line, where a $d$ before a name stands for"
    " the derivative of {{loss_symbol}} for it:\n\n{{derivation}}\n\nOne of the lines does not"
    " follow from those above it. Which one? Give its number; you may add the right line.",
    "instance": "Compute {{derivative}} for {{point}}. Give {{accuracy}}.",
}
USUAL = "{{usual}}"  # in a prompt: the one that its kind of question has by default
DISTRACTORS = 3
LABELS = "ABCDEFGH"
DIGITS, MOST_DIGITS = 4, 15
AXES = {"rows": 0, "columns": 1}


@dataclass(frozen=True)
class Place:
    """Where one question is asked: its entry of the template, the context, the exercise.

    A question that is asked with other slots `instead`, or along a direction, has a program and a
    context of its own; `opening` is said before its prompt.
    """

    exercise: str
    entry: Asking
    context: Context
    program: Program | None
    opening: str = ""

    @property
    def known(self) -> Program:
        """The program; raises TemplateError where a question needs one and there is none."""
        if self.program is None:
            raise self.entry.table.error("kind", f"{self.entry.kind} needs a [[forward]] pass")
        return self.program

    @property
    def name(self) -> str:
        """The name of the question."""
        return self.entry.fill("name", self.context)

    def target(self) -> Target:
        """What is differentiated for."""
        with self.entry.located("target"):
            return read_target(self.entry.fill("target", self.context), self.known)

    def asked(self, default: tuple[str, ...]) -> tuple[str, ...]:
        """The names that are asked for: those of the template, or `default`."""
        names = self.entry.fill_all("asked", self.context) or default
        with self.entry.located("asked"):
            return tuple(self.known.var(name).name for name in names)

    @property
    def digits(self) -> int:
        """The number of digits after the point that a rounded value is asked for."""
        found = self.entry.table.number("digits", DIGITS)
        if not 1 <= found <= MOST_DIGITS:
            raise self.entry.table.error("digits", f"expected 1 to {MOST_DIGITS}, not {found}")
        return found

    def head(self, **spoken: str) -> dict[str, str]:
        """What all questions have, with the prompt's own placeholders."""
        with self.entry.located("prompt"):
            usual = PROMPTS[self.entry.kind]
            text = self.entry.table.text("prompt", usual).replace(USUAL, usual)
            prompt = self.opening + self.context.bound(**spoken).fill(text)
        return {"id": f"{self.exercise}/{self.name}", "name": self.name, "prompt": prompt}

    def about(self, target: Target, **spoken: str) -> dict[str, str]:
        """`head` for a question about a derivative."""
        return self.head(
            **spoken,
            derivative=f"${derivative_inline(self.known, target)}$",
            target_symbol=f"${target_latex(self.known, target)}$",
            loss_symbol=f"${latex(self.known.var(self.known.loss))}$",
        )

    def listing(self, names: tuple[str, ...]) -> dict[str, str]:
        """`head` for a question about several quantities."""
        spoken = ", ".join(f"${latex(self.known.var(name))}$" for name in names)
        return self.head(symbols=spoken, loss_symbol=f"${latex(self.known.var(self.known.loss))}$")


def questions(
    template: Template, exercise: str, context: Context, program: Program | None
) -> tuple[Question, ...]:
    """The questions of an exercise in the template's order; raises TemplateError."""
    found = tuple(_questions(template, exercise, context, program))
    names = [question.name for question in found]
    for name in names:
        if names.count(name) > 1:
            raise template.top.error("questions", f"two questions are called {name!r}")
    return found


def _questions(
    template: Template, exercise: str, context: Context, program: Program | None
) -> Iterator[Question]:
    for entry in template.questions:
        for inner in entry.contexts(context):
            place = Place(exercise, entry, inner, program)
            if "instead" in entry.table.content:
                place = _changed(template, place)
            if "along" in entry.table.content:
                place = _along(place)
            yield BUILDERS[entry.kind](place)


def _changed(template: Template, place: Place) -> Place:
    """The place of a question about the same exercise with other slots; raises TemplateError."""
    table = place.entry.table.table("instead")
    values = dict(place.context.values)
    for name in table.content:
        values[name] = _slot_value(template, place, table, name)
    for exclusion in template.exclusions:
        if exclusion.condition.holds(values):
            raise place.entry.table.error("instead", f"is excluded: {exclusion.because}")
    context = template.context(values)
    program = build_program(template, context)
    spoken = context.speaking(Speech(program).functions) if program else context
    return replace(place, context=spoken, program=program)


def _along(place: Place) -> Place:
    """The place of a question about the second derivative along a direction; raises TemplateError.

    Its prompt says first what is differentiated.
    """
    target = place.target()
    with place.entry.located("along"):
        program = along(place.known, target, place.entry.fill("along", place.context))
    derivative = derivative_inline(place.known, target)
    opening = f"Let ${GRADIENT} = {derivative}$ and ${SLOPE} = {latex(slope_of(program))}$. "
    context = place.context.speaking(Speech(program).functions)
    return replace(place, context=context, program=program, opening=opening)


def _slot_value(template: Template, place: Place, table: Table, name: str) -> Value:
    """The value that a slot has instead, out of those it can have."""
    with place.entry.located("instead"):
        text = place.context.fill(str(table.content[name]))
    slot = next(each for each in template.slots if each.name == name)
    for value in slot.values:
        if str(value) == text:
            return value
    raise table.error(name, f"the slot has no value {text!r}{nearest(text, slot.values)}")


def _derivative(place: Place) -> Derivative:
    target = place.target()
    return Derivative(
        **place.about(target),
        program=place.known,
        target=target,
        reference=closed_form(place.known, target),
        admits_numerator_layout=place.entry.table.flag("numerator_layout", False),
        upstream=cast(Upstream, place.entry.table.text("upstream", "loss")),
        example_axis=_example_axis(place),
    )


def _example_axis(place: Place) -> int | None:
    text = place.entry.fill("example_axis", place.context)
    if text and text not in AXES:
        raise place.entry.table.error("example_axis", f"expected rows or columns, not {text!r}")
    return AXES.get(text)


def _forward(place: Place) -> Forward:
    program = place.known
    names = place.asked(tuple(statement.name for statement in program.statements))
    return Forward(
        **place.listing(names),
        program=program,
        quantities=names,
        example_axis=_example_axis(place),
    )


def _shapes(place: Place) -> Shapes:
    names = place.asked(tuple(place.known.shapes))
    return Shapes(**place.listing(names), program=place.known, variables=names)


def _prerequisites(place: Place) -> Prerequisites:
    target = place.target()
    order = prerequisites(place.known, target)
    if not order.required:
        raise place.entry.table.error("target", "no derivative is needed before this one")
    return Prerequisites(
        **place.about(target),
        program=place.known,
        target=target,
        required=order.required,
        also_fine=(*order.known, target),
    )


def _cache(place: Place) -> Cache:
    target = place.target()
    needs = Needs(place.known, closed_form(place.known, target))
    if not needs.classes:
        raise place.entry.table.error(
            "target", "this derivative needs no value of the forward pass"
        )
    return Cache(
        **place.about(target),
        program=place.known,
        target=target,
        required=needs.classes,
        free=needs.free,
    )


def _choice(place: Place) -> Choice:
    if place.entry.options:
        return _choice_of(place, place.head(), _listed(place))
    target = place.target()
    return _choice_of(place, place.about(target), _derived(place, target))


def _choice_of(place: Place, head: dict[str, str], options: list[tuple[Option, bool]]) -> Choice:
    right = [option for option, is_key in options if is_key]
    if len(right) != 1 or len(options) < 2:
        raise place.entry.table.error(
            "options",
            f"expected two or more options with one key, not {len(right)} of {len(options)}",
        )
    order = Stream("gradbook.options/1", head["id"]).shuffled(range(len(options)))
    labels = dict(zip(order, LABELS, strict=False))
    shown = [(labels[place], *each) for place, each in enumerate(options)]
    return Choice(
        **head,
        program=place.program,
        options=tuple(_labelled(option, label) for label, option, _ in sorted(shown, key=_label)),
        key=next(label for label, _, is_key in shown if is_key),
    )


def _label(row: tuple[str, Option, bool]) -> str:
    return row[0]


def _labelled(option: Option, label: str) -> Option:
    return Option(label, option.text, option.misconception, option.comment)


def _listed(place: Place) -> list[tuple[Option, bool]]:
    """The options that the template lists."""
    return [
        (_option(entry, inner), entry.table.flag("key", False))
        for entry in place.entry.options
        for inner in entry.contexts(place.context)
    ]


def _option(entry: Entry, context: Context) -> Option:
    return Option(
        label="",
        text=entry.fill("text", context),
        misconception=entry.table.text("misconception", "") or None,
        comment=entry.fill("comment", context),
    )


def _derived(place: Place, target: Target) -> list[tuple[Option, bool]]:
    """The right derivative and wrong ones."""
    count = place.entry.table.number("distractors", DISTRACTORS)
    stream = Stream("gradbook.distractors/1", place.exercise, place.name)
    wrong = Mistakes(place.known, target).pick(count, stream)
    key = Option("", _formula(closed_form(place.known, target)))
    others = [Option("", _formula(each.formula), each.misconception) for each in wrong]
    return [(key, True), *((option, False) for option in others)]


def _formula(formula: Any) -> str:
    return f"${show(formula, 'latex')}$"


def _step(place: Place) -> Step:
    target = place.target()
    program = place.known
    if program.roles.get(target.variable) != "parameter" or target.entry is not None:
        raise place.entry.table.error("target", "a step is taken with a whole parameter")
    rule = descent(program, target, _method(place))
    name, how = rule.words
    head = place.about(target, update=name)
    return Step(
        **head | {"prompt": f"{head['prompt']} {how}".strip()},
        program=replace(program, symbols=(*program.symbols, *rule.symbols)),
        target=target,
        gradient=closed_form(program, target),
        rate=rule.rate,
        rule=rule.rule,
        example_axis=_example_axis(place),
    )


def _method(place: Place) -> Method:
    return cast(Method, place.entry.table.one_of("method", get_args(Method), "plain"))


def _instance(place: Place) -> Numeric:
    target, program = place.target(), place.known
    reference = closed_form(program, target)
    found, least = _telling_instance(place, reference)
    digits = None if exact_value(program, found, reference) else _digits(place, least)
    accuracy = _accuracy(digits, bool(reference.shape))
    return Numeric(
        **place.about(target, point=_point(program, found), accuracy=accuracy),
        program=program,
        target=target,
        reference=reference,
        instance=found,
        digits=digits,
    )


def _telling_instance(place: Place, reference: Expr) -> tuple[Instance, float]:
    """The first instance whose result is neither zero nor tiny, and its least entry in size.

    Where all are tiny, as deep in a network, the one that is so the least.
    """
    stream = Stream("gradbook.instance/1", place.exercise, place.name)
    best: tuple[Instance, float] | None = None
    for found in instances(place.known, stream):
        least = _least_entry(place.known, found, reference)
        if least >= LEAST:
            return found, least
        if least > (best[1] if best else 0.0):
            best = found, least
    if best is None or best[1] < LEAST * 10.0 ** (DIGITS - MOST_DIGITS):
        problem = "no small numbers give this derivative a value to ask"
        raise place.entry.table.error("target", problem)
    return best


def _least_entry(program: Program, instance: Instance, reference: Expr) -> float:
    """The size of the smallest entry that is not zero; 0 where there is none, or no value."""
    with np.errstate(all="ignore"):
        env = forward(program, instance.group.inputs())
        sizes = np.abs(env.evaluate(reference).data)
    telling = bool(np.isfinite(sizes).all() and sizes.any())
    return float(sizes[sizes > 0].min()) if telling else 0.0


def _digits(place: Place, least: float) -> int:
    """How many digits after the point tell about as much as usual of so small a number."""
    more = 0 if least >= LEAST else math.ceil(math.log10(LEAST / least))
    return min(place.digits + more, MOST_DIGITS)


def _point(program: Program, instance: Instance) -> str:
    """The numbers of an instance, as a list of equations."""
    return ", ".join(
        f"${latex(program.var(each.name))} = {_numbers(each)}$" for each in instance.given
    )


def _numbers(given: Given) -> str:
    entries = [latex(Const(each)) for each in given.entries]
    return matrix_latex(entries, given.shape[-1] if given.shape else None)


def _accuracy(digits: int | None, has_entries: bool) -> str:
    if has_entries:
        kind = "exact values" if digits is None else f"decimals, {_rounded(digits)}"
        return f"{kind}, row by row, such as [[1, 2], [3, 4]]"
    if digits is None:
        return "the exact value, as a whole number, a fraction or a decimal"
    return f"a decimal, {_rounded(digits)}"


def _rounded(digits: int) -> str:
    return f"correctly rounded to {digits} digits after the point"


def _bug(place: Place) -> Bug:
    target, program = replace(place.target(), entry=None), place.known
    derivation = Derivation(program, target)
    names = derivation.names
    if len(names) < 2:
        raise place.entry.table.error("target", "a derivation for this has a single line")
    if not is_name_free(program, names):
        raise place.entry.table.error("target", "the name of a derivative, such as dz, is taken")
    wrong = derivation.wrong(Stream("gradbook.bug/1", place.exercise, place.name))
    if wrong is None:
        raise place.entry.table.error("target", "no mistake makes a difference on the way to this")
    shown = with_wrong(derivation.lines, wrong)
    return Bug(
        **place.about(target, derivation=_derivation(program, shown)),
        program=program,
        lines=names,
        wrong=wrong.place,
        misconception=wrong.misconception,
        example_axis=_example_axis(place),
    )


def _derivation(program: Program, lines: tuple[Line, ...]) -> str:
    """The lines of a derivation, numbered."""
    return "\n".join(
        f"- ({number}) ${latex(Var(derivative_name(each.name), program.shapes[each.name]))}"
        f" = {latex(each.formula)}$"
        for number, each in enumerate(lines, 1)
    )


BUILDERS: dict[str, Callable[[Place], Question]] = {
    "derivative": _derivative,
    "forward": _forward,
    "shapes": _shapes,
    "prerequisites": _prerequisites,
    "cache": _cache,
    "choice": _choice,
    "step": _step,
    "instance": _instance,
    "bug": _bug,
}
