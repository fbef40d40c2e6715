"""An attempt's life: submitted, handed over, recorded, read."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from api.attempts.messages import GradeMessage, Record
from api.attempts.places import entry
from api.errors import NotFound, NotGradedYet
from api.identity import Identity
from api.store.attempts import Chosen, Recorded
from api.store.models import Attempt, Question, State, Verdict
from api.store.paging import Page
from api.store.unit import Unit

LONGEST_PAUSE = timedelta(minutes=15)
DERIVATIVE = "derivative"


def submit(
    unit: Unit,
    learner: Identity,
    question_id: str,
    practice_set_id: uuid.UUID | None,
    text: str,
    now: datetime,
    stale_after: timedelta,
) -> Attempt:
    """The submission as a pending attempt; the sweeper looks after it once it is stale.

    Raises what api.attempts.places raises for one that is not accepted.
    """
    question = unit.exercises.question(question_id)
    if question is None:
        raise NotFound("question", question_id)
    entered = entry(unit, learner, question, practice_set_id, now)
    return unit.attempts.add(
        Attempt(
            id=uuid.uuid4(),
            course_id=learner.course_id,
            learner_id=learner.person_id,
            question=question,
            practice_set_id=entered.practice_set_id,
            position=entered.position,
            number=entered.number,
            credit=entered.credit,
            text=text,
            submitted_at=now,
            state=State.PENDING,
            due_at=now + stale_after,
            enqueue_count=0,
        )
    )


def grade_message(unit: Unit, attempt: Attempt) -> GradeMessage:
    """What the grading worker needs to know of an attempt."""
    question = attempt.question
    return GradeMessage(attempt.id, question.spec, attempt.text, _earlier(unit, attempt))


def _earlier(unit: Unit, attempt: Attempt) -> dict[str, str]:
    """The learner's latest answers, before this one, to the exercise's other derivatives.

    What counts is when they were given, not where the questions stand: a message that is sent
    again says the same.
    """
    question = attempt.question
    if question.kind != DERIVATIVE:
        return {}
    others = [each for each in question.exercise.questions if _is_step(each, question)]
    given = {each.spec["target"]["variable"]: _before(unit, attempt, each.id) for each in others}
    return {name: text for name, text in given.items() if text is not None}


def _is_step(other: Question, question: Question) -> bool:
    """Whether another question asks for a whole derivative of the same program."""
    return (
        other.id != question.id
        and other.kind == DERIVATIVE
        and other.spec["target"]["entry"] is None
        and other.spec["program"] == question.spec["program"]
    )


def _before(unit: Unit, attempt: Attempt, question_id: str) -> str | None:
    """The learner's latest answer to a question before this attempt."""
    found = unit.attempts.before(attempt, question_id)
    return found.text if found else None


def swept(attempt: Attempt, now: datetime, stale_after: timedelta) -> None:
    """Notes that the attempt was handed over again; each time the next pause is twice as long."""
    attempt.enqueue_count += 1
    pause = stale_after * 2 ** min(attempt.enqueue_count, 20)
    attempt.due_at = now + min(pause, LONGEST_PAUSE)


def recorded(message: Record, now: datetime) -> Recorded:
    """The verdict as it is to be stored."""
    verdict = message.verdict
    return Recorded(
        attempt_id=message.attempt,
        grader_version=message.grader,
        outcome=verdict.outcome,
        score=verdict.score,
        reason=verdict.reason,
        function=verdict.function,
        diagnoses=tuple((found.slug, found.title) for found in verdict.diagnosis),
        document=verdict.model_dump(mode="json"),
        milliseconds=message.milliseconds,
        recorded_at=now,
    )


def visible(unit: Unit, reader: Identity, attempt_id: uuid.UUID) -> Attempt:
    """The attempt, if it is the reader's own or one of the course the reader teaches."""
    attempt = unit.attempts.get(attempt_id)
    if attempt is None or not _may_see(reader, attempt):
        raise NotFound("attempt", attempt_id)
    return attempt


def verdict_of(unit: Unit, attempt: Attempt) -> Verdict:
    """The verdict that counts; NotGradedYet while there is none."""
    verdict = unit.attempts.current_verdict(attempt.id)
    if verdict is None:
        raise NotGradedYet(attempt.id)
    return verdict


def visible_page(unit: Unit, reader: Identity, chosen: Chosen, page: Page) -> Sequence[Attempt]:
    """The reader's own chosen attempts, or the course's for who teaches it, newest first."""
    if not reader.teaches:
        chosen = replace(chosen, learner_id=reader.person_id)
    return unit.attempts.page(reader.course_id, chosen, page)


def _may_see(reader: Identity, attempt: Attempt) -> bool:
    own = attempt.learner_id == reader.person_id
    return attempt.course_id == reader.course_id and (own or reader.teaches)
