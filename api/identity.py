"""Who is asking: a bearer token, its course, and how far it reaches.

A token's secret is 256 random bits, so its plain SHA-256 is stored: there is nothing to guess,
and a stolen database opens nothing.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from flask import g

from api.errors import Forbidden, Unauthenticated
from api.scopes import Scope, granted, has
from api.store.database import Database
from api.store.models import Role, Token

TOKEN_PREFIX = "gradbook_"  # so that a token in a log or a repository is recognised as one
SCHEME = "bearer"
View = TypeVar("View", bound=Callable[..., object])


@dataclass(frozen=True)
class Identity:
    """A person in a course, with what the token allows."""

    token_id: uuid.UUID
    person_id: uuid.UUID
    course_id: uuid.UUID
    role: Role
    scopes: frozenset[Scope]

    @property
    def teaches(self) -> bool:
        """Whether this is somebody who may see keys and other people's work."""
        return self.role.reaches(Role.INSTRUCTOR)


@dataclass(frozen=True)
class Operator:
    """Somebody who runs the service: makes courses, and is in none of them."""

    token_id: uuid.UUID
    person_id: uuid.UUID
    scopes: frozenset[Scope]
    role: Role = Role.OPERATOR
    course_id: None = None


def new_secret() -> str:
    """A token nobody can guess."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(secret.encode()).hexdigest()


def bearer(header: str | None) -> str:
    """The secret in an Authorization header; Unauthenticated when there is none."""
    scheme, _, secret = (header or "").partition(" ")
    if scheme.lower() != SCHEME or not secret.strip():
        raise Unauthenticated("A bearer token was expected: Authorization: Bearer <token>.")
    return secret.strip()


def identify(database: Database, header: str | None, now: datetime) -> Identity | Operator:
    """Whose token it is; Unauthenticated when it opens nothing (any more)."""
    with database.read() as unit:
        found = unit.people.token(hashed(bearer(header)))
        if found is None:
            raise Unauthenticated("Nobody knows this bearer token.")
        token, ended_at = found
        _check_valid(token, ended_at, now)
        return _identity(token)


def _check_valid(token: Token, ended_at: datetime | None, now: datetime) -> None:
    """Raises Unauthenticated for a token that was revoked, has expired, or whose holder left."""
    for since, what in (
        (token.revoked_at, "This token was revoked"),
        (token.expires_at, "This token expired"),
        (ended_at, "The enrolment of this token's holder ended"),
    ):
        if since is not None and since <= now:
            raise Unauthenticated(f"{what} at {since:%Y-%m-%d %H:%M} UTC.")


def _identity(token: Token) -> Identity | Operator:
    scopes = granted(token.role, token.scopes)
    if token.course_id is None:
        return Operator(token.id, token.person_id, scopes)
    return Identity(token.id, token.person_id, token.course_id, token.role, scopes)


def needs(scope: Scope | None) -> Callable[[View], View]:
    """Marks a view with the scope it needs; None: anybody, without a token."""

    def mark(view: View) -> View:
        view.needed_scope = scope
        return view

    return mark


def needed(view: object) -> Scope | None:
    """The scope a view is marked with; AttributeError for one without a mark."""
    scope: Scope | None = view.needed_scope
    return scope


def admit(database: Database, view: object, header: str | None, now: datetime) -> None:
    """Lets the request through to the view and remembers who asks; raises when it may not pass."""
    scope = needed(view)
    if scope is None:
        return
    g.identity = identify(database, header, now)
    if scope not in g.identity.scopes:
        raise Forbidden(_refusal(g.identity, scope))


def _refusal(identity: Identity | Operator, scope: Scope) -> str:
    if has(identity.role, scope):
        return f"This needs the scope {scope}, which this token was not given."
    if identity.course_id is None:
        return f"This needs a token of a course (scope {scope}), and this is an operator's."
    return f"This needs the scope {scope}, which a token of the role {identity.role} never has."


def asking() -> Identity:
    """Who asks, in a view that needs a course's scope."""
    identity: Identity = g.identity
    return identity


def asking_anywhere() -> Identity | Operator:
    """Who asks, in a view that may also be an operator's."""
    identity: Identity | Operator = g.identity
    return identity
