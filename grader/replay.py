"""A stored verdict looked at again: the same answer, at the points that the verdict keeps.

Whatever has changed since (the secret that points are drawn from, the way in which they are drawn,
the machine), the two sides are evaluated where they were evaluated then.  A new grader may come to
another verdict; that it does is what there is to see.
"""

from __future__ import annotations

from engine.question import Question
from grader.carried import Earlier
from grader.feedback import Level
from grader.grade import grade
from grader.points import Points, at
from grader.verdict import Verdict


def replayed(
    question: Question,
    text: str,
    stored: Verdict,
    feedback: Level = "full",
    earlier: Earlier | None = None,
) -> Verdict:
    """The verdict on `text` at the points of `stored`, a verdict on the same answer.

    Equal to `stored` where the grader is the same and `feedback` and `earlier` are what they were.
    Raises MalformedVerdict where its points cannot be read.
    """
    if stored.drawn is None or question.program is None:  # it rests on no points
        return grade(question, text, feedback, earlier)
    with at(question.program, Points.recorded(stored.drawn)):
        return grade(question, text, feedback, earlier)
