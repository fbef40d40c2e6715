"""What a learner is told of a verdict: no sample point ever, and as much as the policy says.

The verdict is kept in full; `grader.feedback` says what the levels are.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import grader.feedback
from api.practice.policy import Feedback
from api.practice.service import policy_of
from api.schemas import Document
from api.store.models import Attempt
from grader.verdict import Diagnosis


def feedback_of(attempt: Attempt) -> Feedback:
    """How much the attempt's learner is told; everything where no practice set says otherwise."""
    return policy_of(attempt.practice_set).feedback if attempt.practice_set else Feedback.FULL


def told(document: Document, feedback: Feedback) -> Document:
    """The part of a verdict's document that a learner is told."""
    known: Document = without_witness(document)
    found = [Diagnosis(**each) for each in known["diagnosis"]]
    message, diagnosis = grader.feedback.told(known["message"], found, feedback.value)
    return {**known, "message": message, "diagnosis": [asdict(each) for each in diagnosis]}


def without_witness(value: Any) -> Any:
    """The document without anything called "witness", however deep it is."""
    if isinstance(value, dict):
        return {key: without_witness(part) for key, part in value.items() if key != "witness"}
    if isinstance(value, list):
        return [without_witness(part) for part in value]
    return value
