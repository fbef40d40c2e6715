"""The bench: its rows are right, its figures are what they say, a wrong verdict makes status 1."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from api import bench
from api.batches import bench as batches
from api.bench import Case, Round
from api.command import CommandFailed
from generator.bank import Bank
from grader.compiled import compiled
from grader.memory import forget_exercises

Output = pytest.CaptureFixture[str]
ALL = bench.cases()
SIMPLE = next(
    number for number, row in enumerate(ALL[0].rows) if row.left == "(x+1)^2"
)  # a pair that SymPy simplifies at once


def few(case: Case) -> Case:
    """The first two rows of a case."""
    return replace(case, rows=case.rows[:2])


@pytest.mark.parametrize("case", ALL[:-1], ids=lambda case: case.name)
def test_every_row_gets_the_outcome_of_its_label(case: Case) -> None:
    (only,) = bench.measured(case, rounds=1)
    assert only.faults == () and len(only.seconds) == len(case.rows)


def test_the_cases_hold_what_they_are_called_after() -> None:
    _, scalar, corpus, network, malformed, cold = ALL
    assert all(row.question.reference.shape == () for row in scalar.rows)
    assert len(corpus.rows) == 146 and cold.rows == corpus.rows and cold.cold
    assert {len(row.question.program.symbols) for row in network.rows} == {12}
    assert {row.wanted for row in network.rows} == {("incorrect",)}
    assert {row.wanted for row in malformed.rows} == {("invalid",)}
    assert len({row.label for case in ALL[:-1] for row in case.rows}) == sum(
        len(case.rows) for case in ALL[:-1]
    )


def test_compiling_works_out_all_that_is_known_of_an_exercise() -> None:
    corpus, bank = bench.compiling()
    assert {row.question.id for row in ALL[2].rows} <= {row.label for row in corpus.rows}
    assert {row.label.partition("@")[0] for row in bank.rows} <= set(Bank.load().by_slug)
    for row in corpus.rows[-2:]:
        forget_exercises()
        assert row.outcome() in row.wanted
        search = compiled(row.question).search
        assert {"_singles", "_pairs"} <= vars(search).keys()


def test_a_wrong_verdict_is_printed_and_makes_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    mislabelled = replace(ALL[4].rows[0], wanted=("correct",))
    lying = replace(ALL[4], rows=(mislabelled, *ALL[4].rows[1:3]))
    monkeypatch.setattr(bench, "cases", lambda: (lying,))
    monkeypatch.setattr(bench, "compiling", lambda: ())
    assert bench.main(["--quick"]) == 1
    printed = capsys.readouterr().out
    assert f"{mislabelled.label}: invalid, expected correct" in printed
    assert printed.splitlines()[-1] == "bench: 1 wrong verdicts or time-outs"


def test_the_table_as_json(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    compiling = tuple(map(few, bench.compiling()))
    monkeypatch.setattr(bench, "cases", lambda: tuple(map(few, ALL)))
    monkeypatch.setattr(bench, "compiling", lambda: compiling)
    assert bench.main(["--quick", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [line["case"] for line in document["cases"]] == [
        case.name for case in (*ALL, *compiling)
    ]
    for line in document["cases"]:
        assert line["median"] <= line["p95"] <= line["p99"] <= line["maximum"]
        assert line["per_second"] > 0 and line["faults"] == []
        assert line["median"] <= line["slowest"] <= line["maximum"]
    assert document["cases"][0]["simplify_pairs"] == 2
    assert document["process"]["peak_megabytes"] > 0


def test_figures_are_of_whole_runs() -> None:
    rows = ALL[0].rows[:2]
    rounds = (Round((0.001, 0.003), ()), Round((0.002, 0.004), ()), Round((0.1, 0.1), ("slow",)))
    line = bench.figures(Case("three rounds", rows), rounds)
    assert line.per_second == pytest.approx(2 / 0.006)
    assert (line.median, line.maximum) == (pytest.approx(3.5), pytest.approx(100))
    assert line.slowest == pytest.approx(4)
    assert line.faults == ["slow"]


def test_quantiles_are_values_that_occurred() -> None:
    values = [float(number) for number in range(1, 101)]
    assert [bench.quantile(values, share) for share in (0.5, 0.95, 0.99, 1)] == [50, 95, 99, 100]
    assert bench.quantile([7.0], 0.99) == 7


def test_sympy_is_killed_at_the_cap_and_serves_again() -> None:
    simplifier = bench.Simplifier(bench.CAP)
    try:
        assert simplifier.seconds(3, 0) is None  # an answer about the network
        taken = simplifier.seconds(0, SIMPLE)
        assert taken is not None and taken < bench.CAP
    finally:
        simplifier.stop()


def test_batches_are_measured(checkout: Path) -> None:
    """In a process of its own: what a new process has in memory begins with what its parent has."""
    program = f"from {batches.__name__} import run; raise SystemExit(run(2, 1))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=checkout, capture_output=True, text=True, check=True
    )
    head, data, sheets = done.stdout.splitlines()
    assert head.split() == " ".join(batches.HEAD).split()
    for line, name in ((data, "2 exercises as data"), (sheets, "1 sheets as PDF")):
        assert line.startswith(name)
        wall, processor, largest, together = map(float, line.split()[-4:])
        assert wall > 0 and processor > 0 and 30 < largest <= together < 1000


def test_a_batch_that_fails_is_no_measurement() -> None:
    with pytest.raises(CommandFailed, match="nothing: generate ended with status 2"):
        batches.measured("nothing", ("--difficulty", "7-8", "--out", "nowhere"))
