"""The routes of attempts and verdicts."""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta
from http import HTTPStatus

from flask import Response

from api.attempts import schemas
from api.attempts.events import MEDIA_TYPE, verdict_events
from api.attempts.service import grade_message, submit, verdict_of, visible, visible_page
from api.attempts.telling import feedback_of, told
from api.attempts.waiting import preferred_wait, wait_for_verdict
from api.changes import changing
from api.context import Context, current
from api.errors import BrokerDown
from api.identity import Identity, asking, needs
from api.openapi import address, blueprint, reply, responses, stream_responses
from api.paging import MOMENT_AND_ID
from api.scopes import Scope
from api.store.attempts import Chosen
from api.store.models import Attempt, State, Verdict

log = logging.getLogger(__name__)
api = blueprint("attempts", "Submissions and their verdicts")


@api.post(
    "/attempts",
    responses=responses(
        schemas.Attempt,
        HTTPStatus.CREATED,
        HTTPStatus.ACCEPTED,
        missing=True,
        body=True,
        conflict=True,
    ),
)
@needs(Scope.ATTEMPTS_WRITE)
def create_attempt(body: schemas.NewAttempt, header: schemas.Waiting) -> Response:
    """Stores an answer and has it graded.

    202 once it is stored, whether or not a grader can be reached just now; 201 with the verdict
    when `Prefer: wait=…` was given and there was one in time; 503, with nothing stored, while too
    many answers wait for a grader.
    """
    context = current()
    context.pressure.check()
    answer, headers = _waited(context, _submitted(context, body), header.prefer)
    status = HTTPStatus.CREATED if answer.state is State.GRADED else HTTPStatus.ACCEPTED
    return reply(answer, status, {"Location": address("attempts", answer.id), **headers})


@api.get("/attempts", responses=responses(schemas.AttemptList))
@needs(Scope.ATTEMPTS_READ)
def list_attempts(query: schemas.AttemptQuery) -> Response:
    """One's own attempts, newest first; an instructor's list has the whole course's."""
    with current().database.read() as unit:
        chosen = Chosen(query.learner, query.question, query.practice_set)
        page = visible_page(unit, asking(), chosen, query.page(*MOMENT_AND_ID))
        verdicts = unit.attempts.current_verdicts([attempt.id for attempt in page])
        items = [_answer(asking(), attempt, verdicts.get(attempt.id)) for attempt in page]
        onward = query.onward(page, lambda each: (each.submitted_at, each.id))
    return reply(schemas.AttemptList(items=items, next=onward))


@api.get("/attempts/<attempt_id>", responses=responses(schemas.Attempt, missing=True))
@needs(Scope.ATTEMPTS_READ)
def get_attempt(path: schemas.AttemptPath, header: schemas.Waiting) -> Response:
    """One attempt, with its verdict once there is one."""
    context = current()
    with context.database.read() as unit:
        visible(unit, asking(), path.attempt_id)
    answer, headers = _waited(context, path.attempt_id, header.prefer)
    return reply(answer, headers=headers)


@api.get("/attempts/<attempt_id>/verdict", responses=responses(schemas.Verdict, missing=True))
@needs(Scope.ATTEMPTS_READ)
def get_verdict(path: schemas.AttemptPath) -> Response:
    """The verdict of one attempt; 404 while there is none."""
    with current().database.read() as unit:
        attempt = visible(unit, asking(), path.attempt_id)
        answer = _verdict(asking(), attempt, verdict_of(unit, attempt))
    return reply(answer)


@api.get("/attempts/<attempt_id>/events", responses=stream_responses(MEDIA_TYPE))
@needs(Scope.ATTEMPTS_READ)
def stream_verdict(path: schemas.AttemptPath) -> Response:
    """The verdict as a server-sent event, as soon as there is one."""
    context, reader = current(), asking()
    with context.database.read() as unit:
        visible(unit, reader, path.attempt_id)

    def told_now() -> str:
        with context.database.read() as unit:
            attempt = visible(unit, reader, path.attempt_id)
            return _verdict(reader, attempt, verdict_of(unit, attempt)).model_dump_json()

    stream = verdict_events(context, path.attempt_id, told_now)
    response = Response(stream.lines, mimetype=MEDIA_TYPE, headers={"Cache-Control": "no-store"})
    response.call_on_close(stream.close)
    return response


def _submitted(context: Context, body: schemas.NewAttempt) -> uuid.UUID:
    stale_after = timedelta(seconds=context.settings.stale_after)
    with changing(audited=False) as change:
        attempt = submit(
            change.unit,
            asking(),
            body.question,
            body.practice_set,
            body.answer,
            change.now,
            stale_after,
        )
        message = grade_message(change.unit, attempt)
        stored = reply(_answer(asking(), attempt, None), HTTPStatus.ACCEPTED)
        stored.headers["Location"] = address("attempts", attempt.id)
        change.answer(stored)
    try:  # after the commit: a worker may be quicker than we are
        context.queue.hand_over(message)
    except BrokerDown as fault:
        log.warning("attempt %s stays pending: %s", message.attempt, fault)
    return message.attempt


def _waited(
    context: Context, attempt_id: uuid.UUID, prefer: str | None
) -> tuple[schemas.Attempt, dict[str, str]]:
    """The attempt after the time the request prefers to wait, and what to say about that."""
    seconds = preferred_wait(prefer, context.settings.max_wait)
    waited = seconds is not None and wait_for_verdict(context, attempt_id, seconds)
    with context.database.read() as unit:
        attempt = visible(unit, asking(), attempt_id)
        answer = _answer(asking(), attempt, unit.attempts.current_verdict(attempt_id))
    return answer, {"Preference-Applied": f"wait={seconds:g}"} if waited else {}


def _answer(reader: Identity, attempt: Attempt, verdict: Verdict | None) -> schemas.Attempt:
    return schemas.Attempt(
        id=attempt.id,
        question=attempt.question_id,
        learner=attempt.learner_id,
        practice_set=attempt.practice_set_id,
        number=attempt.number,
        credit=attempt.credit,
        answer=attempt.text,
        submitted_at=attempt.submitted_at,
        state=attempt.state,
        verdict=_verdict(reader, attempt, verdict) if verdict else None,
    )


def _verdict(reader: Identity, attempt: Attempt, verdict: Verdict) -> schemas.Verdict:
    document = verdict.document if reader.teaches else told(verdict.document, feedback_of(attempt))
    measured = {"milliseconds": verdict.milliseconds, "recorded_at": verdict.recorded_at}
    return schemas.Verdict.model_validate({**document, **measured})
