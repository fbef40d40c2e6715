"""The list of templates, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api import cli
from generator.bank import Bank
from tests.test_authoring import printed

Output = pytest.CaptureFixture[str]


def test_every_template_has_a_line_and_the_totals_come_last(capsys: Output) -> None:
    status, lines, _ = printed(capsys, "templates")
    slugs = list(Bank.load().by_slug)
    assert status == 0
    assert lines[0].split() == [
        "template", "family", "choices", "exercises", "difficulty", "title"
    ]  # fmt: skip
    assert [line.split()[0] for line in lines[1:-1]] == slugs
    assert lines[-1].startswith(f"{len(slugs)} templates, ")


def test_programs_get_slots_counts_and_difficulties(capsys: Output) -> None:
    _, lines, _ = printed(capsys, "templates", "--json")
    found = json.loads("\n".join(lines))
    rows = {row["slug"]: row for row in found["templates"]}
    chain = rows["univariate-chain"]
    assert chain["slots"]["inner"][0] == "sigmoid"
    assert chain["title"] == "A chain of scalar functions"
    for row in rows.values():
        assert 1 <= row["exercises"] <= row["choices"]
        assert 1 <= row["difficulty"]["from"] <= row["difficulty"]["to"] <= 5
    assert found["totals"] == {
        "templates": len(rows),
        "choices": sum(row["choices"] for row in rows.values()),
        "exercises": sum(row["exercises"] for row in rows.values()),
    }


def test_slots_are_listed_on_request(capsys: Output) -> None:
    _, lines, _ = printed(capsys, "templates", "--slots")
    at = lines.index("univariate-chain")
    assert lines[at + 1] == "  outer: tanh, sigmoid, relu, sin, exp, softplus"


def test_templates_of_ones_own_are_counted_as_well(tmp_path: Path, capsys: Output) -> None:
    file = tmp_path / "mine.toml"
    assert cli.main(["template", "new", "my-neuron", "--out", str(file)]) == 0
    capsys.readouterr()
    status, lines, _ = printed(capsys, "templates", "--templates", str(file))
    mine = next(line for line in lines if line.startswith("my-neuron "))
    assert status == 0
    assert mine.split("my course")[1].split()[:2] == ["5", "5"]


def test_a_file_that_is_not_there_is_one_sentence(capsys: Output) -> None:
    status, lines, error = printed(capsys, "templates", "--templates", "nowhere.toml")
    assert (status, lines) == (1, [])
    assert error == "gradbook: nowhere.toml: there is no such file or folder\n"
