"""What can go wrong in the grader through no fault of the learner.

GraderError
├── MalformedQuestion    a question whose key cannot be graded against
├── MalformedVerdict     JSON that is not a verdict of a version we know
├── MalformedMessage     a message that does not keep the contract
└── UnknownMisconception a slug that misconceptions.toml does not list
"""

from __future__ import annotations


class GraderError(Exception):
    """Base of every error the grader raises on purpose; never a learner's mistake."""


class MalformedQuestion(GraderError):
    """A question whose key cannot be graded against."""


class MalformedVerdict(GraderError):
    """JSON that is not a verdict of a version we know."""


class MalformedMessage(GraderError):
    """A message that does not keep the contract."""


class UnknownMisconception(GraderError):
    """A slug that misconceptions.toml does not list."""


class UnknownLevel(GraderError):
    """A level of feedback that does not exist."""
