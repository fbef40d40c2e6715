"""The template format: what it can say, and what people are told when a file is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.notation import show
from engine.program import Target
from engine.question import Choice, Derivative, Prerequisites
from generator.bank import SHIPPED, Bank
from generator.errors import GeneratorError, SlotError, TemplateError
from generator.exercise import Exercise, make_exercise
from generator.source import Source
from generator.template import (
    CONDITIONAL,
    ENTRY_KEYS,
    KEYS,
    SPOKEN,
    Template,
    read_template,
)
from generator.worksheet import read_worksheet

SMALL = """\
format = "gradbook.template/1"
slug = "small"
version = 3
title = "{{words}} of depth {{depth}}"
family = "tests"
difficulty = 1
source = "tests"

[slots.depth]
values = [2, 3]

[slots.activation]
values = ["tanh", "sigmoid"]

[slots.slope]
values = ["w3"]
when = { depth = 3 }

[[exclude]]
when = { depth = 3, activation = "tanh" }
because = "this is a test"

[[terms]]
name = "below"
when = { l = 1 }
text = "x"

[[terms]]
name = "below"
text = "a{{l-1}}"

[[terms]]
name = "words"
text = "chain"

[[symbols]]
name = "x"
role = "data"

[[symbols]]
name = "w{{l}}"
for = { l = "1..depth" }
role = "parameter"
meaning = "weight {{l}}"

[[forward]]
for = { l = "1..depth" }
lines = ["a{{l}} = {{activation}}(w{{l}} {{below}})"]

[[forward]]
lines = ["L = a{{depth}}^2"]

[[quantities]]
name = "a{{depth}}"
aliases = ["out"]
meaning = "the output"

[[statement]]
text = "The loss is ${{equation:L}}$ with ${{inlined:a1}}$."

[[questions]]
kind = "derivative"
for = { l = "1..depth" }
name = "dw{{l}}"
target = "w{{l}}"

[[questions]]
kind = "prerequisites"
name = "before"
target = "w1"
prompt = "What comes before {{derivative}}?"

[[questions]]
kind = "choice"
name = "which"
target = "w1"
instead = { activation = "sigmoid" }
"""


def small(text: str = SMALL) -> Template:
    return read_template(Source.parse(text, "small.toml"))


def exercise(seed: int, text: str = SMALL) -> Exercise:
    return make_exercise(small(text), seed)


def test_layers_are_repeated() -> None:
    made = exercise(0)
    assert made.program is not None
    assert [f"{each.name} = {show(each.value)}" for each in made.program.statements] == [
        "a1 = tanh(w1 x)",
        "a2 = tanh(w2 a1)",
        "L = a2^2",
    ]
    assert made.title == "chain of depth 2"
    assert [each.name for each in made.questions] == ["dw1", "dw2", "before", "which"]
    assert made.program.definitions["a2"].aliases == ("out",)


def test_slots_exist_only_when_they_apply() -> None:
    for seed in range(30):
        slots = exercise(seed).slots
        assert ("slope" in slots) == (slots["depth"] == 3)


def test_words_and_prompts() -> None:
    made = exercise(0)
    assert "$L = (a^{[2]})^{2}$" in made.statement
    assert r"$a^{[1]} = \tanh(w^{[1]} x)$" in made.statement
    assert "weight 2" in made.statement
    before = made.question("before")
    assert isinstance(before, Prerequisites)
    assert before.prompt.startswith("What comes before $\\partial L / \\partial w")
    assert before.required == (Target("a2"), Target("a1"))


def test_a_question_may_be_about_other_slots() -> None:
    made = exercise(0)
    which, asked = made.question("which"), made.question("dw1")
    assert isinstance(which, Choice) and isinstance(asked, Derivative)
    assert which.program is not None
    assert show(which.program.statements[0].value) == "sigmoid(w1 x)"
    assert show(asked.program.statements[0].value) == "tanh(w1 x)"


# What is written, what stands there instead, and what the complaint says.
WRONG = (
    ("version = 3", "version = ", r"small.toml:3: is not TOML"),
    ("version = 3", 'version = "3"', r"small.toml:3: version: expected a whole number, not '3'"),
    ("version = 3", "version = 0", r"small.toml:3: version: expected a whole number from 1 on"),
    ("version = 3\n", "", r"small.toml: the key 'version' is missing; it is a whole number"),
    ('slug = "small"', 'slug = "Small one"', r"small.toml:2: slug: .* is not kebab-case"),
    ("template/1", "template/9", r"small.toml:1: format: expected 'gradbook.template/1'"),
    ("family =", "familly =", r"small.toml:5: familly: is not a key here; did you mean family"),
    ("values = [2, 3]", "values = 2", r"small.toml:10: slots.depth.values: expected a list"),
    ("values = [2, 3]", "values = []", r"small.toml:10: slots.depth.values: .* at least one"),
    ("values = [2, 3]", "values = [2, 2]", r"small.toml:10: slots.depth.values: .* different"),
    (
        "when = { depth = 3 }",
        "when = { dept = 3 }",
        r"small.toml:17: slots.slope.when.dept: is not a slot; did you mean depth",
    ),
    (
        'activation = "tanh" }',
        'activation = "tan" }',
        r"small.toml:20: exclude\[1\].when.activation: .* no value 'tan'; did you mean tanh",
    ),
    (
        'because = "this is a test"',
        "",
        r"small.toml:19: exclude\[1\]: the key 'because' is missing",
    ),
    ('role = "data"', 'role = "date"', r"small.toml:38: symbols\[1\].role: .*did you mean data"),
    ('role = "data"', "", r"small.toml:36: symbols\[1\]: the key 'role' is missing"),
    ('kind = "choice"', 'kind = "choise"', r"questions\[3\].kind: .*did you mean choice"),
    ('target = "w1"\nprompt', "prompt", r"questions\[2\]: the key 'target' is missing"),
    ('"w1"\nprompt', "1\nprompt", r"questions\[2\].target: expected a string, not 1"),
    ("instead = { act", "instead = { fact", r"questions\[3\].instead.factivation: is not a slot"),
    ('name = "below"\nwhen', 'nme = "below"\nwhen', r"small.toml:24: terms\[1\].nme: is not a key"),
    ('name = "words"', 'name = "symbols"', r"terms\[3\].name: 'symbols' is no name for"),
)

# The same for what only a choice of slots brings to light.
WRONG_LATER = (
    ("{{below}}", "{{beneath}}", r"forward\[1\].lines: {{beneath}} stands for nothing"),
    ("{{words}} of", "{{word}} of", r"small.toml:4: title: {{word}} stands for nothing; did you"),
    ('"L = a{{depth}}^2"', "", r"small.toml:4\d: forward\[1\].lines: the loss L is not defined"),
    ("{{below}}", "{{activation+1}}", r"forward\[1\].lines: activation is 'tanh', which is not"),
    ('"a{{l-1}}"', '"{{below}}"', r"the term 'below' is defined through itself"),
    ("L = a{{depth}}^2", "L = a{{depth}} +", r"small.toml:51: forward\[2\].lines: line 3: "),
    ("L = a{{depth}}^2", "L = q^2", r"small.toml:51: forward\[2\].lines: line 3: .*q"),
    ('"1..depth" }\nrole', '"1..x" }\nrole', r"symbols\[2\].for: {{x}} stands for nothing"),
    ('"1..depth" }\nrole', '"12" }\nrole', r"symbols\[2\].for: '12' is not a range"),
    ('aliases = ["out"]', 'aliases = ["x"]', r"quantities\[1\].aliases: x is a quantity's own"),
    ('name = "a{{depth}}"', 'name = "c"', r"quantities\[1\].name: no line defines c"),
    ("{{equation:L}}", "{{equation:x}}", r"statement\[1\].text: no line of the forward pass"),
    ("{{equation:L}}", "{{equatoin:L}}", r"statement\[1\].text: .*did you mean equation"),
    ('target = "w1"\nprompt', 'target = "v1"\nprompt', r"questions\[2\].target: 'v1' is not"),
    ('target = "w1"\nprompt', 'target = "w1[2]"\nprompt', r"questions\[2\].target: .*outside 1..1"),
    ('target = "w1"\nprompt', 'target = "a2"\nprompt', r"questions\[2\].target: no derivative is"),
    ('activation = "sigmoid" }', 'activation = "sin" }', r"instead.activation: .* no value 'sin'"),
    ('name = "dw{{l}}"', 'name = "dw"', r"questions: two questions are called 'dw'"),
)


@pytest.mark.parametrize(("right", "wrong", "message"), WRONG)
def test_what_reading_complains_about(right: str, wrong: str, message: str) -> None:
    assert SMALL.count(right) >= 1
    with pytest.raises(TemplateError) as caught:
        small(SMALL.replace(right, wrong, 1))
    assert re.search(message, str(caught.value)), str(caught.value)


@pytest.mark.parametrize(("right", "wrong", "message"), WRONG_LATER)
def test_what_making_complains_about(right: str, wrong: str, message: str) -> None:
    assert SMALL.count(right) >= 1
    with pytest.raises(TemplateError) as caught:
        exercise(0, SMALL.replace(right, wrong, 1))
    assert caught.value.file == "small.toml"
    assert caught.value.line > 0 or caught.value.key == "questions"
    assert re.search(message, str(caught.value)), str(caught.value)


def test_slots_without_a_choice() -> None:
    with pytest.raises(SlotError, match="first values of the slots are excluded: this is a test"):
        exercise(0, SMALL.replace("values = [2, 3]", "values = [3, 2]"))
    only = SMALL.replace("values = [2, 3]", "values = [3]").replace(', "sigmoid"]', "]")
    with pytest.raises(SlotError, match="was excluded: this is a test"):
        exercise(1, only)


def test_lines_are_those_of_an_editor() -> None:
    for path in sorted(SHIPPED.glob("*.toml")):
        source = Source.read(path)
        lines = path.read_text().splitlines()
        questions = [number for number, line in enumerate(lines, 1) if line == "[[questions]]"]
        found = [source.line(("questions", place)) for place in range(len(questions))]
        assert found == questions
        for key, number in source.lines.items():
            last = key[-1] if isinstance(key[-1], str) else key[-2]
            assert str(last) in lines[number - 1]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="no such file or folder"):
        Bank.load(tmp_path / "nowhere")
    (tmp_path / "latin.toml").write_bytes(b'title = "\xe9"')
    with pytest.raises(TemplateError, match=r"latin.toml: cannot be read"):
        Bank.load(tmp_path / "latin.toml")
    (tmp_path / "latin.toml").write_text(SMALL.replace('"small"', '"warm-up"'))
    with pytest.raises(TemplateError, match=r"latin.toml:2: slug: 'warm-up' is taken"):
        Bank.load(tmp_path / "latin.toml")


def test_worksheets_complain_alike() -> None:
    text = 'format = "gradbook.worksheet/1"\nslug = "s"\ntitle = "t"\n'
    with pytest.raises(TemplateError, match=r"w.toml: expected at least one \[\[items\]\]"):
        read_worksheet(Source.parse(text, "w.toml"))
    item = '[[items]]\ntemplate = "warm-up"\nseed = -1\n'
    with pytest.raises(TemplateError, match=r"w.toml:6: items\[1\].seed: .* not -1"):
        read_worksheet(Source.parse(text + item, "w.toml"))


def test_the_description_names_every_key() -> None:
    described = (SHIPPED / "README.md").read_text()
    for key in {
        *KEYS,
        *CONDITIONAL,
        *SPOKEN,
        *(key for keys in ENTRY_KEYS.values() for key in keys),
    }:
        assert re.search(rf"\b{key}\b", described), key


def test_every_error_is_drawn_in_the_tree() -> None:
    import generator.errors as errors

    drawn = errors.__doc__ or ""
    for name, each in vars(errors).items():
        if isinstance(each, type) and issubclass(each, GeneratorError):
            assert name in drawn
