"""What a verdict sets in motion, all in the transaction in which it is stored."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from api.attempts.messages import Record
from api.attempts.service import recorded
from api.metrics import count_verdicts
from api.practice.marking import stand
from api.regrades.service import settle
from api.store.attempts import Tally
from api.store.unit import Unit
from api.webhooks.service import Event, Payload, announce, finished, graded


def record(unit: Unit, records: Sequence[Record], now: datetime) -> Tally:
    """What became of these verdicts; the second of the same attempt and grader changes nothing."""
    arrived = [recorded(each, now) for each in records]
    tally = unit.attempts.record(arrived)
    stand(unit, tally.new)
    for regrade in settle(unit, arrived):
        announce(unit, Event.REGRADE_FINISHED, {regrade.course_id: [finished(regrade)]}, now)
    new = [each for each in arrived if each.attempt_id in tally.new]
    attempts = unit.attempts.all_of([each.attempt_id for each in new])
    told: dict[uuid.UUID, list[Payload]] = defaultdict(list)
    for each in new:
        attempt = attempts[each.attempt_id]
        told[attempt.course_id].append(graded(attempt, each))
    announce(unit, Event.ATTEMPT_GRADED, told, now)
    count_verdicts((each, attempts[each.attempt_id].submitted_at) for each in new)
    return tally
