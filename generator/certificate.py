"""Why an exercise can be trusted: what was checked of it, against what, and how it came out.

    certificate = certify(exercise, judge)
    certificate.holds; certificate.problems

The derived keys are held against the slope of the loss by power series and by differences in
float64, neither of which knows a rule of the reverse pass; `thorough` adds SymPy's own
differentiation.  The judge, which is the grader, must accept every key, reject every planted
mistake under its own name, and call a malformed text unreadable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.expression import Expr
from engine.notation import Scope, parse_expr, show
from engine.numeric import Environment, forward
from engine.program import Program, Target
from engine.question import Choice, Derivative, Numeric, Question, Step
from engine.sampling import Group, sample
from engine.seeding import Stream
from engine.symbolic.balls import NEEDED, Agreement
from engine.symbolic.taylor import Slopes
from generator.distractors import Mistakes, differ
from generator.exercise import Exercise
from generator.keys import right_answer

FORMAT = "gradbook.certificate/1"
MALFORMED = "(("
STEP = 2.0**-17  # of central differences; the cube root of a float64's precision, about
NEAR = 1e-6  # relative, of central differences
# What one and the same wrong formula is called depends on where its mistake is looked for.
ALIKE = (
    # one of several contributions left out
    frozenset(
        {
            "path-dropped",
            "paths-overwritten",
            "second-term-dropped",
            "regulariser-wrong",
            "product-rule",
        }
    ),
    # a factor left out
    frozenset({"local-input-factor", "upstream-left-out", "dropout-mask-missing"}),
    # a mean of two without its half
    frozenset({"missing-batch-mean", "factor-two"}),
)
# A rule gone wrong inside a penalty on parameters is a mistake about the penalty.
IN_A_PENALTY = frozenset({"factor-two", "norm-for-squared-norm", "power-rule", "sign-flip"})
PLANTED = 2  # mistakes planted in one derivative of an exercise


class Named(Protocol):
    """Something with the slug of a misconception."""

    @property
    def slug(self) -> str: ...


class Judged(Protocol):
    """What a certificate reads of a verdict."""

    @property
    def outcome(self) -> str: ...
    @property
    def diagnosis(self) -> Sequence[Named]: ...


Judge = Callable[[Question, str], Judged]


@dataclass(frozen=True)
class Check:
    """One thing that was checked, how many times, and where it did not hold."""

    name: str
    count: int
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Certificate:
    """All checks of one exercise; `bits` of agreement between keys and slopes, at the worst."""

    exercise: str
    checks: tuple[Check, ...]
    bits: int | None = None

    @property
    def holds(self) -> bool:
        """Whether every check held."""
        return not self.problems

    @property
    def problems(self) -> tuple[str, ...]:
        """Where a check did not hold: `check: question: what was found`."""
        return tuple(f"{check.name}: {each}" for check in self.checks for each in check.problems)

    def to_json(self) -> dict[str, Any]:
        """The certificate, to be stored beside its exercise."""
        checks = [
            {"name": each.name, "count": each.count, "problems": list(each.problems)}
            for each in self.checks
        ]
        return {
            "format": FORMAT,
            "exercise": self.exercise,
            "holds": self.holds,
            "bits": self.bits,
            "checks": checks,
        }


@dataclass(frozen=True)
class Key:
    """A derivative that a question of the exercise rests on."""

    question: str
    program: Program
    target: Target
    formula: Expr


@dataclass(frozen=True, eq=False)
class Ground:
    """A group of sample points with what all keys of one program need there."""

    program: Program
    group: Group

    @cached_property
    def env(self) -> Environment:
        """The forward pass in float64."""
        return forward(self.program, self.group.inputs())

    @cached_property
    def slopes(self) -> Slopes:
        """The slopes of the loss."""
        return Slopes(self.program, self.group)


@dataclass(frozen=True)
class Subject:
    """An exercise under examination; `bits` collects the agreement of each key."""

    exercise: Exercise
    judge: Judge
    bits: list[int]

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """The derivatives in the keys of the exercise, each program and target once."""
        found: dict[tuple[Program, Target], Key] = {}
        for question in self.exercise.questions:
            key = _key(question)
            if key is not None:
                found.setdefault((key.program, key.target), key)
        return tuple(found.values())

    def grounds(self, key: Key) -> tuple[Ground, ...]:
        """Sample points of a key's program; those of the exercise's where it is the same."""
        shared = key.program == self.exercise.program
        drawn_for = self.exercise.id if shared else key.question
        if drawn_for not in self._drawn:
            groups = sample(key.program, f"gradbook.certificate/1:{drawn_for}").groups
            self._drawn[drawn_for] = tuple(Ground(key.program, each) for each in groups)
        return self._drawn[drawn_for]

    @cached_property
    def _drawn(self) -> dict[str, tuple[Ground, ...]]:
        """The sample points so far, by what they were drawn for."""
        return {}


def _key(question: Question) -> Key | None:
    match question:
        case Derivative() | Numeric():
            return Key(question.id, question.program, question.target, question.reference)
        case Step():
            return Key(question.id, question.program, question.target, question.gradient)
    return None


def certify(exercise: Exercise, judge: Judge, thorough: bool = False) -> Certificate:
    """The certificate of an exercise; with `thorough`, SymPy differentiates as well."""
    subject = Subject(exercise, judge, [])
    rows = {**CHECKS, **(THOROUGH if thorough else {})}
    checks = tuple(_checked(name, check, subject) for name, check in rows.items())
    return Certificate(exercise.id, checks, min(subject.bits, default=None))


Finding = str | None  # a problem, or that there is none


def _checked(name: str, check: Callable[[Subject], Iterator[Finding]], subject: Subject) -> Check:
    with np.errstate(all="ignore"):
        findings = list(check(subject))
    return Check(name, len(findings), tuple(each for each in findings if each))


# what is checked


def slopes(subject: Subject) -> Iterator[Finding]:
    """Each key predicts the slope of the loss along a direction, by power series in balls."""
    for key in subject.keys:
        for place, ground in enumerate(subject.grounds(key)):
            found = ground.slopes.along(key.target, key.formula, _stream(key, place))
            if isinstance(found, Agreement) and found.bits >= NEEDED:
                subject.bits.append(found.bits)
                yield None
            else:
                yield f"{key.question}: {found}"


def differences(subject: Subject) -> Iterator[Finding]:
    """Each key equals central differences of the forward pass in float64, along a direction."""
    for key in subject.keys:
        for place, ground in enumerate(subject.grounds(key)):
            yield _difference(key, ground.env, _stream(key, place))


def conditioned(subject: Subject) -> Iterator[Finding]:
    """No key is undefined, too large or lost in cancellation at a sample point, or zero at all."""
    for key in subject.keys:
        envs = (ground.env for ground in subject.grounds(key))
        entries = np.concatenate([_values(key.formula, env).ravel() for env in envs])
        if not np.all(np.isfinite(entries)):
            yield f"{key.question}: has no value at a sample point"
        elif not np.any(entries):
            yield f"{key.question}: is zero at every sample point"
        else:
            yield None


def options(subject: Subject) -> Iterator[Finding]:
    """The options of a choice differ from each other as functions."""
    for question in subject.exercise.questions:
        if isinstance(question, Choice) and question.program is not None:
            yield from _options(question)


def accepted(subject: Subject) -> Iterator[Finding]:
    """Every key is graded correct."""
    for question in subject.exercise.questions:
        verdict = subject.judge(question, right_answer(question))
        good = verdict.outcome == "correct"
        yield None if good else f"{question.id}: its key is {verdict.outcome}"


def rejected(subject: Subject) -> Iterator[Finding]:
    """Planted mistakes are incorrect, each under its own name."""
    asked = [each for each in subject.exercise.questions if isinstance(each, Derivative)]
    for question in asked[-1:]:
        stream = Stream("gradbook.certificate.planted/1", question.id)
        for wrong in Mistakes(question.program, question.target).pick(PLANTED, stream):
            planted = show(wrong.formula, "text")
            yield _named(question, planted, wrong.misconception, subject.judge(question, planted))


def _named(question: Question, planted: str, slug: str, verdict: Judged) -> Finding:
    slugs = {each.slug for each in verdict.diagnosis}
    also = frozenset({slug}).union(*(names for names in ALIKE if slug in names))
    also |= {"regulariser-wrong"} if slug in IN_A_PENALTY else frozenset()
    if verdict.outcome == "incorrect" and not slugs.isdisjoint(also):
        return None
    called = ", ".join(sorted(slugs)) or "nothing"
    return f"{question.id}: {slug}, planted as {planted}, is {verdict.outcome}, named {called}"


def unreadable(subject: Subject) -> Iterator[Finding]:
    """A malformed text is invalid, not wrong."""
    for question in subject.exercise.questions:
        if not isinstance(question, Choice):
            verdict = subject.judge(question, MALFORMED)
            good = verdict.outcome == "invalid"
            yield None if good else f"{question.id}: {MALFORMED!r} is {verdict.outcome}"


def algebra(subject: Subject) -> Iterator[Finding]:
    """Each key predicts the slope that SymPy finds by its own differentiation."""
    from engine.symbolic import oracle  # SymPy takes half a second to import

    for key in subject.keys:
        group = subject.grounds(key)[0].group
        found = oracle.predicts(key.program, group, key.target, key.formula, _stream(key, 0))
        yield None if found else f"{key.question}: SymPy finds another slope"


CHECKS: Mapping[str, Callable[[Subject], Iterator[Finding]]] = {
    "slopes": slopes,
    "differences": differences,
    "conditioned": conditioned,
    "options": options,
    "accepted": accepted,
    "rejected": rejected,
    "unreadable": unreadable,
}
THOROUGH: Mapping[str, Callable[[Subject], Iterator[Finding]]] = {"algebra": algebra}


# how


def _stream(key: Key, place: int) -> Stream:
    return Stream("gradbook.certificate.direction/1", key.question, place)


def _values(formula: Expr, env: Environment) -> NDArray[np.float64]:
    found: NDArray[np.float64] = env.evaluate(formula).data
    return found


def _difference(key: Key, env: Environment, stream: Stream) -> Finding:
    """The largest slope error, relative to the terms of the slope and beyond rounding.

    A loss that cancels, as a divergence near its minimum does, is rounded in the size of the
    quantities it is made of.
    """
    data = env.values[key.target.variable].data
    direction = _direction(key, data.shape[1:], stream)
    ahead, behind = (_loss(key, env, data + sign * STEP * direction) for sign in (1.0, -1.0))
    found = (ahead - behind) / (2 * STEP)
    value = _values(key.formula, env)
    weights = direction if key.target.entry is None else np.ones(value.shape[1:])
    terms = (value * weights).reshape(len(value), -1)
    largest = max(float(np.max(np.abs(batch.data))) for batch in env.values.values())
    off = np.abs(terms.sum(axis=1) - found) - np.finfo(float).eps / STEP * largest
    size = np.abs(terms).sum(axis=1) + np.abs(ahead) + 1e-300
    worst = float(np.max(off / size))
    return None if worst <= NEAR else f"{key.question}: {worst:.1e} off central differences"


def _direction(key: Key, shape: tuple[int, ...], stream: Stream) -> NDArray[np.float64]:
    if key.target.entry is None:
        count = int(np.prod(shape, dtype=int))
        drawn = [stream.integer(1, 8) * (2 * stream.below(2) - 1) / 8 for _ in range(count)]
        return np.array(drawn).reshape(shape)
    only = np.zeros(shape)
    row, column = key.target.entry
    only.reshape(shape if len(shape) == 2 else (-1, 1))[row - 1, column - 1] = 1.0
    return only


def _loss(key: Key, env: Environment, data: NDArray[np.float64]) -> NDArray[np.float64]:
    """The loss where the target has other values; what comes after it follows."""
    name = key.target.variable
    moved = env.bound(name, replace(env.values[name], data=data))
    for statement in key.program.following(name):
        moved = moved.bound(statement.name, moved.evaluate(statement.value))
    losses: NDArray[np.float64] = moved.values[key.program.loss].data
    return losses


def _options(question: Choice) -> Iterator[Finding]:
    assert question.program is not None
    # two groups of sizes: where m is 2, a half and a mean are the same
    envs = sample(question.program, question.id).environments(question.program)
    scope = Scope.of(question.program)
    try:
        formulas = {
            each.label: parse_expr(each.text.strip("$"), scope) for each in question.options
        }
    except EngineError:
        return  # options in words
    found = {
        label: np.concatenate([_values(formula, env).ravel() for env in envs])
        for label, formula in formulas.items()
    }
    for first, second in combinations(found, 2):
        same = not differ(found[first], found[second])
        yield f"{question.id}: {first} and {second} are the same function" if same else None


def spoken(certificate: Certificate) -> str:
    """A line for people."""
    total = sum(check.count for check in certificate.checks)
    bits = f", keys to {certificate.bits} bits" if certificate.bits is not None else ""
    if certificate.holds:
        return f"{certificate.exercise}: holds: {total} checks{bits}"
    return f"{certificate.exercise}: does not hold: " + "; ".join(certificate.problems)
