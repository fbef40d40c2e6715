"""Templates and exercises over HTTP; above all, what a learner is not shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from generator.bank import Bank
from tests.api.house import TEMPLATE, House

EXERCISE = f"/api/v1/exercises/{TEMPLATE}@1:0"
SHOWN = {"id", "name", "kind", "prompt", "options"}


def keys(value: Any) -> Iterator[str]:
    """Every key in a document, however deep."""
    if isinstance(value, dict):
        yield from value
        for part in value.values():
            yield from keys(part)
    elif isinstance(value, list):
        for part in value:
            yield from keys(part)


def test_templates_are_listed_with_their_slots(house: House, bank: Bank) -> None:
    items = house.learner.get("/api/v1/templates").get_json()["items"]
    assert [item["slug"] for item in items] == [template.slug for template in bank.templates]
    assert all(item["questions"] for item in items)


def test_a_template_is_found_by_its_slug(house: House) -> None:
    answer = house.learner.get(f"/api/v1/templates/{TEMPLATE}").get_json()
    assert answer["slug"] == TEMPLATE


def test_an_exercise_is_made_and_found_again(house: House) -> None:
    made = house.instructor.post("/api/v1/exercises", {"template": TEMPLATE, "seed": 3})
    assert made.headers["Location"] == f"/api/v1/exercises/{TEMPLATE}@1:3"
    assert house.instructor.get(made.headers["Location"]).get_json() == made.get_json()


def test_the_same_seed_is_the_same_exercise(house: House) -> None:
    body = {"template": TEMPLATE, "seed": 3}
    first, second = (house.instructor.post("/api/v1/exercises", body) for _ in range(2))
    assert first.get_json() == second.get_json()


def test_a_seed_is_drawn_when_none_is_given(house: House) -> None:
    body = {"template": TEMPLATE}
    seeds = {house.instructor.post("/api/v1/exercises", body).get_json()["seed"] for _ in range(3)}
    assert len(seeds) == 3
    assert 0 not in seeds


def test_a_learner_sees_what_the_generator_calls_public(house: House, bank: Bank) -> None:
    for template in bank.templates:
        house.practice_set(template.slug)
        exercise = bank.exercise(template.slug, 0)
        seen = house.learner.get(f"/api/v1/exercises/{exercise.to_json()['id']}").get_json()
        assert seen == exercise.public()


def test_a_learner_never_sees_a_key(house: House, bank: Bank) -> None:
    for template in bank.templates:
        house.practice_set(template.slug)
        exercise_id = bank.exercise(template.slug, 0).to_json()["id"]
        seen = house.learner.get(f"/api/v1/exercises/{exercise_id}").get_json()
        assert not {"reference", "program", "classes", "correct", "witness"} & set(keys(seen))
        assert all(set(question) <= SHOWN for question in seen["questions"])


def test_the_public_view_is_the_default_for_instructors_too(house: House) -> None:
    house.practice_set()
    assert house.instructor.get(EXERCISE).get_json() == house.learner.get(EXERCISE).get_json()


def test_the_full_view_is_the_generators(house: House, bank: Bank) -> None:
    house.practice_set()
    full = house.instructor.get(EXERCISE + "?view=full").get_json()
    assert full == bank.exercise(TEMPLATE, 0).to_json()
