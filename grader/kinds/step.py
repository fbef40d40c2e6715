"""One step of gradient descent: the parameter's new value, any expression that is the same.

A wrong answer is taken apart twice: as a step with the right gradient that was put together
wrongly, and as a right step whose gradient, (w - answer) / rate, is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from engine.expression import Expr, apply
from engine.notation import Read
from engine.question import Derivative, Step
from engine.shapes import SCALAR
from engine.shapes import show as show_shape
from engine.updates import Adam, Momentum, RMSprop
from grader import explain
from grader.compiled import Compiled, compiled
from grader.equality import same_function
from grader.ladder import climb
from grader.misconceptions import misconception
from grader.reading import understood
from grader.verdict import Diagnosis, Verdict

SCORE = 0.5  # of a step that was put together wrongly from the right gradient
ARROW = re.compile(r"<-|\\leftarrow|\\gets|:=")
IN_PLACE = re.compile(r"\s*[^\s=+\-(]+\s*([+-])=")


def grade(question: Step, text: str) -> Verdict:
    """The verdict on the new value of a parameter."""
    inner = compiled(_derivative(question, question.reference))
    written = _assigned(text, question.target.variable)
    verdict = _placed(climb(inner, written), text, written)
    if verdict.outcome != "incorrect":
        return verdict
    reading = understood(written, inner.scope)
    if not isinstance(reading, Read):
        return replace(verdict, diagnosis=())
    return _wrong(question, reading.expr, verdict)


def _derivative(question: Step, reference: Expr) -> Derivative:
    """A question with another key, for what the ladder and the search know about derivatives."""
    return Derivative(
        id=question.id,
        name=question.name,
        prompt=question.prompt,
        program=question.program,
        target=question.target,
        reference=reference,
        example_axis=question.example_axis,
    )


def _assigned(text: str, variable: str) -> str:
    """`text` with arrows as equality signs of their length, and w -= s as w - (s)."""
    in_place = IN_PLACE.match(text)
    if in_place:
        return f"{variable} {in_place.group(1)} ({text[in_place.end() :]})"
    return ARROW.sub(lambda found: "=".ljust(len(found.group())), text)


def _placed(verdict: Verdict, text: str, written: str) -> Verdict:
    """The verdict with its span in the text as it was typed."""
    in_place = IN_PLACE.match(text)
    if verdict.span is None or not in_place:
        return verdict
    longer = written.index("(") + 1 - in_place.end()
    start, end = (min(max(place - longer, 0), len(text)) for place in verdict.span)
    return replace(verdict, span=(start, end))


def _wrong(question: Step, answer: Expr, verdict: Verdict) -> Verdict:
    if answer.shape != question.reference.shape:
        return replace(verdict, message=_shape_message(question, answer), diagnosis=())
    if verdict.reason != "value":
        return verdict
    for slug, wrong in MISTAKES:
        mistaken = wrong(question)
        if mistaken is not None and same_function(question.program, answer, mistaken):
            return _put_together_wrongly(question, slug, verdict)
    return _wrong_gradient(question, answer, verdict)


def _put_together_wrongly(question: Step, slug: str, verdict: Verdict) -> Verdict:
    """Partially correct: the gradient is right, the step is not."""
    found = misconception(slug).diagnosis(explain.exercise_fields(_gradient(question)))
    return replace(
        verdict,
        outcome="partially_correct",
        score=SCORE,
        message=found.feedback,
        diagnosis=(found,),
    )


def _wrong_gradient(question: Step, answer: Expr, verdict: Verdict) -> Verdict:
    """Incorrect: what the learner took for the gradient, and what explains that."""
    if isinstance(question.rule, RMSprop | Adam):  # the gradient is in there more than once
        return replace(verdict, message=_value_message(question), diagnosis=())
    implied = (question.parameter - answer) / _rate(question)
    if question.rule is not None:
        implied = implied - (question.direction - question.gradient)
    found: tuple[Diagnosis, ...] = explain.wrong(_gradient(question), implied)
    message = found[0].feedback if found else _value_message(question)
    return replace(verdict, message=message, diagnosis=found)


def _gradient(question: Step) -> Compiled:
    """The question about the gradient alone."""
    return compiled(_derivative(question, question.gradient))


def _value_message(question: Step) -> str:
    return f"This is not {question.target.variable} after the step: they differ at a sample point."


def _shape_message(question: Step, answer: Expr) -> str:
    wanted, found = (
        "a scalar" if shape == SCALAR else f"of shape {show_shape(shape)}"
        for shape in (question.reference.shape, answer.shape)
    )
    return f"{question.target.variable} is {wanted} after the step as well; your answer is {found}."


def _rate(question: Step) -> Expr:
    return question.program.var(question.rate)


def _moved(question: Step, direction: Expr) -> Expr:
    """The parameter moved against a direction by the rate."""
    return question.parameter - _rate(question) * direction


def _velocity_alone(question: Step) -> Expr | None:
    if not isinstance(question.rule, Momentum):
        return None
    velocity: Expr = question.program.var(question.rule.velocity)
    return _moved(question, velocity + question.gradient)


def _gradient_alone(question: Step) -> Expr | None:
    return _moved(question, question.gradient) if isinstance(question.rule, Momentum) else None


MISTAKES: tuple[tuple[str, Callable[[Step], Expr | None]], ...] = (
    ("step-uphill", lambda q: _moved(q, apply("neg", q.direction))),
    ("step-without-rate", lambda q: q.parameter - q.direction),
    ("step-without-parameter", lambda q: _rate(q) * q.direction),
    ("step-without-parameter", lambda q: apply("neg", _rate(q) * q.direction)),
    ("step-without-velocity", _gradient_alone),
    ("velocity-without-factor", _velocity_alone),
)
