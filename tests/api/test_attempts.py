"""Attempts: stored first, graded later, recorded once, shown to whom they belong."""

from __future__ import annotations

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.attempts.messages import read_records
from api.attempts.recording import record
from api.attempts.service import grade_message
from api.attempts.waiting import preferred_wait
from api.errors import MalformedMessage
from tests.api.fakes.grader import BUG, record_message
from tests.api.house import House

NOBODYS = uuid.UUID(int=1)


@pytest.fixture(autouse=True)
def practice_set(house: House) -> str:
    return house.practice_set()


def test_an_attempt_is_answered_202_and_handed_over(house: House) -> None:
    question = house.questions()[0]
    answer = house.learner.post("/api/v1/attempts", {"question": question, "answer": " x·a "})
    attempt = answer.get_json()
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/api/v1/attempts/{attempt['id']}"
    assert (attempt["state"], attempt["verdict"], attempt["answer"]) == ("pending", None, " x·a ")
    assert "Preference-Applied" not in answer.headers
    (message,) = house.queue.messages
    assert (str(message.attempt), message.text) == (attempt["id"], " x·a ")
    assert message.question["id"] == question


def test_an_attempt_is_stored_before_it_is_handed_over(house: House) -> None:
    seen = []
    hand_over = house.queue.hand_over

    def look_first(message: object) -> None:
        with house.database.read() as unit:
            seen.append(unit.attempts.get(message.attempt) is not None)  # type: ignore[attr-defined]  # a GradeMessage
        hand_over(message)  # type: ignore[arg-type]  # a GradeMessage

    house.queue.hand_over = look_first  # type: ignore[method-assign]  # to look at the moment
    house.attempt()
    assert seen == [True]


def test_an_attempt_is_stored_without_a_broker(house: House) -> None:
    house.queue.down = True
    attempt = house.attempt()
    assert house.learner.get(f"/api/v1/attempts/{attempt}").get_json()["state"] == "pending"


@pytest.mark.parametrize("text", ["", "   ", "\\frac{1}{m} X (ŷ − y)ᵀ", "𝔘" * 10_000, '"; DROP'])
def test_the_text_is_kept_as_it_was_typed(house: House, text: str) -> None:
    attempt = house.attempt(answer=text)
    assert house.learner.get(f"/api/v1/attempts/{attempt}").get_json()["answer"] == text


def test_a_recorded_verdict_is_there(house: House) -> None:
    attempt = house.attempt()
    assert house.learner.get(f"/api/v1/attempts/{attempt}/verdict").status_code == 404
    assert house.record(attempt, "incorrect")
    seen = house.learner.get(f"/api/v1/attempts/{attempt}").get_json()
    verdict = house.learner.get(f"/api/v1/attempts/{attempt}/verdict").get_json()
    assert seen["state"] == "graded"
    assert seen["verdict"] == verdict
    assert (verdict["outcome"], verdict["score"], verdict["diagnosis"]) == ("incorrect", 0, [BUG])


def test_the_witness_is_for_instructors(house: House) -> None:
    path = f"/api/v1/attempts/{house.attempt()}/verdict"
    house.record(path.split("/")[-2], "incorrect")
    learner, instructor = (
        house.doors[name].get(path).get_json()["evidence"] for name in ("learner", "instructor")
    )
    assert learner == {"kind": "refuted", "text": "They differ."}
    assert instructor["witness"] == {"x": ["1/3"]}


def test_the_same_verdict_twice_is_one(house: House) -> None:
    attempt = house.attempt()
    assert [house.record(attempt), house.record(attempt)] == [True, False]
    assert verdicts(house, attempt) == [("1", True)]


def test_two_recorders_at_once_record_one(house: House) -> None:
    attempt = house.attempt()
    with ThreadPoolExecutor(8) as pool:
        new = list(pool.map(lambda _: house.record(attempt), range(16)))
    assert new.count(True) == 1
    assert verdicts(house, attempt) == [("1", True)]


def test_another_grader_version_adds_to_the_history_and_changes_no_mark(house: House) -> None:
    attempt = house.attempt()
    assert house.record(attempt, "correct", grader="1")
    assert house.record(attempt, "incorrect", grader="2")
    assert verdicts(house, attempt) == [("1", True), ("2", False)]
    verdict = house.learner.get(f"/api/v1/attempts/{attempt}/verdict").get_json()
    assert (verdict["outcome"], verdict["grader"]) == ("correct", "1")


def verdicts(house: House, attempt: str) -> list[tuple[str, bool]]:
    with house.database.read() as unit:
        stored = unit.attempts.get(uuid.UUID(attempt))
        assert stored is not None
        return [(verdict.grader_version, verdict.current) for verdict in stored.verdicts]


def test_a_verdict_for_nothing_is_dropped(house: House) -> None:
    with house.database.write() as unit:
        tally = record(unit, read_records(record_message(NOBODYS)), house.clock())
    assert (tally.new, tally.unknown) == (set(), {NOBODYS})


def test_many_verdicts_are_recorded_as_one(house: House) -> None:
    """One attempt twice, one that has a verdict of another grader, one nobody knows."""
    mine, other = house.attempt(), house.attempt()
    assert house.record(other, "incorrect", grader="0")
    messages = [
        record_message(mine, "incorrect"),
        record_message(mine, "correct"),
        record_message(NOBODYS),
        record_message(other, "correct"),
    ]
    with house.database.write() as unit:
        records = [record for message in messages for record in read_records(message)]
        tally = record(unit, records, house.clock())
    assert (tally.new, tally.unknown) == ({uuid.UUID(mine), uuid.UUID(other)}, {NOBODYS})
    assert verdicts(house, mine) == [("1", True)]
    assert verdicts(house, other) == [("0", True), ("1", False)]
    diagnosis = house.learner.get(f"/api/v1/attempts/{mine}/verdict").get_json()["diagnosis"]
    assert diagnosis == [BUG]


@pytest.mark.parametrize(
    "change",
    [
        {"format": "gradbook.record/2"},
        {"attempt": "seven"},
        {"grader": ""},
        {"milliseconds": -1},
        {"milliseconds": "nan"},
        {"verdict": None},
        {"verdict": record_message(NOBODYS, "splendid")["verdict"]},
        {"verdict": record_message(NOBODYS, score=1.5)["verdict"]},
        {"verdict": record_message(NOBODYS, diagnosis=[{**BUG, "slug": "No Slug"}])["verdict"]},
    ],
)
def test_a_message_outside_the_contract_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(MalformedMessage):
        read_records({**record_message(NOBODYS), **change})


def test_a_message_that_is_no_object_is_refused() -> None:
    with pytest.raises(MalformedMessage):
        read_records(["gradbook.record/1"])


def test_learners_list_their_own_and_instructors_the_courses(house: House) -> None:
    mine, theirs = house.attempt("learner"), house.attempt("neighbour")
    house.record(mine)

    def listed(door: str) -> list[tuple[str, str]]:
        items = house.doors[door].get("/api/v1/attempts").get_json()["items"]
        return [(item["id"], item["state"]) for item in items]

    assert listed("learner") == [(mine, "graded")]
    assert listed("instructor") == [(theirs, "pending"), (mine, "graded")]
    assert listed("strange_instructor") == []


def test_the_list_goes_on_page_by_page(house: House) -> None:
    made = [house.attempt() for _ in range(5)]
    question = house.questions()[0]
    house.attempt(number=1)
    path, seen = f"/api/v1/attempts?limit=2&question={question}", []
    while path:
        page = house.learner.get(path).get_json()
        seen += [item["id"] for item in page["items"]]
        path = page["next"]
    assert seen == made[::-1]


def test_attempts_of_the_same_moment_are_all_listed(house: House) -> None:
    moment = house.clock.moment
    made = []
    for _ in range(4):
        house.clock.moment = moment
        made.append(house.attempt())
    path, seen = "/api/v1/attempts?limit=1", []
    while path:
        page = house.learner.get(path).get_json()
        seen += [item["id"] for item in page["items"]]
        path = page["next"]
    assert sorted(seen) == sorted(made)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("respond-async", None),
        ("wait", None),
        ("wait=soon", None),
        ("wait=-1", None),
        ("await=3", None),
        ("wait=3", 3),
        ("WAIT = 3", 3),
        ('wait="3"', 3),
        ("respond-async, wait=3", 3),
        ("wait=3; foo=1, bar", 3),
        ("wait=3000", 30),
        ("wait=99999999999999999999", None),
    ],
)
def test_the_preference_is_read(header: str | None, seconds: float | None) -> None:
    assert preferred_wait(header, 30) == seconds


def test_waiting_ends_with_the_verdict(house: House) -> None:
    body = {"question": house.questions()[0], "answer": "x"}

    def grade() -> None:
        while not house.queue.messages:
            time.sleep(0.005)
        house.record(house.queue.messages[0].attempt)

    grader = threading.Thread(target=grade)
    grader.start()
    answer = house.learner.post("/api/v1/attempts", body, Prefer="wait=30")
    grader.join()
    assert answer.status_code == 201
    assert answer.get_json()["verdict"]["outcome"] == "correct"
    assert answer.headers["Preference-Applied"] == "wait=0.3"  # the setting's limit


def test_waiting_ends_with_the_time(house: House) -> None:
    body = {"question": house.questions()[0], "answer": "x"}
    began = time.monotonic()
    answer = house.learner.post("/api/v1/attempts", body, Prefer="wait=30")
    assert 0.3 <= time.monotonic() - began < 3
    assert answer.status_code == 202
    assert answer.headers["Preference-Applied"]


def test_a_stored_attempt_can_be_waited_for(house: House) -> None:
    attempt = house.attempt()
    house.record(attempt)
    answer = house.learner.get(f"/api/v1/attempts/{attempt}", Prefer="wait=30")
    assert answer.get_json()["state"] == "graded"


def test_who_finds_no_place_to_wait_is_answered_at_once(house: House) -> None:
    waiting = house.app.extensions["gradbook"].waiting
    places = [waiting.acquire(blocking=False) for _ in range(house.settings.waiters)]
    assert all(places)
    body = {"question": house.questions()[0], "answer": "x"}
    answer = house.learner.post("/api/v1/attempts", body, Prefer="wait=30")
    assert answer.status_code == 202
    assert "Preference-Applied" not in answer.headers


def answered(house: House, name: str, text: str) -> dict[str, str]:
    """What the grading worker is told besides, when this answer is given."""
    (question,) = (each for each in house.questions() if each.endswith(f"/{name}"))
    house.learner.post("/api/v1/attempts", {"question": question, "answer": text})
    return dict(house.queue.messages[-1].earlier)


def test_the_latest_answers_to_other_derivatives_go_along(house: House) -> None:
    assert answered(house, "dz", "a + y") == {}
    assert answered(house, "dz", "y") == {}
    assert answered(house, "dw", "y x") == {"z": "y"}
    assert answered(house, "db", "y") == {"z": "y", "w": "y x"}
    assert answered(house, "shapes", "w: n x 1") == {}


def test_earlier_answers_are_the_same_when_a_message_is_sent_again(house: House) -> None:
    answered(house, "dz", "a + y")
    answered(house, "dw", "(a + y) x")
    attempt = house.queue.messages[-1].attempt
    answered(house, "dz", "a - y")
    with house.database.read() as unit:
        stored = unit.attempts.get(attempt)
        assert stored is not None
        assert dict(grade_message(unit, stored).earlier) == {"z": "a + y"}


def test_another_learners_answers_do_not_go_along(house: House) -> None:
    answered(house, "dz", "a + y")
    (question,) = (each for each in house.questions() if each.endswith("/dw"))
    house.neighbour.post("/api/v1/attempts", {"question": question, "answer": "(a + y) x"})
    assert "earlier" not in house.queue.messages[-1].to_json()
