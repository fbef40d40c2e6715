"""How often the grading of an attempt was begun and never ended, counted at the broker.

A worker that is killed leaves no word behind, so the word is left before: the count goes up when an
answer's turn begins and is taken back when it has ended, well or not.  What stays are the starts
that a worker did not live to see the end of.  The counts are kept like the queues (append-only
file), and being counts of starts they do not mind that a message is delivered twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MOST_STARTS = 3
KEPT_SECONDS = 3600  # after the latest start; the longest pause before another is 15 minutes


@dataclass(frozen=True)
class Starts:
    """The counts, through a client of Redis or Valkey."""

    client: Any

    def unended(self, attempts: Sequence[str]) -> list[int]:
        """The number of starts of each attempt that have not ended."""
        return [int(count or 0) for count in self.client.mget(list(map(_key, attempts)))]

    def begin(self, attempts: Sequence[str]) -> list[int]:
        """The same, with one more start for each."""
        pipeline = self.client.pipeline()
        for attempt in attempts:
            pipeline.incr(_key(attempt)).expire(_key(attempt), KEPT_SECONDS)
        return [int(count) for count in pipeline.execute()[::2]]

    def end(self, attempts: Sequence[str]) -> None:
        """Forgets the starts of these attempts."""
        if attempts:
            self.client.delete(*map(_key, attempts))


def _key(attempt: str) -> str:
    return f"gradbook.starts:{attempt}"
