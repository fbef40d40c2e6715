"""The application, put together: the one place where the parts are chosen."""

from __future__ import annotations

import inspect
import logging
import re
import secrets
import threading
import time
import uuid
from datetime import UTC, datetime
from http import HTTPStatus

from flask import Response, current_app, g, request
from flask_cors import CORS
from flask_openapi3.openapi import OpenAPI

from api import problems
from api.analytics.answers import api as answer_routes
from api.analytics.routes import api as analytics_routes
from api.analytics.understanding import api as misconception_routes
from api.attempts.routes import api as attempts_routes
from api.audit.routes import api as audit_routes
from api.bank.routes import api as bank_routes
from api.changes import Replayed
from api.context import EXTENSION, Context, current
from api.courses.routes import api as courses_routes
from api.exports.routes import api as exports_routes
from api.gradebook.routes import api as gradebook_routes
from api.identity import admit
from api.jobs.routes import api as jobs_routes
from api.limiting import Limiter
from api.metrics import REQUESTS
from api.openapi import INFO, SECURITY_SCHEMES, tidy
from api.people.routes import api as people_routes
from api.practice.routes import api as practice_routes
from api.pressure import Pressure
from api.queue import GradeQueue
from api.regrades.routes import api as regrades_routes
from api.schemas import Problem
from api.service.routes import api as service_routes
from api.settings import Settings
from api.store.database import Database
from api.tokens.routes import api as tokens_routes
from api.webhooks.routes import api as webhooks_routes
from generator.bank import Bank

ROUTES = (
    service_routes,
    courses_routes,
    people_routes,
    tokens_routes,
    bank_routes,
    practice_routes,
    attempts_routes,
    gradebook_routes,
    analytics_routes,
    misconception_routes,
    answer_routes,
    exports_routes,
    regrades_routes,
    jobs_routes,
    webhooks_routes,
    audit_routes,
)
REQUEST_ID = "X-Request-Id"
EXPOSED = ["ETag", "Location", "Retry-After", "Idempotency-Replayed", REQUEST_ID]
log = logging.getLogger(__name__)
SANE_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,200}")


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
    app.after_request(note_request)
    app.after_request(name_request)  # the last one registered is the first one called
    if settings.cors_origins:
        CORS(app, origins=list(settings.cors_origins), expose_headers=EXPOSED)
    app.register_error_handler(Replayed, lambda again: again.answer)
    for routes in ROUTES:
        app.register_api(routes)
    tidy(app)
    return app


def parts(settings: Settings) -> Context:
    """What the running service is made of."""
    database = Database(settings.database_url, settings.connections)
    return Context(
        settings=settings,
        database=database,
        bank=Bank.load(),
        queue=GradeQueue(settings.broker_url),
        now=utc_now,
        draw_seed=draw_seed,
        waiting=threading.BoundedSemaphore(settings.waiters),
        limiter=Limiter(settings.rate, settings.broker_url),
        pressure=Pressure(database, settings.most_waiting),
    )


def receive() -> None:
    """Checks token, role and body of every request that has a view, before anything else."""
    if request.endpoint is None or request.method == "OPTIONS":
        return
    view = current_app.view_functions[request.endpoint]
    g.request_id = request_id(request.headers.get(REQUEST_ID))
    context = current()
    g.began = time.perf_counter()
    admit(context.database, view, request.headers.get("Authorization"), context.now())
    if "identity" in g:
        context.limiter.check(g.identity.token_id)
    if "body" in inspect.signature(view).parameters:
        problems.require_json()


def request_id(given: str | None) -> str:
    """What this request is called in logs: as the caller calls it, where that is a sane name."""
    return given if given and SANE_ID.fullmatch(given) else uuid.uuid4().hex


def name_request(response: Response) -> Response:
    """The response with its request's id."""
    response.headers.setdefault(REQUEST_ID, g.get("request_id") or uuid.uuid4().hex)
    return response


def note_request(response: Response) -> Response:
    """The response, after a line in the log that says nothing of what was sent or answered."""
    operation = (request.endpoint or "none").rpartition(".")[2]
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    REQUESTS.labels(operation, str(response.status_code)).observe(seconds)
    identity = g.get("identity")
    log.info(
        "request",
        extra={
            "operation": operation,
            "method": request.method,
            "status": response.status_code,
            "milliseconds": round(seconds * 1000, 1),
            "request_id": response.headers[REQUEST_ID],
            "token": identity and str(identity.token_id),
            "course": identity and str(identity.course_id),
        },
    )
    return response


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


def draw_seed() -> int:
    """A random seed; 0, the template's own choice of slots, is never drawn."""
    return 1 + secrets.randbelow(2**31 - 1)
