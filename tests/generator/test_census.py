"""How many exercises there are: counted anew on a sample, and held against what is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from generator import census
from generator.bank import Bank
from generator.census import choices, count, counts, current, digest, kept, likenesses, sampled
from generator.exercise import compose
from generator.likeness import likeness
from generator.source import Source
from generator.template import Template, read_template

TEMPLATES = Bank.load().templates
FEW = 130  # choices that are counted in a test
COUNTED = [each for each in TEMPLATES if sum(1 for _ in choices(each)) <= FEW][::3]
COMPARED = 24  # exercises that are held against each other

TWINS = """
format = "gradbook.template/1"
slug = "twins"
version = 1
title = "Twins"
family = "scalar chain"
difficulty = 1
source = "tests"
slots.name = { values = ["w", "v"] }
slots.power = { values = [2, 3] }
symbols = [{ name = "x", role = "data" }, { name = "{{name}}", role = "parameter" }]
forward = [{ lines = ["L = ({{name}} x)^{{power}}"] }]
questions = [{ kind = "derivative", name = "d", target = "{{name}}" }]
"""


@pytest.fixture
def twins() -> Template:
    """A template whose choices of a name make no difference."""
    return read_template(Source.parse(TWINS, "twins.toml"))


def test_kept_counts_are_those_of_the_templates_as_they_are() -> None:
    stale = {each.slug for each in TEMPLATES} - set(current(TEMPLATES, kept()))
    assert not stale, "./gradbook templates --recount"
    assert set(kept()) == {each.slug for each in TEMPLATES}


@pytest.mark.parametrize("template", COUNTED, ids=lambda each: each.slug)
def test_kept_counts_are_right(template: Template) -> None:
    assert kept()[template.slug] == count(template)


def test_names_make_no_difference(twins: Template) -> None:
    found = count(twins)
    assert (found.choices, found.distinct) == (4, 2)
    assert replace(found, easiest=1.2, hardest=2.5).band == "1.2-2.5"
    assert replace(found, easiest=1.2, hardest=1.2).band == "1.2"


@pytest.mark.parametrize("template", TEMPLATES[::6], ids=lambda each: each.slug)
def test_what_is_counted_as_different_is_different(template: Template) -> None:
    made = [compose(template, 0, each) for each in sampled(template, COMPARED)]
    outlines = {census._likeness(template, each.slots) for each in made}
    assert len(outlines) <= len({likeness(each) for each in made})


def test_parts_make_the_whole(twins: Template) -> None:
    assert likenesses(twins, 0, 2) | likenesses(twins, 1, 2) == likenesses(twins)


def test_samples_are_spread_over_all_choices(twins: Template) -> None:
    everything = list(choices(twins))
    assert list(sampled(twins, 2)) == everything[::2]
    assert list(sampled(twins, 9)) == everything


def test_processes_count_like_one(tmp_path: Path) -> None:
    file = tmp_path / "twins.toml"
    file.write_text(TWINS, encoding="utf-8")
    template = Template.load(file)
    assert dict(counts([template], jobs=2)) == {"twins": count(template)}


def test_a_comment_leaves_a_count_current_and_a_value_does_not() -> None:
    first, commented, other = (
        read_template(Source.parse(text, "twins.toml"))
        for text in (TWINS, f"# words\n{TWINS}", TWINS.replace("[2, 3]", "[2, 4]"))
    )
    known = {"twins": count(first)}
    assert digest(first) == digest(commented) != digest(other)
    assert current([commented], known) == known
    assert current([other], known) == {}


def test_what_is_kept_can_be_read_again(
    twins: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(census, "KEPT", tmp_path / "counts.json")
    found = {"twins": count(twins)}
    census.keep(found)
    assert kept() == found
