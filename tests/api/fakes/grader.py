"""Verdicts as a grader sends them, for tests of what happens to verdicts afterwards."""

from __future__ import annotations

from typing import Any

BUG = {"slug": "missing-batch-mean", "title": "Forgot the mean", "feedback": "Divide by m."}


def verdict(outcome: str = "correct", grader: str = "1", **changes: Any) -> dict[str, Any]:
    """A gradbook.verdict/1."""
    return {
        "format": "gradbook.verdict/1",
        "outcome": outcome,
        "score": 1.0 if outcome == "correct" else 0.0,
        "reason": "proof" if outcome == "correct" else "value",
        "message": "One sentence." + f" {BUG['feedback']}" * (outcome == "incorrect"),
        "evidence": {"kind": "refuted", "text": "They differ.", "witness": {"x": ["1/3"]}},
        "diagnosis": [BUG] if outcome == "incorrect" else [],
        "parsed": {"text": "x (a - y)", "latex": "x (a - y)"},
        "span": None,
        "grader": grader,
        **changes,
    }


def record_message(
    attempt: object, outcome: str = "correct", grader: str = "1", **changes: Any
) -> dict[str, Any]:
    """A gradbook.record/1."""
    return {
        "format": "gradbook.record/1",
        "attempt": str(attempt),
        "grader": grader,
        "verdict": verdict(outcome, grader, **changes),
        "milliseconds": 1.25,
    }
