"""Changes over HTTP: repeatable with a key, conditional on what was read, noted in a log."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.api.house import TEMPLATE, House

SETS = "/api/v1/practice-sets"
BODY = {"title": "Sheet", "items": [{"template": TEMPLATE}]}


def test_the_same_request_with_the_same_key_is_done_once(house: House) -> None:
    first, again = (house.instructor.post(SETS, BODY, Idempotency_Key="k1") for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.get_json() == again.get_json()
    assert again.headers["Location"] == first.headers["Location"]
    assert ("Idempotency-Replayed" in first.headers, again.headers["Idempotency-Replayed"]) == (
        False,
        "true",
    )
    assert len(house.instructor.get(SETS).get_json()["items"]) == 1


def test_another_request_with_the_same_key_is_refused(house: House) -> None:
    house.instructor.post(SETS, BODY, Idempotency_Key="k1")
    other = house.instructor.post(SETS, {**BODY, "title": "Other"}, Idempotency_Key="k1")
    assert other.status_code == 422
    assert other.get_json()["type"].endswith("idempotency-key-reused")
    assert len(house.instructor.get(SETS).get_json()["items"]) == 1


def test_keys_are_ones_own(house: House) -> None:
    made = [
        house.doors[name].post(SETS, BODY, Idempotency_Key="k1").get_json()["id"]
        for name in ("instructor", "administrator")
    ]
    assert len(set(made)) == 2


def test_a_refused_request_may_be_put_right_under_its_key(house: House) -> None:
    nothing = {**BODY, "items": [{"template": "nothing"}]}
    assert house.instructor.post(SETS, nothing, Idempotency_Key="k1").status_code == 422
    assert house.instructor.post(SETS, BODY, Idempotency_Key="k1").status_code == 201


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 201])
def test_a_key_is_printable_ascii(house: House, key: str) -> None:
    answer = house.instructor.post(SETS, BODY, Idempotency_Key=key)
    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.get_json()["detail"]


def test_an_attempt_with_a_key_is_submitted_once(house: House) -> None:
    house.practice_set()
    body = {"question": house.questions()[0], "answer": "x"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(
                lambda _: house.learner.post("/api/v1/attempts", body, Idempotency_Key="k1"),
                range(8),
            )
        )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.get_json()["id"] for answer in answers}) == 1
    assert len(house.learner.get("/api/v1/attempts").get_json()["items"]) == 1


def test_a_token_s_secret_is_told_once(house: House) -> None:
    body = {"person": str(house.learner.person_id), "label": "laptop"}
    first, again = (
        house.administrator.post("/api/v1/tokens", body, Idempotency_Key="k1") for _ in range(2)
    )
    assert first.get_json()["secret"]
    assert again.get_json() == {**first.get_json(), "secret": None}


def test_old_answers_are_forgotten(house: House) -> None:
    house.instructor.post(SETS, BODY, Idempotency_Key="k1")
    with house.database.write() as unit:
        assert unit.requests.forget(house.clock() - timedelta(hours=1)) == 0
        assert unit.requests.forget(house.clock() + timedelta(hours=1)) == 1


def test_a_change_is_of_what_was_read(house: House) -> None:
    path = f"{SETS}/{house.practice_set()}"
    read = house.instructor.get(path).headers["ETag"]
    assert house.instructor.patch(path, {"title": "Mine"}, If_Match=read).status_code == 200
    refused = house.administrator.patch(path, {"title": "Theirs"}, If_Match=read)
    assert refused.status_code == 412
    assert house.instructor.get(path).get_json()["title"] == "Mine"


def test_a_change_without_saying_of_what_is_refused(house: House) -> None:
    path = f"{SETS}/{house.practice_set()}"
    answer = house.instructor.call("PATCH", path, json={"title": "Mine"})
    assert answer.status_code == 428


def test_what_one_has_already_is_not_sent_again(house: House) -> None:
    path = f"{SETS}/{house.practice_set()}"
    read = house.instructor.get(path).headers["ETag"]
    again = house.instructor.get(path, If_None_Match=read)
    assert (again.status_code, again.get_data()) == (304, b"")


def test_changes_are_noted_with_who_and_in_which_request(house: House) -> None:
    made = house.instructor.post(SETS, BODY, X_Request_Id="lms-17")
    assert made.headers["X-Request-Id"] == "lms-17"
    house.instructor.patch(made.headers["Location"], {"title": "Other"})
    newest, first = house.administrator.get("/api/v1/audit").get_json()["items"]
    assert (newest["operation"], first["operation"]) == (
        "change_practice_set",
        "create_practice_set",
    )
    assert first["request_id"] == "lms-17"
    assert first["target"] == newest["target"] == made.headers["Location"]
    assert uuid.UUID(first["person_id"]) == house.instructor.person_id


def test_what_failed_is_not_noted(house: House) -> None:
    house.instructor.post(SETS, {**BODY, "items": [{"template": "nothing"}]})
    assert house.administrator.get("/api/v1/audit").get_json()["items"] == []


def test_lists_go_on_where_they_stopped(house: House) -> None:
    made = [house.practice_set() for _ in range(5)]
    path, seen = f"{SETS}?limit=2", []
    while path:
        piece = house.instructor.get(path).get_json()
        seen += [item["id"] for item in piece["items"]]
        path = piece["next"]
    assert seen == made
