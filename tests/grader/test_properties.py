"""Laws of the grader, tried on planted mistakes, rewritings and rubbish."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.expression import Apply, Expr, apply, const, substitute, transform
from engine.gradient import gradient
from engine.notation import show
from engine.operators import operator
from engine.question import Derivative
from engine.reverse import Formulas, Pass, Reverse, Site
from engine.terms import filled
from grader.diagnosis.functions import wrong_positions
from grader.diagnosis.ground import Layout, Place
from grader.grade import grade
from tests.grader.answers_of import RIGHT_TEXTS
from tests.grader.exercises import QUESTIONS, asked, exercise

NAMES = (
    "S1.w",
    "S1.x",
    "S1row.w",
    "S2.w",
    "S2rows.w",
    "S3.a1",
    "S3.W1",
    "S4.w",
    "S5.w",
    "S6.x",
    "S6.W",
)

# Planted mistakes that cannot be told from others, with the slugs they may be called by instead.
EQUALS: dict[str, frozenset[str]] = {
    "activation-derivative-skipped": frozenset(("mask-always-true",)),
    "factor-two": frozenset(("regulariser-wrong",)),  # at a regulariser
    "norm-for-squared-norm": frozenset(("regulariser-wrong",)),
    "second-term-sign": frozenset(("sign-flip",)),  # where all of the gradient changes its sign
    "log-exp-division-rule": frozenset(("sign-flip",)),
}


def named_rightly(slug: str, found: Iterable[str]) -> bool:
    """Whether a planted mistake is called by its own name or by that of an equal."""
    return not {slug, *EQUALS.get(slug, ())}.isdisjoint(found)


# Planted mistakes


def planted(question: Derivative) -> Iterator[tuple[str, Expr]]:
    """Every wrong rule of a row at every node between the loss and the target, as a formula."""
    layout = Layout(question.program, question.target)
    for place in layout.places:
        for number, wrong in enumerate(operator(place.node.op).wrong):
            if _applies(layout, place, number):
                formula = _mutated(question, place, wrong.rule)
                if formula is not None:
                    yield wrong.slug, formula


def _applies(layout: Layout, place: Place, number: int) -> bool:
    wrong = operator(place.node.op).wrong[number]
    if not wrong.across:
        return True
    return any(
        position in place.relevant and layout.holds(place.node.args[1 - position]) == wrong.across
        for position in wrong_positions(place.node.op, number)
    )


def _mutated(question: Derivative, place: Place, rule: Any) -> Expr | None:
    """The gradient of the pass with `rule` at `place`; None where its shapes do not fit."""

    def vjp(site: Site, g: Any, out: Any, args: Any, attrs: Any) -> Any:
        own = rule if (site.statement, site.path) == place.key else operator(site.node.op).vjp
        return own(g, out, *args, **attrs)

    variable = question.target.variable
    try:
        adjoints = Reverse(question.program, Formulas(), Pass(vjp=vjp)).adjoints()
        formula = filled(adjoints[variable], question.program.shapes[variable])
        return formula if formula.shape == question.reference.shape else None
    except (EngineError, KeyError):
        return None


@pytest.mark.parametrize("name", NAMES)
def test_planted_mistakes_are_rejected_and_named(name: str) -> None:
    question = exercise(name)
    seen = 0
    for slug, formula in planted(question):
        text = show(formula, "text")
        verdict = grade(question, text)
        if verdict.outcome == "correct" and verdict.evidence.kind == "proof":
            continue  # no mistake here: proved to be the right gradient on the exercise's domain
        seen += 1
        slugs = {each.slug for each in verdict.diagnosis}
        assert verdict.outcome == "incorrect", (name, slug, text, verdict)
        assert slugs, (name, slug, text)
        assert named_rightly(slug, slugs), (name, slug, text, slugs)
    assert seen >= 3


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("factor", ["(1 + 1e-9)", "(1 - 1e-9)", "(1 + 1/10^15)", "0.999999999999"])
def test_a_factor_next_to_one_is_no_rounding(name: str, factor: str) -> None:
    question = exercise(name)
    assert grade(question, f"{factor} ({show(question.reference)})").outcome == "incorrect"


# Rewritings


def swapped(expr: Expr, random: Random) -> Expr:
    """`expr` with summands and factors exchanged here and there."""

    def node(each: Expr) -> Expr:
        if isinstance(each, Apply) and each.op in ("add", "mul") and random.random() < 0.5:
            return apply(each.op, *reversed(each.args))
        if isinstance(each, Apply) and each.op == "sub" and random.random() < 0.3:
            return apply("neg", apply("sub", *reversed(each.args)))
        return each

    return transform(expr, node)


def expanded(expr: Expr, random: Random) -> Expr:
    """`expr` with products distributed over sums here and there."""

    def node(each: Expr) -> Expr:
        match each:
            case Apply(
                op="mul" | "matmul" as op, args=(Apply(op="add" | "sub" as plus, args=(a, b)), c)
            ):
                if a.shape == b.shape and random.random() < 0.7:
                    return apply(plus, apply(op, a, c), apply(op, b, c))
        return each

    return transform(expr, node)


def inlined(question: Derivative, expr: Expr, random: Random) -> Expr:
    """`expr` with some forward quantities written out."""
    for statement in reversed(question.program.statements):
        if random.random() < 0.6 and statement.name != question.target.variable:
            expr = substitute(expr, {statement.name: statement.value})
    return expr


def disguised(question: Derivative, expr: Expr, random: Random) -> Expr:
    """`expr` with something added and taken away again, and a factor that cancels."""
    zero = apply("sub", expr, expr)
    doubled = apply("mul", const(2), expr)
    return apply("div", apply("add", doubled, zero), const(2)) if random.random() < 0.8 else expr


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 2**32))
def test_the_verdict_survives_rewriting(name: str, seed: int) -> None:
    question, random = exercise(name), Random(seed)
    text = RIGHT_TEXTS[name]
    for expr, outcome in ((question.reference, "correct"), (question.reference * 3, "incorrect")):
        for rewrite in (
            swapped,
            expanded,
            partial(inlined, question),
            partial(disguised, question),
            swapped,
        ):
            expr = rewrite(expr, random)
        verdict = grade(question, show(expr, random.choice(["text", "latex", "unicode", "numpy"])))
        assert verdict.outcome == outcome, (seed, show(expr), verdict)
    assert grade(question, text).outcome == "correct"


# Rubbish

ALPHABET = "aywxzbLWσ∂(){}[]^_+-*/@.,;:=<>|\\' \n\t012ᵀ⊙Σŷ√‖frac sum 1e9"


@given(text=st.one_of(st.text(max_size=80), st.text(alphabet=ALPHABET, max_size=80)))
def test_rubbish_is_a_verdict_never_an_exception(text: str) -> None:
    for name in ("S1.w", "S2.w", "S3.a1_1", "S6.x"):
        verdict = grade(exercise(name), text)
        assert verdict.outcome in ("invalid", "incorrect", "correct")
        if verdict.outcome == "invalid":
            assert verdict.span is not None or verdict.reason == "ambiguous"
    for name in QUESTIONS:
        grade(asked(name), text)


@given(data=st.data())
def test_broken_answers_are_a_verdict_never_an_exception(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(RIGHT_TEXTS)))
    text = RIGHT_TEXTS[name]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    mark = data.draw(st.text(alphabet=ALPHABET, max_size=3))
    grade(exercise(name), text[:start] + mark + text[end:])


def test_a_very_long_answer_is_invalid() -> None:
    assert grade(exercise("S1.w"), "x+" * 4000 + "x").reason == "limit"


EXPLOSION = "; ".join(["q0 = z", *(f"q{i} = q{i - 1} q{i - 1} + q{i - 1}" for i in range(1, 40))])
ENORMOUS = (
    f"{EXPLOSION}; q39 x",
    f"{EXPLOSION}; X q39",
    "sigmoid(" * 80 + "z" + ")" * 80,
    "((a - y)^1000)^1000 x",
    "exp(" * 30 + "z" + ")" * 30,
    "(" * 2000 + "x",
    "x^T " * 900,
    "".join(f"sum_{{{i}=1}}^{{9}} " for i in "ijklpqrstu") + "x",
    "sum_{i=1}^{1000000000} x",
    f"1e39{'/1e-39' * 8} x",
    "= (a-y)x" * 400,
)


@pytest.mark.parametrize("text", ENORMOUS, ids=lambda text: str(text[:12]))
@pytest.mark.parametrize("name", ["S1.w", "S2.w", "S6.x"])
def test_enormous_answers_end_in_a_verdict(name: str, text: str) -> None:
    """Definitions that double with every line would never end if they were written out."""
    assert grade(exercise(name), text).outcome in ("invalid", "incorrect", "correct")


@pytest.mark.parametrize("name", ["S1.forward", "S4.forward"])
def test_enormous_programs_end_in_a_verdict(name: str) -> None:
    verdict = grade(asked(name), EXPLOSION.replace("q0 = z", "q0 = y"))
    assert (verdict.outcome, verdict.reason) == ("invalid", "limit")
    assert grade(asked(name), "z = sum_{i=1}^{100000000} b").reason == "limit"


WITHOUT_VALUES = {
    "(a - y) sqrt(x)^2": "S1.w",
    "(a - y) x y/y": "S1.w",
    "(a - y) x (1 - y)/(1 - y)": "S1.w",
    "(a - y) x exp(log(z))/z": "S1.w",
    "(a - y) x (b^0.5)^2/b": "S1.w",
    "2(yhat - y)(1 - yhat^2) s (1 - s) sqrt(x)^4": "S4.w",
}
ACCIDENTS = {
    "(a - y) x (b - 3/4)/(b - 3/4)": "S1.w",
    "2(yhat - y)(1 - yhat^2) s (1 - s) x^3/x": "S4.w",
    "2(yhat - y)(1 - yhat^2) s (1 - s) sqrt(x^4)": "S4.w",
    "-(y/yhat) x": "S5.w",
    "-y exp(-log(z)) x": "S5.w",
    "-(y/yhat) relu(z)/relu(z) x": "S5.w",
}


@pytest.mark.parametrize(("text", "name"), WITHOUT_VALUES.items())
def test_an_answer_without_values_on_a_whole_region_is_incorrect(text: str, name: str) -> None:
    """Also where a proof would cancel what is missing."""
    verdict = grade(exercise(name), text)
    assert (verdict.outcome, verdict.reason) == ("incorrect", "value")
    assert "has no value" in verdict.message


@pytest.mark.parametrize(("text", "name"), ACCIDENTS.items())
def test_an_answer_without_a_value_at_single_points_is_correct(text: str, name: str) -> None:
    assert grade(exercise(name), text).outcome == "correct"


@pytest.mark.parametrize("z", ["sqrt(w^T x + b)^2", "(w^T x + b) y/y"])
def test_an_equation_without_values_on_a_whole_region_is_not_right(z: str) -> None:
    loss = "a = sigmoid(z); L = -(y log(a) + (1 - y) log(1 - a))"
    assert grade(asked("S1.forward"), f"z = w^T x + b; {loss}").outcome == "correct"
    assert grade(asked("S1.forward"), f"z = {z}; {loss}").outcome == "partially_correct"


# Sizes and roundings


def scaled(question: Derivative, factor: Fraction) -> Derivative:
    """The question about `factor` times the loss."""
    *before, last = question.program.statements
    loss = replace(last, value=const(factor) * last.value)
    program = replace(question.program, statements=(*before, loss))
    return replace(
        question,
        id=f"{question.id}*{factor}",
        program=program,
        reference=gradient(program, question.target),
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("written", "factor"), [("1e-6", "1/1000000"), ("1e6", "1000000")])
def test_the_size_of_an_exercise_changes_no_verdict(name: str, written: str, factor: str) -> None:
    question, right = scaled(exercise(name), Fraction(factor)), RIGHT_TEXTS[name]
    assert grade(question, f"{written} ({right})").outcome == "correct"
    wrong = (right, f"2*{written} ({right})", f"{written} (1 + 1e-9) ({right})", f"1e-30 ({right})")
    assert {grade(question, each).outcome for each in wrong} == {"incorrect"}


OTHER_ORDERS = (
    "0.1 ({0}) + 0.2 ({0}) + 0.7 ({0})",
    "({0}) / 3 * 3",
    "1e-12 ({0}) 1e12",
    "(({0}) + 1e8) - 1e8",
    "(({0}) + 1e20) - 1e20",
    "(({0}) - 1/7) + 1/7",
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("order", OTHER_ORDERS)
def test_the_order_of_evaluation_changes_no_verdict(name: str, order: str) -> None:
    """Also where float64 would lose every digit."""
    text = order.format(RIGHT_TEXTS[name])
    assert grade(exercise(name), text).outcome == "correct"
    assert grade(exercise(name), f"{text} + 1e-25").outcome == "incorrect"
