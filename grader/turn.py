"""One turn of a grading worker: as many of its answers as its time allows.

An answer that was begun before and not ended is suspected of having killed its worker.  It is
graded by itself, so that it can take no other with it, and after MOST_STARTS starts not at all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic

from grader.messages import judged, quarantined
from grader.starts import MOST_STARTS, Starts
from grader.wire import Item, Record

log = logging.getLogger(__name__)

TURN_SECONDS = 0.1  # after that, what is left goes back to the queue: others may be more urgent


@dataclass
class Turn:
    """What became of the answers.

    records: their verdicts. alone: those to be graded again, each by itself. left: those that were
    not looked at.
    """

    records: list[Record] = field(default_factory=list)
    alone: list[Item] = field(default_factory=list)
    left: list[Item] = field(default_factory=list)

    @property
    def handed_back(self) -> list[list[Item]]:
        """What is not graded, by the message in which it goes back."""
        return [*([item] for item in self.alone), *([self.left] if self.left else [])]


@dataclass(frozen=True)
class Worker:
    """What a turn needs: the counts of starts, and the exceptions that say: too much."""

    starts: Starts
    exhausting: tuple[type[BaseException], ...] = (MemoryError,)
    clock: Callable[[], float] = monotonic

    def take_turn(self, items: Sequence[Item], along: Sequence[Item] = ()) -> Turn:
        """A turn over the answers of a message, and those of others that were taken along.

        A fault of ours is logged and leaves its answer without a verdict, to be sent again.
        """
        turn = Turn()
        begun = self._together(items, along, turn)
        if begun:
            attempts = [item.attempt for item in begun]
            counts = dict(zip(attempts, self.starts.begin(attempts), strict=True))
            self.starts.end(self._grade(begun, counts, turn))
        return turn

    def _together(self, items: Sequence[Item], along: Sequence[Item], turn: Turn) -> list[Item]:
        """The answers that may be graded together: one suspect, or all that are none."""
        if len(items) == 1 and not along:
            return list(items)
        counts = self.starts.unended([item.attempt for item in (*items, *along)])
        counted = list(zip((*items, *along), counts, strict=True))
        suspects = [item for item, count in counted if count]
        others = [item for item, count in counted if not count]
        if len(items) == 1 and items[0] in suspects:  # it has come by itself
            turn.alone += suspects[1:]
            turn.left += others
            return list(items)
        turn.alone += suspects
        return others

    def _grade(self, begun: Sequence[Item], counts: Mapping[str, int], turn: Turn) -> list[str]:
        """The attempts whose start has ended: graded, given up with a fault, or given back."""
        waiting, over = list(begun), self.clock() + TURN_SECONDS
        ended: list[str] = []
        while waiting and (not ended or self.clock() < over):
            item = waiting.pop(0)
            if counts[item.attempt] > MOST_STARTS:
                log.error("attempt %s is quarantined", item.attempt)
                turn.records.append(quarantined(item))
                continue
            try:
                turn.records.append(judged(item))
            except self.exhausting as fault:
                log.error("attempt %s takes too much: %r", item.attempt, fault)
                turn.alone.append(item)
                break
            except Exception:
                log.exception("attempt %s could not be graded", item.attempt)
            ended.append(item.attempt)
        turn.left += waiting
        return ended + [item.attempt for item in waiting]
