"""Which version of a resource one has read: ETag and If-Match (RFC 9110, 13)."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from flask import Response, request

from api.errors import Changed, Unconditional

View = TypeVar("View", bound=Callable[..., object])


def conditional(view: View) -> View:
    """Marks a view that needs an If-Match header, for the OpenAPI document."""
    view.conditional = True
    return view


def is_conditional(view: object) -> bool:
    """Whether the view is marked so."""
    return bool(getattr(view, "conditional", False))


def tagged(response: Response, revision: int) -> Response:
    """The response with its ETag; to a GET of what the asker has already, 304 without a body."""
    response.set_etag(str(revision))
    if request.method == "GET" and request.if_none_match.contains_weak(str(revision)):
        response.status_code = HTTPStatus.NOT_MODIFIED
        response.set_data(b"")
    return response


def require_match(revision: int) -> None:
    """Raises unless the request says that it changes this revision."""
    tags = request.if_match
    if "If-Match" not in request.headers:
        raise Unconditional("Read it first, and send its ETag back in an If-Match header.")
    if not tags.star_tag and not tags.contains(str(revision)):
        raise Changed(f'It is "{revision}" by now; read it again before changing it.')
