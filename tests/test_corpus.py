"""`./gradbook corpus`: the published corpus, and what it says about files that are none."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from api import cli
from api.labelled import exercises_of, read_exercises
from engine.shapes import show
from generator.errors import TemplateError
from generator.source import Source

ACCEPTANCE = Path(__file__).parent / "acceptance"
ANSWERS, EXERCISES = ACCEPTANCE / "answers.json", ACCEPTANCE / "exercises.toml"
NAMED = 80  # of the 80 wrong answers of the published corpus

SMALL = """format = "gradbook.exercises/1"

[[programs]]
name = "line"
loss = "L"
lines = ["p = w x", "L = (p - y)^2"]

[[programs.symbols]]
name = "x"
role = "data"

[[programs.symbols]]
name = "w"
role = "parameter"

[[programs.symbols]]
name = "y"
role = "label"

[[programs.quantities]]
name = "p"
aliases = ["guess"]

[[exercises]]
id = "line.w"
program = "line"
target = "w"
"""

Output = pytest.CaptureFixture[str]


def row(**changes: Any) -> dict[str, Any]:
    """A right answer to the small exercise."""
    first = {"id": "B1", "exercise": "line.w", "answer": "2(guess - y) x", "correct": True}
    return first | {"misconception": None} | changes


def run(tmp_path: Path, rows: Any, exercises: str = SMALL) -> int:
    """The status of the command on these rows and exercises."""
    answers, defined = tmp_path / "answers.json", tmp_path / "exercises.toml"
    answers.write_text(rows if isinstance(rows, str) else json.dumps(rows), encoding="utf-8")
    defined.write_text(exercises, encoding="utf-8")
    return cli.main(["corpus", str(answers), "--exercises", str(defined)])


def test_the_published_corpus(capsys: Output) -> None:
    assert cli.main(["corpus", str(ANSWERS), "--exercises", str(EXERCISES)]) == 0
    *disagreements, last = capsys.readouterr().out.splitlines()
    found = re.fullmatch(
        r"corpus: right 66/66 accepted, wrong 80/80 rejected, (\d+)/80 named", last
    )
    assert found, last
    assert int(found[1]) >= NAMED, disagreements
    assert len(disagreements) == 80 - int(found[1])


def test_the_exercises_are_those_of_the_corpus() -> None:
    """Every exercise of the answers is there, with the shapes that the answers state."""
    exercises = read_exercises(EXERCISES)
    rows = json.loads(ANSWERS.read_text(encoding="utf-8"))
    assert exercises.keys() == {each["exercise"] for each in rows}
    for each in rows:
        shapes = exercises[each["exercise"]].program.shapes
        for name, stated in each["shapes"].items():
            plain = [] if stated == [1, 1] else stated
            assert list(shapes[name]) == plain, (each["exercise"], name, show(shapes[name]))


def test_agreement_is_silent_but_for_the_summary(tmp_path: Path, capsys: Output) -> None:
    wrong = row(id="B2", answer="(p - y) x", correct=False, misconception="M10")
    assert run(tmp_path, [row(), wrong]) == 0
    assert capsys.readouterr().out == (
        "corpus: right 1/1 accepted, wrong 1/1 rejected, 1/1 named\n"
    )


def test_a_disagreement_about_right_or_wrong_is_status_1(tmp_path: Path, capsys: Output) -> None:
    labels = [row(correct=False, misconception="M20"), row(id="B2", answer="x")]
    assert run(tmp_path, labels) == 1
    first, second, last = capsys.readouterr().out.splitlines()
    assert first.startswith("B1 line.w '2(guess - y) x': labelled wrong, correct")
    assert second.startswith("B2 line.w 'x': labelled right, incorrect")
    assert last == "corpus: right 0/1 accepted, wrong 0/1 rejected, 0/1 named"


def test_another_name_for_a_mistake_is_told_but_no_failure(tmp_path: Path, capsys: Output) -> None:
    assert run(tmp_path, [row(answer="(p - y) x", correct=False, misconception="M20")]) == 0
    told, last = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"B1 line\.w '\(p - y\) x': labelled M20, named .*M10.*", told)
    assert last.endswith("wrong 1/1 rejected, 0/1 named")


@pytest.mark.parametrize(("note", "status"), [("awkward", 0), ("", 1)])
def test_what_has_a_note_may_be_asked_back(tmp_path: Path, note: str, status: int) -> None:
    assert run(tmp_path, [row(answer="2(q - y) x", note=note)]) == status


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ("{", "cannot be read"),
        ("{}", "expected a list of answers"),
        ([row(), 7], "answer 2: expected a table"),
        ([row(answer=None)], "answer 1: 'answer' is missing or not of type str"),
        ([row(correct="yes")], "answer 1: 'correct' is missing or not of type bool"),
        ([row(exercise="line.v")], "no exercise is called 'line.v'; did you mean line.w?"),
        ([row(misconception="M99")], "no misconception is called 'M99'"),
        ([row(misconception=["M01"])], "no misconception is called"),
    ],
)
def test_answers_that_are_none(tmp_path: Path, capsys: Output, rows: Any, complaint: str) -> None:
    assert run(tmp_path, rows) == 1
    said = capsys.readouterr()
    assert complaint in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("exercises/1", "exercises/9", ":1: format: "),
        ('"p = w x"', '"p = v x"', ":6: programs[1].lines: line 1: "),
        ('loss = "L"', 'loss = "J"', ":6: programs[1].lines: the loss J is not defined"),
        ('role = "label"', 'role = "labels"', ":18: programs[1].symbols[3].role: "),
        ('role = "label"', "role = 3", ":18: programs[1].symbols[3].role: expected a string"),
        ('name = "p"', 'name = "q"', ":21: programs[1].quantities[1].name: no line defines q"),
        ('["guess"]', '["x"]', ":22: programs[1].quantities[1].aliases: x is a name"),
        ('program = "line"', 'program = "lime"', ":26: exercises[1].program: 'lime' is not"),
        ('target = "w"', 'target = "v"', ":27: exercises[1].target: 'v' is not the target"),
        ('target = "w"', 'goal = "w"', ":27: exercises[1].goal: is not a key here"),
        ('id = "line.w"\n', "", ":24: exercises[1]: the key 'id' is missing"),
        ('target = "w"', 'target = "w"\nupstream = "all"', ":28: exercises[1].upstream: "),
    ],
)
def test_exercises_that_are_none(
    tmp_path: Path, capsys: Output, old: str, new: str, complaint: str
) -> None:
    assert SMALL.count(old) == 1
    assert run(tmp_path, [row()], SMALL.replace(old, new)) == 1
    assert f"exercises.toml{complaint}" in capsys.readouterr().err


def test_an_exercise_without_sample_points_is_one_sentence(tmp_path: Path, capsys: Output) -> None:
    hopeless = SMALL.replace("(p - y)^2", "log(-1 - p^2) y")
    assert run(tmp_path, [row()], hopeless) == 1
    said = capsys.readouterr().err
    assert said.startswith("gradbook: exercise line.w has no sample points")
    assert said.count("\n") == 1


def test_a_name_defined_twice() -> None:
    double = SMALL + '\n[[exercises]]\nid = "line.w"\nprogram = "line"\ntarget = "x"\n'
    with pytest.raises(TemplateError, match=r"small.toml:30: exercises\[2\].id: 'line.w' is"):
        exercises_of(Source.parse(double, "small.toml"))


def test_what_an_exercise_says() -> None:
    asked = 'target = "w"\nexample_axis = "rows"\nupstream = "example"\nnumerator_layout = true'
    exercise = exercises_of(Source.parse(SMALL.replace('target = "w"', asked), "x"))["line.w"]
    assert exercise.example_axis == 0
    assert exercise.upstream == "example"
    assert exercise.admits_numerator_layout
