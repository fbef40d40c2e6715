"""A short run of the chaos that `python -m tests.chaos.attempts` makes in full."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos import attempts

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("choice", [None, attempts.OWN], ids=["sqlite", "postgresql"])
def test_nothing_is_lost_doubled_or_wrong(
    tmp_path: Path, choice: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "GAPS", (0.1, 0.3))
    monkeypatch.setattr(attempts, "PAUSE", 0.3)  # so that there is time to kill some
    with attempts.store(choice) as (url, server):
        summary = attempts.run(tmp_path, 400, 8, 7, url, server)
    assert summary.well, summary
    assert summary.acknowledged == 400
    assert sum(summary.killed.values()) >= 3
