"""Delivers what is in the outbox: signed, at growing pauses until the other side says 2xx.

A delivery is a POST as the Standard Webhooks specification describes it: the headers webhook-id,
webhook-timestamp and webhook-signature, the last being HMAC-SHA256 over `id.timestamp.body`.
Redirects are not followed, and addresses inside the own network are not called unless a setting
says so: whoever may make a webhook must not look around in here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
import ssl
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from api.store.database import Database
from api.store.models import Delivered, Delivery
from api.webhooks.service import SECRET_PREFIX

BATCH = 50
AT_ONCE = 8
SECONDS = 5.0  # for the other side to answer
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=6)
MOST_TRIES = 14  # about a day and a half


@dataclass(frozen=True)
class Parcel:
    """A delivery with all that is needed to send it."""

    id: uuid.UUID
    url: str
    secret: str
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What came of a try: the other side's status, or the fault."""

    status: int | None = None
    fault: str | None = None

    @property
    def heard(self) -> bool:
        """Whether the other side took it."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True)
class Courier:
    """One round after the other over what is due."""

    database: Database
    now: Callable[[], datetime]
    private_allowed: bool = False

    def deliver(self) -> int:
        """How many deliveries were tried; StoreUnavailable when the outbox cannot be read."""
        with self.database.read() as unit:
            parcels = [parcel(each) for each in unit.webhooks.due(self.now(), BATCH)]
        if not parcels:
            return 0
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(self._try, parcels))
        with self.database.write() as unit:
            for sent, answer in zip(parcels, answers, strict=True):
                note(unit.webhooks.known(sent.id), answer, self.now())
        return len(parcels)

    def _try(self, sent: Parcel) -> Answer:
        return post(sent, self.now(), self.private_allowed)


def parcel(delivery: Delivery) -> Parcel:
    """The delivery, ready to be sent."""
    body = json.dumps(delivery.payload, separators=(",", ":")).encode()
    return Parcel(delivery.id, delivery.webhook.url, delivery.webhook.secret, body)


def note(delivery: Delivery, answer: Answer, now: datetime) -> None:
    """Keeps what came of a try, and when the next one is due."""
    delivery.tries += 1
    delivery.status, delivery.fault = answer.status, answer.fault
    if answer.heard:
        delivery.state, delivery.delivered_at = Delivered.DELIVERED, now
    elif delivery.tries >= MOST_TRIES or answer.status == http.HTTPStatus.GONE:
        delivery.state = Delivered.GIVEN_UP
    else:
        delivery.due_at = now + min(FIRST_PAUSE * 2 ** (delivery.tries - 1), LONGEST_PAUSE)


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The header webhook-signature of a message (Standard Webhooks, symmetric, v1)."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def post(sent: Parcel, now: datetime, private_allowed: bool) -> Answer:
    """What came of sending a parcel; never raises for what the other side does."""
    parts, stamp = urlsplit(sent.url), int(now.timestamp())
    connection = _connection(parts.scheme, parts.hostname or "", parts.port)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Gradbook",
        "webhook-id": str(sent.id),
        "webhook-timestamp": str(stamp),
        "webhook-signature": signature(sent.secret, str(sent.id), stamp, sent.body),
    }
    try:
        connection.connect()
        if not (private_allowed or _is_public(connection.sock)):
            return Answer(fault="the address is inside the own network, which is not called")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body=sent.body, headers=headers)
        return Answer(status=connection.getresponse().status)
    except (OSError, http.client.HTTPException) as fault:
        return Answer(fault=f"{type(fault).__name__}: {fault}"[:500])
    finally:
        connection.close()


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=SECONDS, context=context)
    return http.client.HTTPConnection(host, port, timeout=SECONDS)


def _is_public(connected: socket.socket) -> bool:
    """Whether the other end is out in the world; looked at after connecting, so no name can lie."""
    return ipaddress.ip_address(connected.getpeername()[0]).is_global
