"""How a resource describes itself: the pieces of the OpenAPI document all of them share."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response, jsonify
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.info import Info
from flask_openapi3.models.tag import Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel

from api.identity import SCHEME
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


def tidy(document: dict[str, Any]) -> None:
    """Gives descriptions their line ends back, which the library writes as HTML."""
    for item in document["paths"].values():
        for operation in item.values():
            if "description" in operation:
                operation["description"] = operation["description"].replace("<br/>", "\n").strip()


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
    model: type[BaseModel], *statuses: HTTPStatus, missing: bool = False, body: bool = False
) -> ResponseDict:
    """An operation's documented responses.

    missing: what it is about may not exist. body: it takes one.
    """
    problems = ALWAYS + (HTTPStatus.NOT_FOUND,) * missing + WITH_BODY * body
    answers: ResponseDict = {status: model for status in statuses or (HTTPStatus.OK,)}
    return answers | documented(*problems)


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
