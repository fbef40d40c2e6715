"""The version of the grader: a verdict is kept once per attempt and grader version."""

from __future__ import annotations

GRADER_VERSION = "1"
