"""The questions that texts are sent to, one or more of every kind, with answers to be damaged."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from engine.question import Question
from tests.grader.answers_of import RIGHT_TEXTS
from tests.grader.exercises import asked, exercise
from tests.grader.test_kinds_bug import BUG, LAYERS
from tests.grader.test_kinds_instance import BATCH_W, HALF_W
from tests.grader.test_kinds_step import ADAM, MOMENTUM, step

DERIVATIVES = tuple(RIGHT_TEXTS)
OTHERS: dict[str, tuple[Question, tuple[str, ...]]] = {
    "S1.forward": (
        asked("S1.forward"),
        ("z = w^T x + b\na = sigmoid(z)\nL = -(y log(a) + (1 - y) log(1 - a))",),
    ),
    "S3.forward": (
        asked("S3.forward"),
        ("z1 = W1 x + b1; a1 = sigmoid(z1); z2 = W2 a1 + b2; a2 = σ(z2); L = a2 - y",),
    ),
    "S2.shapes": (asked("S2.shapes"), ("X: (n, m), w ∈ R^{n×1}, b and z scalar, J = 1",)),
    "S5.shape": (asked("S5.shape"), ("(n, 1)",)),
    "S3.before": (
        asked("S3.before"),
        ("dL/da3, dL/dz3, dL/da2_1, dL/da2_2, dL/dz2_1 and ∂L/∂z2_2",),
    ),
    "S3.cache": (asked("S3.cache"), ("a3, y, W3, W2, a2 (because of the chain rule)",)),
    "W0.kind": (asked("W0.kind"), ("B", "the answer is (b)")),
    "S1.step": (step("S1.w"), ("w - alpha (a - y) x", "w := w + lr * (a - y) * x", "w -= η dz x")),
    "S2.step": (
        step("S2.w", MOMENTUM),
        ("w - alpha (beta v + X (a - y)^T / m)", "w - alpha X (a - y)^T"),
    ),
    "S1.adam": (
        step("S1.w", ADAM),
        (
            "w - alpha p / (sqrt(r) + eps) where g = (a - y) x,"
            " p = (beta v + (1 - beta) g)/(1 - beta^k), r = (c s + (1 - c) g^2)/(1 - c^k)",
        ),
    ),
    "S2.bug": (BUG, ("3: dz = da * a * (1 - a)", "line 3", "dJ/dz = (a - y) / m", "dw = X dz^T")),
    "S3.bug": (LAYERS, ("dz2 = W3^T dz3 * a2 * (1 - a2)", r"dz^{[2]} = da2 \odot a2", "4")),
    "half.value": (HALF_W, ("3/4", "0.75", "1.5 / 2", "[[3/4]]")),
    "S2.value": (BATCH_W, ("[[0.5966], [0.3655]]", "0.5966, 0.3655", "(1.19; 0.73)")),
}
NAMES = (*DERIVATIVES, *OTHERS)
KEYS_TO = Path(__file__).parent.parent / "grader" / "answers.json"


def question(name: str) -> Question:
    """The question called `name`."""
    return OTHERS[name][0] if name in OTHERS else exercise(name)


@cache
def answers_to(name: str) -> tuple[str, ...]:
    """Right and wrong answers to one question."""
    if name in OTHERS:
        return OTHERS[name][1]
    rows = json.loads(KEYS_TO.read_text(encoding="utf-8"))
    own = [row["answer"] for row in rows if row["exercise"] == name]
    return (RIGHT_TEXTS[name], *own)
