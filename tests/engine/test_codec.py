"""Programs survive JSON, and a wrong one is refused with a sentence that says where."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.codec import program_from_json, program_to_json
from engine.errors import EngineError, ProgramError
from engine.notation import NotationError, parse_program
from engine.program import Program, Symbol

SYMBOLS = (
    Symbol("X", ("n", "m"), "data", meaning="the inputs"),
    Symbol("w", ("n", 1), "parameter"),
    Symbol("b", (), "parameter"),
    Symbol("y", (1, "m"), "label", "binary", aliases=("Y",)),
)
LINES = ("z = w^T X + b", "a = sigmoid(z)", "J = -mean(y * log(a) + (1 - y) * log(1 - a))")


def program() -> Program:
    return parse_program(SYMBOLS, LINES, "J")


def test_round_trip() -> None:
    text = json.dumps(program_to_json(program()))
    assert program_from_json(json.loads(text)) == program()


def test_lines_are_kept_as_written() -> None:
    assert program_to_json(program())["statements"] == list(LINES)


def test_a_statement_keeps_its_aliases_and_meaning() -> None:
    value = program_to_json(program())
    value["statements"][1] = {"formula": LINES[1], "aliases": ["yhat"], "meaning": "the prediction"}
    again = program_from_json(value)
    assert again.definitions["a"].aliases == ("yhat",)
    assert program_to_json(again) == value


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"statements": ["z = w X"]}, NotationError, "line 1: .*inner sizes 1 and n differ"),
        ({"statements": ["z = q"]}, NotationError, "line 1: 'q' is not a symbol"),
        ({"statements": ["w^T X"]}, ProgramError, "line 1: expected 'name = formula'"),
        ({"statements": [*LINES, "z = b"]}, ProgramError, "z is defined twice"),
        ({"loss": "a"}, ProgramError, "a is not a scalar"),
        ({"symbols": [{"name": "x"}]}, ProgramError, "a program has"),
        ({"symbols": [{"name": "x", "shape": [0], "role": "data"}]}, ProgramError, "a shape is"),
        ({"symbols": [{"name": "x", "shape": [], "rôle": "data"}]}, ProgramError, "no field"),
    ],
)
def test_a_wrong_program_is_refused(
    change: dict[str, Any], error: type[EngineError], message: str
) -> None:
    with pytest.raises(error, match=message):
        program_from_json(program_to_json(program()) | change)
