"""The routes of webhooks."""

from __future__ import annotations

import uuid
from http import HTTPStatus

from flask import Response

from api.changes import changing
from api.context import current
from api.errors import NotFound
from api.etags import conditional, require_match, tagged
from api.identity import asking, needs
from api.openapi import address, blueprint, created, reply, responses
from api.paging import MOMENT_AND_ID
from api.scopes import Scope
from api.store.models import Delivered, Webhook
from api.webhooks import schemas
from api.webhooks.service import Event, delivery, found, new_signing_key

api = blueprint("webhooks", "Other systems are told of a course's events")


@api.get("/webhooks", responses=responses(schemas.WebhookList))
@needs(Scope.WEBHOOKS_READ)
def list_webhooks(query: schemas.WebhookQuery) -> Response:
    """The course's webhooks."""
    with current().database.read() as unit:
        rows = unit.webhooks.of_course(asking().course_id, query.page(*MOMENT_AND_ID))
        answer = schemas.WebhookList(
            items=[schemas.Webhook.model_validate(row) for row in rows],
            next=query.onward(rows, lambda row: (row.created_at, row.id)),
        )
    return reply(answer)


@api.post("/webhooks", responses=responses(schemas.MadeWebhook, HTTPStatus.CREATED, body=True))
@needs(Scope.WEBHOOKS_WRITE)
def create_webhook(body: schemas.NewWebhook) -> Response:
    """Makes a webhook; what its deliveries are signed with is in this answer and nowhere else."""
    secret = new_signing_key()
    with changing() as change:
        webhook = Webhook(
            id=uuid.uuid4(),
            course_id=asking().course_id,
            url=body.url,
            events=[str(event) for event in body.events],
            active=True,
            secret=secret,
            created_at=change.now,
        )
        shown = schemas.Webhook.model_validate(change.unit.webhooks.add(webhook))
        answer = schemas.MadeWebhook(webhook=shown, secret=secret)
        where = address("webhooks", webhook.id)
        silent = answer.model_copy(update={"secret": None})
        return change.answer(created(answer, where), kept=created(silent, where))


@api.get("/webhooks/<webhook_id>", responses=responses(schemas.Webhook, missing=True))
@needs(Scope.WEBHOOKS_READ)
def get_webhook(path: schemas.WebhookPath) -> Response:
    """One webhook."""
    with current().database.read() as unit:
        webhook = found(unit, asking(), path.webhook_id)
        return tagged(reply(schemas.Webhook.model_validate(webhook)), webhook.revision)


@api.patch("/webhooks/<webhook_id>", responses=responses(schemas.Webhook, missing=True, body=True))
@needs(Scope.WEBHOOKS_WRITE)
@conditional
def change_webhook(path: schemas.WebhookPath, body: schemas.ChangedWebhook) -> Response:
    """Changes a webhook, or switches it off or on."""
    with changing() as change:
        webhook = found(change.unit, asking(), path.webhook_id)
        require_match(webhook.revision)
        for name, value in body.model_dump(mode="json", exclude_unset=True).items():
            setattr(webhook, name, value)
        change.unit.flush()
        answer = reply(schemas.Webhook.model_validate(webhook))
        return change.answer(tagged(answer, webhook.revision))


@api.post(
    "/webhooks/<webhook_id>/ping",
    responses=responses(schemas.WebhookDelivery, HTTPStatus.ACCEPTED, missing=True),
)
@needs(Scope.WEBHOOKS_WRITE)
def ping_webhook(path: schemas.WebhookPath) -> Response:
    """Sends a delivery to try the webhook with, also where it is switched off."""
    with changing() as change:
        webhook = found(change.unit, asking(), path.webhook_id)
        sent = delivery(webhook, Event.PING, {"webhook": str(webhook.id)}, change.now)
        change.unit.webhooks.send([sent])
        answer = schemas.WebhookDelivery.model_validate(sent)
        return change.answer(reply(answer, HTTPStatus.ACCEPTED))


@api.get(
    "/webhooks/<webhook_id>/deliveries", responses=responses(schemas.DeliveryList, missing=True)
)
@needs(Scope.WEBHOOKS_READ)
def list_deliveries(path: schemas.WebhookPath, query: schemas.WebhookQuery) -> Response:
    """What was sent to a webhook and what came of it, newest first."""
    with current().database.read() as unit:
        webhook = found(unit, asking(), path.webhook_id)
        rows = unit.webhooks.deliveries(webhook.id, query.page(*MOMENT_AND_ID))
        answer = schemas.DeliveryList(
            items=[schemas.WebhookDelivery.model_validate(row) for row in rows],
            next=query.onward(rows, lambda row: (row.created_at, row.id)),
        )
    return reply(answer)


@api.post(
    "/webhooks/<webhook_id>/deliveries/<delivery_id>/again",
    responses=responses(schemas.WebhookDelivery, HTTPStatus.ACCEPTED, missing=True),
)
@needs(Scope.WEBHOOKS_WRITE)
def deliver_again(path: schemas.DeliveryPath) -> Response:
    """Sends a delivery once more, now."""
    with changing() as change:
        webhook = found(change.unit, asking(), path.webhook_id)
        row = change.unit.webhooks.delivery(webhook.id, path.delivery_id)
        if row is None:
            raise NotFound("delivery", path.delivery_id)
        row.state, row.due_at, row.tries = Delivered.WAITING, change.now, 0
        change.unit.flush()
        answer = schemas.WebhookDelivery.model_validate(row)
        return change.answer(reply(answer, HTTPStatus.ACCEPTED))
