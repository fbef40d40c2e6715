"""The sample points: exact, the same for one key, and with the gradient alive for every label."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from engine.numeric import forward
from engine.sampling import Group
from grader.errors import MalformedVerdict
from grader.grade import grade
from grader.points import ENOUGH, Points, drawn, forget, live, points_of, record_of, seed_of
from grader.verdict import Refuted
from tests.grader.exercises import exercise, program


@pytest.mark.parametrize("name", ["S1", "S3", "S5", "relu"])
def test_enough_points_are_alive_for_every_value_of_the_label(name: str) -> None:
    own = program(name)
    seen: Counter[object] = Counter()
    for group in points_of(own).groups:
        for point in np.flatnonzero(live(own, group)):
            seen[group.values["y"].tolist()[point] if name != "S5" else "any"] += 1
    assert len(seen) == (1 if name == "S5" else 2)
    assert all(count >= ENOUGH for count in seen.values())


def test_points_are_the_same_whenever_they_are_drawn() -> None:
    first = points_of(program("relu")).to_json()
    forget()
    assert points_of(program("relu")).to_json() == first


def test_every_exercise_has_points_of_its_own() -> None:
    """Two programs that differ in an alias alone share the sizes and shapes, and not one point."""
    own = program("S1")
    other = replace(own, symbols=(replace(own.symbols[0], aliases=("u",)), *own.symbols[1:]))
    first, second = (
        {str(group.point(at)) for group in points_of(each).groups for at in range(group.points)}
        for each in (own, other)
    )
    assert len(first) == len(second) and not first & second


def test_a_seed_depends_on_the_secret_and_on_the_program() -> None:
    one, other = program("S1"), program("S2")
    seeds = [seed_of(one, b"k"), seed_of(one, b"l"), seed_of(other, b"k"), seed_of(other, b"l")]
    assert len(set(seeds)) == 4 and seed_of(one, b"k") == seeds[0]


@pytest.mark.parametrize("name", ["S1", "S2", "S3", "relu"])
def test_a_record_holds_the_points_and_the_seed_that_draws_them(name: str) -> None:
    own = program(name)
    record = json.loads(json.dumps(record_of(own)))
    kept = Points.recorded(record)
    assert kept.samples.to_json() == points_of(own).to_json()
    assert drawn(own, bytes.fromhex(kept.seed)).to_json() == record["samples"]


@pytest.mark.parametrize(
    "changes", [{"format": "gradbook.points/9"}, {"samples": None}, {"samples": {"format": "x"}}]
)
def test_anything_else_is_no_record(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedVerdict):
        Points.recorded({**record_of(program("S1")), **changes})


@pytest.mark.parametrize(("name", "text"), [("S2.w", "X (a - y)^T"), ("S4.w", "2(yhat - y) x^2")])
def test_a_witness_can_be_replayed(name: str, text: str) -> None:
    """The stored point gives the stored values of the reference again."""
    question = exercise(name)
    evidence = grade(question, text).evidence
    assert isinstance(evidence, Refuted)
    witness = evidence.witness
    values = {
        symbol: np.array(_exact(entries), dtype=object)[None]
        for symbol, entries in witness["inputs"].items()
    }
    env = forward(question.program, Group(witness["sizes"], values).inputs())
    reference = env.evaluate(question.reference).data[0]
    entry = tuple(place - 1 for place in witness["entry"])
    assert float(reference[entry]) == pytest.approx(float(witness["reference"]), rel=1e-12)


def _exact(entries: Any) -> Any:
    """Nested lists of strings as nested lists of fractions."""
    return [_exact(each) for each in entries] if isinstance(entries, list) else Fraction(entries)
