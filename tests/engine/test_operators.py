"""Every row of the operator table, at every one of its samples, against independent oracles.

Each sample becomes a small program, loss = sum(C * operator(operands)), whose gradient is taken by
the formula of the reverse walk, by the numeric reverse walk, by central differences and by SymPy's
own `diff`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
from flint import arb

from engine.errors import ShapeError, UnknownOperator
from engine.expression import Expr, Var, apply, const
from engine.numeric import FLOAT, Batch, Environment, Field, forward
from engine.operators import TABLE, Operator, Sample, WrongVJP, operator
from engine.operators.arrays import aligned
from engine.program import Program, Statement, Symbol
from engine.reverse import Formulas, Reverse, numeric_adjoints
from engine.seeding import Stream
from engine.shapes import Shape, canonical, concrete
from engine.symbolic import oracle
from engine.symbolic.balls import ball_field, precision

SIZES = {"n": 3, "m": 2, "k": 4}
POINTS = 3
MARGIN = 0.05

AGREEMENT = 1e-12  # relative: formula and numbers run the same rule in different orders
ORACLE = 1e-9  # relative: SymPy's derivative, evaluated with 15 digits
STEP = 1e-5
DIFFERENCES = 1e-7  # relative: central differences with STEP


@dataclass(frozen=True)
class Case:
    """A row at one of its samples, as a program with values for its inputs."""

    row: Operator
    program: Program
    inputs: Environment

    @property
    def env(self) -> Environment:
        return forward(self.program, self.inputs)


def _batch(data: np.ndarray, field: Field = FLOAT) -> Batch:
    return Batch(data, canonical(data.shape[1:]), field)


def _operand(name: str, shape: Shape, interval: tuple[float, float]) -> Expr:
    """A variable; where the interval is one number (an exponent, an index), that number."""
    low, high = interval
    return const(int(low)).filled(shape) if low == high else Var(name, shape)


def _drawn(stream: Stream, shape: Shape, interval: tuple[float, float]) -> np.ndarray:
    size = (POINTS, *concrete(shape, SIZES))
    count = int(np.prod(size))
    fractions = [stream.integer(0, 10**6) / 10**6 for _ in range(count)]
    low, high = interval
    return (low + (high - low) * np.array(fractions)).reshape(size)


def _far_from_kinks(row: Operator, arrays: tuple[np.ndarray, ...], attrs: dict) -> bool:
    kinks = row.kinks is None or bool(np.all(row.kinks(*aligned(*arrays), **attrs) > MARGIN))
    domain = row.domain is None or bool(np.all(row.domain(*aligned(*arrays))))
    return kinks and domain


def _case(row: Operator, sample: Sample, number: int) -> Case:
    names = [f"x{place}" for place in range(len(sample.shapes))]
    triples = list(zip(names, sample.shapes, sample.ranges, strict=True))
    operands = [_operand(*each) for each in triples]
    out = Statement("out", apply(row.name, *operands, **dict(sample.attrs)))
    weights = Symbol("C", out.value.shape, "constant")
    loss = Statement("L", (weights.var * out.var).sum())
    free = [(name, shape, ends) for name, shape, ends in triples if ends[0] != ends[1]]
    symbols = tuple(Symbol(name, shape, "parameter") for name, shape, _ in free)
    program = Program((*symbols, weights), (out, loss), "L")
    stream = Stream(row.name, number)
    for _ in range(1000):
        arrays = tuple(_drawn(stream, shape, ends) for _, shape, ends in triples)
        if _far_from_kinks(row, arrays, dict(sample.attrs)):
            break
    else:
        pytest.fail(f"{row.name}: no values away from the kinks")
    values = dict(zip(names, arrays, strict=True))
    batches = {name: _batch(values[name]) for name, _, _ in free}
    batches["C"] = _batch(_drawn(stream, weights.shape, (0.5, 1.5)))
    return Case(row, program, Environment(batches, SIZES))


def _cases() -> Iterator[object]:
    for row in TABLE.values():
        for number, sample in enumerate(row.samples):
            yield pytest.param((row, sample, number), id=f"{row.name}-{number}")


@pytest.fixture(params=tuple(_cases()))
def case(request: pytest.FixtureRequest) -> Case:
    return _case(*request.param)


def _formula(case: Case, name: str) -> np.ndarray:
    """The symbolic gradient, evaluated; zero where nothing flows back."""
    shape = case.program.shapes[name]
    gradient = Reverse(case.program, Formulas()).adjoints().get(name, const(0)).filled(shape)
    data = case.env.evaluate(gradient).data
    return np.broadcast_to(data, (POINTS, *data.shape[1:]))


def _numbers(case: Case, name: str) -> np.ndarray:
    adjoints = numeric_adjoints(case.program, case.env)
    size = (POINTS, *concrete(case.program.shapes[name], SIZES))
    return np.broadcast_to(adjoints[name].data, size) if name in adjoints else np.zeros(size)


def _loss(case: Case, name: str, data: np.ndarray) -> np.ndarray:
    moved = case.inputs.bound(name, _batch(data))
    return forward(case.program, moved).values["L"].data


def _differences(case: Case, name: str) -> np.ndarray:
    data = case.inputs.values[name].data
    result = np.zeros_like(data)
    for place in np.ndindex(data.shape[1:]):
        at = (slice(None), *place)
        step = np.zeros_like(data)
        step[at] = STEP
        result[at] = (_loss(case, name, data + step) - _loss(case, name, data - step)) / (2 * STEP)
    return result


def _sympy(case: Case, name: str) -> np.ndarray:
    shapes = {symbol.name: symbol.shape for symbol in case.program.symbols}
    exprs = oracle.derivative(case.program, name, SIZES)
    return oracle.numbers(exprs, shapes, case.inputs)


def relative(a: np.ndarray, b: np.ndarray) -> float:
    """The largest difference over the largest size of either."""
    return float(np.max(np.abs(a - b)) / max(np.max(np.abs(a)), np.max(np.abs(b)), 1e-3))


def test_gradients_agree_with_every_oracle(case: Case) -> None:
    for symbol in case.program.symbols:
        formula, numbers = _formula(case, symbol.name), _numbers(case, symbol.name)
        assert formula.shape == (POINTS, *concrete(symbol.shape, SIZES))
        assert relative(formula, numbers) < AGREEMENT, symbol.name
        assert relative(numbers, _differences(case, symbol.name)) < DIFFERENCES, symbol.name
        assert relative(numbers, _sympy(case, symbol.name)) < ORACLE, symbol.name


def test_entry_means_what_forward_computes(case: Case) -> None:
    shapes = {symbol.name: symbol.shape for symbol in case.program.symbols}
    out = case.program.definitions["out"].value
    written = oracle.expanded(out, shapes, SIZES).data[0]
    exprs = np.vectorize(lambda each: each.value, otypes=[object])(written)
    computed = case.env.values["out"].data
    assert relative(oracle.numbers(exprs, shapes, case.inputs), computed) < ORACLE


@pytest.mark.parametrize("bits", [40, 200])
def test_forward_on_balls_encloses_forward_on_floats(case: Case, bits: int) -> None:
    field = ball_field(bits)
    with precision(bits):
        env = _as_balls(case, field)
        balls = forward(case.program, env).values["out"].data.reshape(-1)
    floats = np.broadcast_to(case.env.values["out"].data, (POINTS, *env_shape(case))).reshape(-1)
    balls = np.resize(balls, floats.shape)
    for ball, value in zip(balls, floats, strict=True):
        assert isinstance(ball, arb)
        rounding = 1e-12 * max(1.0, abs(float(value)))
        assert ball.overlaps(arb(float(value), rounding)), (ball, value)


def env_shape(case: Case) -> tuple[int, ...]:
    return concrete(case.program.shapes["out"], SIZES)


def _as_balls(case: Case, field: Field) -> Environment:
    assert case.inputs.field is FLOAT
    batches = {}
    for name, batch in case.inputs.values.items():
        exact = np.vectorize(lambda value: Fraction(float(value)), otypes=[object])(batch.data)
        batches[name] = _batch(field.array(exact), field)
    return Environment(batches, SIZES, field)


def _refusals() -> Iterator[object]:
    for row in TABLE.values():
        for number, (given, attrs) in enumerate(row.refused):
            yield pytest.param(row.name, given, dict(attrs), id=f"{row.name}-{number}")


@pytest.mark.parametrize(("name", "given", "attrs"), tuple(_refusals()))
def test_shapes_that_do_not_fit_are_refused(name: str, given: tuple, attrs: dict) -> None:
    with pytest.raises(ShapeError):
        apply(name, *(Var(f"x{place}", shape) for place, shape in enumerate(given)), **attrs)


def test_every_row_is_sampled_except_the_binder() -> None:
    assert [row.name for row in TABLE.values() if not row.samples] == ["sum_over"]


ROWS_WITH_WRONG_RULES = [row.name for row in TABLE.values() if row.wrong]


@pytest.mark.parametrize("name", ROWS_WITH_WRONG_RULES)
def test_wrong_rules_are_wrong(name: str) -> None:
    """A planted mistake differs from the right rule at one of the samples at least."""
    row = TABLE[name]
    cases = [_case(row, sample, number) for number, sample in enumerate(row.samples)]
    for wrong in row.wrong:
        assert any(_differs(case, wrong) for case in cases), wrong.slug


def _differs(case: Case, wrong: WrongVJP) -> bool:
    right, mistaken = _pulled(case, case.row.vjp), _pulled(case, wrong.rule)
    return bool(right and mistaken) and not all(map(_same, mistaken, right))


def _same(a: np.ndarray | None, b: np.ndarray | None) -> bool:
    if a is None or b is None:
        return a is b
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-9))


def _pulled(case: Case, rule: Callable[..., tuple]) -> list[np.ndarray | None]:
    """The cotangents of `rule` at the case's values; none where its shapes do not fit there."""
    statement = case.program.definitions["out"]
    env = case.env
    args = tuple(env.evaluate(arg) for arg in statement.value.args)
    out, g = env.values["out"], env.values["C"]
    try:
        results = rule(g, out, *args, **env.concrete_attrs(statement.value))
    except ShapeError:
        return []
    return [None if each is None else each.data for each in results]


def test_an_unknown_operator_names_its_neighbours() -> None:
    with pytest.raises(UnknownOperator, match="sigmoid"):
        operator("sigmod")


def test_the_largest_is_found_where_smaller_ones_are_not_told_apart() -> None:
    field = ball_field()
    x = Batch(
        field.array([[Fraction(-3, 2)], [Fraction(-3, 2)], [Fraction(-1)]])[None], (3, 1), field
    )
    with precision(200):
        tied = x.apply("tanh")
        assert tied.apply("max", axis=None, keepdims=False).data[0] is tied.data[0, 2, 0]
        assert tied.apply("maxpool", shape=(3,)).data.item() is tied.data[0, 2, 0]
