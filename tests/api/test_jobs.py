"""Batch jobs: ordered over HTTP, made by the real command, resumed, stopped and fetched."""

from __future__ import annotations

import io
import json
import threading
import uuid
import zipfile
from contextlib import closing
from typing import Any

import pytest

from api.jobs.runner import SILENT, Order, Runner, made_so_far, named, prepare
from tests.api.house import TEMPLATE, House
from tests.api.test_own_templates import OWN, brought

JOBS = "/api/v1/jobs"


def ordered(house: House, **body: Any) -> str:
    asked = {"templates": [TEMPLATE], "count": 2, "output": "jsonl", **body}
    answer = house.instructor.post(JOBS, asked)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return str(answer.headers["Location"])


def runner(house: House, stopped: threading.Event | None = None) -> Runner:
    return Runner(house.database, house.settings, house.clock, stopped or threading.Event())


def job(house: House, path: str) -> dict[str, Any]:
    answer: dict[str, Any] = house.instructor.get(path).get_json()
    return answer


def archive(house: House, path: str) -> zipfile.ZipFile:
    answer = house.instructor.get(path + "/archive")
    assert answer.status_code == 200
    with closing(answer):
        return zipfile.ZipFile(io.BytesIO(answer.get_data()))


@pytest.mark.slow
def test_a_batch_is_made_and_fetched(house: House) -> None:
    slug = brought(house)
    path = ordered(house, templates=[TEMPLATE, slug], count=3)
    assert house.instructor.get(path + "/archive").status_code == 404
    assert runner(house).work() == 1
    seen = job(house, path)
    assert (seen["state"], seen["done"], seen["fault"]) == ("done", 3, None)
    packed = archive(house, path)
    assert "students.jsonl" in packed.namelist()
    lines = packed.read("exercises.jsonl").decode().splitlines()
    assert {json.loads(line)["template"] for line in lines} == {TEMPLATE, slug}
    assert runner(house).work() == 0
    assert not (house.settings.data / "jobs" / path.rpartition("/")[2]).exists()


@pytest.mark.slow
def test_each_student_gets_a_sheet(house: House) -> None:
    path = ordered(house, count=1, output="markdown", for_learners=True)
    assert job(house, path)["total"] == 2
    runner(house).work()
    names = archive(house, path).namelist()
    assert {"learner.md", "neighbour.md", "neighbour-solutions.md"} <= set(names)


@pytest.mark.slow
def test_what_cannot_be_made_fails_with_the_reason(house: House) -> None:
    path = ordered(house, count=1, difficulty=[4.9, 5])
    runner(house).work()
    seen = job(house, path)
    assert seen["state"] == "failed"
    assert "none has a difficulty from 4.9 to 5" in seen["fault"]


def test_a_job_that_is_stopped_is_not_begun(house: House) -> None:
    path = ordered(house)
    assert house.instructor.post(path + "/stop").get_json()["state"] == "stopped"
    assert runner(house).work() == 0


def test_a_runner_that_is_asked_to_stop_leaves_the_job_to_the_next(house: House) -> None:
    path = ordered(house, count=500)
    asked = threading.Event()
    asked.set()
    runner(house, asked).work()
    assert job(house, path)["state"] == "running"
    with house.database.write() as unit:
        assert unit.jobs.claim(house.clock() - SILENT, house.clock()) is None
    house.clock.advance(SILENT.total_seconds() + 1)
    with house.database.write() as unit:
        claimed = unit.jobs.claim(house.clock() - SILENT, house.clock())
        assert claimed is not None
        assert path.endswith(str(claimed.id))


def test_what_is_said_to_the_command(house: House) -> None:
    path = ordered(house, difficulty=[2, 3.5], title="Week 3")
    with house.database.read() as unit:
        found = unit.jobs.known(uuid.UUID(path.rpartition("/")[2]))
        order = Order(found.id, found.order, ())
    words = order.words(house.settings.data)
    assert words[:3] == [TEMPLATE, "--count", "2"]
    assert words[words.index("--difficulty") + 1] == "2.0-3.5"
    folder = house.settings.data / "there"
    prepare(order, folder)
    assert made_so_far(folder / "batch") == 0
    assert 'slug = "other"' in named(OWN, "other")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"templates": []}, "templates"),
        ({"templates": ["nothing"]}, "nothing"),
        ({"count": 0}, "count"),
        ({"difficulty": [3, 2]}, "least first"),
        ({"for_learners": True}, "makes sheets"),
    ],
)
def test_an_order_that_cannot_be_is_refused(house: House, body: dict[str, Any], says: str) -> None:
    answer = house.instructor.post(
        JOBS, {"templates": [TEMPLATE], "count": 2, "output": "jsonl", **body}
    )
    assert answer.status_code in (404, 422)
    assert says in answer.get_json()["detail"]
