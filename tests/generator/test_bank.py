"""The bank as a whole: every template loads, every id names one exercise, no key leaks."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.expression import Apply
from engine.notation import show
from engine.question import Choice, Derivative, question_from_json
from generator.bank import SHIPPED, Bank
from generator.errors import UnknownExercise, UnknownTemplate, UnknownWorksheet
from generator.exercise import Exercise, parse_id
from generator.worksheet import load_worksheet
from tests.generator import golden
from tests.generator.exercises import SLUGS, WORKSHEET, made, telling_seeds


def test_files_are_named_by_their_slugs(bank: Bank) -> None:
    assert [template.slug for template in bank.templates] == list(SLUGS)


def test_golden_digests() -> None:
    stored = json.loads(golden.FILE.read_text())
    assert golden.digests() == stored, "see tests/generator/golden.py"


def test_the_same_bytes_in_another_process(bank: Bank) -> None:
    script = (
        "import json; from generator.bank import Bank;"
        "print(json.dumps(Bank.load().exercise_by_id('shallow-network@1:7').to_json()))"
    )
    root = SHIPPED.parent.parent
    other = subprocess.run(
        [sys.executable, "-c", script],
        cwd=root,
        env={"PYTHONHASHSEED": "12345", "PYTHONPATH": str(root)},
        capture_output=True,
        check=True,
        text=True,
    )
    assert json.loads(other.stdout) == json.loads(
        json.dumps(bank.exercise("shallow-network", 7).to_json())
    )


@pytest.mark.parametrize("slug", SLUGS)
def test_ids_round_trip(bank: Bank, slug: str) -> None:
    exercise = bank.exercise(slug, 123)
    assert parse_id(exercise.id) == (slug, bank.template(slug).version, 123)
    assert bank.exercise_by_id(exercise.id) is exercise
    assert [each.id for each in exercise.questions] == [
        f"{exercise.id}/{each.name}" for each in exercise.questions
    ]


@pytest.mark.parametrize(
    "wrong",
    ["", "logistic-single", "logistic-single@1", "logistic-single@1:-1", "a@1:2:3", "a@٣:1"],
)
def test_what_is_no_id_is_refused(wrong: str) -> None:
    with pytest.raises(UnknownExercise, match="not an exercise's id"):
        parse_id(wrong)


def test_unknown_names_bring_the_nearest(bank: Bank) -> None:
    with pytest.raises(UnknownTemplate, match="did you mean logistic-single"):
        bank.exercise("logistic-singel", 1)
    with pytest.raises(UnknownExercise, match="holds version 1"):
        bank.exercise_by_id("logistic-single@2:1")
    with pytest.raises(UnknownExercise, match="from 0 on"):
        bank.exercise("logistic-single", -1)
    with pytest.raises(UnknownWorksheet, match="cs230-backprop"):
        load_worksheet("cs230")


@pytest.mark.parametrize("slug", SLUGS)
def test_seed_zero_is_the_first_choice(bank: Bank, slug: str) -> None:
    template = bank.template(slug)
    first = {slot.name: slot.values[0] for slot in template.slots}
    chosen = bank.exercise(slug, 0).slots
    assert chosen.items() <= first.items()


@pytest.mark.parametrize("slug", SLUGS)
def test_every_slot_value_is_reached(bank: Bank, slug: str) -> None:
    template = bank.template(slug)
    drawn = [template.choose(seed) for seed in range(1, 400)]
    for slot in template.slots:
        assert {each[slot.name] for each in drawn if slot.name in each} == set(slot.values)


@pytest.mark.parametrize("slug", SLUGS)
def test_no_draw_is_excluded(bank: Bank, slug: str) -> None:
    template = bank.template(slug)
    for seed in range(200):
        choices = template.choose(seed)
        assert not [each for each in template.exclusions if each.condition.holds(choices)]


@pytest.mark.parametrize("slug", SLUGS)
def test_exercises_are_whole(slug: str) -> None:
    for seed in telling_seeds(slug):
        exercise = made(slug, seed)
        full = json.loads(json.dumps(exercise.to_json()))
        assert "{{" not in json.dumps(exercise.public())
        for question, stored in zip(exercise.questions, full["questions"], strict=True):
            assert question_from_json(stored) == question


@pytest.mark.parametrize("slug", SLUGS)
def test_choices_have_distinct_options(slug: str) -> None:
    for seed in telling_seeds(slug):
        for question in made(slug, seed).questions:
            if isinstance(question, Choice):
                texts = [option.text for option in question.options]
                assert len(texts) == (4 if question.program else 3)
                assert len(set(texts)) == len(texts)
                key = next(each for each in question.options if each.label == question.key)
                assert key.misconception is None


def test_wrong_options_name_known_misconceptions() -> None:
    known = {each["slug"] for each in _misconceptions()}
    for slug in SLUGS:
        for seed in telling_seeds(slug):
            for question in made(slug, seed).questions:
                if isinstance(question, Choice):
                    named = {each.misconception for each in question.options} - {None}
                    assert named <= known


def _misconceptions() -> list[dict[str, str]]:
    text = (SHIPPED.parent.parent / "grader" / "misconceptions.toml").read_text(encoding="utf-8")
    found: list[dict[str, str]] = tomllib.loads(text)["misconception"]
    return found


def test_examples_are_selected_along_the_batch(bank: Bank) -> None:
    for seed in range(12):
        for slug, slot in (("logistic-batch", "batch"), ("scalar-matrix", "layout")):
            exercise = bank.exercise(slug, seed)
            one = exercise.slots.get("batch") == "off"
            axis = None if one else int(str(exercise.slots[slot]).startswith("column"))
            for question in exercise.questions:
                if isinstance(question, Derivative):
                    assert question.example_axis == axis


def test_keys_of_choices_are_not_always_in_one_place(bank: Bank) -> None:
    keys = {
        question.key
        for seed in range(40)
        for question in bank.exercise("univariate-chain", seed).questions
        if isinstance(question, Choice)
    }
    assert keys == {"A", "B", "C", "D"}


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
    else:
        yield str(value)


FULL_ONLY = {
    "program", "reference", "key", "required", "also_fine", "free", "misconception", "target",
    "quantities", "variables", "slots", "comment", "upstream",
}  # fmt: skip


def _keys(exercise: Exercise) -> set[str]:
    """The derivatives; one that is a symbol or a number gives nothing away where it stands."""
    return {
        f"${show(question.reference, 'latex')}$"
        for question in exercise.questions
        if isinstance(question, Derivative) and isinstance(question.reference, Apply)
    }


def _options(exercise: Exercise) -> set[str]:
    """The wrong options, which may happen to be right for another question."""
    choices = [each for each in exercise.questions if isinstance(each, Choice)]
    return {option.text for each in choices for option in each.options if option.label != each.key}


@pytest.mark.parametrize("slug", SLUGS)
def test_the_learners_view_leaks_no_key(slug: str) -> None:
    for seed in telling_seeds(slug):
        exercise = made(slug, seed)
        view = exercise.public()
        assert set(view) == {
            "format", "id", "template", "version", "seed", "title", "difficulty", "statement",
            "conventions", "questions",
        }  # fmt: skip
        strings = set(_strings(view["questions"]))
        assert not FULL_ONLY & strings
        assert not _keys(exercise) & (strings - _options(exercise))
        assert not [key for key in _keys(exercise) if key in view["statement"]]


@pytest.mark.parametrize("slug", SLUGS)
def test_templates_list_the_questions_of_seed_zero(bank: Bank, slug: str) -> None:
    listed = bank.template(slug).to_json()
    exercise = made(slug, 0)
    assert listed["questions"] == [{"name": q.name, "kind": q.kind} for q in exercise.questions]
    assert listed["title"] == exercise.title
    assert json.loads(json.dumps(listed)) == listed


def test_the_worksheet_holds_every_item_in_order(bank: Bank) -> None:
    plan = load_worksheet("cs230-backprop")
    assert tuple(item.template for item in plan.items) == WORKSHEET
    assert {item.seed for item in plan.items} == {0}
    assert len(plan.parts) == len(plan.items)
    for item in plan.items:
        names = {question.name for question in bank.exercise(item.template, item.seed).questions}
        assert {*item.questions, *WORKSHEET_QUESTIONS[item.template]} <= names


WORKSHEET_QUESTIONS = {
    "warm-up": ["kind"],
    "logistic-single": ["forward", "shapes", "dw"],
    "logistic-batch": ["forward", "shapes", "dw"],
    "shallow-network": ["da1-neuron", "before-da1", "cache-da2"],
    "univariate-chain": ["dw"],
    "multivariate-scalar": ["shape-w", "dw"],
    "scalar-matrix": ["shape-W", "dx"],
}


@pytest.mark.parametrize("slug", WORKSHEET)
def test_the_worksheets_own_questions_are_asked_in_its_order(bank: Bank, slug: str) -> None:
    names = [question.name for question in bank.exercise(slug, 0).questions]
    asked = [name for name in names if name in WORKSHEET_QUESTIONS[slug]]
    assert asked == WORKSHEET_QUESTIONS[slug]


def test_an_instructors_own_folder(tmp_path: Path) -> None:
    own = (SHIPPED / "univariate-chain.toml").read_text().replace("univariate-chain", "my-chain")
    (tmp_path / "mine.toml").write_text(own)
    bank = Bank.load(tmp_path)
    assert bank.exercise("my-chain", 3).id == "my-chain@1:3"
    assert len(bank.templates) == len(SLUGS) + 1
