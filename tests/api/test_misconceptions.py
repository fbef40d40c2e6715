"""Misconceptions and stuck learners over HTTP, against numbers counted by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.house import TEMPLATE, House

PATH = "/api/v1/analytics/misconceptions"
MEAN, SIGN = (
    {"slug": slug, "title": title, "feedback": "Look again."}
    for slug, title in (("missing-batch-mean", "Forgot the mean"), ("sign-slip", "A sign slip"))
)


def alike(house: House) -> list[int]:
    """The numbers of questions of the first template that are of one kind, as many as there are."""
    exercise = house.instructor.get(f"/api/v1/exercises/{TEMPLATE}@1:0").get_json()
    kinds = [question["kind"] for question in exercise["questions"]]
    commonest = max(kinds, key=kinds.count)
    return [number for number, kind in enumerate(kinds) if kind == commonest]


def submitted(house: House, door: str, number: int, *shown: dict[str, str] | None) -> list[str]:
    """The ids of attempts at a question, wrong with a misconception or right without."""
    made = []
    for bug in shown:
        made.append(house.attempt(door, number=number))
        graded(house, made[-1], bug)
    return made


def graded(house: House, attempt: str, bug: dict[str, str] | None) -> None:
    house.record(attempt, "incorrect" if bug else "correct", diagnosis=[bug] if bug else [])


def seen(house: House, query: str = "") -> dict[str, Any]:
    items = house.instructor.get(f"{PATH}{query}").get_json()["items"]
    return {item["slug"]: item for item in items}


def counts(item: dict[str, Any]) -> list[tuple[int, int]]:
    return [(item[name]["count"], item[name]["of"])
            for name in ("prevalence", "persistence", "fixed")]  # fmt: skip


def test_prevalence_persistence_and_fixes_by_hand(house: House) -> None:
    practice_set = house.practice_set()
    first, second, *_ = alike(house)
    submitted(house, "learner", first, MEAN, MEAN, None)  # not mended by the next submission
    submitted(house, "neighbour", first, MEAN, SIGN)  # mended, though not right
    submitted(house, "learner", second, MEAN)  # shown again
    submitted(house, "neighbour", second, None)
    submitted(house, "instructor", first, SIGN)  # tried out, and not counted
    found = seen(house, f"?practice_set={practice_set}&template={TEMPLATE}")
    assert list(found) == ["missing-batch-mean"]
    item = found["missing-batch-mean"]
    assert item["title"] == "Forgot the mean"
    assert counts(item) == [(3, 4), (1, 2), (1, 2)]
    assert item["prevalence"]["share"] == 0.75
    low, high = item["persistence"]["interval"]
    assert (low, high) == (pytest.approx(0.0945, abs=1e-4), pytest.approx(0.9055, abs=1e-4))
    assert found == seen(house)
    assert seen(house, "?template=nothing") == {}


def test_without_another_opportunity_nothing_is_said_of_persistence(house: House) -> None:
    house.practice_set()
    submitted(house, "learner", alike(house)[0], MEAN, None)
    item = seen(house)["missing-batch-mean"]
    assert item["persistence"] == {"count": 0, "of": 0, "share": None, "interval": None}
    assert item["fixed"]["share"] == 1


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (1, 0, 2)])
def test_verdicts_in_any_order_come_to_the_same(house: House, order: tuple[int, ...]) -> None:
    house.practice_set()
    first, second, *_ = alike(house)
    attempts = [house.attempt(number=number) for number in (first, second, first)]
    shown = (MEAN, MEAN, SIGN)
    for place in order:
        graded(house, attempts[place], shown[place])
    found = seen(house)
    assert list(found) == ["missing-batch-mean"]
    assert counts(found["missing-batch-mean"]) == [(2, 2), (1, 1), (1, 1)]


def test_a_misconception_by_the_values_of_slots(house: House) -> None:
    items = [{"template": TEMPLATE, "seed": seed} for seed in (0, 1)]
    house.instructor.post("/api/v1/practice-sets", {"title": "Sheet", "items": items})
    exercises = [
        house.instructor.get(f"/api/v1/exercises/{TEMPLATE}@1:{seed}?view=full").get_json()
        for seed in (0, 1)
    ]
    for exercise, bug in zip(exercises, (MEAN, None), strict=True):
        body = {"question": exercise["questions"][0]["id"], "answer": "x"}
        graded(house, house.learner.post("/api/v1/attempts", body).get_json()["id"], bug)
    path = f"{PATH}/missing-batch-mean/slots?template={TEMPLATE}"
    found = {
        (item["slot"], item["value"]): (item["prevalence"]["count"], item["prevalence"]["of"])
        for item in house.instructor.get(path).get_json()["items"]
    }
    with house.database.read() as unit:
        slots = [unit.exercises.get(each["id"]).slots for each in exercises]
    for slot in slots[0]:
        if slots[0][slot] == slots[1][slot]:
            assert found[slot, str(slots[0][slot])] == (1, 2)
        else:
            assert found[slot, str(slots[0][slot])] == (1, 1)
            assert found[slot, str(slots[1][slot])] == (0, 1)
    assert len(found) > 0


def test_learners_who_are_stuck_come_the_oldest_first(house: House) -> None:
    house.practice_set()
    submitted(house, "neighbour", 0, MEAN, SIGN, MEAN)
    submitted(house, "learner", 1, SIGN, SIGN, SIGN, SIGN)
    submitted(house, "learner", 0, SIGN, SIGN, SIGN, None)  # got there
    submitted(house, "learner", 2, SIGN, SIGN)  # not yet often enough
    page = house.instructor.get("/api/v1/analytics/stuck?limit=1").get_json()
    (one,) = page["items"]
    (two,) = house.instructor.get(page["next"]).get_json()["items"]
    assert [(each["name"], each["submissions"], each["misconception"]) for each in (one, two)] == [
        ("neighbour", 3, "missing-batch-mean"), ("learner", 4, "sign-slip"),
    ]  # fmt: skip
    assert house.strange_instructor.get("/api/v1/analytics/stuck").get_json()["items"] == []
