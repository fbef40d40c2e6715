"""Regrades: what a better grader would change, and that no mark sinks unless somebody says so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from api.regrades.service import PATIENCE, Sender
from tests.api.house import OTHER_TEMPLATE, TEMPLATE, House

REGRADES = "/api/v1/regrades"
OLD, NEW = "0", "1"


def graded(house: House, outcome: str, door: str = "learner", number: int = 0) -> str:
    """An attempt that the grader of yesterday judged."""
    attempt = house.attempt(door, number=number)
    house.record(attempt, outcome, grader=OLD)
    return attempt


def begun(house: House, **body: Any) -> str:
    answer = house.instructor.post(REGRADES, body)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return str(answer.headers["Location"])


def outcome(house: House, attempt: str) -> str:
    verdict = house.instructor.get(f"/api/v1/attempts/{attempt}/verdict").get_json()
    return f"{verdict['outcome']} {verdict['grader']}"


def mark(house: House, set_id: str) -> float:
    row = house.learner.get(f"/api/v1/practice-sets/{set_id}/marks").get_json()["items"][0]
    return float(row["mark"])


def test_a_raised_mark_counts_at_once(house: House) -> None:
    set_id = house.practice_set()
    attempt = graded(house, "incorrect")
    regrade, before = begun(house), mark(house, set_id)
    assert house.instructor.get(regrade).get_json()["state"] == "running"
    house.record(attempt, "correct", grader=NEW)
    done = house.instructor.get(regrade).get_json()
    assert (done["state"], done["total"], done["raised"], done["applied"]) == ("done", 1, 1, 1)
    assert outcome(house, attempt) == "correct 1"
    assert mark(house, set_id) > before


def test_a_lowered_mark_waits_until_somebody_applies_it(house: House) -> None:
    set_id = house.practice_set()
    attempt = graded(house, "correct")
    regrade, before = begun(house), mark(house, set_id)
    house.record(attempt, "incorrect", grader=NEW)
    assert outcome(house, attempt) == "correct 0"
    (change,) = house.instructor.get(regrade + "/changes").get_json()["items"]
    assert (change["effect"], change["applied"]) == ("lowered", False)
    assert change["before"] == {"grader": OLD, "outcome": "correct", "score": 1.0}
    house.instructor.post(regrade + "/apply", {})
    assert mark(house, set_id) == before
    house.instructor.post(regrade + "/apply", {"lowered": True})
    assert outcome(house, attempt) == "incorrect 1"
    assert mark(house, set_id) == 0


@pytest.mark.parametrize(
    ("before", "after", "effect"),
    [
        ("invalid", "incorrect", "lowered"),  # was free, and would count
        ("incorrect", "invalid", "raised"),
        ("incorrect", "incorrect", "same"),
        ("needs_review", "correct", "raised"),
        ("correct", "needs_review", "lowered"),
    ],
)
def test_effects_by_hand(house: House, before: str, after: str, effect: str) -> None:
    house.practice_set()
    attempt = graded(house, before)
    regrade = begun(house)
    house.record(attempt, after, grader=NEW)
    seen = house.instructor.get(regrade).get_json()
    assert (seen["raised"], seen["lowered"]) == (effect == "raised", effect == "lowered")


def test_a_dry_run_changes_nothing_until_it_is_applied(house: House) -> None:
    house.practice_set()
    attempt = graded(house, "incorrect")
    regrade = begun(house, dry_run=True)
    house.record(attempt, "correct", grader=NEW)
    assert outcome(house, attempt) == "incorrect 0"
    assert house.instructor.get(regrade).get_json()["raised"] == 1
    assert house.instructor.post(regrade + "/apply", {}).get_json()["applied"] == 1
    assert outcome(house, attempt) == "correct 1"


def test_nothing_is_applied_before_all_is_known(house: House) -> None:
    house.practice_set()
    graded(house, "incorrect")
    assert house.instructor.post(begun(house, dry_run=True) + "/apply", {}).status_code == 409


def test_a_late_copy_of_the_old_verdict_settles_nothing(house: House) -> None:
    house.practice_set()
    attempt = graded(house, "incorrect")
    regrade = begun(house)
    house.record(attempt, "incorrect", grader=OLD)
    assert house.instructor.get(regrade).get_json()["state"] == "running"


def test_what_this_grader_judged_already_is_done(house: House) -> None:
    house.practice_set()
    house.record(house.attempt(), "incorrect", grader=NEW)
    done = house.instructor.get(begun(house)).get_json()
    assert (done["state"], done["total"], done["applied"]) == ("done", 1, 0)
    assert house.instructor.get(begun(house) + "/changes").get_json()["items"] == []


def test_a_verdict_known_from_a_dry_run_settles_the_next_regrade(house: House) -> None:
    house.practice_set()
    attempt = graded(house, "incorrect")
    begun(house, dry_run=True)
    house.record(attempt, "correct", grader=NEW)
    regrade = begun(house)
    house.record(attempt, "correct", grader=NEW)
    assert house.instructor.get(regrade).get_json()["applied"] == 1
    assert outcome(house, attempt) == "correct 1"


def test_only_what_is_in_reach_is_graded_again(house: House) -> None:
    first = house.practice_set(TEMPLATE)
    graded(house, "incorrect")
    house.record(house.attempt(), "incorrect", grader=NEW)
    house.practice_set(OTHER_TEMPLATE)
    totals = [
        house.instructor.get(begun(house, **body)).get_json()["total"]
        for body in (
            {},
            {"practice_set": first},
            {"template": TEMPLATE},
            {"template": OTHER_TEMPLATE},
            {"grader": OLD},
        )
    ]
    assert totals == [2, 2, 2, 0, 1]
    elsewhere = house.strange_instructor.post(REGRADES, {}).get_json()
    assert elsewhere["total"] == 0


def test_attempts_are_handed_over_and_again_when_nothing_comes_back(house: House) -> None:
    house.practice_set()
    attempts = {graded(house, "incorrect") for _ in range(3)}
    house.queue.messages.clear()
    begun(house)
    sender = Sender(house.database, house.queue, house.clock)
    assert sender.send() == 3
    assert {str(message.attempt) for message in house.queue.messages} == attempts
    assert sender.send() == 0
    house.clock.advance((PATIENCE + timedelta(seconds=1)).total_seconds())
    assert sender.send() == 3
    house.queue.waiting = 100
    house.clock.advance((PATIENCE + timedelta(seconds=1)).total_seconds())
    assert sender.send() == 0  # the graders are behind
