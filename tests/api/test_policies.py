"""What a practice set's policy does: times, limits, penalties, variants, feedback, solutions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from api.practice.marks import Graded, longest_run, share, sums
from api.practice.policy import Policy
from api.store.models import Outcome
from tests.api.house import TEMPLATE, Door, House

SETS = "/api/v1/practice-sets"
RIGHT, PART, WRONG, UNREAD, LOOK = (
    Outcome.CORRECT,
    Outcome.PARTIALLY_CORRECT,
    Outcome.INCORRECT,
    Outcome.INVALID,
    Outcome.NEEDS_REVIEW,
)
SCORES = {RIGHT: 1.0, PART: 0.5, WRONG: 0.0, UNREAD: 0.0, LOOK: 0.0}


def graded(house: House, *outcomes: Outcome, credit: float = 1.0) -> list[Graded]:
    return [Graded(house.clock(), each, SCORES[each], credit, None) for each in outcomes]


@pytest.mark.parametrize(
    ("policy", "outcomes", "mark"),
    [
        ({}, [], 0),
        ({}, [WRONG, RIGHT], 1),
        ({"counts": "last"}, [RIGHT, PART], 0.5),
        ({"counts": "first"}, [PART, RIGHT], 0.5),
        ({"penalty": 0.25}, [WRONG, PART, RIGHT], 0.5),
        ({"penalty": 0.25}, [UNREAD, LOOK, WRONG, RIGHT], 0.75),
        ({"penalty": 1.0}, [WRONG, RIGHT], 0),
        ({}, [UNREAD, UNREAD], 0),
    ],
)
def test_marks_by_hand(
    house: House, policy: dict[str, Any], outcomes: list[Outcome], mark: float
) -> None:
    assert sums(graded(house, *outcomes), Policy(**policy)).mark == mark


def test_sums_by_hand(house: House) -> None:
    found = sums(graded(house, UNREAD, WRONG, PART, RIGHT, RIGHT), Policy())
    assert (found.submissions, found.unreadable, found.right_number) == (4, 1, 3)
    assert (found.first_outcome, found.first_score, found.best_score) == (WRONG, 0.0, 1.0)


def test_late_answers_keep_a_share(house: House) -> None:
    assert sums(graded(house, RIGHT, credit=0.9), Policy()).mark == 0.9
    due, policy = house.clock(), Policy(late_per_day=0.1)
    credits = [
        policy.credit(due + timedelta(**late), due)
        for late in ({}, {"seconds": 1}, {"days": 1, "seconds": 1}, {"days": 30})
    ]
    assert credits == [1.0, 0.9, 0.8, 0.0]


def test_runs_and_shares() -> None:
    assert [longest_run(each) for each in ([], [False], [True, True, False, True])] == [0, 0, 2]
    assert share([1.0, 0.5], [1.0, 3.0]) == 0.625
    assert share([], []) == share([1.0], [0.0]) == 0.0


def answer(house: House, question: str, door: Door | None = None, **more: Any) -> Any:
    body = {"question": question, "answer": "x", **more}
    return (door or house.learner).post("/api/v1/attempts", body)


def mark(house: House, set_id: str, door: str = "learner") -> dict[str, Any]:
    answer: dict[str, Any] = house.doors[door].get(f"{SETS}/{set_id}/marks").get_json()
    return answer


def test_a_mark_follows_the_verdicts(house: House) -> None:
    set_id = house.practice_set(policy={"penalty": 0.5})
    question, *others = house.questions()
    wrong, right = (answer(house, question).get_json()["id"] for _ in range(2))
    house.record(right, "correct")  # verdicts need not come in the order of the answers
    house.record(wrong, "incorrect")
    (row,) = mark(house, set_id)["items"]
    (item,) = row["items"]
    assert item == {
        "position": 1, "mark": 0.5 / (1 + len(others)), "answered": 1, "asked": 1 + len(others),
    }  # fmt: skip
    assert row["mark"] == item["mark"]


def test_who_teaches_sees_everybody_s_marks(house: House) -> None:
    set_id = house.practice_set()
    names = [row["name"] for row in mark(house, set_id, "instructor")["items"]]
    assert names == ["learner", "neighbour"]


def test_a_changed_policy_changes_the_marks(house: House) -> None:
    set_id = house.practice_set(policy={"penalty": 0.5})
    question = house.questions()[0]
    for outcome in ("incorrect", "correct"):
        house.record(answer(house, question).get_json()["id"], outcome)
    before = mark(house, set_id)["items"][0]["mark"]
    changed = house.instructor.patch(f"{SETS}/{set_id}", {"policy": {"penalty": 0}})
    assert changed.get_json()["policy"]["penalty"] == 0
    assert mark(house, set_id)["items"][0]["mark"] == 2 * before


def test_only_so_many_submissions_are_accepted(house: House) -> None:
    house.practice_set(policy={"attempts": 2})
    question = house.questions()[0]
    first = answer(house, question)
    house.record(first.get_json()["id"], "invalid")  # costs nothing
    second, third = answer(house, question), answer(house, question)
    assert [each.get_json()["number"] for each in (first, second, third)] == [1, 2, 3]
    waiting = answer(house, question)
    assert (waiting.status_code, waiting.headers["Retry-After"]) == (409, "1")
    assert waiting.get_json()["type"].endswith("still-grading")
    for each in (second, third):
        house.record(each.get_json()["id"], "incorrect")
    refused = answer(house, question)
    assert refused.status_code == 409
    assert "All 2 submissions" in refused.get_json()["detail"]
    assert answer(house, question, house.neighbour).status_code == 202


def hour(house: House, number: float) -> str:
    return (house.clock.moment + timedelta(hours=number)).isoformat()


def test_what_is_late_is_refused_or_loses_a_share(house: House) -> None:
    strict = house.practice_set(due_at=hour(house, 1))
    question = house.questions()[0]
    assert answer(house, question).get_json()["credit"] == 1
    house.clock.advance(3601)
    refused = answer(house, question)
    assert (refused.status_code, refused.get_json()["type"][-12:]) == (409, "not-accepted")
    house.instructor.patch(
        f"{SETS}/{strict}", {"policy": {"late_per_day": 0.25}, "closes_at": hour(house, 48)}
    )
    assert answer(house, question).get_json()["credit"] == 0.75
    house.clock.advance(48 * 3600)
    assert answer(house, question).status_code == 409


def test_times_out_of_order_are_refused(house: House) -> None:
    body = {"title": "Sheet", "items": [{"template": TEMPLATE}], "due_at": hour(house, -1)}
    refused = house.instructor.post(SETS, body)
    assert (refused.status_code, "order" in refused.get_json()["detail"]) == (422, True)


def test_a_question_in_two_open_sets_needs_to_be_told_where(house: House) -> None:
    first, second = house.practice_set(), house.practice_set()
    question = house.questions()[0]
    refused = answer(house, question)
    assert refused.status_code == 422
    assert first in refused.get_json()["detail"]
    told = answer(house, question, practice_set=second)
    assert told.get_json()["practice_set"] == second


def test_only_what_is_asked_is_shown_and_answered(house: House) -> None:
    items = [{"template": TEMPLATE, "seed": 0, "questions": ["dw", "shapes"]}]
    house.instructor.post(SETS, {"title": "Sheet", "items": items})
    seen = house.learner.get(f"/api/v1/exercises/{TEMPLATE}@1:0").get_json()["questions"]
    assert {question["name"] for question in seen} == {"dw", "shapes"}
    assert answer(house, f"{TEMPLATE}@1:0/db").status_code == 404
    assert answer(house, f"{TEMPLATE}@1:0/dw").status_code == 202


def individual(house: House, **item: Any) -> str:
    wanted = {"template": TEMPLATE, "variants": "individual", "questions": ["derivative"], **item}
    made = house.instructor.post(SETS, {"title": "Sheet", "items": [wanted]})
    assert made.status_code == 201, made.get_data(as_text=True)
    return str(made.get_json()["id"])


def own(house: House, set_id: str, door: str = "learner") -> dict[str, Any]:
    (item,) = house.doors[door].get(f"{SETS}/{set_id}").get_json()["items"]
    assert isinstance(item, dict)
    return item


def test_each_learner_gets_a_variant_of_ones_own(house: House) -> None:
    set_id = individual(house)
    mine, theirs = own(house, set_id)["exercise"], own(house, set_id, "neighbour")["exercise"]
    assert mine != theirs
    assert own(house, set_id)["exercise"] == mine
    assert own(house, set_id, "instructor")["exercise"] is None
    assert house.learner.get(f"/api/v1/exercises/{mine}").status_code == 200
    assert house.learner.get(f"/api/v1/exercises/{theirs}").status_code == 404


def derivatives(house: House, exercise: str) -> list[str]:
    seen = house.learner.get(f"/api/v1/exercises/{exercise}").get_json()["questions"]
    return [question["id"] for question in seen]


def solve(house: House, exercise: str, outcome: str = "correct") -> None:
    for question in derivatives(house, exercise):
        house.record(answer(house, question).get_json()["id"], outcome)


def test_a_streak_goes_on_until_enough_in_a_row_are_right(house: House) -> None:
    set_id = individual(house, streak=2)
    onward = f"{SETS}/{set_id}/items/1/next"
    first = own(house, set_id)["exercise"]
    assert house.learner.post(onward).status_code == 409  # not answered yet
    solve(house, first)
    second = house.learner.post(onward).get_json()["items"][0]["exercise"]
    solve(house, second, "incorrect")
    solve(house, second)  # put right, which does not make it right at once
    assert mark(house, set_id)["items"][0]["mark"] == 0.5
    for _ in range(2):
        solve(house, house.learner.post(onward).get_json()["items"][0]["exercise"])
    assert mark(house, set_id)["items"][0]["mark"] == 1
    done = house.learner.post(onward)
    assert (done.status_code, "done" in done.get_json()["detail"]) == (409, True)
    assert len(own(house, set_id)["exercises"]) == 4


def test_items_stay_once_learners_have_been_given_them(house: House) -> None:
    set_id = individual(house)
    items = [{"template": TEMPLATE, "seed": 0}]
    assert house.instructor.patch(f"{SETS}/{set_id}", {"items": items}).status_code == 200
    house.instructor.patch(
        f"{SETS}/{set_id}", {"items": [{"template": TEMPLATE, "variants": "individual"}]}
    )
    own(house, set_id)
    refused = house.instructor.patch(f"{SETS}/{set_id}", {"items": items})
    assert refused.status_code == 409


@pytest.mark.parametrize(
    ("feedback", "message", "diagnosed"),
    [("reason", "This differs", 0), ("hint", "Forgot the mean.", 1), ("full", "", 1)],
)
def test_a_learner_is_told_as_much_as_the_policy_says(
    house: House, feedback: str, message: str, diagnosed: int
) -> None:
    house.practice_set(policy={"feedback": feedback})
    attempt = answer(house, house.questions()[0]).get_json()["id"]
    house.record(attempt, "incorrect")
    learner, instructor = (
        house.doors[name].get(f"/api/v1/attempts/{attempt}/verdict").get_json()
        for name in ("learner", "instructor")
    )
    assert len(learner["diagnosis"]) == diagnosed
    assert message in learner["message"]
    assert instructor["diagnosis"]
    assert (learner == {**instructor, "evidence": learner["evidence"]}) == (feedback == "full")


def solutions(house: House, door: str = "learner") -> list[str]:
    answer = house.doors[door].get(f"/api/v1/exercises/{TEMPLATE}@1:0/solutions").get_json()
    return [item["question"] for item in answer["items"]]


def test_solutions_show_when_the_policy_says(house: House) -> None:
    every = house.practice_set(due_at=hour(house, 1))
    path = f"{SETS}/{every}"
    questions = house.questions()
    assert solutions(house, "instructor") == questions
    assert solutions(house) == []
    house.instructor.patch(path, {"policy": {"solutions": "always"}})
    assert solutions(house) == questions
    house.instructor.patch(path, {"policy": {"solutions": "once-right"}})
    house.record(answer(house, questions[1]).get_json()["id"])
    assert solutions(house) == questions[1:2]
    house.instructor.patch(path, {"policy": {"solutions": "never"}})
    house.clock.advance(3601)
    assert solutions(house) == []
    house.instructor.patch(path, {"policy": {"solutions": "once-due"}})
    assert solutions(house) == questions
