"""Verdicts as JSON: the full view comes back whole, the public one shows no witness."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from grader.errors import MalformedVerdict
from grader.grade import grade
from grader.verdict import Verdict, from_json, public, to_json
from tests.grader.exercises import asked, exercise

VERDICTS: dict[str, Verdict] = {
    "proof": grade(exercise("S1.w"), "(a - y) x"),
    "refuted": grade(exercise("S1.w"), "(y - a) x"),
    "shape": grade(exercise("S2.w"), "X (a - y)"),
    "agreement": grade(exercise("S1.w"), "(a - y) arctan(tan(x))"),
    "none": grade(exercise("S1.w"), "(a - "),
    "exact": grade(asked("S3.cache"), "a3, x"),
}


@pytest.mark.parametrize("kind", VERDICTS)
def test_the_full_view_comes_back_whole(kind: str) -> None:
    verdict = VERDICTS[kind]
    assert verdict.evidence.kind == kind
    assert from_json(json.loads(json.dumps(to_json(verdict)))) == verdict


@pytest.mark.parametrize("kind", VERDICTS)
def test_the_public_view_has_no_witness(kind: str) -> None:
    view = public(VERDICTS[kind])
    assert set(view["evidence"]) == {"kind", "text"}
    assert not {"witness", "drawn", "seed", "samples"} & set(re.findall(r"\w+", json.dumps(view)))


def test_a_refutation_keeps_its_sample_point_for_instructors() -> None:
    witness: dict[str, Any] = to_json(VERDICTS["refuted"])["evidence"]["witness"]
    assert set(witness) == {
        "point",
        "sizes",
        "inputs",
        "entry",
        "answer",
        "reference",
        "drawn",
        "function",
    }
    assert float(witness["answer"]) == -float(witness["reference"])


def test_the_key_is_nowhere_in_what_a_learner_sees() -> None:
    seen = json.dumps(public(VERDICTS["refuted"]))
    assert "a - y" not in seen and "a − y" not in seen


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "gradbook.verdict/9"},
        {"outcome": "fine"},
        {"evidence": {"kind": "rumour", "text": ""}},
    ],
)
def test_anything_else_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedVerdict):
        from_json({**to_json(VERDICTS["proof"]), **changes})
    with pytest.raises(MalformedVerdict):
        from_json({"format": "gradbook.verdict/1", "outcome": "correct"})
