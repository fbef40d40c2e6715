"""The routes of tokens."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus

from flask import Response

from api.changes import changing
from api.context import current
from api.errors import Invalid, NotFound
from api.identity import asking, hashed, needs, new_secret
from api.openapi import address, blueprint, created, reply, responses
from api.paging import MOMENT_AND_ID
from api.people.service import enrolled
from api.scopes import Scope, granted, has
from api.store.models import Role, Token
from api.store.unit import Unit
from api.tokens import schemas

api = blueprint("tokens", "Bearer tokens: given out once, narrowed, revoked")


@api.get("/tokens", responses=responses(schemas.TokenList))
@needs(Scope.TOKENS_READ)
def list_tokens(query: schemas.TokenQuery) -> Response:
    """The course's tokens; nobody can see a secret again."""
    with current().database.read() as unit:
        found = unit.people.tokens(asking().course_id, query.page(*MOMENT_AND_ID))
        answer = schemas.TokenList(
            items=[_answer(token) for token in found],
            next=query.onward(found, lambda token: (token.created_at, token.id)),
        )
    return reply(answer)


@api.post(
    "/tokens", responses=responses(schemas.MadeToken, HTTPStatus.CREATED, body=True, missing=True)
)
@needs(Scope.TOKENS_WRITE)
def create_token(body: schemas.NewToken) -> Response:
    """Gives out a token; its secret is in this answer and nowhere else."""
    secret = new_secret()
    with changing() as change:
        token = _granted(change.unit, body, secret, change.now)
        answer = schemas.MadeToken(token=_answer(token), secret=secret)
        where = address("tokens", token.id)
        silent = answer.model_copy(update={"secret": None})
        return change.answer(created(answer, where), kept=created(silent, where))


@api.get("/tokens/<token_id>", responses=responses(schemas.Token, missing=True))
@needs(Scope.TOKENS_READ)
def get_token(path: schemas.TokenPath) -> Response:
    """One token, without its secret."""
    with current().database.read() as unit:
        return reply(_answer(_token(unit, path.token_id)))


@api.delete("/tokens/<token_id>", responses=responses(schemas.Token, missing=True))
@needs(Scope.TOKENS_WRITE)
def revoke_token(path: schemas.TokenPath) -> Response:
    """Revokes a token; since when does not change by doing it twice."""
    with changing() as change:
        token = _token(change.unit, path.token_id)
        token.revoked_at = token.revoked_at or change.now
        change.unit.flush()
        return change.answer(reply(_answer(token)))


def _granted(unit: Unit, body: schemas.NewToken, secret: str, now: datetime) -> Token:
    enrolment = enrolled(unit, asking().course_id, body.person)
    _check_scopes(enrolment.role, body.scopes)
    if body.expires_at is not None and body.expires_at <= now:
        raise Invalid("A token that has expired already opens nothing; name a later time.")
    return unit.people.grant(
        enrolment,
        hashed(secret),
        now,
        label=body.label,
        scopes=body.scopes,
        expires_at=body.expires_at,
    )


def _check_scopes(role: Role, scopes: Sequence[Scope] | None) -> None:
    """Raises Invalid for a scope that the role never has."""
    beyond = [scope for scope in scopes or () if not has(role, scope)]
    if beyond:
        raise Invalid(f"The role {role} never has {', '.join(beyond)}.")


def _token(unit: Unit, token_id: uuid.UUID) -> Token:
    token = unit.people.course_token(asking().course_id, token_id)
    if token is None:
        raise NotFound("token", token_id)
    return token


def _answer(token: Token) -> schemas.Token:
    return schemas.Token(
        id=token.id,
        person=token.person_id,
        label=token.label,
        role=token.role,
        scopes=sorted(granted(token.role, token.scopes)),
        created_at=token.created_at,
        expires_at=token.expires_at,
        revoked_at=token.revoked_at,
    )
