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
from typing import TypeVar

from flask import g

from api.errors import Forbidden, Unauthenticated
from api.store.database import Database
from api.store.models import Role, Token

TOKEN_PREFIX = "gradbook_"  # so that a token in a log or a repository is recognised as one
SCHEME = "bearer"
View = TypeVar("View", bound=Callable[..., object])


@dataclass(frozen=True)
class Identity:
    """A person in a course, with what the token allows."""

    person_id: uuid.UUID
    course_id: uuid.UUID
    role: Role

    @property
    def teaches(self) -> bool:
        """Whether this is somebody who may see keys and other people's work."""
        return self.role.reaches(Role.INSTRUCTOR)


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


def identify(database: Database, header: str | None) -> Identity:
    """Whose token it is; Unauthenticated when nobody knows it."""
    with database.read() as unit:
        token = unit.people.token(hashed(bearer(header)))
        if token is None:
            raise Unauthenticated("Nobody knows this bearer token.")
        return _identity(token)


def _identity(token: Token) -> Identity:
    return Identity(token.person_id, token.course_id, token.role)


def needs(role: Role | None) -> Callable[[View], View]:
    """Marks a view with the role it needs; None: anybody, without a token."""

    def mark(view: View) -> View:
        view.needed_role = role  # type: ignore[attr-defined]  # a mark on the function itself
        return view

    return mark


def admit(database: Database, view: object, header: str | None) -> None:
    """Lets the request through to the view and remembers who asks; raises when it may not pass.

    A view that carries no mark is open to nobody.
    """
    role: Role | None = getattr(view, "needed_role", Role.ADMIN)
    if role is None:
        return
    g.identity = identify(database, header)
    if not g.identity.role.reaches(role):
        raise Forbidden(f"This needs a token of the role {role}, and this one is {_role()}.")


def _role() -> Role:
    return asking().role


def asking() -> Identity:
    """Who asks, in a view that needs a role."""
    identity: Identity = g.identity
    return identity
