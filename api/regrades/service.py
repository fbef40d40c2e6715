"""A regrade: begun, handed over, settled attempt by attempt, applied where no mark sinks.

A verdict lowers a mark when its score is lower, or when it makes an attempt count that was free
before. Such a verdict waits until somebody says that it shall count; every other one that a regrade
brings counts at once, unless the regrade is a dry run.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from api.attempts.messages import GradeMessage
from api.attempts.service import grade_message
from api.context import Outbound
from api.errors import Conflict, NotFound
from api.identity import Identity
from api.practice.marking import stand
from api.practice.marks import COUNTED
from api.store.attempts import Recorded
from api.store.database import Database
from api.store.models import Effect, Outcome, Regrade, RegradedAttempt, Verdict
from api.store.regrades import Reach
from api.store.unit import Unit
from grader.delivery import MOST_ITEMS, Priority

BATCH = 5 * MOST_ITEMS
FEW = 5  # messages in the queue, below which more are handed over
PATIENCE = timedelta(minutes=2)  # after which an attempt is handed over again


def begin(
    unit: Unit, by: Identity, reach: Reach, reason: str, dry_run: bool, version: str, now: datetime
) -> Regrade:
    """A regrade of the course's attempts within reach, by the grader of this version."""
    scope = {name: str(value) for name, value in asdict(reach).items() if value is not None}
    regrade = Regrade(
        id=uuid.uuid4(),
        course_id=by.course_id,
        scope=scope,
        reason=reason,
        dry_run=dry_run,
        created_by=by.person_id,
        created_at=now,
        total=0,
    )
    return unit.regrades.begin(regrade, reach, version)


def found(unit: Unit, reader: Identity, regrade_id: uuid.UUID) -> Regrade:
    """The course's regrade of that id."""
    regrade = unit.regrades.get(reader.course_id, regrade_id)
    if regrade is None:
        raise NotFound("regrade", regrade_id)
    return regrade


@dataclass(frozen=True)
class Sender:
    """Hands the attempts of regrades over, a few messages ahead of the graders."""

    database: Database
    queue: Outbound
    now: Callable[[], datetime]

    def send(self) -> int:
        """How many attempts were handed over; raises BrokerDown or StoreUnavailable."""
        if self.queue.backlog(Priority.REGRADE) >= FEW:
            return 0
        messages = self._due()
        if messages:
            self.queue.hand_over_many(messages, Priority.REGRADE)
            with self.database.write() as unit:
                sent = [message.attempt for message in messages]
                unit.regrades.postpone(sent, self.now() + PATIENCE)
        return len(messages)

    def _due(self) -> list[GradeMessage]:
        with self.database.read() as unit:
            due = unit.regrades.due(self.now(), BATCH)
            return [grade_message(unit, each.attempt) for each in due]


def settle(unit: Unit, recorded: Sequence[Recorded]) -> list[Regrade]:
    """Settles what regrades were waiting for these verdicts, and applies what lowers no mark.

    Returns the regrades that are done with that.
    A verdict of the version that counted before is a late copy of the old one, not what a regrade
    waits for.
    """
    waiting = unit.regrades.open_of([each.attempt_id for each in recorded])
    if not waiting:
        return []
    verdicts = unit.regrades.verdicts([each.attempt_id for each in waiting])
    versions = {each.attempt_id: each.grader_version for each in recorded}
    settled = []
    for row in waiting:
        after = verdicts.get((row.attempt_id, versions[row.attempt_id]))
        if after is not None and after.id != row.before_id:
            row.after_id, row.effect = after.id, effect(row.before, after)
            settled.append(row)
    unit.flush()
    apply(unit, [row for row in settled if _applies_at_once(unit, row)])
    touched = sorted({row.regrade_id for row in settled})
    return [unit.regrades.regrade(each) for each in touched if is_done(unit, each)]


def is_done(unit: Unit, regrade_id: uuid.UUID) -> bool:
    """Whether every attempt of a regrade has its new verdict."""
    return all(kind is not None for kind, _ in unit.regrades.progress(regrade_id))


def _applies_at_once(unit: Unit, row: RegradedAttempt) -> bool:
    return row.effect is not Effect.LOWERED and not unit.regrades.regrade(row.regrade_id).dry_run


def effect(before: Verdict, after: Verdict) -> Effect:
    """What it does to a mark when one verdict takes the place of another."""
    if after.score != before.score:
        return Effect.RAISED if after.score > before.score else Effect.LOWERED
    was_free, is_free = (each.outcome not in COUNTED for each in (before, after))
    if was_free == is_free or after.outcome is Outcome.CORRECT:
        return Effect.SAME
    return Effect.RAISED if is_free else Effect.LOWERED


def apply(unit: Unit, rows: Sequence[RegradedAttempt]) -> None:
    """Lets the new verdicts of these attempts count."""
    if not rows:
        return
    unit.regrades.make_current([row.after_id for row in rows if row.after_id is not None])
    for row in rows:
        row.applied = True
    unit.flush()
    stand(unit, [row.attempt_id for row in rows])


def apply_held(unit: Unit, regrade: Regrade, lowered: bool) -> int:
    """How many verdicts count from now on that did not: of a dry run, or those that lower marks."""
    if not is_done(unit, regrade.id):
        raise Conflict("Not every attempt of this regrade has its new verdict yet.")
    effects = {Effect.RAISED, Effect.SAME} | ({Effect.LOWERED} if lowered else set())
    rows = [
        row
        for row in unit.regrades.held(regrade.id, effects)
        if row.after_id not in (None, row.before_id)
    ]
    apply(unit, rows)
    return len(rows)
