"""How a resource describes itself: the pieces of the OpenAPI document all of them share."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint, Info, Tag
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


def blueprint(name: str, description: str) -> APIBlueprint:
    """The routes of one kind of resource; all of them need a token."""
    return APIBlueprint(
        name,
        __name__,
        url_prefix=PREFIX,
        abp_tags=[Tag(name=name, description=description)],
        abp_security=[{SCHEME: []}],
    )


def public_blueprint(name: str, description: str) -> APIBlueprint:
    """Routes for everybody, without a token and outside the prefix."""
    return APIBlueprint(name, __name__, abp_tags=[Tag(name=name, description=description)])


def public_responses(model: type[BaseModel]) -> dict[str, Any]:
    """The documented responses of an operation that needs no token and takes no parameter."""
    problems = documented(HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)
    return {str(int(HTTPStatus.OK)): model, **problems}


def responses(
    model: type[BaseModel], *statuses: HTTPStatus, missing: bool = False, body: bool = False
) -> dict[str, Any]:
    """An operation's documented responses.

    missing: what it is about may not exist. body: it takes one.
    """
    problems = ALWAYS + (HTTPStatus.NOT_FOUND,) * missing + WITH_BODY * body
    answers = {str(int(status)): model for status in statuses or (HTTPStatus.OK,)}
    return {**answers, **documented(*problems)}


def reply(answer: BaseModel, status: HTTPStatus = HTTPStatus.OK, **headers: str) -> Response:
    """The answer as JSON; headers are given with underscores for hyphens."""
    response = jsonify(answer.model_dump(mode="json", exclude_unset=True))
    response.status_code = status
    response.headers.extend((name.replace("_", "-"), value) for name, value in headers.items())
    return response


def address(*parts: object) -> str:
    """The path of a resource."""
    return "/".join((PREFIX, *map(str, parts)))
