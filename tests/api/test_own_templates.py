"""Templates that a course brings: checked, named for ever, and its own."""

from __future__ import annotations

from api.authoring import PLACEHOLDER, STARTING_POINT
from tests.api.house import TEMPLATE, House

TEMPLATES = "/api/v1/templates"
OWN = STARTING_POINT.read_text(encoding="utf-8").replace(PLACEHOLDER, "my-neuron")


def brought(house: House, source: str = OWN, door: str = "instructor") -> str:
    """The slug of a template that was taken."""
    answer = house.doors[door].post(TEMPLATES, {"source": source})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return str(answer.get_json()["slug"])


def test_a_course_brings_a_template_and_asks_it(house: House) -> None:
    slug = brought(house)
    assert slug.startswith("my-neuron-c")
    assert house.learner.get(f"{TEMPLATES}/{slug}").get_json()["slug"] == slug
    house.practice_set(slug)
    exercise = house.learner.get(f"/api/v1/exercises/{slug}@1:0").get_json()
    body = {"question": exercise["questions"][0]["id"], "answer": "x"}
    assert house.learner.post("/api/v1/attempts", body).status_code == 202


def test_variants_of_ones_own_come_from_it_too(house: House) -> None:
    item = {"template": brought(house), "variants": "individual", "questions": ["derivative"]}
    made = house.instructor.post("/api/v1/practice-sets", {"title": "S", "items": [item]})
    (seen,) = house.learner.get(made.headers["Location"]).get_json()["items"]
    assert seen["exercise"].startswith(item["template"])


def test_it_is_the_course_s_own(house: House) -> None:
    slug = brought(house)
    house.instructor.post("/api/v1/exercises", {"template": slug, "seed": 0})
    stranger = house.strange_instructor
    assert stranger.get(f"{TEMPLATES}/{slug}").status_code == 404
    assert slug not in {each["slug"] for each in stranger.get(TEMPLATES).get_json()["items"]}
    assert stranger.get(f"/api/v1/exercises/{slug}@1:0?view=full").status_code == 404
    body = {"question": f"{slug}@1:0/dw", "answer": "x"}
    assert stranger.post("/api/v1/attempts", body).status_code == 404
    assert stranger.post("/api/v1/exercises", {"template": slug}).status_code == 422
    assert brought(house, door="strange_instructor") != slug


def test_a_changed_template_needs_a_higher_version(house: House) -> None:
    slug = brought(house)
    changed = OWN.replace('title = "', 'title = "Again: ', 1)
    refused = house.instructor.post(TEMPLATES, {"source": changed})
    assert (refused.status_code, "higher version" in refused.get_json()["detail"]) == (409, True)
    assert brought(house, OWN.replace("version = 1", "version = 2")) == slug
    made = house.instructor.post("/api/v1/exercises", {"template": slug, "seed": 0}).get_json()
    assert made["id"] == f"{slug}@2:0"


def test_what_is_wrong_is_said_with_line_and_key(house: House) -> None:
    line = next(n for n, text in enumerate(OWN.splitlines(), 1) if text.startswith("difficulty"))
    refused = house.instructor.post(TEMPLATES, {"source": OWN.replace("difficulty", "dificulty")})
    assert refused.status_code == 422
    assert f"template:{line}: dificulty" in refused.get_json()["detail"]
    no_toml = house.instructor.post(TEMPLATES, {"source": "["})
    assert (no_toml.status_code, "not TOML" in no_toml.get_json()["detail"]) == (422, True)


def test_the_bank_s_own_names_stay_free(house: House) -> None:
    slug = brought(house, OWN.replace("my-neuron", TEMPLATE))
    assert slug != TEMPLATE
    assert house.learner.get(f"{TEMPLATES}/{TEMPLATE}").get_json()["slug"] == TEMPLATE
