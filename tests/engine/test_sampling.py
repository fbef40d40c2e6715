"""Sample points: laws that hold for every program and key."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from hashlib import sha256

import numpy as np
import pytest

from engine.errors import SamplingError
from engine.expression import apply, const
from engine.numeric import EXACT
from engine.program import Program, Statement, Symbol
from engine.sampling import (
    CANDIDATES,
    KINK_MARGIN,
    STEEPEST,
    Group,
    Inspection,
    Samples,
    normalised_axis,
    sample,
)
from tests.engine.worksheet_programs import (
    ALL,
    hinge,
    logistic_batch,
    network,
    rectified_batch,
    rectified_logarithms,
    softmax_batch,
)

Make = Callable[[], Program]
KEYS = ("a", "b", "c")


@pytest.fixture(params=ALL, ids=lambda make: make.__name__)
def program(request: pytest.FixtureRequest) -> Program:
    return request.param()


def _values(program: Program, samples: Samples, name: str) -> list[np.ndarray]:
    return [env.values[name].data for env in samples.environments(program)]


@pytest.mark.parametrize("key", KEYS)
def test_every_value_is_finite_and_of_order_one(program: Program, key: str) -> None:
    for env in sample(program, key).environments(program):
        for batch in env.values.values():
            assert np.all(np.abs(batch.data) < 100)


@pytest.mark.parametrize("key", KEYS)
def test_points_are_good_by_the_rows_of_the_table(program: Program, key: str) -> None:
    for group in sample(program, key).groups:
        inspection = Inspection(_padded(group).inputs())
        inspection.run(program)
        bad = {name: flags for name, flags in inspection.conditions.items() if not np.all(flags)}
        assert not bad


def _padded(group: Group) -> Group:
    """The group repeated to the number of points an inspection is made for."""
    order = np.arange(CANDIDATES) % group.points
    return Group(group.sizes, {name: array[order] for name, array in group.values.items()})


def test_json_keeps_every_number(program: Program) -> None:
    samples = sample(program, "json")
    stored = json.loads(json.dumps(samples.to_json()))
    assert Samples.from_json(stored).to_json() == samples.to_json()


def test_the_same_key_gives_the_same_points_and_another_key_others(program: Program) -> None:
    assert sample(program, "k").to_json() == sample(program, "k").to_json()
    assert sample(program, "k").to_json() != sample(program, "l").to_json()


GOLDEN = {
    "logistic_batch": "2411cfd5c4374f47",
    "network": "c5521c72839d6325",
    "rectified_batch": "713f55f17e9fff23",
}


@pytest.mark.parametrize("make", [logistic_batch, network, rectified_batch])
def test_the_points_of_a_key_are_the_same_bytes_for_ever(make: Make) -> None:
    text = json.dumps(sample(make(), "golden").to_json(), sort_keys=True)
    assert sha256(text.encode()).hexdigest()[:16] == GOLDEN[make.__name__]


@pytest.mark.parametrize("key", KEYS)
def test_sizes_differ_from_each_other_and_between_groups(key: str) -> None:
    program = rectified_batch()
    first, second = (dict(group.sizes) for group in sample(program, key).groups)
    for sizes in (first, second):
        assert len(set(sizes.values())) == len(sizes) and min(sizes.values()) >= 2
    assert all(first[name] != second[name] for name in first)


def test_sizes_avoid_the_literal_ones() -> None:
    for group in sample(rectified_logarithms(), "literal").groups:
        assert not set(group.sizes.values()) & {3, 4}


@pytest.mark.parametrize("key", KEYS)
def test_real_inputs_are_of_either_sign_and_never_0_or_1(key: str) -> None:
    for group in sample(network(), key).groups:
        for name, array in group.values.items():
            if name != "y":
                assert all(abs(value) not in (0, 1) for value in array.flat), name
                assert np.all((array > 0).any(axis=0) & (array < 0).any(axis=0)), name


@pytest.mark.parametrize("key", KEYS)
def test_both_labels_occur_in_every_place(key: str) -> None:
    for group in sample(logistic_batch(), key).groups:
        labels = group.values["y"]
        assert set(labels.flat) == {0, 1}
        assert np.all((labels == 1).any(axis=0) & (labels == 0).any(axis=0))


@pytest.mark.parametrize("key", KEYS)
def test_every_rectified_unit_is_seen_active_and_inactive(key: str) -> None:
    program = rectified_batch()
    for values in _values(program, sample(program, key), "Z"):
        assert np.all((values > KINK_MARGIN).any(axis=0) & (values < -KINK_MARGIN).any(axis=0))
        assert np.all(np.abs(values) < STEEPEST)


@pytest.mark.parametrize("key", KEYS)
def test_a_logarithm_of_rectified_units_keeps_them_active(key: str) -> None:
    program = rectified_logarithms()
    for values in _values(program, sample(program, key), "Z"):
        assert np.all(values > KINK_MARGIN)


@pytest.mark.parametrize("key", KEYS)
def test_hinge_labels_are_signs_and_both_sides_of_the_hinge_occur(key: str) -> None:
    program = hinge()
    samples = sample(program, key)
    assert all(set(group.values["y"].flat) == {-1, 1} for group in samples.groups)
    for values in _values(program, samples, "L"):
        assert np.any(values == 0) and np.any(values > 0)


@pytest.mark.parametrize("key", KEYS)
def test_one_hot_rows_sum_to_one_along_the_classes(key: str) -> None:
    program = softmax_batch()
    for group in sample(program, key).groups:
        labels = group.values["Y"]
        assert np.all(labels.sum(axis=2) == 1) and set(labels.flat) == {0, 1}


def test_probabilities_sum_to_one_only_beside_a_softmax() -> None:
    y = Symbol("Y", ("m", "k"), "label", "probability")
    z = Symbol("Z", ("m", "k"), "data")
    softmax = Statement("P", z.var.apply("softmax", axis=1))
    loss = Statement("L", -(y.var * softmax.var.apply("log")).sum())
    program = Program((y, z), (softmax, loss), "L")
    assert normalised_axis(program, y) == 1
    for group in sample(program, "p").groups:
        labels = group.values["Y"]
        assert np.all(labels.sum(axis=2) == 1) and all(0 < value < 1 for value in labels.flat)
    alone = Program((y,), (Statement("L", y.var.sum()),), "L")
    assert normalised_axis(alone, y) is None


def test_the_class_axis_without_a_softmax_is_the_one_parameters_share() -> None:
    y = Symbol("Y", ("k", "m"), "label", "one-hot")
    w, x = Symbol("W", ("k", "n"), "parameter"), Symbol("X", ("n", "m"), "data")
    loss = Statement("L", ((w.var @ x.var - y.var) ** 2).sum())
    assert normalised_axis(Program((y, w, x), (loss,), "L"), y) == 0


def test_the_class_axis_of_a_square_label_is_the_one_summed_over() -> None:
    o, c = Symbol("O", (6, 6), "data", "one-hot"), Symbol("C", ("d", 6), "parameter")
    loss = Statement("L", ((c.var @ o.var) ** 2).sum())
    assert normalised_axis(Program((o, c), (loss,), "L"), o) == 0
    turned = Statement("L", ((o.var @ c.var.T) ** 2).sum())
    assert normalised_axis(Program((o, c), (turned,), "L"), o) == 1


def test_exact_values_are_those_drawn() -> None:
    program = rectified_batch()
    samples = sample(program, "exact")
    env = samples.environments(program, EXACT)[0]
    assert all(isinstance(value, Fraction) for value in env.values["J"].data.flat)
    floats = samples.environments(program)[0].values["J"].data
    assert np.allclose(env.values["J"].data.astype(float), floats, rtol=1e-12)


def test_an_impossible_domain_names_the_condition() -> None:
    x = Symbol("x", (), "data")
    loss = Statement("L", apply("log", const(-1) - x.var**2))
    with pytest.raises(SamplingError, match="log leaves its domain"):
        sample(Program((x,), (loss,), "L"), "never")


def test_samples_of_another_format_are_refused() -> None:
    with pytest.raises(SamplingError, match="of format 'gradbook"):
        Samples.from_json({"format": "gradbook.samples/0", "groups": []})
