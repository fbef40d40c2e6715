"""The routes that need no token."""

from __future__ import annotations

from flask import Response, current_app, jsonify
from flask_openapi3.openapi import OpenAPI

from api.context import Context, current
from api.errors import BrokerDown, StoreUnavailable
from api.identity import needs
from api.metrics import page
from api.openapi import INFO, PREFIX, public_blueprint, public_responses, reply
from api.scopes import Scope
from api.service import schemas
from api.store.migrate import is_current

api = public_blueprint("service", "The service about itself")


@api.get("/", responses=public_responses(schemas.Index))
@needs(None)
def describe() -> Response:
    """What this is."""
    description = INFO.description or ""
    return reply(
        schemas.Index(name=INFO.title, description=description, api=PREFIX, openapi="/openapi.json")
    )


@api.get("/healthz", responses=public_responses(schemas.Health))
@needs(None)
def check_health() -> Response:
    """Whether the service and its database answer; a broker that is away does no harm."""
    current().database.check()
    return reply(schemas.Health(status="ok"))


@api.get("/readyz", responses=public_responses(schemas.Readiness))
@needs(None)
def check_readiness() -> Response:
    """Whether requests may be sent here: 503 while the database is away or not up to date.

    A broker that is away is told, and is no reason to send requests elsewhere: attempts are stored.
    """
    context = current()
    context.database.check()
    if not is_current(context.database):
        raise StoreUnavailable("The database has not been brought to this version's revision.")
    return reply(schemas.Readiness(status="ok", broker=_broker(context)))


def _broker(context: Context) -> schemas.BrokerState:
    try:
        context.queue.backlog()
    except BrokerDown:
        return schemas.BrokerState.AWAY
    return schemas.BrokerState.OK


@api.get("/metrics", doc_ui=False)
@needs(Scope.METRICS_READ)
def get_metrics() -> Response:
    """What Prometheus is told."""
    context = current()
    text, media_type = page(context.database, context.queue, context.now())
    return Response(text, content_type=media_type)


@api.get("/openapi.json", doc_ui=False)
@needs(None)
def get_openapi() -> Response:
    """The OpenAPI 3.1 document of all operations."""
    app: OpenAPI = current_app  # type: ignore[assignment]  # a proxy of our own application
    return jsonify(app.api_doc)
