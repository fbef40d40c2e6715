"""docs/answers.md says what the grader says."""

from __future__ import annotations

import pytest

from grader.grade import grade
from tests.grader.documented import BLOCK, DOCUMENT, said, texts
from tests.grader.exercises import exercise

TEXT = DOCUMENT.read_text(encoding="utf-8")
READ, _, REFUSED = TEXT.partition("\n## What cannot be read")
ENTRIES = [
    (name, entry)
    for name, block in BLOCK.findall(TEXT)
    for entry in block.strip("\n").split("\n\n")
]


@pytest.mark.parametrize(("name", "entry"), ENTRIES)
def test_what_is_documented_is_said(name: str, entry: str) -> None:
    (text,) = texts(entry)
    assert said(name, text) == entry


def test_what_can_be_read_is_read() -> None:
    for name, block in BLOCK.findall(READ):
        for text in texts(block):
            assert grade(exercise(name), text).outcome == "correct", text


def test_many_malformed_texts_are_documented() -> None:
    refused = [(name, text) for name, block in BLOCK.findall(REFUSED) for text in texts(block)]
    assert len(refused) >= 60
    for name, text in refused:
        verdict = grade(exercise(name), text)
        assert verdict.outcome == "invalid" or verdict.reason == "shape", text
        assert verdict.message
