"""The sample points: exact, the same for one key, and with the gradient alive for every label."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.numeric import forward
from engine.question import question_to_json
from engine.sampling import Group
from grader.grade import grade
from grader.points import ENOUGH, live, points_of
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
    points_of.cache_clear()
    assert points_of(program("relu")).to_json() == first


KEYED = """
import json, sys
from grader.messages import grade_message
print(json.dumps(grade_message(json.loads(sys.stdin.read()))))
"""


def refuted_under(key: str | None, checkout: Path) -> dict[str, Any]:
    """The record of a wrong answer, graded by a process with that sample key."""
    message = {
        "format": "gradbook.grade/1",
        "attempt": "0",
        "question": question_to_json(exercise("S2.w")),
        "text": "X (a - y)^T",
    }
    environment = {"PATH": os.environ["PATH"]} | ({"GRADBOOK_SAMPLE_KEY": key} if key else {})
    done = subprocess.run(
        [sys.executable, "-c", KEYED],
        input=json.dumps(message),
        env=environment,
        cwd=checkout,
        capture_output=True,
        text=True,
        check=True,
    )
    assert key is None or key not in done.stdout
    record: dict[str, Any] = json.loads(done.stdout)
    return record


def test_the_points_follow_from_a_secret_that_no_message_holds(checkout: Path) -> None:
    verdicts = [
        refuted_under(key, checkout)["verdict"]
        for key in ("secret-one", "secret-one", "secret-two", None)
    ]
    assert {verdict["outcome"] for verdict in verdicts} == {"incorrect"}
    points = [verdict["evidence"]["witness"]["inputs"] for verdict in verdicts]
    assert points[0] == points[1]
    assert len({json.dumps(each) for each in points}) == 3


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
