"""The application, put together: the one place where the parts are chosen."""

from __future__ import annotations

import inspect
import secrets
import threading
from datetime import UTC, datetime
from http import HTTPStatus

from flask import current_app, request
from flask_openapi3.openapi import OpenAPI

from api import problems
from api.analytics.routes import api as analytics_routes
from api.attempts.routes import api as attempts_routes
from api.bank.routes import api as bank_routes
from api.context import EXTENSION, Context, current
from api.identity import admit
from api.openapi import INFO, SECURITY_SCHEMES, tidy
from api.queue import GradeQueue
from api.schemas import Problem
from api.service.routes import api as service_routes
from api.settings import Settings
from api.store.database import Database
from api.worksheets.routes import api as worksheets_routes
from generator.bank import Bank

ROUTES = (service_routes, bank_routes, worksheets_routes, attempts_routes, analytics_routes)


def create_app(settings: Settings, context: Context | None = None) -> OpenAPI:
    """The service as a WSGI application; a test may bring parts of its own."""
    app = OpenAPI(
        "gradbook",
        info=INFO,
        security_schemes=SECURITY_SCHEMES,
        validation_error_model=Problem,
        validation_error_callback=problems.of_validation,
        # The library would add its own idea of this response where it is not documented yet.
        validation_error_status=HTTPStatus.INTERNAL_SERVER_ERROR,
        doc_ui=False,
        static_folder=None,
        template_folder=None,
    )
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's default provider has it
    app.extensions[EXTENSION] = context or parts(settings)
    problems.register(app)
    app.before_request(receive)
    for routes in ROUTES:
        app.register_api(routes)
    tidy(app.api_doc)
    return app


def parts(settings: Settings) -> Context:
    """What the running service is made of."""
    return Context(
        settings=settings,
        database=Database(settings.database_url, settings.connections),
        bank=Bank.load(),
        queue=GradeQueue(settings.broker_url),
        now=utc_now,
        draw_seed=draw_seed,
        waiting=threading.BoundedSemaphore(settings.waiters),
    )


def receive() -> None:
    """Checks token, role and body of every request that has a view, before anything else."""
    if request.endpoint is None or request.method == "OPTIONS":
        return
    view = current_app.view_functions[request.endpoint]
    admit(current().database, view, request.headers.get("Authorization"))
    if "body" in inspect.signature(view).parameters:
        problems.require_json()


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


def draw_seed() -> int:
    """A random seed; 0, the template's own choice of slots, is never drawn."""
    return 1 + secrets.randbelow(2**31 - 1)
