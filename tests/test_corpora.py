"""Further corpora of labelled answers: two on exercises of most families of the bank, one on the
exercises of the published corpus.

The answers were written by hand from what each misconception says, not by the rules that find them;
those of the third and the fourth one before the grader had seen any of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from api import cli
from api.corpus import read_answers
from api.labelled import read_exercises

ACCEPTANCE = Path(__file__).parent / "acceptance"


@dataclass(frozen=True)
class Corpus:
    """A folder with labelled answers, and what is required of it."""

    name: str
    named: float  # the least share of wrong answers whose mistake is named as labelled
    programs: int
    misconceptions: int
    own_exercises: bool = True

    @property
    def answers(self) -> Path:
        return ACCEPTANCE / self.name / "answers.json"

    @property
    def exercises(self) -> Path:
        return (ACCEPTANCE / self.name if self.own_exercises else ACCEPTANCE) / "exercises.toml"


CORPORA = (
    Corpus("second", 0.98, 40, 45),
    Corpus("third", 0.97, 35, 35),
    Corpus("fourth", 0.98, 15, 30, own_exercises=False),
)
each_corpus = pytest.mark.parametrize("corpus", CORPORA, ids=[each.name for each in CORPORA])


@each_corpus
def test_right_is_accepted_wrong_rejected_and_named(
    corpus: Corpus, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["corpus", str(corpus.answers), "--exercises", str(corpus.exercises)]
    assert cli.main(command) == 0
    *told, last = capsys.readouterr().out.splitlines()
    found = re.fullmatch(
        r"corpus: right (\d+)/\1 accepted, wrong (\d+)/\2 rejected, (\d+)/\2 named", last
    )
    assert found, last
    assert int(found[3]) >= corpus.named * int(found[2]), told


@each_corpus
def test_the_corpus_is_broad(corpus: Corpus) -> None:
    """Many programs, every exercise answered rightly and wrongly, most misconceptions there."""
    exercises = read_exercises(corpus.exercises)
    rows = read_answers(corpus.answers, exercises)
    assert len({id(each.program) for each in exercises.values()}) >= corpus.programs
    for correct in (True, False):
        assert {each.exercise for each in rows if each.correct is correct} == exercises.keys()
    labels = {each.misconception for each in rows if each.misconception}
    assert len(labels) >= corpus.misconceptions, labels
