"""How a resource describes itself: the pieces of the OpenAPI document all of them share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response, jsonify
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.info import Info
from flask_openapi3.models.tag import Tag
from flask_openapi3.openapi import OpenAPI
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel

from api.etags import is_conditional
from api.identity import SCHEME, needed
from api.problems import documented

PREFIX = "/api/v1"
INFO = Info(
    title="Gradbook",
    version="1",
    description="Backpropagation exercises, generated and graded.",
)
SECURITY_SCHEMES: dict[str, Any] = {
    SCHEME: {"type": "http", "scheme": "bearer", "description": "a token of one course"}
}
ALWAYS = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
WITH_BODY = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)


def view_name(*, name: str, path: str, method: str) -> str:
    """An operation is called as the function that answers it."""
    return name


IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "any text of yours, new for each request; sent again with the same request, "
    "within a day, it gets the same answer, and nothing is done twice",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "the ETag of what is changed, as it was read",
    "schema": {"type": "string"},
}


def tidy(app: OpenAPI) -> None:
    """Adds to the document what the marks on views say: scopes, and headers of changes."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        item = app.api_doc["paths"].get(_open_path(rule.rule), {})
        for method in (rule.methods or set()) & {name.upper() for name in item}:
            _complete(item[method.lower()], method, view)
    for item in app.api_doc["paths"].values():
        if "patch" in item:  # what can be changed has an ETag
            item["get"]["responses"]["304"] = {"description": "It is as it was (If-None-Match)"}


def _open_path(rule: str) -> str:
    """The rule as OpenAPI writes it."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


def _complete(operation: dict[str, Any], method: str, view: object) -> None:
    if "description" in operation:  # the library writes line ends as HTML
        operation["description"] = operation["description"].replace("<br/>", "\n").strip()
    scope = needed(view)
    if scope is not None:
        operation["security"] = [{SCHEME: [str(scope)]}]
    headers = [IDEMPOTENCY_KEY] * (method == "POST") + [IF_MATCH] * is_conditional(view)
    operation["parameters"] = [*operation.get("parameters", []), *headers]
    if is_conditional(view):
        refusals = (HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED)
        for status, response in documented(*refusals).items():
            operation["responses"][str(int(status))] = response


def blueprint(name: str, description: str) -> APIBlueprint:
    """The routes of one kind of resource; all of them need a token."""
    return APIBlueprint(
        name,
        __name__,
        url_prefix=PREFIX,
        operation_id_callback=view_name,
        abp_tags=[Tag(name=name, description=description)],
        abp_security=[{SCHEME: []}],
    )


def public_blueprint(name: str, description: str) -> APIBlueprint:
    """Routes for everybody, without a token and outside the prefix."""
    return APIBlueprint(
        name,
        __name__,
        operation_id_callback=view_name,
        abp_tags=[Tag(name=name, description=description)],
    )


def public_responses(model: type[BaseModel]) -> ResponseDict:
    """The documented responses of an operation that needs no token and takes no parameter."""
    problems = documented(HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)
    answers: ResponseDict = {HTTPStatus.OK: model}
    return answers | problems


def responses(
    model: type[BaseModel],
    *statuses: HTTPStatus,
    missing: bool = False,
    body: bool = False,
    conflict: bool = False,
) -> ResponseDict:
    """An operation's documented responses.

    missing: what it is about may not exist. body: it takes one. conflict: it may not be possible
    as things are.
    """
    problems = ALWAYS + (HTTPStatus.NOT_FOUND,) * missing + WITH_BODY * body
    problems += (HTTPStatus.CONFLICT,) * conflict
    answers: ResponseDict = {status: model for status in statuses or (HTTPStatus.OK,)}
    return answers | documented(*problems)


def stream_responses(*media_types: str) -> ResponseDict:
    """The documented responses of an operation that answers with a stream or a text."""
    content = {media_type: {"schema": {"type": "string"}} for media_type in media_types}
    answers: ResponseDict = {HTTPStatus.OK: {"description": "OK", "content": content}}
    return answers | documented(*ALWAYS, HTTPStatus.NOT_FOUND)


def reply(
    answer: BaseModel, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer as JSON."""
    response = jsonify(answer.model_dump(mode="json", exclude_unset=True))
    response.status_code = status
    response.headers.extend(headers or {})
    return response


def created(answer: BaseModel, location: str) -> Response:
    """The answer that something has been made, and where it is."""
    return reply(answer, HTTPStatus.CREATED, {"Location": location})


def address(*parts: object) -> str:
    """The path of a resource."""
    return "/".join((PREFIX, *map(str, parts)))
