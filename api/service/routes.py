"""The routes that need no token."""

from __future__ import annotations

from flask import Response, current_app, jsonify
from flask_openapi3.openapi import OpenAPI

from api.context import current
from api.identity import needs
from api.openapi import INFO, PREFIX, public_blueprint, public_responses, reply
from api.service import schemas

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


@api.get("/openapi.json", doc_ui=False)
@needs(None)
def get_openapi() -> Response:
    """The OpenAPI 3.1 document of all operations."""
    app: OpenAPI = current_app  # type: ignore[assignment]  # a proxy of our own application
    return jsonify(app.api_doc)
