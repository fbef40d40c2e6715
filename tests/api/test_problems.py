"""Whatever is wrong with a request, the answer is a problem document that says so."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from api.context import EXTENSION
from api.schemas import PROBLEM_TYPE
from api.store.database import Database
from tests.api.house import TEMPLATE, House

EXERCISES = "/api/v1/exercises"


@dataclass(frozen=True)
class Case:
    """A request, and the problem it is answered with."""

    name: str
    status: int
    says: str
    method: str = "POST"
    path: str = EXERCISES
    request: dict[str, Any] = field(default_factory=dict)


def with_json(**body: Any) -> dict[str, Any]:
    return {"json": body}


def with_text(text: str | bytes, kind: str | None = "application/json") -> dict[str, Any]:
    return {"data": text, "content_type": kind}


CASES = (
    Case("no such address", 404, "nothing at this address", "GET", "/api/v1/nonsense"),
    Case("no such method", 405, "does not know that method", "DELETE", EXERCISES),
    Case("no body", 415, "application/json"),
    Case("a form", 415, "application/json", request={"data": {"template": TEMPLATE}}),
    Case("not JSON", 400, "not JSON", request=with_text("{")),
    Case("not UTF-8", 400, "not JSON", request=with_text(b'{"template": "\xff"}')),
    Case("a list", 400, "one object", request=with_text("[]")),
    Case("a string", 400, "one object", request=with_text('"{}"')),
    Case("a deep nest", 400, "not JSON", request=with_text("[" * 30_000)),
    Case("an endless number", 400, "not JSON", request=with_text('{"seed":' + "9" * 9_000 + "}")),
    Case("too large", 413, "too large", request=with_text(b" " * 2**18 + b"{}")),
    Case("a field missing", 422, "template: Field required", request=with_json(seed=1)),
    Case("a field too many", 422, "Extra", request=with_json(template=TEMPLATE, sead=1)),
    Case("a seed of text", 422, "seed", request=with_json(template=TEMPLATE, seed="1")),
    Case("a seed of truth", 422, "seed", request=with_json(template=TEMPLATE, seed=True)),
    Case("a negative seed", 422, "seed", request=with_json(template=TEMPLATE, seed=-1)),
    Case("a huge seed", 422, "seed", request=with_json(template=TEMPLATE, seed=2**53)),
    Case("an unknown template", 422, TEMPLATE, request=with_json(template=TEMPLATE + "s", seed=1)),
    Case("NUL in a name", 422, "NUL", request=with_json(template="a\x00b", seed=1)),
    Case("half a character", 422, "surrogates", request=with_text('{"template": "\\ud800"}')),
    Case("an unknown exercise", 404, "no exercise", "GET", EXERCISES + "/nothing@1:0"),
    Case("NUL in an address", 422, "NUL", "GET", EXERCISES + "/a%00b"),
    Case("an unknown view", 422, "view", "GET", EXERCISES + "/a@1:0?view=secret"),
    Case("an unknown parameter", 422, "Extra", "GET", EXERCISES + "/a@1:0?veiw=full"),
    Case("an unknown template's page", 404, TEMPLATE, "GET", f"/api/v1/templates/{TEMPLATE}s"),
    Case("an id that is none", 422, "UUID", "GET", "/api/v1/attempts/seven"),
    Case("an unknown attempt", 404, "no attempt", "GET", "/api/v1/attempts/" + "0" * 32),
    Case("a page too large", 422, "limit", "GET", "/api/v1/attempts?limit=201"),
    Case("an unknown cursor", 422, "no cursor", "GET", "/api/v1/attempts?cursor=" + "0" * 32),
    Case(
        "an unknown question", 404, "no question", "POST", "/api/v1/attempts",
        with_json(question="nothing@1:0/dw", answer="x"),
    ),
    Case(
        "an answer of numbers", 422, "answer", "POST", "/api/v1/attempts",
        with_json(question="nothing@1:0/dw", answer=1),
    ),
    Case(
        "an answer too long", 422, "answer", "POST", "/api/v1/attempts",
        with_json(question="nothing@1:0/dw", answer="x" * 10_001),
    ),
    Case(
        "an empty practice set", 422, "items", "POST", "/api/v1/practice-sets",
        with_json(title="Sheet", items=[]),
    ),
    Case(
        "an exercise twice", 422, "twice", "POST", "/api/v1/practice-sets",
        with_json(title="Sheet", items=[{"template": TEMPLATE, "seed": 1}] * 2),
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_problem_is_told(house: House, case: Case) -> None:
    answer = house.instructor.call(case.method, case.path, **case.request)
    problem = json.loads(answer.get_data())
    assert (answer.status_code, answer.mimetype) == (case.status, PROBLEM_TYPE), problem
    assert problem["status"] == case.status
    assert case.says in problem["detail"]


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic Zm9vOmJhcg==", "Bearer nonsense", "Bearer é", "bearer a b"],
)
def test_a_bad_token_is_told_which_scheme_is_expected(house: House, header: str) -> None:
    answer = house.nobody.get("/api/v1/templates", Authorization=header)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_scheme_is_read_whatever_its_case(house: House) -> None:
    headers = {"Authorization": f"bEaReR {house.learner.token}"}
    assert house.nobody.get("/api/v1/templates", **headers).status_code == 200


def test_a_refused_method_names_those_that_are_not(house: House) -> None:
    assert "POST" in house.learner.call("PUT", EXERCISES).headers["Allow"]


def test_a_fault_of_ours_is_logged_and_not_told(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the secret cause")

    monkeypatch.setattr("api.practice.routes.all_visible", fail)
    answer = house.learner.get("/api/v1/practice-sets")
    assert (answer.status_code, answer.mimetype) == (500, PROBLEM_TYPE)
    assert "secret cause" not in answer.get_data(as_text=True)
    assert "secret cause" in caplog.text


AWAY = {
    "sqlite": "sqlite:////no/such/folder/gradbook.sqlite3",
    "postgresql": "postgresql:///gradbook?host=/no/such/folder",
}


def test_a_database_that_is_away_is_said_to_come_back(house: House, dialect: str) -> None:
    context = house.app.extensions[EXTENSION]
    house.app.extensions[EXTENSION] = replace(context, database=Database(AWAY[dialect]))
    answer = house.learner.get("/api/v1/practice-sets")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
