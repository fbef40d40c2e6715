"""Gradbook's own API from the outside: the small client that the demonstration drives it with."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request

from api.command import CommandFailed
from api.supervisor import DIRECT

TIMEOUT = 60.0
BUSY = 503  # nothing was done; the service says when to come again
TRIES = 8


@dataclass(frozen=True)
class Client:
    """One person at one service."""

    url: str
    token: str

    def get(self, path: str, **headers: str) -> Any:
        """The JSON answer of a GET."""
        return self._ask("GET", path, None, headers)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        """The JSON answer of a POST."""
        return self._ask("POST", path, body, headers)

    def _ask(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        request = Request(
            f"{self.url}/api/v1/{quote(path, safe='/?=&@:')}",
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                **headers,
            },
            method=method,
        )
        for _ in range(TRIES):
            try:
                with DIRECT.open(request, timeout=TIMEOUT) as answer:
                    return json.load(answer)
            except HTTPError as refusal:
                complaint = f"{method} {path} was refused: {_detail(refusal)}"
                if refusal.code != BUSY:
                    break
                time.sleep(float(refusal.headers.get("Retry-After", 1)))
        raise CommandFailed(complaint)


def _detail(refusal: HTTPError) -> str:
    """What the problem document says, or the status where there is none."""
    try:
        problem = json.load(refusal)
        return f"{refusal.code} {problem.get('title')}: {problem.get('detail')}"
    except ValueError:
        return f"{refusal.code} {refusal.reason}"
