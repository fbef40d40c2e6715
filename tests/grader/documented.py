"""docs/answers.md: what is said of the texts in it, and the command that writes it again.

In a block ```text S2.w every line that starts with `> ` is typed as an answer to that exercise of
exercises.py; lines up to the next one that is empty are what is said of it.

    python -m tests.grader.documented        writes the document again
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from engine.notation.errors import Problem
from grader.grade import grade
from grader.verdict import Verdict
from tests.grader.exercises import exercise

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "answers.md"
BLOCK = re.compile(r"^```text (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TYPED = "> "


def texts(block: str) -> Iterator[str]:
    """The texts typed in a block."""
    for entry in re.split(r"\n\s*\n", block.strip("\n")):
        lines = [line for line in entry.split("\n") if line.startswith(TYPED)]
        yield "\n".join(line.removeprefix(TYPED) for line in lines)


def said(name: str, text: str) -> str:
    """An entry: the text, a caret where there is a place, and what is said."""
    verdict = grade(exercise(name), text)
    typed = [f"{TYPED}{line}" for line in text.split("\n")]
    if verdict.span is not None and verdict.outcome != "correct":
        line = text.count("\n", 0, verdict.span[0])
        mark = Problem("parse", verdict.span, "", text=text).caret.split("\n")[1]
        typed.insert(line + 1, f"{' ' * len(TYPED)}{mark}")
    return "\n".join((*typed, *_sentences(verdict)))


def _sentences(verdict: Verdict) -> Iterator[str]:
    if verdict.parsed is not None:
        yield f"read as {verdict.parsed.text}"
    if verdict.message != "Correct.":
        yield verdict.message.removeprefix("Correct. ")


def rewritten(document: str) -> str:
    """`document` with what is said now."""

    def block(match: re.Match[str]) -> str:
        name, content = match.groups()
        entries = "\n\n".join(said(name, text) for text in texts(content))
        return f"```text {name}\n{entries}\n```"

    return BLOCK.sub(block, document)


if __name__ == "__main__":
    DOCUMENT.write_text(rewritten(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
