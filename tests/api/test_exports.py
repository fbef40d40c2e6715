"""Exports, a person's own data, and what is left after erasure."""

from __future__ import annotations

import csv
import io
import json
import uuid

import pytest

from api.exports.formats import PIECE, Format, Pseudonyms, written
from api.store.models import Role
from tests.api.house import House

V1 = "/api/v1"


def exported(house: House, what: str, query: str = "") -> list[dict[str, str]]:
    answer = house.instructor.get(f"{V1}/exports/{what}{query}")
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))


def furnished(house: House) -> None:
    """A wrong and a right attempt by the learner, one by an instructor, which is not exported."""
    house.practice_set()
    house.record(house.attempt(answer='a "quoted", x'), "incorrect")
    house.record(house.attempt(answer="-x\ny"), "correct")
    house.record(house.attempt("instructor"), "correct")


def test_attempts_as_csv(house: House) -> None:
    furnished(house)
    first, second = exported(house, "attempts")
    assert (first["name"], first["learner"]) == ("learner", str(house.learner.person_id))
    assert (first["answer"], second["answer"]) == ('a "quoted", x', "-x\ny")
    assert (first["outcome"], first["misconceptions"]) == ("incorrect", "missing-batch-mean")
    assert (second["number"], second["score"], second["misconceptions"]) == ("2", "1.0", "")


def test_standings_as_json_lines(house: House) -> None:
    furnished(house)
    answer = house.instructor.get(f"{V1}/exports/standings?format=jsonl")
    assert answer.mimetype == "application/x-ndjson"
    (row,) = map(json.loads, answer.get_data(as_text=True).splitlines())
    assert (row["submissions"], row["scores"], row["right_number"]) == (2, [0.0, 1.0], 2)
    assert (row["slug"], row["fixed"], row["persisted"]) == ("missing-batch-mean", True, None)


def test_a_pseudonym_is_the_same_everywhere_and_says_nothing(house: House) -> None:
    furnished(house)
    rows = exported(house, "attempts", "?pseudonymised=true")
    rows += exported(house, "standings", "?pseudonymised=true")
    names = {row["learner"] for row in rows}
    assert len(names) == 1
    assert str(house.learner.person_id) not in names
    assert all("name" not in row and "external_id" not in row for row in rows)
    one, other = (Pseudonyms(key).of(house.learner.person_id) for key in (b"a", b"b"))
    assert one != other


def test_an_export_of_a_set_has_that_set_only(house: House) -> None:
    furnished(house)
    other = house.practice_set("logistic-batch")
    assert exported(house, "attempts", f"?practice_set={other}") == []
    assert house.strange_instructor.get(f"{V1}/exports/attempts").get_data(as_text=True) != ""


@pytest.mark.parametrize("form", Format)
def test_rows_are_written_in_pieces(form: Format) -> None:
    rows = [(number, None) for number in range(2 * PIECE + 1)]
    pieces = list(written(form, ("a", "b"), iter(rows)))
    assert len(pieces) == 3
    assert len("".join(pieces).splitlines()) == len(rows) + (form is Format.CSV)


def test_own_data_are_all_of_ones_own_and_nobody_elses(house: House) -> None:
    furnished(house)
    house.record(house.attempt("neighbour", answer="secret"), "correct")
    found = house.learner.get(f"{V1}/people/me/data").get_json()
    assert found["enrolment"]["name"] == "learner"
    assert [each["answer"] for each in found["attempts"]] == ['a "quoted", x', "-x\ny"]
    assert [each["outcome"] for each in found["attempts"]] == ["incorrect", "correct"]
    assert [each["submissions"] for each in found["standings"]] == [2]
    assert len(found["tokens"]) == 1
    assert "secret" not in json.dumps(found)


def test_erasure_takes_name_and_texts_and_leaves_statistics(house: House) -> None:
    furnished(house)
    practice_set = house.instructor.get(f"{V1}/practice-sets").get_json()["items"][0]["id"]
    path = f"{V1}/practice-sets/{practice_set}/statistics"
    before = house.instructor.get(path).get_json()
    erasure = f"{V1}/people/{house.learner.person_id}/erasure"
    assert house.administrator.post(erasure).get_json() == {
        "person": str(house.learner.person_id), "attempts": 2, "name": True,
    }  # fmt: skip
    assert house.learner.get(f"{V1}/people/me/data").status_code == 401
    assert house.instructor.get(path).get_json() == before
    rows = exported(house, "attempts")
    assert {(row["name"], row["answer"]) for row in rows} == {("(erased)", "")}
    attempt = house.instructor.get(f"{V1}/attempts?learner={rows[0]['learner']}").get_json()
    assert "quoted" not in json.dumps(attempt)
    assert attempt["items"][0]["verdict"]["parsed"] is None
    assert house.administrator.post(erasure).get_json()["attempts"] == 2  # harmless


def test_what_was_erased_is_not_graded_again(house: House) -> None:
    furnished(house)
    house.administrator.post(f"{V1}/people/{house.learner.person_id}/erasure")
    regrade = house.instructor.post(f"{V1}/regrades", {"reason": "A new grader"}).get_json()
    assert regrade["total"] == 1  # the instructor's own


def test_a_name_stays_while_another_course_has_the_person(house: House) -> None:
    furnished(house)
    with house.database.write() as unit:
        found = unit.people.person(house.learner.person_id)
        assert found is not None
        elsewhere = unit.people.add_course(uuid.uuid4(), "Elsewhere", house.clock())
        unit.people.admit(elsewhere.id, found, Role.STUDENT, house.clock())
    erasure = f"{V1}/people/{house.learner.person_id}/erasure"
    assert house.administrator.post(erasure).get_json()["name"] is False
    assert {row["name"] for row in exported(house, "attempts")} == {"learner"}


def test_an_answer_that_waits_for_its_verdict_is_waited_for(house: House) -> None:
    house.practice_set()
    house.attempt()
    erasure = f"{V1}/people/{house.learner.person_id}/erasure"
    assert house.administrator.post(erasure).status_code == 409
