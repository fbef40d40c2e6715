"""The statistics of practice sets over HTTP, against numbers counted by hand."""

from __future__ import annotations

from math import isnan
from typing import Any

import pytest

from api.analytics.statistics import Statistics
from api.practice.marks import SHOWN
from api.practice.sheets import RECORD, Written, lines, rewritten
from api.store.models import Role, Sheet, Standing
from tests.api.house import NOWHERE, OTHER_TEMPLATE, TEMPLATE, House

SETS = "/api/v1/practice-sets"


def statistics(house: House, practice_set: str, query: str = "") -> dict[str, Any]:
    answer = house.instructor.get(f"{SETS}/{practice_set}/statistics{query}")
    found: dict[str, Any] = answer.get_json()
    return found


def answered(house: House, door: str, number: int, *outcomes: str | float) -> None:
    """Attempts at a question of the first template; a number is a score of a part."""
    for outcome in outcomes:
        house.clock.advance(60)
        attempt = house.attempt(door, number=number)
        if isinstance(outcome, float):
            house.record(attempt, "partially_correct", score=outcome)
        else:
            house.record(attempt, outcome)


def test_figures_are_counted_question_by_question(house: House) -> None:
    practice_set = house.practice_set()
    answered(house, "learner", 0, "incorrect", "invalid", 0.5, "correct")
    answered(house, "neighbour", 0, "correct")
    answered(house, "neighbour", 1, "invalid")
    answered(house, "instructor", 0, "incorrect")  # tried out, and not counted
    found = statistics(house, practice_set)
    assert (found["basis"], found["enough"]) == ("first", 30)
    assert found["set"]["learners"] == 2
    items = {item["question"]: item for item in found["items"]}
    first, second = (items.pop(question) for question in house.questions()[:2])
    assert not items
    assert (first["position"], first["variants"]) == (1, 1)
    assert first["question"] == f"{TEMPLATE}@1:0/{first['name']}"
    figures = first["figures"]
    assert (figures["n"], figures["facility"]) == (2, 0.5)
    assert figures["interval"]["low"] == pytest.approx(0.0945, abs=1e-4)
    assert figures["interval"]["high"] == pytest.approx(0.9055, abs=1e-4)
    assert figures["submissions_per_learner"] == 2
    assert figures["scores_by_number"] == [
        {"number": 1, "n": 2, "mean": 0.5},
        {"number": 2, "n": 1, "mean": 0.5},
        {"number": 3, "n": 1, "mean": 1.0},
    ]
    assert figures["right"] == 1
    assert figures["seconds_to_right"] == pytest.approx(90, abs=1)  # of 0 and 180
    assert figures["unreadable_share"] == 1 / 5
    assert second["figures"]["n"] == 0
    assert second["figures"]["facility"] is None


@pytest.mark.parametrize(("basis", "facility"), [("first", 0.0), ("best", 1.0), ("last", 0.5)])
def test_figures_may_rest_on_another_submission(house: House, basis: str, facility: float) -> None:
    practice_set = house.practice_set()
    answered(house, "learner", 0, "incorrect", "correct", 0.5)
    (item,) = statistics(house, practice_set, f"?basis={basis}")["items"]
    assert item["figures"]["facility"] == facility


def test_an_index_is_told_where_learners_are_enough(house: House) -> None:
    practice_set = house.practice_set()
    for number in range(30):
        before = statistics(house, practice_set)
        door = f"learner {number}"
        house.doors[door] = house.admitted(door, house.course_id, Role.STUDENT)
        answered(house, door, 0, "correct" if number < 15 else "incorrect")
        answered(house, door, 1, "correct" if number < 10 else "incorrect")
    after = statistics(house, practice_set)
    assert before["set"]["learners"] == 29
    assert before["set"]["alpha"] is None
    assert before["items"][0]["figures"]["discrimination"] is None
    # φ of 10 of 15 right against 0 of 15: √(1/2); alpha = 2 (1 - (var + var') / var of the sum).
    first, second = (item["figures"] for item in after["items"])
    assert first["discrimination"] == pytest.approx(0.5**0.5)
    assert second["discrimination"] == pytest.approx(0.5**0.5)
    assert first["efficiency"] == pytest.approx(1)
    shared = 30 / 29 * (1 / 4), 30 / 29 * (2 / 9), 30 / 29 * (1 / 3 - 1 / 6)
    alpha = 2 * (1 - (shared[0] + shared[1]) / (shared[0] + shared[1] + 2 * shared[2]))
    assert after["set"]["alpha"] == pytest.approx(alpha)
    assert after["set"]["mean"] == pytest.approx((15 + 10) / 60)


def test_variants_have_figures_of_their_own(house: House) -> None:
    items = [{"template": TEMPLATE, "variants": "individual", "questions": ["dw"]}]
    body = {"title": "Sheet", "items": items}
    practice_set = house.instructor.post(SETS, body).get_json()["id"]
    for door, outcome in (("learner", "correct"), ("neighbour", "incorrect")):
        given = house.doors[door].get(f"{SETS}/{practice_set}").get_json()["items"][0]["exercise"]
        body = {"question": f"{given}/dw", "answer": "x"}
        attempt = house.doors[door].post("/api/v1/attempts", body).get_json()["id"]
        house.record(attempt, outcome)
    (item,) = statistics(house, practice_set)["items"]
    assert (item["variants"], item["question"], item["figures"]["facility"]) == (2, None, 0.5)
    path = f"{SETS}/{practice_set}/statistics/variants?limit=1"
    one = house.instructor.get(path).get_json()
    two = house.instructor.get(one["next"]).get_json()
    assert house.instructor.get(two["next"]).get_json() == {"items": [], "next": None}
    seen = [each for page in (one, two) for each in page["items"]]
    assert sorted(each["figures"]["facility"] for each in seen) == [0, 1]
    assert [each["question"] for each in seen] == sorted(each["question"] for each in seen)


def test_verdicts_in_any_order_come_to_the_same(house: House) -> None:
    practice_set = house.practice_set()
    first, second = house.attempt(), house.attempt()
    house.record(second, "correct")
    assert statistics(house, practice_set)["items"][0]["figures"]["facility"] == 1
    house.record(first, "incorrect")
    assert statistics(house, practice_set)["items"][0]["figures"]["facility"] == 0


def test_nobody_has_answered_yet(house: House) -> None:
    found = statistics(house, house.practice_set(TEMPLATE, OTHER_TEMPLATE))
    assert (found["set"]["learners"], found["items"]) == (0, [])


def test_a_sheet_may_be_empty() -> None:
    empty = Sheet(learner_id=NOWHERE, columns="", numbers=b"")
    assert Statistics([], [empty]).whole.learners == 0


def test_a_sheet_keeps_its_order_when_a_standing_changes() -> None:
    standings = [
        Standing(position=1, name=name, question_id=f"t@1:0/{name}", submissions=1, unreadable=0,
                 scores=[0.0])
        for name in ("a", "b")
    ]  # fmt: skip
    sheet = rewritten(Written(), standings)
    standings[0].submissions, standings[0].scores = 70_000, [0.0, 1.0]
    sheet = rewritten(sheet, standings[:1])
    assert [line.name for line in lines(sheet.columns)] == ["a", "b"]
    records = list(RECORD.iter_unpack(sheet.numbers))
    assert [record[4] for record in records] == [65_535, 1]
    first, second = (record[-SHOWN:] for record in records)
    assert first[:2] == (0.0, 1.0)
    assert second[0] == 0.0
    assert isnan(second[1])
