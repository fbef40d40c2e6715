"""A small university to test in: two courses, their people, and a door for each.

Every response that comes through a door is checked against the OpenAPI document: the status must
be documented for the operation, and the body must fit the schema.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from flask_openapi3.openapi import OpenAPI
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

from api.attempts.messages import read_records
from api.attempts.recording import record
from api.identity import hashed, new_secret
from api.settings import Settings
from api.store.database import Database
from api.store.models import Role
from tests.api.fakes.grader import record_message
from tests.api.fakes.queue import FakeQueue

TEMPLATE, OTHER_TEMPLATE = "logistic-single", "logistic-batch"


NOWHERE = uuid.UUID(int=0)


@dataclass
class Clock:
    """Time that passes when told to."""

    moment: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Door:
    """The service, as the holder of one token meets it."""

    app: OpenAPI
    token: str | None
    person_id: uuid.UUID | None = None

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.call("GET", path, headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.call("POST", path, headers=headers, json=body)

    def patch(self, path: str, body: Any, **headers: str) -> TestResponse:
        """A change to what is at the path as it is now, unless If-Match says otherwise."""
        headers.setdefault("If_Match", self.get(path).headers.get("ETag", '"?"'))
        return self.call("PATCH", path, headers=headers, json=body)

    def call(self, method: str, path: str, **request: Any) -> TestResponse:
        given = request.pop("headers", {})
        headers = {name.replace("_", "-"): value for name, value in given.items()}
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        response = self.app.test_client().open(path, method=method, headers=headers, **request)
        check_documented(self.app, method, path, response)
        return response


def check_documented(app: OpenAPI, method: str, path: str, response: TestResponse) -> None:
    """Fails unless the response is one the OpenAPI document promises for this operation."""
    adapter = app.url_map.bind("localhost")
    if not adapter.test(path.partition("?")[0], method):
        return
    rule, _ = adapter.match(path.partition("?")[0], method, return_rule=True)
    document = app.api_doc
    operation = document["paths"].get(open_path(rule.rule), {}).get(method.lower())
    if operation is None:
        return
    promised = operation["responses"].get(str(response.status_code))
    assert promised is not None, f"{method} {rule.rule} answered {response.status}, undocumented"
    if response.status_code == HTTPStatus.NOT_MODIFIED or response.is_streamed:
        return
    schema = promised["content"][response.mimetype]["schema"]
    validator = Draft202012Validator({**schema, "components": document["components"]})
    validator.validate(response.get_json())


def open_path(rule: str) -> str:
    """The rule as OpenAPI writes it."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


@dataclass
class House:
    """The service on a database of its own, with everybody's door."""

    app: OpenAPI
    settings: Settings
    database: Database
    queue: FakeQueue
    clock: Clock
    doors: dict[str, Door] = field(default_factory=dict)
    course_id: uuid.UUID = NOWHERE

    def __getattr__(self, name: str) -> Door:
        try:
            return self.doors[name]
        except KeyError:
            raise AttributeError(name) from None

    def furnish(self) -> None:
        """Two courses: in one an instructor, two learners, an administrator; in one a stranger."""
        course, elsewhere = uuid.uuid4(), uuid.uuid4()
        rows = (
            ("instructor", course, Role.INSTRUCTOR),
            ("learner", course, Role.STUDENT),
            ("neighbour", course, Role.STUDENT),
            ("administrator", course, Role.ADMIN),
            ("stranger", elsewhere, Role.STUDENT),
            ("strange_instructor", elsewhere, Role.INSTRUCTOR),
        )
        self.course_id = course
        self.doors["operator"] = self.hired()
        self.doors["nobody"] = Door(self.app, None)
        with self.database.write() as unit:
            for course_id in (course, elsewhere):
                unit.people.add_course(course_id, "Course", self.clock())
        for name, course_id, role in rows:
            self.doors[name] = self.admitted(name, course_id, role)

    def hired(self) -> Door:
        secret = new_secret()
        with self.database.write() as unit:
            person = unit.people.add_person("operator", self.clock())
            unit.people.grant_operator(person, hashed(secret), self.clock())
            return Door(self.app, secret, person.id)

    def admitted(self, name: str, course_id: uuid.UUID, role: Role) -> Door:
        secret = new_secret()
        with self.database.write() as unit:
            course = unit.people.course(course_id)
            assert course is not None
            enrolment = unit.people.enrol(course, name, role, self.clock())
            unit.people.grant(enrolment, hashed(secret), self.clock())
            return Door(self.app, secret, enrolment.person_id)

    def practice_set(
        self, *templates: str, released: bool = True, door: str = "instructor", **more: Any
    ) -> str:
        """The id of a new practice set with the unrandomised exercises of these templates."""
        items = [{"template": template, "seed": 0} for template in templates or (TEMPLATE,)]
        draft = {} if released else {"opens_at": None}
        body = {"title": "Sheet", "items": items, **draft, **more}
        response = self.doors[door].post("/api/v1/practice-sets", body)
        assert response.status_code == 201, response.get_data(as_text=True)
        return str(response.get_json()["id"])

    def questions(self, template: str = TEMPLATE) -> list[str]:
        """The ids of an exercise's questions."""
        exercise = self.doors["instructor"].get(f"/api/v1/exercises/{template}@1:0").get_json()
        return [question["id"] for question in exercise["questions"]]

    def attempt(self, door: str = "learner", answer: str = "x (a - y)", number: int = 0) -> str:
        """The id of a new attempt at a question of the first template."""
        body = {"question": self.questions()[number], "answer": answer}
        response = self.doors[door].post("/api/v1/attempts", body)
        assert response.status_code == 202, response.get_data(as_text=True)
        return str(response.get_json()["id"])

    def record(self, attempt: object, outcome: str = "correct", **changes: Any) -> bool:
        """Whether the verdict was new."""
        records = read_records(record_message(attempt, outcome, **changes))
        with self.database.write() as unit:
            return bool(record(unit, records, self.clock()).new)
