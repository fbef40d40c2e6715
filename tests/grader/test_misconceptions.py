"""The table of misconceptions: complete, resolvable from the operator table, readable."""

from __future__ import annotations

import string

import pytest

from engine.operators import TABLE
from grader.errors import UnknownMisconception
from grader.misconceptions import FIELDS, misconception, misconceptions

CATALOGUE = {f"M{number:02}" for number in range(1, 53)} - {"M50"}


def test_every_row_of_the_catalogue_is_there() -> None:
    ids = [each.id for each in misconceptions().values()]
    assert set(ids) >= CATALOGUE
    assert len(set(ids)) == len(ids)


def test_every_wrong_rule_of_the_operator_table_has_a_sentence() -> None:
    slugs = {wrong.slug for row in TABLE.values() for wrong in row.wrong}
    assert slugs <= misconceptions().keys()


@pytest.mark.parametrize("slug", misconceptions())
def test_sentences_read_well_with_and_without_an_exercise(slug: str) -> None:
    row = misconception(slug)
    used = {name for _, name, _, _ in string.Formatter().parse(row.feedback) if name}
    assert used <= FIELDS.keys()
    assert not row.feedback.startswith("{")  # a name keeps its case: W is not w
    for fields in ({}, dict.fromkeys(FIELDS, "Q")):
        diagnosis = row.diagnosis(fields)
        assert diagnosis.slug == slug
        assert diagnosis.feedback[0].isupper() or diagnosis.feedback[0] == "Q"
        assert diagnosis.feedback.endswith((".", "?")) and "{" not in diagnosis.feedback
        assert len(diagnosis.feedback) <= 300
        assert "  " not in diagnosis.feedback


def test_an_unknown_slug_is_an_error() -> None:
    with pytest.raises(UnknownMisconception, match="no-such"):
        misconception("no-such")
