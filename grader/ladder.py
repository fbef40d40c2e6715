"""The ladder: how an answer to a derivative question becomes a verdict.

Cheap steps first; the first answer wins.

    read        text -> expression              unreadable, unknown, forbidden, ambiguous: invalid
    shape       do the parts and the whole fit  no: incorrect
    filter      float64 at the sample points    far apart: straight on to compare; never a verdict
    same form   equal normal forms              yes: correct, proved at every size
    compare     balls at the sample points      apart: incorrect, with a witness
    prove       a bounded symbolic proof        correct either way; the evidence says which

There is no tolerance anywhere: balls that exclude zero refute, balls of 150 bits agree.

A proof cancels (x/x is 1, sqrt(x)^2 is x), so it holds wherever both sides have values.  An answer
that may lack values, by a root, a logarithm or a division, is compared before a proof counts, and
is incorrect where it has none on a whole region in which the exercise has one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from engine.canonical import canonical, may_lack_values
from engine.errors import PrecisionExhausted, ShapeError
from engine.expression import Expr, apply, const
from engine.notation import Read
from engine.shapes import SCALAR, Shape, show, transpose
from engine.symbolic import balls
from engine.symbolic.prove import NotProved, Proved, prove
from grader import explain
from grader.compiled import Compiled
from grader.errors import GraderError
from grader.memory import Remembered
from grader.reading import IllShaped, parsed, sentence, understood
from grader.scopes import mentions
from grader.verdict import (
    Agreement,
    Evidence,
    Misshapen,
    Parsed,
    Proof,
    Refuted,
    Verdict,
    correct,
    incorrect,
)

INDICATORS = frozenset(("greater", "greater_equal", "where", "sign"))
ZERO = const(0)
PROVABLE = 300  # nodes: longer answers are compared, without an attempt at a proof
EVERY_SIZE = "equal by the laws of sums and products, at every size"


@dataclass(frozen=True)
class Answer:
    """An answer on its way up the ladder."""

    compiled: Compiled
    text: str
    reading: Read | None = None
    expr: Expr | None = None
    comments: tuple[str, ...] = ()
    far: bool = False
    same_form: bool = False
    agreement: balls.Agreement | None = None

    @property
    def value(self) -> Expr:
        """What the answer says, once it has been read."""
        if self.expr is None:
            raise GraderError("the answer has not been read yet")
        return self.expr

    @property
    def parsed(self) -> Parsed | None:
        """How the answer was understood."""
        return parsed(self.reading) if self.reading else None

    def commented(self, comment: str) -> Answer:
        """The answer with one more remark for the learner."""
        return replace(self, comments=(*self.comments, comment))


Step: TypeAlias = Callable[[Answer], Answer | Verdict]


def climb(compiled: Compiled, text: str) -> Verdict:
    """The verdict on `text`."""
    answer = Answer(compiled, text)
    for step in LADDER:
        outcome = step(answer)
        if isinstance(outcome, Verdict):
            return outcome
        answer = outcome
    return accepted(answer, _agreement(answer))


# read


def read_step(answer: Answer) -> Answer | Verdict:
    """The text as an expression."""
    match understood(answer.text, answer.compiled.scope):
        case Verdict() as verdict:
            return verdict
        case IllShaped() as conflict:
            return _ill_shaped(answer, conflict)
        case Read() as reading:
            return Answer(answer.compiled, answer.text, reading, reading.expr)


def _ill_shaped(answer: Answer, conflict: IllShaped) -> Verdict:
    """Incorrect: the parts do not fit; named where the square world knows the mistake."""
    message = sentence(conflict.problem)
    diagnosis = explain.ill_shaped(answer.compiled, conflict.syntax)
    return incorrect(
        "shape", message, Misshapen(message), diagnosis=diagnosis, span=conflict.problem.span
    )


# shape


def shape_step(answer: Answer) -> Answer | Verdict:
    """The answer in the shape of the target; turned where the question admits it."""
    wanted, expr = answer.compiled.shape, answer.value
    if expr.shape == wanted:
        return answer
    lifted = _lifted(expr, wanted)
    if lifted is not None:
        return replace(answer, expr=lifted)
    if expr.shape == transpose(wanted) and answer.compiled.question.admits_numerator_layout:
        turned = answer.commented("The transposed layout was accepted.")
        return replace(turned, expr=apply("transpose", expr))
    return _wrong_shape(answer)


def _lifted(expr: Expr, wanted: Shape) -> Expr | None:
    """A rank-1 answer as the row or column that is wanted; a zero has any shape."""
    if expr == ZERO:
        return ZERO.filled(wanted)
    if len(expr.shape) != 1 or len(wanted) != 2:
        return None
    try:
        return apply("reshape", expr, shape=wanted)
    except ShapeError:
        return None


def _wrong_shape(answer: Answer) -> Verdict:
    wanted, found = answer.compiled.shape, answer.value.shape
    what = "a scalar" if wanted == SCALAR else f"of shape {show(wanted)}"
    got = "a scalar" if found == SCALAR else f"of shape {show(found)}"
    message = f"{explain.asked(answer.compiled)} is {what}; your answer is {got}."
    diagnosis = explain.wrong_shape(answer.compiled, answer.value, answer.reading)
    return incorrect(
        "shape", message, Misshapen(message), diagnosis=diagnosis, parsed=answer.parsed
    )


# filter


def filter_step(answer: Answer) -> Answer:
    """Notes a difference that float64 already shows."""
    return replace(answer, far=True) if _is_far(answer.compiled, answer.value) else answer


@Remembered
def _is_far(compiled: Compiled, expr: Expr) -> bool:
    try:
        return compiled.search.differs(expr)
    except IndexError:  # an index beyond the sizes that were drawn
        return False


# same form


def same_form_step(answer: Answer) -> Answer | Verdict:
    """Correct where both sides have one normal form, as they stand or in the inputs alone.

    Of an answer that may lack values it is only noted.
    """
    if answer.far or not _same_form(answer.compiled, answer.value):
        return answer
    if may_lack_values(answer.value, answer.compiled.program.dimensions):
        return replace(answer, same_form=True)
    return accepted(answer, Proof(EVERY_SIZE))


@Remembered
def _same_form(compiled: Compiled, expr: Expr) -> bool:
    if _same_as_it_stands(compiled, expr):
        return True
    if expr.names <= compiled.reference.names or expr.nodes > PROVABLE:
        return False
    normal = canonical(compiled.program.inlined(expr))
    return normal is not None and normal == compiled.inlined_normal


@Remembered
def _same_as_it_stands(compiled: Compiled, expr: Expr) -> bool:
    normal = canonical(expr)
    return normal is not None and normal == compiled.normal


# compare


def compare_step(answer: Answer) -> Answer | Verdict:
    """Incorrect where a sample point shows that the two sides differ."""
    match _compared(answer.compiled, answer.value):
        case balls.Agreement(left=0) as agreement:
            return replace(answer, agreement=agreement)
        case balls.Agreement(left=left, undefined=undefined, points=points):
            return _undefined(answer, balls.Undefined(left, 0, points + undefined))
        case balls.Refuted() as refuted:
            return _refuted(answer, refuted)
        case balls.Undefined() as undefined:
            return _undefined(answer, undefined)
        case None:
            return _undecided(answer)


@Remembered
def _compared(compiled: Compiled, expr: Expr) -> balls.Equality | None:
    """The comparison with the reference; None where it stays undecided at the highest precision."""
    try:
        likely = not _is_far(compiled, expr)
        return compiled.comparison.equal(expr, compiled.reference, likely=likely)
    except PrecisionExhausted:
        return None


def _undefined(answer: Answer, found: balls.Undefined) -> Verdict:
    if found.right >= found.left:
        raise GraderError(
            f"{answer.compiled.question.id}: the reference has no value at its points"
        )
    message = (
        "Your answer has no value where the exercise has one: check logs, roots and divisions."
    )
    witness = {"points": found.points, "without_value": found.left}
    return incorrect("value", message, Refuted(message, witness), parsed=answer.parsed)


def _undecided(answer: Answer) -> Verdict:
    message = "Your answer could neither be matched nor told apart; a person will look at it."
    return Verdict("needs_review", "value", message, parsed=answer.parsed)


def _refuted(answer: Answer, found: balls.Refuted) -> Verdict:
    """Incorrect, unless a proof says the opposite."""
    compiled = answer.compiled
    if _contradicted(answer):
        return _undecided(answer)
    diagnosis = explain.wrong(compiled, answer.value, answer.text)
    message = explain.value_message(compiled, diagnosis)
    links = explain.false_links(compiled, answer.reading)
    witness = {**explain.witness(found), "function": compiled.search.function_of(answer.value)}
    return incorrect(
        "value",
        " ".join((message, *links)),
        Refuted("differs from the derivative at a sample point", witness),
        diagnosis=diagnosis,
        parsed=answer.parsed,
    )


def _contradicted(answer: Answer) -> bool:
    """Whether a proof of equality stands against a refutation.

    Where float64 sees the difference as well, only the cheap proof is tried.
    """
    if _same_as_it_stands(answer.compiled, answer.value):
        return True
    return not answer.far and isinstance(_proved(answer.compiled, answer.value), Proved)


# prove


def prove_step(answer: Answer) -> Answer | Verdict:
    """Correct with a proof, where one is found within its bounds."""
    if answer.same_form:
        return accepted(answer, Proof(EVERY_SIZE))
    match _proved(answer.compiled, answer.value):
        case Proved() as proof:
            return accepted(answer, Proof(explain.proof_text(proof)))
    return answer


@Remembered
def _proved(compiled: Compiled, expr: Expr) -> Proved | NotProved:
    if expr.nodes > PROVABLE:
        return NotProved("the answer is too long")
    return prove(compiled.program, expr, compiled.reference)


def _agreement(answer: Answer) -> Evidence:
    agreement = answer.agreement
    if agreement is None:
        raise GraderError("the answer has not been compared")
    return Agreement(agreement.points, agreement.bits)


def accepted(answer: Answer, evidence: Evidence) -> Verdict:
    """Correct, with what there is to remark."""
    compiled = answer.compiled
    comments = [*answer.comments, *_remarks(answer)]
    comments += explain.false_links(compiled, answer.reading)
    message = " ".join(("Correct.", *comments))
    return correct(evidence.kind, message, evidence, parsed=answer.parsed)


def _remarks(answer: Answer) -> list[str]:
    """What is right but worth a word."""
    remarks = list(_notes(answer))
    if mentions(answer.compiled.reference, INDICATORS) and not mentions(
        answer.value, INDICATORS | {"relu"}
    ):
        remarks.append(
            "The indicator could be left out, because it is 1 wherever the loss has a value."
        )
    borrowed = explain.borrowed_derivatives(answer.compiled, answer.reading)
    if borrowed:
        remarks.append(
            f"{borrowed} was taken as known; written out, your answer would stand alone."
        )
    return remarks


def _notes(answer: Answer) -> tuple[str, ...]:
    notes = answer.reading.notes if answer.reading else ()
    return tuple(f"{note[:1].upper()}{note[1:]}." for note in notes)


LADDER: tuple[Step, ...] = (
    read_step,
    shape_step,
    filter_step,
    same_form_step,
    compare_step,
    prove_step,
)
