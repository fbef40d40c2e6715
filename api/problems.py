"""Every error as an RFC 9457 problem document; the one file that knows HTTP's error codes."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, jsonify, make_response, request
from flask_openapi3.types import ResponseDict
from pydantic import ValidationError
from werkzeug.exceptions import BadRequest, HTTPException

from api.errors import (
    ApiError,
    Changed,
    Conflict,
    Forbidden,
    Invalid,
    KeyInUse,
    KeyReused,
    NotAccepted,
    NotFound,
    NotGradedYet,
    Overloaded,
    StillGrading,
    StoreUnavailable,
    TooMany,
    Unauthenticated,
    Unconditional,
)
from api.schemas import PROBLEM_TYPE, Fault, Problem

log = logging.getLogger(__name__)

TYPES = "urn:gradbook:problem:"


@dataclass(frozen=True)
class Row:
    """How one class of errors is answered."""

    error: type[ApiError]
    status: HTTPStatus
    slug: str
    title: str
    headers: tuple[tuple[str, str], ...] = ()


# The first row whose class fits counts, so the special comes before the general.
ROWS = (
    Row(
        Unauthenticated, HTTPStatus.UNAUTHORIZED, "unauthenticated", "A bearer token is needed",
        (("WWW-Authenticate", 'Bearer realm="gradbook"'),),
    ),
    Row(Forbidden, HTTPStatus.FORBIDDEN, "forbidden", "The token does not allow this"),
    Row(
        NotGradedYet, HTTPStatus.NOT_FOUND, "not-graded-yet", "The verdict is not there yet",
        (("Retry-After", "1"),),
    ),
    Row(NotFound, HTTPStatus.NOT_FOUND, "not-found", "There is no such thing"),
    Row(
        KeyReused, HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency-key-reused",
        "This Idempotency-Key belongs to another request",
    ),
    Row(NotAccepted, HTTPStatus.CONFLICT, "not-accepted", "The answer is not accepted"),
    Row(
        StillGrading, HTTPStatus.CONFLICT, "still-grading", "An earlier answer is being graded",
        (("Retry-After", "1"),),
    ),
    Row(
        KeyInUse, HTTPStatus.CONFLICT, "idempotency-key-in-use", "The first request is not done",
        (("Retry-After", "1"),),
    ),
    Row(Conflict, HTTPStatus.CONFLICT, "conflict", "This cannot be done as things are"),
    Row(TooMany, HTTPStatus.TOO_MANY_REQUESTS, "too-many-requests", "Too many requests"),
    Row(Changed, HTTPStatus.PRECONDITION_FAILED, "changed", "It has changed since it was read"),
    Row(
        Unconditional, HTTPStatus.PRECONDITION_REQUIRED, "if-match-needed",
        "An If-Match header is needed",
    ),
    Row(Invalid, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request", "The request is not valid"),
    Row(
        Overloaded, HTTPStatus.SERVICE_UNAVAILABLE, "overloaded", "Too many answers are waiting",
        (("Retry-After", "5"),),
    ),
    Row(
        StoreUnavailable, HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "Try again in a moment",
        (("Retry-After", "1"),),
    ),
)  # fmt: skip

HEADERS: dict[str, Any] = {
    "Retry-After": {"description": "seconds to wait", "schema": {"type": "integer"}},
    "WWW-Authenticate": {"description": "how to authenticate", "schema": {"type": "string"}},
}

HTTP_DETAILS = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not know that method.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The request's body is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "A body of type application/json was expected.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong on our side; nothing stored is lost.",
}


def problem(
    status: int, slug: str, title: str, detail: str, errors: list[Fault] | None = None
) -> Response:
    """The problem as a response."""
    document = Problem(type=TYPES + slug, title=title, status=status, detail=detail, errors=errors)
    response = make_response(jsonify(document.model_dump(exclude_none=True)), status)
    response.mimetype = PROBLEM_TYPE
    return response


def of_error(error: ApiError) -> Response:
    """The answer to one of our own errors."""
    row = next((row for row in ROWS if isinstance(error, row.error)), None)
    if row is None:
        return of_fault(error)
    response = problem(row.status, row.slug, row.title, str(error))
    response.headers.extend(row.headers)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.seconds)
    return response


def of_http(error: HTTPException) -> Response:
    """The answer to what Flask and Werkzeug refuse by themselves."""
    if error.response is not None or error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return make_response(error.get_response())
    status = HTTPStatus(error.code)
    slug = status.phrase.lower().replace(" ", "-")
    detail = HTTP_DETAILS.get(status) or str(error.description)
    response = problem(status, slug, status.phrase, detail)
    response.headers.extend((name, value) for name, value in error.get_headers() if name == "Allow")
    return response


def of_fault(error: Exception) -> Response:
    """The answer to a fault of ours: logged in full, told in one sentence."""
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return problem(status, "internal-error", status.phrase, HTTP_DETAILS[status])


def of_validation(error: ValidationError) -> Response:
    """The answer to parameters or a body that do not fit their schema."""
    faults = [
        Fault(where=".".join(map(str, fault["loc"])) or "request", what=fault["msg"])
        for fault in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    detail = "; ".join(f"{fault.where}: {fault.what}" for fault in faults[:3])
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return problem(status, "invalid-request", "The request is not valid", detail, faults)


def register(app: Flask) -> None:
    """Makes every error of the application a problem document."""
    app.register_error_handler(ApiError, of_error)
    app.register_error_handler(HTTPException, of_http)
    app.register_error_handler(Exception, of_fault)


def require_json() -> None:
    """Raises 415 or 400 unless the request's body is one JSON object."""
    try:
        body = request.get_json()
    except (BadRequest, RecursionError):
        raise BadRequest("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise BadRequest("The body is JSON, and one object was expected.")


def documented(*statuses: HTTPStatus) -> ResponseDict:
    """The problem responses of an operation, for the OpenAPI document."""
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    content = {PROBLEM_TYPE: {"schema": schema}}
    return {
        status: {"description": _described(status), "content": content, **_headers(status)}
        for status in statuses
    }


def _described(status: HTTPStatus) -> str:
    """The phrase, and for what reasons it may be answered, where there are several."""
    reasons = [f"`{row.slug}`" for row in ROWS if row.status is status]
    return f"{status.phrase}: {' or '.join(reasons)}" if len(reasons) > 1 else status.phrase


def _headers(status: HTTPStatus) -> dict[str, Any]:
    """The headers that every answer of this status has."""
    named = [{name for name, _ in row.headers} for row in ROWS if row.status is status]
    always = set.intersection(*named) if named else set()
    return {"headers": {name: HEADERS[name] for name in sorted(always)}} if always else {}
