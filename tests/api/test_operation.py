"""What keeps the service in order: rates, origins, events, readiness, measures, and quiet logs."""

from __future__ import annotations

import json
import logging
import threading
import uuid
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY

from api import logs
from api.app import create_app
from api.context import EXTENSION
from api.errors import SettingsError, TooMany
from api.limiting import Limiter
from api.settings import Settings
from tests.api.house import House


def with_rate(house: House, rate: str) -> None:
    context = house.app.extensions[EXTENSION]
    house.app.extensions[EXTENSION] = replace(context, limiter=Limiter(rate, None))


def test_a_token_may_make_so_many_requests(house: House) -> None:
    with_rate(house, "3/minute")
    answers = [house.learner.get("/api/v1/practice-sets") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 61
    assert house.neighbour.get("/api/v1/practice-sets").status_code == 200
    assert house.learner.get("/healthz").status_code == 200


def test_a_broker_that_is_away_refuses_nobody_and_each_process_counts_alone() -> None:
    limiter, token = Limiter("2/minute", "redis://127.0.0.1:1/0"), uuid.uuid4()
    limiter.check(token)
    limiter.check(token)
    with pytest.raises(TooMany):
        limiter.check(token)


@pytest.mark.parametrize("rate", ["", "many", "1/2/3/4", "5/minute;6/hour"])
def test_a_rate_that_is_none_is_refused(rate: str) -> None:
    environment = {"GRADBOOK_RATE": rate or " "}
    with pytest.raises(SettingsError, match="GRADBOOK_RATE"):
        Settings.from_environment(environment)


def test_no_other_page_may_call_from_a_browser_unless_told(settings: Settings) -> None:
    origin = {"Origin": "https://lms.example.org"}
    for origins, allowed in (((), None), (("https://lms.example.org",), origin["Origin"])):
        app = create_app(replace(settings, cors_origins=origins))
        answer = app.test_client().get("/healthz", headers=origin)
        assert answer.headers.get("Access-Control-Allow-Origin") == allowed
        app.extensions[EXTENSION].database.close()


def test_a_verdict_comes_as_an_event(house: House) -> None:
    context = house.app.extensions[EXTENSION]
    patient = replace(house.settings, max_wait=60.0)
    house.app.extensions[EXTENSION] = replace(context, settings=patient)
    house.practice_set()
    attempt = house.attempt()
    threading.Timer(0.15, house.record, (attempt, "incorrect")).start()
    answer = house.learner.get(f"/api/v1/attempts/{attempt}/events")
    assert answer.mimetype == "text/event-stream"
    name, data = answer.get_data(True).strip().rpartition("\n\n")[2].split("\n")
    assert name == "event: verdict"
    verdict = json.loads(data.removeprefix("data: "))
    assert verdict == house.learner.get(f"/api/v1/attempts/{attempt}/verdict").get_json()
    assert "witness" not in data


def test_who_waits_takes_a_place_and_gives_it_back(house: House) -> None:
    house.practice_set()
    attempt = house.attempt()
    house.record(attempt)
    waiting = house.app.extensions[EXTENSION].waiting
    places = house.settings.waiters
    for _ in range(places - 1):
        assert waiting.acquire(blocking=False)
    path = f"/api/v1/attempts/{attempt}/events"
    for _ in range(3):
        house.learner.get(path).close()
    assert waiting.acquire(blocking=False)
    assert house.learner.get(path).status_code == 503
    waiting.release(places)


def test_it_is_ready_with_and_without_a_broker(house: House) -> None:
    assert house.nobody.get("/readyz").get_json() == {"status": "ok", "broker": "ok"}
    house.queue.down = True
    assert house.nobody.get("/readyz").get_json() == {"status": "ok", "broker": "away"}


def test_it_is_not_ready_before_the_migrations(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.store.migrate.newest", lambda: "9999")
    assert house.nobody.get("/readyz").status_code == 503
    assert house.nobody.get("/healthz").status_code == 200


def measured(house: House) -> dict[str, float]:
    """Every measure of the page, by name and labels."""
    answer = house.operator.get("/metrics")
    lines = [line for line in answer.get_data(True).splitlines() if not line.startswith("#")]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


def test_what_waits_and_what_was_asked_is_measured(house: House) -> None:
    house.practice_set()
    house.attempt()
    house.clock.advance(90)
    house.queue.waiting = 7
    found = measured(house)
    assert found["gradbook_pending_attempts"] == 1
    assert 90 <= found["gradbook_oldest_pending_seconds"] < 91
    assert found['gradbook_queue_messages{queue="grade"}'] == 7
    asked = 'gradbook_request_seconds_count{operation="create_attempt",status="202"}'
    assert found[asked] >= 1


def test_verdicts_are_counted_by_outcome_and_misconception(house: House) -> None:
    def count(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, labels) or 0.0

    names = (
        ("gradbook_verdicts_total", {"outcome": "incorrect", "reason": "value"}),
        ("gradbook_misconceptions_total", {"slug": "missing-batch-mean"}),
        ("gradbook_verdict_seconds_count", {}),
    )
    before = [count(name, **labels) for name, labels in names]
    house.practice_set()
    attempt = house.attempt()
    house.record(attempt, "incorrect")
    house.record(attempt, "incorrect")
    assert [count(name, **labels) for name, labels in names] == [each + 1 for each in before]


def test_a_request_is_a_line_of_json_without_answers_and_names(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.practice_set()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        logs.configure("web")
        house.attempt(answer="my very own thought")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (line,) = [line for line in lines if line.get("operation") == "create_attempt"]
    assert (line["event"], line["process"], line["status"]) == ("request", "web", 202)
    assert line["course"] == str(house.course_id)
    assert "thought" not in json.dumps(lines)
    assert "learner" not in json.dumps(lines)
