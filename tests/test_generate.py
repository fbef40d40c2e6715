"""Batches: whole files, the same bytes however they are made, resumed, refused with a reason."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from api import cli
from api.batches.folder import JOURNAL
from api.batches.roster import read_roster
from generator.bank import Bank

ROOT = Path(__file__).parent.parent
Output = pytest.CaptureFixture[str]


def generate(*words: object) -> int:
    jobs = () if "--jobs" in words else ("--jobs", "1")
    return cli.main(["generate", *map(str, (*words, *jobs))])


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_data_in_full_and_for_students(tmp_path: Path, capsys: Output) -> None:
    out = tmp_path / "batch"
    assert generate("logistic-single", "two-paths", "--count", 6, "--seed", 3, "--out", out) == 0
    assert "6 of 6 exercises" in capsys.readouterr().out
    assert sorted(files(out)) == ["batch.json", "exercises.jsonl", "students.jsonl"]
    full = [json.loads(line) for line in (out / "exercises.jsonl").read_text().splitlines()]
    public = [json.loads(line) for line in (out / "students.jsonl").read_text().splitlines()]
    assert [each["id"] for each in full] == [each["id"] for each in public]
    assert {each["template"] for each in full} == {"logistic-single", "two-paths"}
    assert all(each["certificate"]["holds"] and each["solutions"] for each in full)
    bank = Bank.load()
    for each, seen in zip(full, public, strict=True):
        exercise = bank.exercise_by_id(each["id"])
        assert each["questions"] == json.loads(json.dumps(exercise.to_json()["questions"]))
        assert not {"solutions", "certificate", "program", "slots"} & seen.keys()
        assert all("reference" not in question for question in seen["questions"])


def test_the_number_of_processes_changes_nothing(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for out, jobs in ((one, 1), (two, 2)):
        assert generate("two-paths", "norms", "--count", 5, "--jobs", jobs, "--out", out) == 0
    assert files(one) == files(two)


def test_slots_and_difficulties_are_kept(tmp_path: Path) -> None:
    out = tmp_path / "batch"
    words = ("--slot", "w=row", "--difficulty", "2-3", "--count", 4)
    assert generate("logistic-single", *words, "--out", out) == 0
    for line in (out / "exercises.jsonl").read_text().splitlines():
        found = json.loads(line)
        assert found["slots"]["w"] == "row" and 2 <= found["difficulty"] <= 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["logistic-singel"], "did you mean logistic-single"),
        (["logistic-single", "--slot", "los=se"], "has no slot 'los'; did you mean loss"),
        (["logistic-single", "--slot", "loss=mse"], "the slot loss has no value 'mse'"),
        (["logistic-single", "--slot", "loss=bce", "--slot", "activation=tanh"], "together"),
        (["logistic-single", "--slot", "loss"], "is not NAME=VALUE"),
        (["logistic-single", "--difficulty", "3-2"], "ends before it begins"),
        (["logistic-single", "--difficulty", "hard"], "is no band such as 2-3.5"),
        (["logistic-single", "--difficulty", "6-9"], "outside the scale, which is from 1 to 5"),
        (["logistic-single", "--difficulty", "nan-2"], "outside the scale"),
        (["warm-up", "two-paths", "--difficulty", "4.9-5"], "none has a difficulty from 4.9 to 5"),
        (["logistic-single", "--count", "0"], "no whole number from 1"),
        (["logistic-single", "--format", "docx"], "invalid choice"),
    ],
)
def test_bad_orders_are_refused(
    words: list[str], said: str, tmp_path: Path, capsys: Output
) -> None:
    assert generate(*words, "--out", tmp_path / "batch") in (1, 2)
    assert said in capsys.readouterr().err
    assert not (tmp_path / "batch").exists() or not list((tmp_path / "batch").iterdir())


def test_more_than_there_is_says_how_many_there_are(tmp_path: Path, capsys: Output) -> None:
    out = tmp_path / "batch"
    assert generate("warm-up", "--count", 500, "--out", out) == 1
    said = capsys.readouterr()
    assert "of 500 exercises" in said.out and "no more than" in said.err


def test_a_folder_with_files_is_refused(tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    assert generate("warm-up", "--count", 1, "--out", tmp_path) == 1
    assert "is not empty" in capsys.readouterr().err
    assert generate("warm-up", "--count", 1, "--out", tmp_path, "--force") == 0
    assert (tmp_path / "thesis.tex").read_text() == "mine"


def test_a_file_is_no_folder(tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "out").write_text("mine")
    assert generate("warm-up", "--count", 1, "--out", tmp_path / "out") == 1
    assert "out is a file; name a folder" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made(tmp_path: Path, capsys: Output) -> None:
    assert generate("warm-up", "--count", 1, "--out", "/dev/null/out") == 1
    assert "/dev/null/out: Not a directory" in capsys.readouterr().err


ORDER = ("two-paths", "norms", "least-squares", "--count", "24", "--jobs", "1")


# What runs us may have told its children to pass over an interruption.
HEEDED = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"


def started(out: Path, *before: str, jobs: str = "1") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", f"{';'.join((HEEDED, *before))};from api.cli import main;import sys;"
         "sys.exit(main(sys.argv[1:]))", "generate", *ORDER, "--jobs", jobs, "--out", str(out)],
        cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip


# So that it is interrupted in the middle, however fast or busy the machine is.
SLOWLY = (
    "import time; from api.batches.folder import Folder; take = Folder.take;"
    "Folder.take = lambda *given: (time.sleep(0.5), take(*given))"
)


def test_an_interrupted_batch_goes_on(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert generate(*ORDER, "--out", whole) == 0
    process = started(broken, SLOWLY)
    journal = broken / JOURNAL
    deadline = time.monotonic() + 60
    while not journal.exists() or journal.read_text().count("\n") < 4:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130 and "goes on where it stopped" in said
    assert not (broken / "exercises.jsonl").exists()
    with (broken / "exercises.jsonl.part").open("a") as part:
        part.write('{"torn')  # a line that a dying machine left behind
    assert generate(*ORDER, "--out", broken) == 0
    assert files(broken) == files(whole)


def running() -> list[tuple[int, int, str]]:
    """Every process: its number, its parent's, its command."""
    listed = subprocess.run(
        ["ps", "-Aww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    rows = (line.split(None, 2) for line in listed.stdout.splitlines())
    return [(int(row[0]), int(row[1]), row[2]) for row in rows if len(row) == 3]


def workers(process: subprocess.Popen[str]) -> list[int]:
    """The processes in which a batch makes its exercises."""
    return [
        pid for pid, parent, said in running() if parent == process.pid and "spawn_main" in said
    ]


def begun(out: Path) -> subprocess.Popen[str]:
    """A batch by two processes that has taken its first exercises."""
    process = started(out, "pass", jobs="2")
    deadline = time.monotonic() + 120
    while not (out / JOURNAL).exists() or (out / JOURNAL).read_text().count("\n") < 3:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    return process


def test_a_killed_batch_leaves_no_process_and_goes_on(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    process = begun(broken)
    left = set(workers(process))
    process.kill()
    process.communicate(timeout=60)
    deadline = time.monotonic() + 60
    while left & {pid for pid, _, _ in running()}:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert len(left) == 2 and files(broken).keys().isdisjoint(("exercises.jsonl", "batch.json"))
    assert generate(*ORDER, "--out", broken) == generate(*ORDER, "--out", whole) == 0
    assert files(broken) == files(whole)


def test_a_batch_that_loses_a_process_says_so(tmp_path: Path) -> None:
    process = begun(tmp_path / "broken")
    os.kill(workers(process)[0], signal.SIGKILL)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 1 and "one of the processes was ended from outside" in said
    assert "Traceback" not in said and not (tmp_path / "broken" / "exercises.jsonl").exists()


def test_a_journal_that_was_never_begun_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).write_text('{"format": "grad')
    assert generate("warm-up", "--count", 1, "--out", tmp_path) == 0


def test_another_order_does_not_go_on(tmp_path: Path, capsys: Output) -> None:
    (tmp_path / JOURNAL).write_text('{"format": "gradbook.batch/1", "order": "another"}\n')
    assert generate("warm-up", "--count", 1, "--out", tmp_path) == 1
    assert "another order" in capsys.readouterr().err


LIMIT = "import resource,signal;resource.setrlimit(resource.RLIMIT_FSIZE,(60000,60000))"


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    process = started(broken, LIMIT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 1 and "no room is left on the disk" in said
    assert not (broken / "exercises.jsonl").exists()
    assert generate(*ORDER, "--out", broken) == generate(*ORDER, "--out", whole) == 0
    assert files(broken) == files(whole)


ROSTER = "name,group\nAda Lovelace,1\nÉmilie du Châtelet,2\n"


def test_a_sheet_for_every_learner(tmp_path: Path) -> None:
    roster, out = tmp_path / "roster.csv", tmp_path / "sheets"
    roster.write_text(ROSTER, encoding="utf-8")
    words = ("--roster", roster, "--count", 1, "--format", "pdf", "--title", "Week 3")
    assert generate("logistic-batch", *words, "--out", out) == 0
    made = files(out)
    assert sorted(made) == [
        "ada-lovelace-solutions.pdf",
        "ada-lovelace.pdf",
        "batch.json",
        "emilie-du-chatelet-solutions.pdf",
        "emilie-du-chatelet.pdf",
    ]
    assert all(data.startswith(b"%PDF-") for name, data in made.items() if name.endswith("pdf"))
    assert len(set(json.loads(made["batch.json"])["exercises"])) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name\nAda\n\nAda\n", "line 4: Ada stands in line 2 already"),
        ("name,group\n ,1\nAda,2\n", "line 2: the name is empty"),
        ("learner\nAda\n", "expected a heading with a column 'name', not learner"),
        ("", "not nothing"),
        ("name\n", "there is no learner"),
        ("name,Name\nAda,Ada\n", "not two of them"),
        ('name\n"Ada\n', "line 2: is no CSV"),
        ('name\n"Ada\nLovelace"\n', "holds a line break"),
        ("name\nA\0da\n", "control character"),
        ("name\nAda\n漢字\n", "no font here has all letters of 漢字; write"),
    ],
)
def test_rosters_are_checked(text: str, said: str, tmp_path: Path, capsys: Output) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text(text, encoding="utf-8")
    words = ("--roster", roster, "--format", "pdf", "--out", tmp_path / "out")
    assert generate("warm-up", *words) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_roster_in_another_encoding_is_refused(
    encoding: str, tmp_path: Path, capsys: Output
) -> None:
    (tmp_path / "roster.csv").write_text("name\nJosé\n", encoding=encoding)
    words = ("--roster", tmp_path / "roster.csv", "--format", "html", "--out", tmp_path / "out")
    assert generate("warm-up", *words) == 1
    assert "is not written in UTF-8; save the file as 'CSV UTF-8'" in capsys.readouterr().err


STEMS = {
    "../../etc/passwd": "etc-passwd",
    "/abs/olute": "abs-olute",
    "..": "learner",
    "漢字": "learner-2",
    "Ada B": "ada-b",
    "ada-b": "ada-b-2",
    "Ada B Solutions": "ada-b-solutions-2",
    "x" * 300: "x" * 80,
    "Ærø <b>$x$</b>": "r-b-x-b",
}


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_every_learner_has_files_of_their_own(sign: str, tmp_path: Path) -> None:
    rows = ["Group{}NAME ".replace("{}", sign), *(f"1{sign}{name}" for name in STEMS)]
    (tmp_path / "roster.csv").write_text("\ufeff" + "\n".join(rows), encoding="utf-8")
    learners = read_roster(tmp_path / "roster.csv")
    assert {each.name: each.file for each in learners} == STEMS


def test_strange_names_stay_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("name\n../../up\n" + "x" * 300 + "\n", encoding="utf-8")
    words = ("--roster", tmp_path / "roster.csv", "--count", 1, "--format", "markdown")
    assert generate("scalar-matrix", *words, "--out", tmp_path / "a" / "b") == 0
    made = ["up-solutions.md", "up.md", f"{'x' * 80}-solutions.md", f"{'x' * 80}.md"]
    assert sorted(files(tmp_path / "a" / "b")) == sorted(["batch.json", *made])
    assert len(list(tmp_path.rglob("*.md"))) == 4


@pytest.mark.parametrize("form", ["html", "latex", "markdown"])
def test_sheets_in_other_formats(form: str, tmp_path: Path) -> None:
    assert generate("norms", "--count", 2, "--format", form, "--out", tmp_path / "out") == 0
    assert len(files(tmp_path / "out")) == 5


def test_the_original_worksheet_is_printed(tmp_path: Path, capsys: Output) -> None:
    assert cli.main(["worksheet", "cs230-backprop", "--out", str(tmp_path)]) == 0
    assert sorted(files(tmp_path)) == ["cs230-backprop-solutions.pdf", "cs230-backprop.pdf"]
    assert cli.main(["worksheet", "cs231"]) == 1
    assert "cs230-backprop" in capsys.readouterr().err
