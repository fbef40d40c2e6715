"""A request that changes something: done wholly, noted in the audit log, and repeatable.

With an `Idempotency-Key` the answer is stored in the same transaction as what it answers. The same
request with the same key is given that answer again, also where the first one got lost; another
request with the same key is refused.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from flask import Response, g, request

from api.context import current
from api.errors import Invalid, KeyInUse, KeyReused
from api.identity import Identity, Operator, asking_anywhere
from api.store.models import AuditEntry, Replay
from api.store.unit import Unit

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEY = re.compile(r"[\x21-\x7e]{1,200}")
KEPT_HEADERS = ("Location", "ETag")


class Replayed(Exception):
    """The request was answered before; `answer` is what it was told."""

    def __init__(self, stored: Replay) -> None:
        super().__init__(stored.key)
        self.answer = Response(stored.body, stored.status, mimetype="application/json")
        self.answer.headers.update(stored.headers)
        self.answer.headers[REPLAYED] = "true"


@dataclass
class Change:
    """A unit of work for one request, which ends with its answer."""

    unit: Unit
    now: datetime
    by: Identity | Operator
    audited: bool
    key: str | None

    def answer(self, response: Response, kept: Response | None = None) -> Response:
        """The response, kept with the change; `kept` is what is said the next time instead."""
        if self.audited:
            self.unit.requests.note(self._entry(response))
        if self.key is not None and not self.unit.requests.keep(self._replay(kept or response)):
            raise KeyInUse("A request with this Idempotency-Key is being carried out.")
        return response

    def _entry(self, response: Response) -> AuditEntry:
        return AuditEntry(
            at=self.now,
            course_id=self.by.course_id,
            person_id=self.by.person_id,
            token_id=self.by.token_id,
            operation=(request.endpoint or "").rpartition(".")[2],
            target=response.headers.get("Location", request.path),
            request_id=g.request_id,
        )

    def _replay(self, response: Response) -> Replay:
        headers = {
            name: response.headers[name] for name in KEPT_HEADERS if name in response.headers
        }
        return Replay(
            token_id=self.by.token_id,
            key=self.key,
            fingerprint=fingerprint(),
            status=response.status_code,
            headers=headers,
            body=response.get_data(as_text=True),
            created_at=self.now,
        )


@contextmanager
def changing(*, audited: bool = True) -> Iterator[Change]:
    """A unit of work that is committed with the answer given in it; Replayed for a repetition."""
    context, by, key = current(), asking_anywhere(), idempotency_key()
    try:
        with context.database.write() as unit:
            if key is not None:
                _recall(unit, by, key)
            yield Change(unit, context.now(), by, audited, key)
    except KeyInUse:  # by now the other request is done, or has failed
        with context.database.read() as unit:
            _recall(unit, by, str(key))
        raise


def idempotency_key() -> str | None:
    """The request's key; Invalid for one that is none."""
    key = request.headers.get(HEADER)
    if key is not None and not KEY.fullmatch(key):
        raise Invalid(f"{HEADER}: 1 to 200 printable ASCII characters without spaces, please.")
    return key


def _recall(unit: Unit, by: Identity | Operator, key: str) -> None:
    stored = unit.requests.replay(by.token_id, key)
    if stored is None:
        return
    if stored.fingerprint != fingerprint():
        raise KeyReused("This Idempotency-Key came with another request before; use a new one.")
    raise Replayed(stored)


def fingerprint() -> str:
    """What tells this request from another one."""
    parts = (request.method, request.full_path, request.get_data(as_text=True))
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
