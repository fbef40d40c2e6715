"""Who may do what: every route, for every kind of reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.api.house import OTHER_TEMPLATE, TEMPLATE, House
from tests.api.test_own_templates import OWN

READERS = ("nobody", "learner", "instructor", "administrator", "strange_instructor", "operator")


@dataclass(frozen=True)
class Route:
    """One route, a request to it, and the status each of READERS is answered with."""

    method: str
    rule: str
    statuses: tuple[int, ...]
    path: Callable[[House], str]
    body: Callable[[House], object] = lambda house: None


def fixed(path: str) -> Callable[[House], str]:
    return lambda house: path


def of_practice_set(form: str, released: bool = True) -> Callable[[House], str]:
    return lambda house: form.format(house.practice_set(released=released))


def of_attempt(form: str, graded: bool = False) -> Callable[[House], str]:
    def path(house: House) -> str:
        house.practice_set()
        attempt = house.attempt("learner")
        if graded:
            house.record(attempt)
        return form.format(attempt)

    return path


def of_released_exercise(house: House) -> str:
    house.practice_set()
    return f"/api/v1/exercises/{TEMPLATE}@1:0"


def of_unreleased_exercise(house: House) -> str:
    house.practice_set(OTHER_TEMPLATE, released=False)
    return f"/api/v1/exercises/{OTHER_TEMPLATE}@1:0"


def of_token(house: House) -> str:
    body = {"person": str(house.neighbour.person_id)}
    return str(house.administrator.post("/api/v1/tokens", body).headers["Location"])


def of_regrade(form: str) -> Callable[[House], str]:
    def path(house: House) -> str:
        made = house.instructor.post("/api/v1/regrades", {})
        return form.format(made.headers["Location"])

    return path


def of_job(form: str) -> Callable[[House], str]:
    def path(house: House) -> str:
        made = house.instructor.post("/api/v1/jobs", {"templates": [TEMPLATE]})
        return form.format(made.headers["Location"])

    return path


WEBHOOK = {"url": "https://lms.example.org/hook", "events": ["attempt.graded"]}


def of_webhook(form: str) -> Callable[[House], str]:
    def path(house: House) -> str:
        made = house.administrator.post("/api/v1/webhooks", WEBHOOK)
        return form.format(made.headers["Location"])

    return path


def of_delivery(house: House) -> str:
    hook = of_webhook("{}")(house)
    sent = house.administrator.post(f"{hook}/ping").get_json()
    return f"{hook}/deliveries/{sent['id']}/again"


def an_attempt(house: House) -> object:
    house.practice_set()
    return {"question": house.questions()[0], "answer": "x"}


def an_unreleased_attempt(house: House) -> object:
    house.practice_set(OTHER_TEMPLATE, released=False)
    return {"question": house.questions(OTHER_TEMPLATE)[0], "answer": "x"}


NEW_SET = {"title": "Sheet", "items": [{"template": TEMPLATE}]}
V1 = "/api/v1"
ROUTES = (
    #                                                nobody learner instr. admin elsewhere operator
    Route("GET", "/", (200, 200, 200, 200, 200, 200), fixed("/")),
    Route("GET", "/healthz", (200, 200, 200, 200, 200, 200), fixed("/healthz")),
    Route("GET", "/readyz", (200, 200, 200, 200, 200, 200), fixed("/readyz")),
    Route("GET", "/metrics", (401, 403, 403, 403, 403, 200), fixed("/metrics")),
    Route("GET", "/openapi.json", (200, 200, 200, 200, 200, 200), fixed("/openapi.json")),
    Route("GET", V1 + "/templates", (401, 200, 200, 200, 200, 403), fixed(V1 + "/templates")),
    Route(
        "GET", V1 + "/templates/<slug>", (401, 200, 200, 200, 200, 403),
        fixed(f"{V1}/templates/{TEMPLATE}"),
    ),
    Route(
        "POST", V1 + "/templates", (401, 403, 201, 201, 201, 403), fixed(V1 + "/templates"),
        lambda house: {"source": OWN},
    ),
    Route(
        "POST", V1 + "/exercises", (401, 403, 201, 201, 201, 403), fixed(V1 + "/exercises"),
        lambda house: {"template": TEMPLATE, "seed": 7},
    ),
    Route(
        "GET", V1 + "/exercises/<exercise_id>", (401, 200, 200, 200, 200, 403), of_released_exercise
    ),
    Route(
        "GET", V1 + "/exercises/<exercise_id>", (401, 404, 200, 200, 200, 403),
        of_unreleased_exercise,
    ),
    Route(
        "GET", V1 + "/exercises/<exercise_id>", (401, 403, 200, 200, 200, 403),
        lambda house: of_released_exercise(house) + "?view=full",
    ),
    Route(
        "GET", V1 + "/practice-sets", (401, 200, 200, 200, 200, 403), fixed(V1 + "/practice-sets")
    ),
    Route(
        "POST", V1 + "/practice-sets", (401, 403, 201, 201, 201, 403), fixed(V1 + "/practice-sets"),
        lambda house: NEW_SET,
    ),
    Route(
        "GET", V1 + "/practice-sets/<set_id>", (401, 200, 200, 200, 404, 403),
        of_practice_set(V1 + "/practice-sets/{}"),
    ),
    Route(
        "GET", V1 + "/practice-sets/<set_id>", (401, 404, 200, 200, 404, 403),
        of_practice_set(V1 + "/practice-sets/{}", released=False),
    ),
    Route(
        "POST", V1 + "/attempts", (401, 202, 202, 202, 202, 403), fixed(V1 + "/attempts"),
        an_attempt,
    ),
    Route(
        "POST", V1 + "/attempts", (401, 404, 202, 202, 202, 403), fixed(V1 + "/attempts"),
        an_unreleased_attempt,
    ),
    Route("GET", V1 + "/attempts", (401, 200, 200, 200, 200, 403), fixed(V1 + "/attempts")),
    Route(
        "GET", V1 + "/attempts/<attempt_id>", (401, 200, 200, 200, 404, 403),
        of_attempt(V1 + "/attempts/{}"),
    ),
    Route(
        "GET", V1 + "/attempts/<attempt_id>/events", (401, 200, 200, 200, 404, 403),
        of_attempt(V1 + "/attempts/{}/events", graded=True),
    ),
    Route(
        "GET", V1 + "/attempts/<attempt_id>/verdict", (401, 200, 200, 200, 404, 403),
        of_attempt(V1 + "/attempts/{}/verdict", graded=True),
    ),
    Route(
        "GET", V1 + "/attempts/<attempt_id>/verdict", (401, 404, 404, 404, 404, 403),
        of_attempt(V1 + "/attempts/{}/verdict"),
    ),
    Route(
        "GET", V1 + "/practice-sets/<set_id>/marks", (401, 200, 200, 200, 404, 403),
        of_practice_set(V1 + "/practice-sets/{}/marks"),
    ),
    Route(
        "PATCH", V1 + "/practice-sets/<set_id>", (401, 403, 428, 428, 404, 403),
        of_practice_set(V1 + "/practice-sets/{}"), lambda house: {"title": "Other"},
    ),
    Route(
        "POST", V1 + "/practice-sets/<set_id>/items/<int:position>/next",
        (401, 409, 409, 409, 404, 403), of_practice_set(V1 + "/practice-sets/{}/items/1/next"),
    ),
    Route(
        "GET", V1 + "/exercises/<exercise_id>/solutions", (401, 200, 200, 200, 200, 403),
        lambda house: of_released_exercise(house) + "/solutions",
    ),
    Route(
        "GET", V1 + "/exercises/<exercise_id>/solutions", (401, 404, 200, 200, 200, 403),
        lambda house: of_unreleased_exercise(house) + "/solutions",
    ),
    Route("GET", V1 + "/courses", (401, 403, 403, 403, 403, 200), fixed(V1 + "/courses")),
    Route(
        "POST", V1 + "/courses", (401, 403, 403, 403, 403, 201), fixed(V1 + "/courses"),
        lambda house: {"title": "Deep learning", "administrator": "Ada"},
    ),
    Route(
        "GET", V1 + "/courses/<course_id>", (401, 200, 200, 200, 404, 403),
        lambda house: f"{V1}/courses/{house.course_id}",
    ),
    Route(
        "PATCH", V1 + "/courses/<course_id>", (401, 403, 403, 428, 403, 403),
        lambda house: f"{V1}/courses/{house.course_id}", lambda house: {"title": "Other"},
    ),
    Route("GET", V1 + "/enrolments", (401, 403, 200, 200, 200, 403), fixed(V1 + "/enrolments")),
    Route(
        "POST", V1 + "/enrolments", (401, 403, 403, 201, 403, 403), fixed(V1 + "/enrolments"),
        lambda house: {"name": "Emmy", "external_id": "e1"},
    ),
    Route(
        "GET", V1 + "/enrolments/<person_id>", (401, 403, 200, 200, 404, 403),
        lambda house: f"{V1}/enrolments/{house.learner.person_id}",
    ),
    Route(
        "PATCH", V1 + "/enrolments/<person_id>", (401, 403, 403, 428, 403, 403),
        lambda house: f"{V1}/enrolments/{house.learner.person_id}", lambda house: {"ended": True},
    ),
    Route("GET", V1 + "/tokens", (401, 403, 403, 200, 403, 403), fixed(V1 + "/tokens")),
    Route(
        "POST", V1 + "/tokens", (401, 403, 403, 201, 403, 403), fixed(V1 + "/tokens"),
        lambda house: {"person": str(house.learner.person_id)},
    ),
    Route("GET", V1 + "/tokens/<token_id>", (401, 403, 403, 200, 403, 403), of_token),
    Route("DELETE", V1 + "/tokens/<token_id>", (401, 403, 403, 200, 403, 403), of_token),
    Route("GET", V1 + "/regrades", (401, 403, 200, 200, 200, 403), fixed(V1 + "/regrades")),
    Route(
        "POST", V1 + "/regrades", (401, 403, 201, 201, 201, 403), fixed(V1 + "/regrades"),
        lambda house: {"reason": "a better grader"},
    ),
    Route(
        "GET", V1 + "/regrades/<regrade_id>", (401, 403, 200, 200, 404, 403),
        of_regrade("{}"),
    ),
    Route(
        "GET", V1 + "/regrades/<regrade_id>/changes", (401, 403, 200, 200, 404, 403),
        of_regrade("{}/changes"),
    ),
    Route(
        "POST", V1 + "/regrades/<regrade_id>/apply", (401, 403, 200, 200, 404, 403),
        of_regrade("{}/apply"), lambda house: {"lowered": True},
    ),
    Route("GET", V1 + "/jobs", (401, 403, 200, 200, 200, 403), fixed(V1 + "/jobs")),
    Route(
        "POST", V1 + "/jobs", (401, 403, 201, 201, 201, 403), fixed(V1 + "/jobs"),
        lambda house: {"templates": [TEMPLATE]},
    ),
    Route("GET", V1 + "/jobs/<job_id>", (401, 403, 200, 200, 404, 403), of_job("{}")),
    Route("POST", V1 + "/jobs/<job_id>/stop", (401, 403, 200, 200, 404, 403), of_job("{}/stop")),
    Route(
        "GET", V1 + "/jobs/<job_id>/archive", (401, 403, 404, 404, 404, 403),
        of_job("{}/archive"),
    ),
    Route("GET", V1 + "/webhooks", (401, 403, 403, 200, 403, 403), fixed(V1 + "/webhooks")),
    Route(
        "POST", V1 + "/webhooks", (401, 403, 403, 201, 403, 403), fixed(V1 + "/webhooks"),
        lambda house: WEBHOOK,
    ),
    Route(
        "GET", V1 + "/webhooks/<webhook_id>", (401, 403, 403, 200, 403, 403), of_webhook("{}")
    ),
    Route(
        "PATCH", V1 + "/webhooks/<webhook_id>", (401, 403, 403, 428, 403, 403),
        of_webhook("{}"), lambda house: {"active": False},
    ),
    Route(
        "POST", V1 + "/webhooks/<webhook_id>/ping", (401, 403, 403, 202, 403, 403),
        of_webhook("{}/ping"),
    ),
    Route(
        "GET", V1 + "/webhooks/<webhook_id>/deliveries", (401, 403, 403, 200, 403, 403),
        of_webhook("{}/deliveries"),
    ),
    Route(
        "POST", V1 + "/webhooks/<webhook_id>/deliveries/<delivery_id>/again",
        (401, 403, 403, 202, 403, 403), of_delivery,
    ),
    Route("GET", V1 + "/audit", (401, 403, 403, 200, 403, 403), fixed(V1 + "/audit")),
    Route(
        "GET", V1 + "/analytics/questions", (401, 403, 200, 200, 200, 403),
        fixed(V1 + "/analytics/questions"),
    ),
    Route(
        "GET", V1 + "/analytics/questions", (401, 403, 200, 200, 404, 403),
        of_practice_set(V1 + "/analytics/questions?practice_set={}"),
    ),
    Route(
        "GET", V1 + "/practice-sets/<set_id>/statistics", (401, 403, 200, 200, 404, 403),
        of_practice_set(V1 + "/practice-sets/{}/statistics"),
    ),
    Route(
        "GET", V1 + "/practice-sets/<set_id>/statistics/variants", (401, 403, 200, 200, 404, 403),
        of_practice_set(V1 + "/practice-sets/{}/statistics/variants"),
    ),
    Route(
        "GET", V1 + "/analytics/misconceptions", (401, 403, 200, 200, 404, 403),
        of_practice_set(V1 + "/analytics/misconceptions?practice_set={}"),
    ),
    Route(
        "GET", V1 + "/analytics/misconceptions/<slug>/slots", (401, 403, 200, 200, 200, 403),
        fixed(f"{V1}/analytics/misconceptions/chain-break/slots?template={TEMPLATE}"),
    ),
    Route(
        "GET", V1 + "/analytics/stuck", (401, 403, 200, 200, 404, 403),
        of_practice_set(V1 + "/analytics/stuck?practice_set={}"),
    ),
    Route(
        "GET", V1 + "/analytics/answers/wrong", (401, 403, 200, 200, 200, 403),
        fixed(f"{V1}/analytics/answers/wrong?question={TEMPLATE}@1:0/dw"),
    ),
    Route(
        "GET", V1 + "/analytics/answers/unreadable", (401, 403, 200, 200, 200, 403),
        fixed(f"{V1}/analytics/answers/unreadable?question={TEMPLATE}@1:0/dw"),
    ),
    Route(
        "GET", V1 + "/exports/attempts", (401, 403, 200, 200, 404, 403),
        of_practice_set(V1 + "/exports/attempts?practice_set={}"),
    ),
    Route(
        "GET", V1 + "/exports/standings", (401, 403, 200, 200, 200, 403),
        fixed(V1 + "/exports/standings?format=jsonl"),
    ),
    Route(
        "GET", V1 + "/people/me/data", (401, 200, 200, 200, 200, 403), fixed(V1 + "/people/me/data")
    ),
    Route(
        "POST", V1 + "/people/<person_id>/erasure", (401, 403, 403, 200, 403, 403),
        lambda house: f"{V1}/people/{house.neighbour.person_id}/erasure",
    ),
)  # fmt: skip


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.rule}")
def test_everybody_may_do_what_the_table_says(house: House, route: Route, reader: str) -> None:
    path, body = route.path(house), route.body(house)
    answer = house.doors[reader].call(route.method, path, json=body)
    assert answer.status_code == route.statuses[READERS.index(reader)], answer.get_data(True)


@pytest.mark.parametrize("other", ["neighbour", "stranger"])
@pytest.mark.parametrize("form", ["/api/v1/attempts/{}", "/api/v1/attempts/{}/verdict"])
def test_anothers_attempt_does_not_exist(house: House, other: str, form: str) -> None:
    path = of_attempt(form, graded=True)(house)
    assert house.learner.get(path).status_code == 200
    assert house.doors[other].get(path).status_code == 404


@pytest.mark.parametrize("path", [f"/api/v1/exercises/{TEMPLATE}@1:0", "/api/v1/attempts"])
def test_a_practice_set_opens_to_its_own_course_only(house: House, path: str) -> None:
    house.practice_set()
    body = {"question": house.questions()[0], "answer": "x"}
    method = "POST" if path.endswith("attempts") else "GET"
    assert house.stranger.call(method, path, json=body).status_code == 404


def test_the_table_has_every_route(house: House) -> None:
    rules = {
        (method, rule.rule)
        for rule in house.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert rules == {(route.method, route.rule) for route in ROUTES}


def test_every_view_says_which_scope_it_needs(house: House) -> None:
    views = house.app.view_functions.items()
    assert [name for name, view in views if not hasattr(view, "needed_scope")] == []
