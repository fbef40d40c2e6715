"""Analytics over HTTP, against numbers counted by hand."""

from __future__ import annotations

from typing import Any

from tests.api.house import TEMPLATE, House

#        who, outcome of each attempt (None: not graded)
ROWS = (
    ("learner", "incorrect"),
    ("learner", "invalid"),
    ("learner", "correct"),
    ("neighbour", "incorrect"),
    ("neighbour", "partially_correct"),
    ("neighbour", "needs_review"),
    ("neighbour", None),
    ("instructor", "incorrect"),  # tried out, and not counted
)


def attempted(house: House) -> str:
    """The practice set's id, after the attempts of ROWS at its first question."""
    practice_set = house.practice_set()
    for who, outcome in ROWS:
        attempt = house.attempt(who)
        if outcome:
            house.record(attempt, outcome)
    return practice_set


def report(house: House, query: str = "", door: str = "instructor") -> list[dict[str, Any]]:
    answer = house.doors[door].get(f"/api/v1/analytics/questions{query}")
    items: list[dict[str, Any]] = answer.get_json()["items"]
    return items


def test_attempts_are_counted_question_by_question(house: House) -> None:
    practice_set = attempted(house)
    first, *others = report(house, f"?practice_set={practice_set}")
    assert first == {
        "question": house.questions()[0],
        "exercise": f"{TEMPLATE}@1:0",
        "kind": first["kind"],
        "attempts": 7,
        "graded": 6,
        "success_rate": 1 / 4,  # correct 1, partially correct 1, incorrect 2
        "outcomes": {
            "correct": 1,
            "incorrect": 2,
            "invalid": 1,
            "needs_review": 1,
            "partially_correct": 1,
        },
        "misconceptions": [{"slug": "missing-batch-mean", "title": "Forgot the mean", "count": 2}],
    }
    assert [item["question"] for item in others] == house.questions()[1:]
    assert all(item["attempts"] == 0 and item["success_rate"] is None for item in others)


def test_without_a_practice_set_all_that_was_tried_is_reported(house: House) -> None:
    attempted(house)
    assert [item["question"] for item in report(house)] == house.questions()[:1]


def test_a_verdict_of_a_later_grader_counts_nothing(house: House) -> None:
    house.practice_set()
    attempt = house.attempt()
    house.record(attempt, "correct", grader="1")
    house.record(attempt, "incorrect", grader="2")
    (item,) = report(house)
    assert (item["outcomes"], item["misconceptions"]) == ({"correct": 1}, [])


def test_another_course_has_its_own_numbers(house: House) -> None:
    attempted(house)
    elsewhere = house.practice_set(door="strange_instructor")
    assert report(house, door="strange_instructor") == []
    items = report(house, f"?practice_set={elsewhere}", door="strange_instructor")
    assert [item["attempts"] for item in items] == [0] * len(house.questions())
