"""`./gradbook certify`: what holds, what does not, and exercises stored with their certificates."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api import cli
from api.certify import Examined, Work, examined, summary
from generator.certificate import certify
from grader.grade import grade
from tests.generator.exercises import made

Output = pytest.CaptureFixture[str]
Change = Callable[[dict[str, Any]], None]


def stored(tmp_path: Path, change: Change = lambda document: None) -> Path:
    """A file with one exercise and its certificate, changed."""
    exercise = made("logistic-single", 1)
    document = {**exercise.to_json(), "certificate": certify(exercise, grade).to_json()}
    document = json.loads(json.dumps(document))
    change(document)
    path = tmp_path / "stored.jsonl"
    path.write_text(json.dumps(document) + "\n")
    return path


def said(capsys: Output, *words: str) -> tuple[int, list[str]]:
    """The status of the command and the lines that it printed."""
    status = cli.main(["certify", *words])
    return status, capsys.readouterr().out.splitlines()


def test_exercises_of_a_template_hold(capsys: Output) -> None:
    status, lines = said(capsys, "logistic-single", "--seeds", "2", "--jobs", "1")
    assert status == 0
    assert lines[0].split() == ["template", "exercises", "checks", "bits", "seconds"]
    assert lines[1].split()[:2] == ["logistic-single", "2"]
    assert lines[-1] == "certify: 2 of 2 exercises hold"


def test_other_processes_find_the_same(capsys: Output) -> None:
    words = ("logistic-single", "two-paths", "--seeds", "1")
    status, lines = said(capsys, *words, "--jobs", "2")
    alone = said(capsys, *words, "--jobs", "1")
    assert (status, lines[-1]) == (0, "certify: 2 of 2 exercises hold") == (alone[0], alone[1][-1])
    assert [line.split()[:4] for line in lines] == [line.split()[:4] for line in alone[1]]


def test_a_thorough_examination_checks_more() -> None:
    work = Work("logistic-single@1:0")
    assert examined(work, None, True).checks > examined(work, None, False).checks


def test_a_stored_exercise_holds_again(tmp_path: Path, capsys: Output) -> None:
    status, lines = said(capsys, str(stored(tmp_path)))
    assert status == 0 and lines[-1] == "certify: 1 of 1 exercises hold"


def _other_key(document: dict[str, Any]) -> None:
    document["questions"][0]["prompt"] = "another"


def _other_program(document: dict[str, Any]) -> None:
    document["program"] = None


def _failed(document: dict[str, Any]) -> None:
    document["certificate"]["holds"] = False


def _of_another(document: dict[str, Any]) -> None:
    document["certificate"]["exercise"] = "logistic-single@1:2"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (_other_key, "'questions' is not what the id composes to"),
        (_other_program, "'program' is not what the id composes to"),
        (_failed, "the certificate did not hold when it was stored"),
        (_of_another, "the certificate is about another exercise"),
    ],
)
def test_a_changed_exercise_does_not_hold(
    change: Change, problem: str, tmp_path: Path, capsys: Output
) -> None:
    status, lines = said(capsys, str(stored(tmp_path, change)))
    assert status == 1
    assert lines[0] == f"logistic-single@1:1: stored: {problem}"
    assert lines[-1] == "certify: 0 of 1 exercises hold"


def _without_a_certificate(document: dict[str, Any]) -> None:
    del document["certificate"]


def _without_an_id(document: dict[str, Any]) -> None:
    del document["id"]


def _with_no_id(document: dict[str, Any]) -> None:
    document["id"] = "logistic"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (_without_a_certificate, "logistic-single@1:1 is stored without its certificate"),
        (_without_an_id, "expected an exercise: an object with an 'id'"),
        (_with_no_id, "'logistic' is not an exercise's id"),
    ],
)
def test_what_is_no_stored_exercise_is_named_by_its_line(
    change: Change, problem: str, tmp_path: Path, capsys: Output
) -> None:
    path = stored(tmp_path, change)
    assert cli.main(["certify", str(path)]) == 1
    assert f"{path}:1: {problem}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["logistic-singel"], "did you mean logistic-single"),
        (["missing.jsonl"], "missing.jsonl cannot be read"),
        (["--seeds", "0"], "'0' is no whole number from 1"),
        (["--jobs", "none"], "'none' is no whole number"),
    ],
)
def test_misuse_is_one_sentence(words: list[str], problem: str, capsys: Output) -> None:
    assert cli.main(["certify", *words]) != 0
    assert problem in capsys.readouterr().err


def test_an_exercise_of_another_version_is_a_problem(tmp_path: Path) -> None:
    found = examined(Work("logistic-single@2:0"), None, False)
    (problem,) = found.problems
    assert "the bank holds version 1" in problem
    assert summary([found, Examined("a@1:0", ())]) == "certify: 1 of 2 exercises hold"
