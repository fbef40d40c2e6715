"""A small run of `python -m tests.fuzz.api`: every operation, every reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.api import fuzz, world


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # the library's own
def test_every_answer_is_documented_and_none_is_a_fault(tmp_path: Path) -> None:
    made = world(tmp_path)
    findings = fuzz(made, examples=2, start=1)
    made.app.extensions["gradbook"].database.close()
    assert findings.faults == {}
    assert {200, 201, 403, 404, 422} <= findings.statuses.keys()
