"""Sends requests that the OpenAPI document allows, and such that it forbids, to every operation.

    python -m tests.fuzz.api --examples 50 --seed 1

Every answer must be documented for its operation, fit its schema, and be no fault of ours. Every
second request is about things that exist; all are sent for an administrator, a learner and an
operator, to the application itself on a database of its own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import schemathesis
from flask_openapi3.openapi import OpenAPI
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import create_app
from api.identity import hashed, new_secret
from api.seed_course import DemoCourse, ensure_demo_course
from api.settings import Settings
from api.store.database import Database
from api.store.migrate import migrate
from api.store.models import Role

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
ENVIRONMENT = {
    "GRADBOOK_BROKER_URL": "redis://127.0.0.1:1/0",
    "GRADBOOK_MAX_WAIT": "0.02",
    "GRADBOOK_RATE": "1000000/second",
    "GRADBOOK_MOST_WAITING": "1000000",
}
V1 = "/api/v1"


@dataclass
class World:
    """The application with a course in it, and what exists there, by the names of parameters."""

    app: OpenAPI
    tokens: dict[str, str]
    known: dict[str, str] = field(default_factory=dict)

    def post(self, path: str, body: object) -> dict[str, Any]:
        """What is answered to the administrator."""
        headers = {"Authorization": f"Bearer {self.tokens['administrator']}"}
        answer = self.app.test_client().post(V1 + path, json=body, headers=headers)
        assert answer.status_code < 300, answer.get_data(as_text=True)
        found: dict[str, Any] = answer.get_json()
        return found


def world(folder: Path) -> World:
    """A world in that folder."""
    settings = Settings.from_environment({**ENVIRONMENT, "GRADBOOK_DATA": str(folder)})
    migrate(settings.database_url)
    course = ensure_demo_course(settings)
    tokens = {
        "administrator": admitted(settings, course),
        "learner": course.learner_token,
        "operator": course.operator_token,
    }
    made = World(create_app(settings), tokens)
    furnish(made, course)
    return made


def admitted(settings: Settings, course: DemoCourse) -> str:
    """The token of a new administrator."""
    database, secret, now = Database(settings.database_url), new_secret(), datetime.now(UTC)
    with database.write() as unit:
        found = unit.people.course(uuid.UUID(course.course_id))
        assert found is not None
        enrolment = unit.people.enrol(found, "Administrator", Role.ADMIN, now)
        unit.people.grant(enrolment, hashed(secret), now)
    database.close()
    return secret


def furnish(made: World, course: DemoCourse) -> None:
    """Makes one of each thing that a path can name."""
    person = made.post("/enrolments", {"name": "Somebody"})["person"]
    exercise = "logistic-single@1:0"
    webhook = made.post(
        "/webhooks", {"url": "https://lms.example.org/", "events": ["attempt.graded"]}
    )["webhook"]["id"]
    made.known = {
        "course_id": course.course_id,
        "set_id": course.practice_set_id,
        "position": "1",
        "slug": "logistic-single",
        "exercise_id": exercise,
        "person_id": person,
        "attempt_id": made.post("/attempts", {"question": f"{exercise}/dw", "answer": "x"})["id"],
        "token_id": made.post("/tokens", {"person": person})["token"]["id"],
        "webhook_id": webhook,
        "delivery_id": made.post(f"/webhooks/{webhook}/ping", {})["id"],
        "regrade_id": made.post("/regrades", {})["id"],
        "job_id": made.post("/jobs", {"templates": ["logistic-single"]})["id"],
    }


@dataclass
class Findings:
    """What was sent, and what came that should not have."""

    sent: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)


def fuzz(made: World, examples: int, start: int) -> Findings:
    """What comes of so many requests to each operation, for each kind of reader."""
    load_all_checks()
    schema = schemathesis.openapi.from_wsgi("/openapi.json", made.app)
    findings = Findings()
    for reader, token in made.tokens.items():
        for operation in schema.get_all_operations():
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                strategy = operation.ok().as_strategy(generation_mode=mode)
                with suppress(Unsatisfiable):  # nothing that it forbids can be sent to it
                    _try(made, strategy, (reader, token), findings, examples, start)
    return findings


def _try(
    made: World,
    strategy: SearchStrategy[Any],
    asking: tuple[str, str],
    findings: Findings,
    examples: int,
    start: int,
) -> None:
    @seed(start)
    @hypothesis_settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=strategy)
    def send(case: Any) -> None:
        findings.sent += 1
        reader, token = asking
        headers = {"Authorization": f"Bearer {token}"}
        if findings.sent % 2:
            known = case.path_parameters or {}
            case.path_parameters = {name: made.known.get(name, known[name]) for name in known}
            headers["If-Match"] = "*"
        response = case.call(headers=headers)
        findings.statuses[response.status_code] += 1
        for fault in complaints(case, response):
            findings.faults.setdefault(f"{reader}: {case.operation.label}", fault)

    send()


def complaints(case: Any, response: Any) -> Iterator[str]:
    """What is wrong with an answer, with the request as a command to be pasted."""
    try:
        case.validate_response(response, checks=CHECKS)
    except (AssertionError, BaseExceptionGroup) as fault:
        parts = fault.exceptions if isinstance(fault, BaseExceptionGroup) else (fault,)
        yield from (str(part) for part in parts)


def main() -> int:
    """1 when an answer was not as the document promises."""
    options = argparse.ArgumentParser(prog="python -m tests.fuzz.api", description=__doc__)
    options.add_argument("--examples", type=int, default=20, help="requests an operation, a reader")
    options.add_argument("--seed", type=int, default=1)
    given_ = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = world(Path(folder))
        findings = fuzz(made, given_.examples, given_.seed)
        made.app.extensions["gradbook"].database.close()
    for where, fault in findings.faults.items():
        print(f"{where}\n{fault}\n")
    statuses = ", ".join(f"{status}: {n}" for status, n in sorted(findings.statuses.items()))
    print(f"{findings.sent} requests ({statuses}); {len(findings.faults)} faults")
    return 1 if findings.faults else 0


if __name__ == "__main__":
    sys.exit(main())
