"""Courses, enrolments and tokens: who gets in, how far, and until when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from api.scopes import ROWS, Scope, of_role
from api.store.models import Role
from tests.api.house import Door, House

TOKENS = "/api/v1/tokens"


def given(house: House, **body: Any) -> Door:
    """A door with a new token of the instructor's."""
    asked = {"person": str(house.instructor.person_id), **body}
    made = house.administrator.post(TOKENS, asked)
    assert made.status_code == 201, made.get_data(as_text=True)
    return Door(house.app, made.get_json()["secret"])


def test_an_operator_makes_a_course_and_its_administrator_fills_it(house: House) -> None:
    made = house.operator.post("/api/v1/courses", {"title": "Optics", "administrator": "Ada"})
    administrator = Door(house.app, made.get_json()["token"])
    assert administrator.get(made.headers["Location"]).get_json()["title"] == "Optics"
    emmy = administrator.post("/api/v1/enrolments", {"name": "Emmy", "role": "instructor"})
    token = administrator.post(TOKENS, {"person": emmy.get_json()["person"]})
    instructor = Door(house.app, token.get_json()["secret"])
    assert instructor.get("/api/v1/practice-sets").get_json()["items"] == []
    assert house.administrator.get(made.headers["Location"]).status_code == 404


def test_a_person_known_by_an_external_id_is_the_same_in_another_course(house: House) -> None:
    body = {"name": "Emmy", "external_id": "lms-1"}
    here = house.administrator.post("/api/v1/enrolments", body).get_json()
    twice = house.administrator.post("/api/v1/enrolments", body)
    assert twice.status_code == 409
    course = {"title": "Optics", "administrator": "E.", "external_id": "lms-1"}
    secret = house.operator.post("/api/v1/courses", course).get_json()["token"]
    (there,) = Door(house.app, secret).get("/api/v1/enrolments").get_json()["items"]
    assert there["person"] == here["person"]


def test_a_narrowed_token_does_what_it_was_given_only(house: House) -> None:
    reader = given(house, scopes=["practice:read"])
    assert reader.get("/api/v1/practice-sets").status_code == 200
    refused = reader.get("/api/v1/analytics/questions")
    assert (refused.status_code, "was not given" in refused.get_json()["detail"]) == (403, True)


def test_nobody_is_given_more_than_the_role_has(house: House) -> None:
    body = {"person": str(house.learner.person_id), "scopes": ["practice:write"]}
    refused = house.administrator.post(TOKENS, body)
    assert (refused.status_code, "never has" in refused.get_json()["detail"]) == (422, True)


def test_a_token_expires(house: House) -> None:
    soon = (house.clock() + timedelta(hours=1)).isoformat()
    door = given(house, expires_at=soon)
    assert door.get("/api/v1/practice-sets").status_code == 200
    house.clock.advance(3600)
    refused = door.get("/api/v1/practice-sets")
    assert (refused.status_code, "expired" in refused.get_json()["detail"]) == (401, True)


def test_a_token_is_revoked(house: House) -> None:
    body = {"person": str(house.instructor.person_id)}
    made = house.administrator.post(TOKENS, body)
    door, path = Door(house.app, made.get_json()["secret"]), made.headers["Location"]
    assert door.get("/api/v1/practice-sets").status_code == 200
    first, again = (house.administrator.call("DELETE", path).get_json() for _ in range(2))
    assert first["revoked_at"] == again["revoked_at"]
    refused = door.get("/api/v1/practice-sets")
    assert (refused.status_code, "revoked" in refused.get_json()["detail"]) == (401, True)


def test_an_ended_enrolment_opens_nothing_until_it_is_taken_up_again(house: House) -> None:
    path = f"/api/v1/enrolments/{house.learner.person_id}"
    assert house.administrator.patch(path, {"ended": True}).get_json()["ended_at"]
    assert house.learner.get("/api/v1/practice-sets").status_code == 401
    house.administrator.patch(path, {"ended": False})
    assert house.learner.get("/api/v1/practice-sets").status_code == 200


@pytest.mark.parametrize("role", list(Role))
def test_every_scope_has_one_least_role(role: Role) -> None:
    assert {row.scope for row in ROWS} == set(Scope)
    assert len(ROWS) == len(Scope)
    assert of_role(role)


def test_a_stronger_role_may_do_all_that_a_weaker_one_may() -> None:
    assert of_role(Role.STUDENT) < of_role(Role.INSTRUCTOR) < of_role(Role.ADMIN)
    assert not of_role(Role.OPERATOR) & of_role(Role.ADMIN)
