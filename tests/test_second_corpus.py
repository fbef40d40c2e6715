"""A second corpus of labelled answers, on exercises of most families of the bank.

The answers were written by hand from what each misconception says, not by the rules that find them.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api import cli
from api.corpus import read_answers
from api.labelled import read_exercises

SECOND = Path(__file__).parent / "acceptance" / "second"
ANSWERS, EXERCISES = SECOND / "answers.json", SECOND / "exercises.toml"
LEAST_NAMED = 0.98
LEAST_PROGRAMS = 40


def test_right_is_accepted_wrong_rejected_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["corpus", str(ANSWERS), "--exercises", str(EXERCISES)]) == 0
    *told, last = capsys.readouterr().out.splitlines()
    found = re.fullmatch(
        r"corpus: right (\d+)/\1 accepted, wrong (\d+)/\2 rejected, (\d+)/\2 named", last
    )
    assert found, last
    assert int(found[3]) >= LEAST_NAMED * int(found[2]), told


def test_the_corpus_is_broad() -> None:
    """Many programs, every exercise answered rightly and wrongly, most misconceptions there."""
    exercises = read_exercises(EXERCISES)
    rows = read_answers(ANSWERS, exercises)
    assert len({id(each.program) for each in exercises.values()}) >= LEAST_PROGRAMS
    for correct in (True, False):
        assert {each.exercise for each in rows if each.correct is correct} == exercises.keys()
    labels = {each.misconception for each in rows if each.misconception}
    assert len(labels) >= 45, labels
