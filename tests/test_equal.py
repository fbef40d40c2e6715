"""`./gradbook equal`: labelled pairs, and generated ones with an oracle of their own."""

from __future__ import annotations

import json
import random
import re
import statistics
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mpmath
import pytest

from api import cli
from grader.equality import Different, Equal, Invalid, equal, names_of
from grader.plain.words import Names

ACCEPTANCE = Path(__file__).parent / "acceptance"
ROWS = [
    row
    for name in ("pairs.toml", "more-pairs.toml")
    for row in tomllib.loads((ACCEPTANCE / name).read_text(encoding="utf-8"))["pairs"]
]
WORDS = {Equal: "equal", Different: "different", Invalid: "invalid"}
SEEDS = range(300)

Output = pytest.CaptureFixture[str]
Tree = Any


@pytest.mark.parametrize("row", ROWS, ids=[" ~ ".join(row[:2]) for row in ROWS])
def test_labelled_pairs_both_ways(row: list[str]) -> None:
    left, right, word, *positive = row
    for one, other in ((left, right), (right, left)):
        found = equal(one, other, frozenset(positive))
        assert WORDS[type(found)] == word, found


# Generated pairs: trees, printed as texts, rewritten by identities, evaluated by mpmath.

LEAVES = ("x", "y", "2", "3", "1/2")
UNARY: dict[str, Callable[[Any], Any]] = {
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "exp": mpmath.exp,
    "tan": mpmath.tan,
    "log": mpmath.log,
    "sqrt": mpmath.sqrt,
    "abs": abs,
}
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}


def tree(rng: random.Random, depth: int) -> Tree:
    """A random expression."""
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(LEAVES)
    if rng.random() < 0.3:
        return (rng.choice(list(UNARY)), tree(rng, depth - 1))
    return (rng.choice(list(BINARY)), tree(rng, depth - 1), tree(rng, depth - 1))


def text(node: Tree) -> str:
    """A tree as a person might type it."""
    match node:
        case str():
            return f"({node})" if "/" in node else node
        case (name, arg):
            return f"{name}({text(arg)})"
        case ("*", a, b):
            return f"(({text(a)}) ({text(b)}))"
        case (sign, a, b):
            return f"({text(a)} {sign} {text(b)})"
    raise AssertionError(node)


def value(node: Tree, point: dict[str, Any]) -> Any:
    """The principal value of a tree; raises ZeroDivisionError where there is none."""
    match node:
        case str():
            return (
                point[node]
                if node in point
                else mpmath.mpf(1) / 2
                if "/" in node
                else mpmath.mpf(node)
            )
        case ("log", arg):
            inner = value(arg, point)
            if inner == 0:
                raise ZeroDivisionError
            return mpmath.log(inner)
        case (name, arg):
            return UNARY[name](value(arg, point))
        case (sign, a, b):
            return BINARY[sign](value(a, point), value(b, point))
    raise AssertionError(node)


IDENTITIES: tuple[Callable[[Tree, random.Random], Tree], ...] = (
    lambda n, r: ("+", n, "0"),
    lambda n, r: ("*", "1", n),
    lambda n, r: ("-", ("*", "2", n), n),
    lambda n, r: ("/", ("*", n, "3"), "3"),
    lambda n, r: ("-", "0", ("-", "0", n)),
    lambda n, r: (n[0], n[2], n[1]) if len(n) == 3 and n[0] in "+*" else n,
    lambda n, r: ("/", ("*", n[1], "2"), ("*", "2", n[2])) if len(n) == 3 and n[0] == "/" else n,
    lambda n, r: ("/", ("sin", n[1]), ("cos", n[1])) if n[0] == "tan" else n,
    lambda n, r: (
        ("-", "1", ("*", "2", ("*", ("sin", ("/", n[1], "2")), ("sin", ("/", n[1], "2")))))
        if n[0] == "cos"
        else n
    ),
    lambda n, r: ("abs", ("-", "0", n[1])) if n[0] == "abs" else n,
    lambda n, r: (
        ("*", ("exp", ("/", n[1], "2")), ("exp", ("/", n[1], "2"))) if n[0] == "exp" else n
    ),
)


def rewritten(node: Tree, rng: random.Random) -> Tree:
    """The same function, written otherwise."""
    if isinstance(node, tuple):
        node = (node[0], *(rewritten(arg, rng) for arg in node[1:]))
    return rng.choice(IDENTITIES)(node, rng) if rng.random() < 0.4 else node


def mutated(node: Tree, rng: random.Random) -> Tree:
    """A tree with one place changed."""
    if isinstance(node, tuple) and rng.random() < 0.7:
        place = rng.randrange(1, len(node))
        return (*node[:place], mutated(node[place], rng), *node[place + 1 :])
    return ("+", node, rng.choice(LEAVES)) if rng.random() < 0.5 else rng.choice(LEAVES)


POINTS = [
    {"x": mpmath.mpf(a) / 97, "y": mpmath.mpf(b) / 89}
    for a, b in (
        (31, 57), (-31, 57), (31, -57), (-31, -57), (140, 203), (-140, 203), (140, -203),
        (-240, -333), (511, 40), (-511, 40), (40, -511), (9, 700), (1500, 1207), (-1501, -3),
    )
]  # fmt: skip


def oracle(left: Tree, right: Tree) -> str:
    """equal, different or invalid by values at points; unsure where neither is clear."""
    seen = 0
    with mpmath.workdps(60):
        for point in POINTS:
            try:
                a, b = mpmath.mpc(value(left, point)), mpmath.mpc(value(right, point))
            except ZeroDivisionError:
                continue
            tiny = mpmath.mpf(10) ** -35 * (1 + abs(a) + abs(b))
            if abs(a.imag) > tiny and abs(b.imag) > tiny:
                continue
            seen += 1
            if abs(a - b) > tiny:
                return "different"
    return "equal" if seen >= 3 else "unsure"


@pytest.mark.parametrize("block", range(10))
def test_generated_pairs_against_mpmath(block: int) -> None:
    decided = 0
    for seed in SEEDS[block::10]:
        rng = random.Random(seed)
        first = tree(rng, 3)
        second = rewritten(first, rng) if seed % 2 else mutated(first, rng)
        expected = oracle(first, second)
        if expected == "unsure":
            continue
        decided += 1
        found = equal(text(first), text(second))
        assert WORDS[type(found)] == expected, (seed, text(first), text(second), found)
    assert decided >= 15


@pytest.mark.parametrize("scale", ["(1 + 1e-9)", "(1 - 1e-30)", "1.000000000000000000001"])
def test_there_is_no_tolerance(scale: str) -> None:
    assert isinstance(equal(f"{scale} sin(x) e^y", "sin(x) e^y"), Different)


def test_an_equality_says_on_what_evidence_it_stands() -> None:
    proofs = [equal("(x+1)^2", "x^2+2x+1"), equal("sin(x)^2+cos(x)^2", "1")]
    assert [each.evidence.kind for each in proofs if isinstance(each, Equal)] == ["proof"] * 2
    agreed = equal("sqrt(2+sqrt(3))", "(sqrt(6)+sqrt(2))/2")
    assert isinstance(agreed, Equal)
    assert agreed.evidence.kind in ("agreement", "proof")


def test_a_difference_has_a_witness() -> None:
    found = equal("log(x^2)", "2 log(x)")
    assert isinstance(found, Different)
    assert found.point["x"].startswith("-")
    assert found.right is None
    assert "right not real" in found.text


@pytest.mark.parametrize(
    ("left", "right", "names"),
    [
        ("xy", "yx", {"x", "y"}),
        ("rate*time", "time*rate", {"rate", "time"}),
        ("xy", "xy", {"x", "y"}),
        ("rate", "rate", {"rate"}),
        ("x2", "2x", {"x"}),
        ("x2 + x1", "x_1 + x_2", {"x_1", "x_2"}),
        ("v_0t", "t v_0", {"t", "v_0"}),
        ("xy + x + y", "xy", {"x", "y"}),
        ("sinx", "sin(x)", {"x"}),
        ("sin2x", "2 sinx cosx", {"x"}),
        ("xsin(x)", "x sin x", {"x"}),
        ("2 pi r e^x", "r", {"r", "x"}),
        ("\\alpha x_1", "αx_{1}", {"alpha", "x_1"}),
    ],
)
def test_names(left: str, right: str, names: set[str]) -> None:
    found = names_of(left, right)
    assert isinstance(found, Names)
    assert found.variables == names


@pytest.mark.parametrize(
    "text",
    [
        "x" * 5000,
        "(" * 900 + "x" + ")" * 900,
        "asinh(" * 300 + "x" + ")" * 300,
        "2^" * 400 + "x",
        "9" * 200,
        "2^99999999",
        "((((9^99)^99)^99)^99)^99",
        "exp(exp(exp(exp(exp(x)))))",
        "log_" * 500,
        "\\sqrt[" * 200,
        "\x00\ud800",
    ],
    ids=lambda text: text[:12],
)
def test_monsters_end_soon(text: str) -> None:
    start = time.process_time()
    assert not isinstance(equal(text, "x"), Equal)
    assert not isinstance(equal("x", text), Equal)
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("words", "status", "first"),
    [
        (["(x+1)^2", "x^2 + 2x + 1"], 0, "equal"),
        (["x + 1", "x"], 1, "different"),
        (["x +", "x"], 1, "invalid"),
        (["sqrt(x^2)", "x"], 1, "different"),
        (["sqrt(x^2)", "x", "--positive", "x"], 0, "equal"),
        (["ln(a b)", "ln a + ln b", "--positive", "a, b"], 0, "equal"),
    ],
)
def test_the_first_word(words: list[str], status: int, first: str, capsys: Output) -> None:
    assert cli.main(["equal", *words]) == status
    assert capsys.readouterr().out.split()[0] == first


def test_a_caret_under_what_cannot_be_read(capsys: Output) -> None:
    assert cli.main(["equal", "2(x", "2x"]) == 1
    _, shown, caret = capsys.readouterr().out.splitlines()
    assert shown == "    2(x"
    assert caret == "       ^"


def pairs_file(folder: Path, rows: Any) -> str:
    path = folder / "pairs.json"
    path.write_text(rows if isinstance(rows, str) else json.dumps(rows), encoding="utf-8")
    return str(path)


def test_a_file_of_pairs_is_a_line_each(tmp_path: Path, capsys: Output) -> None:
    rows = [
        {"id": 1, "student": "x x", "reference": "x^2"},
        {"id": "b", "student": "|x|", "reference": "x", "positive": ["x"]},
        {"id": "c", "student": "|x|", "reference": "x"},
        {"id": "d", "student": "x(", "reference": "x"},
    ]
    assert cli.main(["equal", "--pairs", pairs_file(tmp_path, rows)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["id"] for line in lines] == [1, "b", "c", "d"]
    assert [line["outcome"] for line in lines] == ["equal", "equal", "different", "invalid"]
    assert all(line["evidence"] and line["milliseconds"] > 0 for line in lines)


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ("[", "cannot be read"),
        ({}, "expected a list of pairs"),
        ([3], "pair 1: expected a table with an id"),
        ([{"id": 1, "student": "x"}], "pair 1: 'reference' is missing"),
        ([{"id": 1, "student": "x", "reference": "x", "positive": 3}], "'positive' is no list"),
    ],
)
def test_pairs_that_are_none(tmp_path: Path, capsys: Output, rows: Any, complaint: str) -> None:
    assert cli.main(["equal", "--pairs", pairs_file(tmp_path, rows)]) == 1
    assert re.search(complaint, capsys.readouterr().err)


@pytest.mark.parametrize("words", [[], ["x"], ["x", "x", "--pairs", "pairs.json"]])
def test_misuse(words: list[str], capsys: Output) -> None:
    assert cli.main(["equal", *words]) == 2
    assert capsys.readouterr().err.startswith("gradbook: ")


def test_warm_pairs_take_milliseconds() -> None:
    """Several times what is aimed at (0.3 and 1.5 ms), in processor time, for slower machines."""
    taken = []
    for left, right, _, *positive in ROWS:
        start = time.thread_time()
        equal(left, right, frozenset(positive))
        taken.append((time.thread_time() - start) * 1000)
    assert statistics.median(taken) < 1.5
    assert sorted(taken)[int(len(taken) * 0.95)] < 6
