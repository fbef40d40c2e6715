"""Comparison without a tolerance: what is refuted, what agrees, what has no value."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from threading import Thread

import numpy as np
import pytest
from flint import arb, ctx

from engine.errors import PrecisionExhausted, ShapeError
from engine.expression import Expr, Var, apply, const
from engine.gradient import gradient
from engine.numeric import Batch
from engine.program import Program, Statement, Symbol, Target
from engine.reverse import Formulas, Reverse
from engine.sampling import Group, Samples, sample
from engine.symbolic.balls import (
    LEAST_POINTS,
    NEEDED,
    Agreement,
    Comparison,
    Refuted,
    TooWide,
    Undefined,
    ball_field,
    compare,
    equal_at,
    precision,
)
from tests.engine.worksheet_programs import (
    ALL,
    logistic_batch,
    logistic_single,
    multivariate,
    network,
    rectified_batch,
    univariate,
)

Make = Callable[[], Program]
TINY = 1 + Fraction(1, 10**9)


def _targets() -> list[object]:
    cases = []
    for make in ALL:
        program = make()
        adjoints = Reverse(program, Formulas()).adjoints()
        names = [name for name in program.shapes if name in adjoints and name != program.loss]
        cases += [pytest.param(make, name, id=f"{make.__name__}-{name}") for name in names]
    return cases


@pytest.mark.parametrize(("make", "name"), _targets())
def test_two_ways_to_write_a_gradient_agree_and_a_billionth_more_is_refuted(
    make: Make, name: str
) -> None:
    program = make()
    walked = Reverse(program, Formulas()).adjoints()[name].filled(program.shapes[name])
    readable = gradient(program, Target(name))
    comparison = Comparison(program, sample(program, "balls"))
    outcome = comparison.equal(walked, readable)
    assert isinstance(outcome, Agreement) and outcome.bits >= NEEDED and not outcome.undefined
    wrong = comparison.equal(walked * TINY, readable)
    assert isinstance(wrong, Refuted)
    assert wrong.left != wrong.right and wrong.inputs.keys() == comparison.groups[0].values.keys()


def _scaled(samples: Samples, factor: Fraction) -> Samples:
    return Samples(
        tuple(
            Group(g.sizes, {name: array * factor for name, array in g.values.items()})
            for g in samples.groups
        )
    )


@pytest.mark.parametrize("factor", [Fraction(1, 10**6), Fraction(1), Fraction(10**6)])
def test_scaling_the_exercise_changes_no_verdict(factor: Fraction) -> None:
    x, w = Symbol("x", ("n", 1), "data"), Symbol("w", ("n", 1), "parameter")
    y = Symbol("y", (), "label")
    loss = Statement("L", (w.var.T @ x.var - y.var) ** 2)
    program = Program((x, w, y), (loss,), "L")
    comparison = Comparison(program, _scaled(sample(program, "scale"), factor))
    right = 2 * (w.var.T @ x.var - y.var) * x.var
    other = 2 * (w.var.T @ x.var) * x.var - 2 * y.var * x.var
    assert isinstance(comparison.equal(other, right), Agreement)
    assert isinstance(comparison.equal(right * TINY, right), Refuted)
    assert isinstance(comparison.equal(right + const(Fraction(1, 10**40)) * x.var, right), Refuted)


Z, A, Y, S = Var("z"), Var("a"), Var("y"), Var("s")

# Two expressions over the logistic program that are the same function; the second may be zero.
EQUAL = {
    "difference-of-equals": (A - A, const(0)),
    "both-zero-by-cancellation": (A * (1 - A) - A + A**2, Z - Z),
    "exact-zeros": (const(0) * A, const(0)),
    "binary-label": (Y * (1 - Y) * A, const(0)),
    "sigmoid-from-the-other-side": (A, 1 - (-Z).apply("sigmoid")),
    "catastrophic-cancellation": ((10**30 + A) - 10**30, A),
    "worse-cancellation": ((10**90 + A) - 10**90, A),
    "logarithm-of-an-exponential": (Z.apply("exp").apply("log"), Z),
    "tanh-by-sigmoid": ((Z / 2).apply("tanh"), 2 * A - 1),
}
DIFFERENT = {
    "a-thousandth-of-a-zero": (A - A + const(Fraction(1, 1000)), const(0)),
    "far-below-rounding": (A + const(Fraction(1, 10**50)), A),
    "one-hundredth-decimal": (A * const(Fraction(333, 1000)), A / 3),
    "sign-of-a-zero-label": (A - Y, A + Y),
}


@pytest.mark.parametrize("name", EQUAL)
def test_equal_functions_agree(name: str) -> None:
    program = logistic_single()
    outcome = equal_at(program, sample(program, "equal"), *EQUAL[name])
    assert isinstance(outcome, Agreement) and outcome.bits >= NEEDED


@pytest.mark.parametrize("name", DIFFERENT)
def test_different_functions_are_refuted(name: str) -> None:
    program = logistic_single()
    assert isinstance(equal_at(program, sample(program, "equal"), *DIFFERENT[name]), Refuted)


def test_inactive_units_are_zeros_on_both_sides() -> None:
    program = rectified_batch()
    z, m = program.var("Z"), program.var("M")
    masked = z.apply("relu") * m
    chosen = apply("where", apply("greater", z, const(0)), z * m, const(0))
    assert isinstance(equal_at(program, sample(program, "zeros"), masked, chosen), Agreement)


def test_points_without_a_value_are_left_out() -> None:
    """y/y is 1 where y is 1 and has no value where y is 0."""
    program = logistic_single()
    outcome = equal_at(program, sample(program, "undefined"), A * Y / Y, A)
    assert isinstance(outcome, Agreement)
    assert outcome.points >= LEAST_POINTS and outcome.undefined > 0
    assert (outcome.left, outcome.right) == (outcome.undefined, 0)


def test_a_value_nowhere_is_undefined_after_redrawing() -> None:
    program = logistic_single()
    samples = sample(program, "undefined")
    outcome = equal_at(program, samples, (-A).apply("log"), A)
    assert isinstance(outcome, Undefined)
    assert outcome.left == outcome.points > samples.points and outcome.right == 0


def test_an_index_beyond_the_sizes_has_no_value() -> None:
    program = logistic_single()
    entry = apply("entry", program.var("w"), const(9), const(1))
    assert isinstance(equal_at(program, sample(program, "index"), entry, A), Undefined)


def test_a_refutation_counts_even_if_another_entry_has_no_value() -> None:
    left = _batch([[arb("nan"), arb(1)]])
    assert isinstance(compare(left, _batch([[arb(2), arb(2)]])), Refuted)
    assert isinstance(compare(left, _batch([[arb(2), arb(1)]])), Undefined)


def _batch(rows: list[list[arb]]) -> Batch:
    data = np.empty((len(rows), 1, len(rows[0])), dtype=object)
    for point, row in enumerate(rows):
        data[point, 0, :] = row
    return Batch(data, (1, len(rows[0])), ball_field(200))


def test_wide_balls_are_neither_right_nor_wrong() -> None:
    wide = _batch([[arb(1, 1e-20), arb(2)]])
    assert compare(wide, _batch([[arb(1), arb(2)]])) == TooWide(0, (1, 1))


def test_a_point_without_a_value_hides_no_wide_ball_at_another() -> None:
    wide = [arb(1, 1e-20), arb(2)]
    left = _batch([[arb(1, 1e-20), arb("nan")], wide])
    assert compare(left, _batch([[arb(1), arb(2)]] * 2)) == TooWide(1, (1, 1))
    outcome = compare(_batch([[arb(1, 1e-20), arb("nan")], [arb(1), arb(2)]]), left)
    assert outcome == TooWide(1, (1, 1))
    exact = _batch([[arb(1), arb(2)]] * 2)
    with precision(200):
        outcome = compare(_batch([[arb(1, 1e-20), arb("nan")], [arb(1), arb(2)]]), exact)
    assert isinstance(outcome, Agreement) and outcome.points == 1 and outcome.undefined == 1


def test_numbers_of_entries_must_fit() -> None:
    with pytest.raises(ShapeError, match="2 entries cannot be compared with 3"):
        compare(_batch([[arb(1)] * 2]), _batch([[arb(1)] * 3]))


def test_precision_runs_out_with_an_exception() -> None:
    program = logistic_single()
    huge = const(10**2000)
    with pytest.raises(PrecisionExhausted):
        equal_at(program, sample(program, "huge"), (huge + A) - huge, A)


def test_precision_is_restored_and_threads_take_turns() -> None:
    before = ctx.prec
    program, seen = univariate(), []
    comparison = Comparison(program, sample(program, "threads"))
    answer = gradient(program, Target("w"))
    pairs = [(answer, answer), (answer * TINY, answer)] * 4

    def work(pair: tuple[Expr, Expr], bits: int) -> None:
        seen.append(comparison.equal(*pair, bits=bits))

    threads = [Thread(target=work, args=(p, 200 * (1 + n % 3))) for n, p in enumerate(pairs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(each).__name__ for each in seen) == ["Agreement"] * 4 + ["Refuted"] * 4
    assert ctx.prec == before


def test_precision_is_restored_after_an_error() -> None:
    before = ctx.prec
    with pytest.raises(ZeroDivisionError), precision(1000):
        assert ctx.prec == 1000
        raise ZeroDivisionError
    assert ctx.prec == before


def test_an_omitted_indicator_agrees_where_the_domain_forces_it() -> None:
    program = multivariate()
    x, y, yhat = (program.var(name) for name in ("x", "y", "yhat"))
    reference = gradient(program, Target("w"))
    assert isinstance(
        equal_at(program, sample(program, "S5"), -(y / yhat) * x, reference), Agreement
    )


def test_a_mistake_in_one_weight_of_a_network_is_found_with_its_entry() -> None:
    program = network()
    reference = gradient(program, Target("W2"))
    w = program.var("W2")
    extra = apply("basis", const(2), const(3), shape=w.shape) * const(Fraction(1, 10**12))
    outcome = equal_at(program, sample(program, "entry"), reference + extra, reference)
    assert isinstance(outcome, Refuted) and outcome.entry == (2, 3)


def test_a_forgotten_mean_is_refuted_at_every_size() -> None:
    program = logistic_batch()
    reference = gradient(program, Target("w"))
    outcome = equal_at(program, sample(program, "mean"), reference * Var("m"), reference)
    assert isinstance(outcome, Refuted) and set(outcome.sizes) == {"m", "n"}


def test_ties_of_exact_numbers_and_of_one_quantity_are_decided() -> None:
    z = Var("z")
    program = Program((Symbol("z", (), "data"),), (Statement("L", z**2),), "L")
    points = sample(program, "ties")
    above = apply("maximum", z.apply("sign"), const(Fraction(1, 100)))
    clipped = -apply("maximum", -above, const(-1))
    step = apply("where", z.apply("greater", const(0)), const(1), const(Fraction(1, 100)))
    assert isinstance(equal_at(program, points, clipped, step), Agreement)
    assert isinstance(equal_at(program, points, apply("maximum", z**3, z**3), z**3), Agreement)
    assert isinstance(equal_at(program, points, apply("maximum", z, z), z), Agreement)
    assert isinstance(equal_at(program, points, clipped, step * TINY), Refuted)
