"""Answers that students really gave mean what their NumPy translation computes."""

from __future__ import annotations

import numpy as np
import pytest

from engine.notation import Read, Unreadable, read
from tests.engine.notation import corpus
from tests.engine.notation.corpus import Answer

ANSWERS = corpus.load()
# Answers whose factors do not fit: the grader calls them incorrect, for their shape.
MISSHAPEN = {"A031", "A110", "A112", "A113", "A115", "A145", "A146", "A151"}
# Free indices (component form of a vector answer) are not read.
UNREAD = {"A127"}


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.id)
def test_answer_means_its_translation(answer: Answer) -> None:
    outcome = read(answer.answer, answer.scope)
    if answer.id in MISSHAPEN | UNREAD:
        assert isinstance(outcome, Unreadable)
        assert outcome.problem.kind == ("shape" if answer.id in MISSHAPEN else "parse")
        assert outcome.syntax is not None
        return
    assert isinstance(outcome, Read), (
        outcome.problem if isinstance(outcome, Unreadable) else outcome
    )
    for seed in range(3):
        env = corpus.environment(answer, seed)
        value = np.squeeze(env.evaluate(outcome.expr).data[0])
        np.testing.assert_allclose(value, np.squeeze(corpus.meaning(answer, env)), rtol=1e-12)


def test_every_answer_of_the_worksheet_is_here() -> None:
    families = {answer.exercise.split(".")[0] for answer in ANSWERS}
    assert {f"S{number}" for number in range(1, 7)} <= families
