"""The OpenAPI document: valid, complete, and the same for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from api.schemas import PROBLEM_TYPE
from api.scopes import Scope
from tests.api.house import House, open_path

UNDOCUMENTED = {"/openapi.json", "/metrics"}
EXPORTED = ["text/csv", "application/x-ndjson"]
STREAMED = {
    "/attempts/{attempt_id}/events": ["text/event-stream"],
    "/jobs/{job_id}/archive": ["application/zip"],
    "/exports/attempts": EXPORTED,
    "/exports/standings": EXPORTED,
}


@pytest.fixture
def document(house: House) -> dict[str, Any]:
    answer: dict[str, Any] = house.nobody.get("/openapi.json").get_json()
    return answer


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def test_it_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(document).validate()


def test_every_route_is_documented(house: House, document: dict[str, Any]) -> None:
    routes = {
        (open_path(rule.rule), method.lower())
        for rule in house.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule not in UNDOCUMENTED
    }
    assert routes == {(path, method) for path, method, _ in operations(document)}


def test_every_operation_has_a_summary_and_a_name_of_its_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    assert all(operation["summary"] for _, _, operation in operations(document))


def test_descriptions_are_plain_markdown(document: dict[str, Any]) -> None:
    descriptions = [each.get("description", "") for _, _, each in operations(document)]
    assert any(descriptions)
    assert all("<" not in text and text == text.strip() for text in descriptions)


def test_operations_below_the_prefix_need_a_token_of_one_scope(document: dict[str, Any]) -> None:
    for path, _, operation in operations(document):
        if not path.startswith("/api/v1/"):
            assert "security" not in operation, path
            continue
        ((scheme, (scope,)),) = operation["security"][0].items()
        assert (scheme, Scope(scope)) == ("bearer", scope), path


def test_every_scope_is_used(document: dict[str, Any]) -> None:
    used = {
        scope
        for _, _, operation in operations(document)
        for needed in operation.get("security", [])
        for scope in needed["bearer"]
    }
    assert used <= set(Scope)


def test_every_post_can_be_repeated(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        names = [each["name"] for each in operation.get("parameters", [])]
        assert ("Idempotency-Key" in names) == (method == "post"), path


def test_every_error_is_a_problem_document(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        for status, response in operation["responses"].items():
            if status >= "400":
                assert list(response["content"]) == [PROBLEM_TYPE], (path, method, status)
            elif status != "304":
                expected = STREAMED.get(path.removeprefix("/api/v1"), ["application/json"])
                assert list(response["content"]) == expected, (path, method, status)
