"""Webhooks: told of what happens, signed, until they have heard."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from api.webhooks.courier import LONGEST_PAUSE, MOST_TRIES, Courier
from tests.api.house import House

WEBHOOKS = "/api/v1/webhooks"


@dataclass
class Ear:
    """A real server on this machine that answers with `status` and keeps what it was told."""

    url: str = ""
    status: int = 200
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def ear() -> Iterator[Ear]:
    ear = Ear()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            ear.heard.append(({key.lower(): value for key, value in self.headers.items()}, body))
            self.send_response(ear.status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    ear.url = f"http://127.0.0.1:{server.server_address[1]}/hook?course=1"
    yield ear
    server.shutdown()
    thread.join()
    server.server_close()


def made(house: House, url: str, *events: str) -> tuple[str, str]:
    """The path of a new webhook and its secret."""
    body = {"url": url, "events": list(events or ("attempt.graded",))}
    answer = house.administrator.post(WEBHOOKS, body)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return answer.headers["Location"], answer.get_json()["secret"]


def courier(house: House, private_allowed: bool = True) -> Courier:
    return Courier(house.database, house.clock, private_allowed)


def deliveries(house: House, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = house.administrator.get(path + "/deliveries").get_json()["items"]
    return items


def test_a_verdict_is_told_and_signed(house: House, ear: Ear) -> None:
    set_id = house.practice_set()
    path, secret = made(house, ear.url)
    attempt = house.attempt(answer="a secret thought")
    house.record(attempt, "incorrect")
    house.record(attempt, "incorrect")  # the same verdict once more is no event
    assert courier(house).deliver() == 1
    ((headers, body),) = ear.heard
    data = json.loads(body)["data"]
    assert (data["attempt"], data["outcome"], data["practice_set"]) == (
        attempt,
        "incorrect",
        set_id,
    )
    assert b"secret thought" not in body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    (sent,) = deliveries(house, path)
    assert (sent["state"], sent["status"], sent["tries"]) == ("delivered", 200, 1)
    assert courier(house).deliver() == 0


def test_a_deaf_one_is_told_again_at_growing_pauses(house: House, ear: Ear) -> None:
    path, _ = made(house, ear.url)
    house.administrator.post(path + "/ping")
    ear.status = 500
    for tries in range(1, MOST_TRIES + 1):
        assert courier(house).deliver() == 1
        assert courier(house).deliver() == 0
        (sent,) = deliveries(house, path)
        assert (sent["tries"], sent["status"]) == (tries, 500)
        house.clock.advance(LONGEST_PAUSE.total_seconds())
    assert sent["state"] == "given-up"
    ear.status = 200
    house.administrator.post(f"{path}/deliveries/{sent['id']}/again")
    assert courier(house).deliver() == 1
    assert deliveries(house, path)[0]["state"] == "delivered"
    ids = {headers["webhook-id"] for headers, _ in ear.heard}
    assert len(ids) == 1  # so that the other side can tell a repetition


@pytest.mark.parametrize(("status", "state"), [(302, "waiting"), (410, "given-up")])
def test_redirects_are_not_followed_and_gone_is_gone(
    house: House, ear: Ear, status: int, state: str
) -> None:
    path, _ = made(house, ear.url)
    house.administrator.post(path + "/ping")
    ear.status = status
    courier(house).deliver()
    assert (len(ear.heard), deliveries(house, path)[0]["state"]) == (1, state)


def test_the_own_network_is_not_called(house: House, ear: Ear) -> None:
    path, _ = made(house, ear.url)
    house.administrator.post(path + "/ping")
    courier(house, private_allowed=False).deliver()
    assert ear.heard == []
    assert "own network" in deliveries(house, path)[0]["fault"]


def test_a_server_that_is_not_there_is_a_fault_to_be_read(house: House) -> None:
    path, _ = made(house, "http://127.0.0.1:1/hook")
    house.administrator.post(path + "/ping")
    courier(house).deliver()
    assert "refused" in deliveries(house, path)[0]["fault"]


def test_one_that_is_switched_off_is_told_nothing(house: House, ear: Ear) -> None:
    house.practice_set()
    path, _ = made(house, ear.url)
    house.administrator.patch(path, {"active": False})
    house.record(house.attempt())
    assert courier(house).deliver() == 0


def test_one_is_told_what_it_asked_for_and_of_its_own_course(house: House, ear: Ear) -> None:
    house.practice_set()
    made(house, ear.url, "regrade.finished")
    attempt = house.attempt()
    house.record(attempt, "incorrect", grader="0")
    house.instructor.post("/api/v1/regrades", {})
    house.record(attempt, "correct", grader="1")
    house.strange_instructor.post("/api/v1/regrades", {})
    courier(house).deliver()
    assert [json.loads(body)["type"] for _, body in ear.heard] == ["regrade.finished"]


@pytest.mark.parametrize(
    "url", ["", "ftp://a.b/c", "//a.b", "http://", "http://u:p@a.b/", "http://a.b:99999/", "x y"]
)
def test_an_address_is_one_of_the_web(house: House, url: str) -> None:
    body = {"url": url, "events": ["attempt.graded"]}
    assert house.administrator.post(WEBHOOKS, body).status_code == 422


def test_a_secret_is_told_once(house: House) -> None:
    path, secret = made(house, "https://lms.example.org/")
    assert secret.startswith("whsec_")
    assert secret not in house.administrator.get(path).get_data(as_text=True)
