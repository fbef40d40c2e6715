"""Pictures: drawn for every template, legible, for everybody, and without any answer."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.program import Program, Target
from engine.question import Derivative, Shapes
from generator.bank import Bank
from generator.exercise import Exercise
from generator.pictures import computation_graph, figures, labels, worked_figures
from generator.pictures.graph import Graph, View
from generator.pictures.layers import spread
from generator.pictures.network import network
from generator.pictures.neurons import Drawing
from generator.sheets.document import Figure
from generator.sheets.sheet import WRITERS, Sheet

BANK = Bank.load()
EXERCISES = [BANK.exercise(slug, seed) for slug in sorted(BANK.by_slug) for seed in (0, 1)]
DRAWN = [exercise for exercise in EXERCISES if exercise.program is not None]
SVG = "{http://www.w3.org/2000/svg}"


def _program(exercise: Exercise) -> Program:
    assert exercise.program is not None
    return exercise.program


def _texts(figure: Figure) -> str:
    """All that is written in a picture, text by text."""
    root = ET.fromstring(figure.svg)
    texts = ("".join(each.itertext()) for each in root.iter(f"{SVG}text"))
    return "\n".join(texts).replace("\u00a0", " ")


def _spelled(label: labels.Label) -> str:
    return "".join(run.text for run in label)


def _id(exercise: Exercise) -> str:
    return exercise.id


@pytest.mark.parametrize("exercise", EXERCISES, ids=_id)
def test_a_figure_is_a_standalone_picture_with_words(exercise: Exercise) -> None:
    for figure in (*figures(exercise), *worked_figures(exercise)):
        root = ET.fromstring(figure.svg)
        assert root.get("role") == "img"
        title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
        assert title is not None and title.get("id") == root.get("aria-labelledby")
        assert description is not None and description.get("id") == root.get("aria-describedby")
        assert (title.text, description.text) == (figure.title, figure.description)
        assert not {each.tag for each in root.iter()} & {f"{SVG}script", f"{SVG}image"}
        assert "href" not in figure.svg and "url(" not in figure.svg
        assert "prefers-color-scheme:dark" in figure.svg


@pytest.mark.parametrize("exercise", DRAWN, ids=_id)
def test_every_quantity_and_every_shape_is_on_the_graph(exercise: Exercise) -> None:
    program = _program(exercise)
    written = _texts(computation_graph(program))
    for statement in program.statements:
        own = _spelled(labels.name(statement.name))
        shape = _spelled(labels.shape(statement.value.shape))
        assert (f"{own}: {shape}" if shape else own) in written.splitlines()
        for name in statement.value.names & program.roles.keys():
            assert _spelled(labels.name(name)) in written.splitlines()


@pytest.mark.parametrize("exercise", DRAWN, ids=_id)
def test_boxes_and_neurons_stand_apart_on_the_paper(exercise: Exercise) -> None:
    program = _program(exercise)
    graph = Graph(program)
    found = network(program)
    drawing = Drawing(program, found) if found else None
    sets = [(tuple(graph.boxes.values()), graph.figure)]
    sets += [(drawing.boxes, drawing.figure)] if drawing else []
    for boxes, figure in sets:
        assert not [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])]
        root = ET.fromstring(figure.svg)
        left, top, wide, high = map(float, str(root.get("viewBox")).split())
        assert float(str(root.get("width"))) <= 620 and float(str(root.get("height"))) <= 640
        for box in boxes:
            assert box.x >= left and box.x + box.width <= left + wide
            assert box.y >= top and box.y + box.height <= top + high


@pytest.mark.parametrize("exercise", DRAWN, ids=_id)
def test_a_learners_figure_gives_no_answer_away(exercise: Exercise) -> None:
    program = _program(exercise)
    asked = {name for each in exercise.questions if isinstance(each, Shapes) for name in each.key}
    for figure in figures(exercise):
        assert "stroke-dasharray" not in figure.svg and "∂" not in figure.svg
        written = _texts(figure).splitlines()
        for name in asked & program.definitions.keys():
            shape = _spelled(labels.shape(program.shapes[name]))
            assert not shape or f"{_spelled(labels.name(name))}: {shape}" not in written


def test_formulas_to_be_written_down_are_left_out() -> None:
    exercise = BANK.exercise("cross-entropy-steps", 0)
    (hidden,) = figures(exercise)
    (shown,) = worked_figures(exercise)
    assert "exp" not in _texts(hidden) + hidden.description
    assert "exp(logits)" in _texts(shown)
    assert "counts" in _texts(hidden)


def test_the_way_back_is_drawn_on_demand() -> None:
    program = _program(BANK.exercise("two-paths", 0))
    there, back = computation_graph(program), computation_graph(program, "w")
    assert "dasharray" not in there.svg and "∂" not in _texts(there)
    for name in ("w", "u", "v", "yhat", "L"):
        assert _spelled(labels.derivative(name, "L")) in _texts(back)
    assert back.description.endswith("from bottom to top: ∂L/∂L, ∂L/∂ŷ, ∂L/∂v, ∂L/∂u, ∂L/∂w.")
    assert "∂L/∂x" not in _texts(back)
    assert Graph(program, View(target="w")).back == {"w", "u", "v", "yhat", "L"}


# Template, seed, the widths of the inputs and of the layers; none where there is no network.
NETWORKS = [
    ("shallow-network", 0, (3, 3, 2, 1)),
    ("deep-network", 0, ("n0", "n1", "n2", "n3")),
    ("scalar-index-network", 0, (2, 2, 1)),
    ("logistic-single", 0, ("n", 1)),
    ("network-row-vectors", 0, ("n", "d", "k")),
    ("network-batch", 0, ("n", "h", 1)),
    ("weight-decay-network", 0, ("d", "k", "q")),
    ("autoencoder", 0, ("n", "k", "n")),
    ("rnn-cell", 0, None),
    ("residual-block", 0, None),
    ("self-attention", 0, None),
    ("word2vec-softmax", 0, None),
    ("least-squares", 0, None),
]


@pytest.mark.parametrize(("slug", "seed", "widths"), NETWORKS)
def test_a_network_is_recognised(
    slug: str, seed: int, widths: tuple[int | str, ...] | None
) -> None:
    found = network(_program(BANK.exercise(slug, seed)))
    assert (found and (found.width, *(each.width for each in found.layers))) == widths


def test_the_unit_that_is_asked_for_is_marked() -> None:
    exercise = BANK.exercise("shallow-network", 0)
    (figure,) = figures(exercise)
    entries = [each.target for each in exercise.questions if isinstance(each, Derivative)]
    assert entries[0] == Target("a1", (1, 1))
    assert figure.svg.count("gb-marked-fill") == 2  # the rule for the night, and one neuron
    assert figure.description.endswith("Unit 1 of layer 1 is marked.")


# Target, from which unit to which: the weights of the hidden layer are W[to, from], those of the
# output v[from, 1].
WEIGHTS = [(Target("W", (1, 2)), 0, (2, 1)), (Target("v", (2, 1)), 1, (2, 1))]


@pytest.mark.parametrize(("target", "layer", "ends"), WEIGHTS)
def test_the_weight_that_is_asked_for_is_marked(
    target: Target, layer: int, ends: tuple[int, int]
) -> None:
    program = _program(BANK.exercise("scalar-index-network", 0))
    found = network(program)
    assert found is not None
    drawing = Drawing(program, found, target)
    assert [drawing.marked_weight(place) for place in (layer, 1 - layer)] == [ends, None]
    assert "The weight from unit 2 to unit 1" in drawing.description


def test_a_layer_of_a_named_width_is_elided() -> None:
    (figure,) = figures(BANK.exercise("deep-network", 0))
    written = _texts(figure).splitlines()
    assert {"1", "2", "n₀", "n₃"} <= set(written)
    assert "3" not in written


def test_the_same_bytes_in_another_process() -> None:
    code = (
        "from hashlib import sha256\nfrom generator.bank import Bank\n"
        "from generator.pictures import figures, worked_figures\nbank = Bank.load()\n"
        "made = [bank.exercise(slug, 1) for slug in sorted(bank.by_slug)[::6]]\n"
        "text = ''.join(f.svg for e in made for f in (*figures(e), *worked_figures(e)))\n"
        "print(sha256(text.encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.getcwd()},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_figures_stand_in_every_format() -> None:
    exercises = tuple(BANK.exercise(slug, 0) for slug in ("shallow-network", "lstm-cell"))
    for drawing in (figures, worked_figures):
        document = Sheet("Pictures", exercises, figures=drawing).document
        assert WRITERS["pdf"][1](document).startswith(b"%PDF")
        page = WRITERS["html"][1](document).decode()
        assert page.count("<svg") == page.count("<desc") >= 2
        names = [part.split('"')[0] for part in page.split(' id="')[1:]]
        assert len(names) == len(set(names))


places = st.lists(
    st.tuples(st.floats(-100, 100), st.floats(0.5, 50), st.floats(0, 20)), min_size=1, max_size=8
)


@given(places)
def test_places_keep_their_distance_and_stay_where_they_may(
    rows: list[tuple[float, float, float]],
) -> None:
    wanted, weights = [row[0] for row in rows], [row[1] for row in rows]
    steps = [row[2] for row in rows[1:]]
    found = spread(wanted, weights, steps)
    for (left, right), step in zip(pairwise(found), steps, strict=True):
        assert right - left >= step - 1e-9
    assert spread(found, weights, steps) == pytest.approx(found)
    error = sum(w * (at - want) for w, at, want in zip(weights, found, wanted, strict=True))
    assert error == pytest.approx(0, abs=1e-6)
