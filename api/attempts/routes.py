"""The routes of attempts and verdicts."""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from flask import Response

from api.attempts import schemas
from api.attempts.service import grade_message, submit, verdict_of, visible, visible_page
from api.attempts.waiting import preferred_wait, wait_for_verdict
from api.context import Context, current
from api.errors import BrokerDown
from api.identity import Identity, asking, needs
from api.openapi import address, blueprint, reply, responses
from api.store.models import Attempt, Role, State, Verdict

log = logging.getLogger(__name__)
api = blueprint("attempts", "Submissions and their verdicts")


@api.post(
    "/attempts",
    responses=responses(
        schemas.Attempt, HTTPStatus.CREATED, HTTPStatus.ACCEPTED, missing=True, body=True
    ),
)
@needs(Role.STUDENT)
def create_attempt(body: schemas.NewAttempt, header: schemas.Waiting) -> Response:
    """Stores an answer and has it graded.

    202 once it is stored, whether or not a grader can be reached just now; 201 with the verdict
    when `Prefer: wait=…` was given and there was one in time.
    """
    context = current()
    answer, headers = _waited(context, _submitted(context, body), header.prefer)
    status = HTTPStatus.CREATED if answer.state is State.GRADED else HTTPStatus.ACCEPTED
    return reply(answer, status, {"Location": address("attempts", answer.id), **headers})


@api.get("/attempts", responses=responses(schemas.AttemptList))
@needs(Role.STUDENT)
def list_attempts(query: schemas.AttemptQuery) -> Response:
    """One's own attempts, newest first; an instructor's list has the whole course's."""
    with current().database.read() as unit:
        page = visible_page(unit, asking(), query.limit, query.after, query.question)
        verdicts = unit.attempts.current_verdicts([attempt.id for attempt in page])
        items = [_answer(asking(), attempt, verdicts.get(attempt.id)) for attempt in page]
    return reply(schemas.AttemptList(items=items, next=_next(query, items)))


@api.get("/attempts/<attempt_id>", responses=responses(schemas.Attempt, missing=True))
@needs(Role.STUDENT)
def get_attempt(path: schemas.AttemptPath, header: schemas.Waiting) -> Response:
    """One attempt, with its verdict once there is one."""
    context = current()
    with context.database.read() as unit:
        visible(unit, asking(), path.attempt_id)
    answer, headers = _waited(context, path.attempt_id, header.prefer)
    return reply(answer, headers=headers)


@api.get("/attempts/<attempt_id>/verdict", responses=responses(schemas.Verdict, missing=True))
@needs(Role.STUDENT)
def get_verdict(path: schemas.AttemptPath) -> Response:
    """The verdict of one attempt; 404 while there is none."""
    with current().database.read() as unit:
        verdict = verdict_of(unit, visible(unit, asking(), path.attempt_id))
        answer = _verdict(asking(), verdict)
    return reply(answer)


def _submitted(context: Context, body: schemas.NewAttempt) -> uuid.UUID:
    stale_after = timedelta(seconds=context.settings.stale_after)
    with context.database.write() as unit:
        attempt = submit(unit, asking(), body.question, body.answer, context.now(), stale_after)
        message = grade_message(unit, attempt)
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


def _next(query: schemas.AttemptQuery, items: list[schemas.Attempt]) -> str | None:
    if len(items) < query.limit:
        return None
    onward = query.model_copy(update={"after": items[-1].id})
    return f"{address('attempts')}?{urlencode(onward.model_dump(exclude_none=True))}"


def _answer(reader: Identity, attempt: Attempt, verdict: Verdict | None) -> schemas.Attempt:
    return schemas.Attempt(
        id=attempt.id,
        question=attempt.question_id,
        learner=attempt.learner_id,
        answer=attempt.text,
        submitted_at=attempt.submitted_at,
        state=attempt.state,
        verdict=_verdict(reader, verdict) if verdict else None,
    )


def _verdict(reader: Identity, verdict: Verdict) -> schemas.Verdict:
    document = verdict.document if reader.teaches else without_witness(verdict.document)
    measured = {"milliseconds": verdict.milliseconds, "recorded_at": verdict.recorded_at}
    return schemas.Verdict.model_validate({**document, **measured})


def without_witness(value: Any) -> Any:
    """The document without anything called "witness", however deep it is."""
    if isinstance(value, dict):
        return {key: without_witness(part) for key, part in value.items() if key != "witness"}
    if isinstance(value, list):
        return [without_witness(part) for part in value]
    return value
