"""Practice sets over HTTP."""

from __future__ import annotations

from datetime import timedelta

from tests.api.house import OTHER_TEMPLATE, TEMPLATE, House


def test_a_practice_set_has_its_exercises_in_order(house: House) -> None:
    made = house.practice_set(OTHER_TEMPLATE, TEMPLATE)
    answer = house.learner.get(f"/api/v1/practice-sets/{made}").get_json()
    exercises = [item["exercise"] for item in answer["items"]]
    assert exercises == [f"{OTHER_TEMPLATE}@1:0", f"{TEMPLATE}@1:0"]
    assert [item["position"] for item in answer["items"]] == [1, 2]
    assert house.learner.get(answer["items"][0]["url"]).status_code == 200


def test_making_one_says_where_it_is(house: House) -> None:
    body = {"title": "Sheet", "items": [{"template": TEMPLATE}, {"template": TEMPLATE}]}
    made = house.instructor.post("/api/v1/practice-sets", body)
    assert made.status_code == 201
    assert house.instructor.get(made.headers["Location"]).get_json() == made.get_json()


def test_an_item_may_ask_some_questions_only(house: House) -> None:
    items = [
        {"template": TEMPLATE, "seed": 0, "questions": ["dw", "forward"]},
        {"template": OTHER_TEMPLATE},
    ]
    made = house.instructor.post("/api/v1/practice-sets", {"title": "Sheet", "items": items})
    asked = [item["questions"] for item in made.get_json()["items"]]
    assert asked == [["dw", "forward"], None]
    reports = house.instructor.get(
        f"/api/v1/analytics/questions?practice_set={made.get_json()['id']}"
    ).get_json()["items"]
    counted = [each["question"] for each in reports if each["question"].startswith(f"{TEMPLATE}@")]
    assert sorted(counted) == [f"{TEMPLATE}@1:0/dw", f"{TEMPLATE}@1:0/forward"]


def test_a_question_that_is_not_there_cannot_be_asked(house: House) -> None:
    items = [{"template": TEMPLATE, "seed": 0, "questions": ["nothing"]}]
    answer = house.instructor.post("/api/v1/practice-sets", {"title": "Sheet", "items": items})
    assert answer.status_code == 422
    assert "no question 'nothing'" in answer.get_json()["detail"]
    assert house.instructor.get("/api/v1/practice-sets").get_json()["items"] == []


def test_learners_are_told_of_open_practice_sets_only(house: House) -> None:
    shown, hidden = house.practice_set(), house.practice_set(OTHER_TEMPLATE, released=False)
    seen = {name: house.doors[name].get("/api/v1/practice-sets").get_json()["items"]
            for name in ("learner", "instructor", "stranger")}  # fmt: skip
    assert [item["id"] for item in seen["learner"]] == [shown]
    assert [item["id"] for item in seen["instructor"]] == [shown, hidden]
    assert seen["stranger"] == []


def test_opening_shows_the_set_and_its_exercises(house: House) -> None:
    made = house.practice_set(OTHER_TEMPLATE, released=False)
    paths = [f"/api/v1/practice-sets/{made}", f"/api/v1/exercises/{OTHER_TEMPLATE}@1:0"]
    assert [house.learner.get(path).status_code for path in paths] == [404, 404]
    soon = (house.clock() + timedelta(hours=1)).isoformat()
    assert house.instructor.patch(paths[0], {"opens_at": soon}).get_json()["state"] == "scheduled"
    assert [house.learner.get(path).status_code for path in paths] == [404, 404]
    house.clock.advance(3600)
    assert [house.learner.get(path).status_code for path in paths] == [200, 200]


def test_an_unknown_template_stores_nothing(house: House) -> None:
    body = {"title": "Sheet", "items": [{"template": TEMPLATE}, {"template": "nothing"}]}
    assert house.instructor.post("/api/v1/practice-sets", body).status_code == 422
    assert house.instructor.get("/api/v1/practice-sets").get_json()["items"] == []
