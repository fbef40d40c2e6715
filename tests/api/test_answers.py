"""Answers to one question gathered over HTTP; the functions are the grader's own."""

from __future__ import annotations

from typing import Any

from engine.question import question_from_json
from grader.grade import grade
from grader.verdict import to_json
from tests.api.house import TEMPLATE, House

WRONG = "/api/v1/analytics/answers/wrong"
UNREADABLE = "/api/v1/analytics/answers/unreadable"
DW = f"{TEMPLATE}@1:0/dw"


def answered(house: House, door: str, text: str) -> None:
    """An attempt at a derivative, graded by the grader itself."""
    body = {"question": DW, "answer": text}
    attempt = house.doors[door].post("/api/v1/attempts", body).get_json()["id"]
    with house.database.read() as unit:
        spec = unit.exercises.question(DW).spec
    document = to_json(grade(question_from_json(spec), text))
    house.record(attempt, **{name: document[name] for name in document if name != "grader"})


def gathered(house: House, path: str, door: str = "instructor") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = house.doors[door].get(f"{path}?question={DW}").get_json()["items"]
    return items


def test_wrong_answers_that_are_one_function_are_told_as_one(house: House) -> None:
    house.practice_set()
    for door, text in (
        ("learner", "x (y - a)"), ("neighbour", "x*y - a x"), ("learner", "-(a - y) x"),
        ("learner", "2 x"), ("learner", "x (a - y)"), ("instructor", "2 x"),
    ):  # fmt: skip
        answered(house, door, text)
    first, second = gathered(house, WRONG)
    assert (first["count"], first["learners"], first["text"]) == (3, 2, "x (y - a)")
    assert first["message"]
    assert (second["count"], second["learners"], second["text"]) == (1, 1, "2 x")
    assert gathered(house, WRONG, "strange_instructor") == []


def test_unreadable_answers_are_told_with_what_was_said_to_them(house: House) -> None:
    house.practice_set()
    for door, text in (("learner", "x ("), ("neighbour", "x ("), ("neighbour", "x @ @ y")):
        answered(house, door, text)
    first, second = gathered(house, UNREADABLE)
    assert (first["count"], first["learners"], first["text"]) == (2, 2, "x (")
    assert first["message"] != second["message"]
    assert gathered(house, WRONG) == []
