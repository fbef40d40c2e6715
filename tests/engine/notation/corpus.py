"""Answers that students gave, each with NumPy code that says what it means."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.expression import Var, apply
from engine.notation import Scope
from engine.numeric import Batch, Environment
from engine.shapes import Shape, canonical, concrete

SIZES = {"n": 3, "m": 4, "k": 2, "h": 5}
ALIASES = {
    "S1": {"yhat": "a"},
    "S2": {"yhat": "a"},
    "SM1": {"p": "yhat"},
    "LM2": {"lam": "lambda"},
}
EXAMPLE_AXES = {"S2.w.col": 1, "S2.b.row": 0, "SN1.W2": 1, "SN1.Z1": 1, "SN1.b1": 1}
POSITIVE = {"a", "a1", "a2", "a3", "yhat", "z", "A", "y", "s"}


@dataclass(frozen=True)
class Answer:
    """One answer: `np` is NumPy code over the names of `shapes`."""

    id: str
    exercise: str
    shapes: dict[str, list[int | str]]
    answer: str
    np: str

    @property
    def symbols(self) -> dict[str, Shape]:
        return {name: canonical(tuple(shape)) for name, shape in self.shapes.items()}

    @property
    def scope(self) -> Scope:
        """The scope an exercise of this kind has, with the derivatives that its answers mention."""
        symbols = self.symbols
        family = self.exercise.split(".")[0]
        return Scope(
            symbols,
            aliases=ALIASES.get(family, {}),
            dimensions=frozenset(SIZES),
            example_axis=EXAMPLE_AXES.get(self.exercise),
            definitions=_definitions(family, symbols),
        )


def _definitions(family: str, symbols: dict[str, Shape]) -> dict[str, Any]:
    var = {name: Var(name, shape) for name, shape in symbols.items()}
    if family == "S3":
        a2 = var["a2"]
        return {"dL/dz2": (var["W3"].T * (var["a3"] - var["y"])) * a2 * (1 - a2)}
    if family == "S6" and "s" in symbols:
        return {"s": apply("sigmoid", var["x"])}
    if family == "SN1":
        dz2 = var["A2"] - var["Y"]
        return {"dZ2": dz2, "dZ1": (var["W2"].T @ dz2) * (1 - var["A1"] ** 2)}
    return {}


def load() -> list[Answer]:
    """All answers of the corpus."""
    text = (Path(__file__).parent / "answers.json").read_text(encoding="utf-8")
    return [Answer(**row) for row in json.loads(text)]


def environment(answer: Answer, seed: int = 0) -> Environment:
    """Values for the names of one answer, at one point."""
    random = np.random.default_rng(seed)
    values = {}
    for name, shape in answer.symbols.items():
        data = random.uniform(0.2, 0.9, (1, *concrete(shape, SIZES)))
        data = data if name in POSITIVE else data * random.choice([-1, 1], data.shape)
        values[name] = Batch(data, tuple(concrete(shape, SIZES)))
    return Environment(values, SIZES)


def meaning(answer: Answer, env: Environment) -> np.ndarray[Any, Any]:
    """The value of the answer's NumPy code."""
    names = {name: batch.data[0] for name, batch in env.values.items()}
    if answer.exercise.startswith("S6") and "s" in names:
        names["s"] = _sigmoid(names["x"])
    names |= {name: SIZES[name] for name in SIZES}
    names |= {"lam": names.get("lambda"), "np": np, "sig": _sigmoid, "sc": np.squeeze}
    names |= {"relu": lambda x: np.maximum(x, 0), "step": lambda x: (x > 0) * 1.0}
    names |= {"diag": lambda x: np.diag(x.ravel()), "softmax": _softmax, "log": np.log}
    if answer.exercise.startswith("S3"):
        names |= {name: np.reshape(names[name], (1, 1)) for name in ("a3", "y", "z3")}
    return np.asarray(eval(answer.np, names))  # the corpus is part of the repository


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _softmax(x: Any, axis: int) -> Any:
    e = np.exp(x)
    return e / e.sum(axis=axis, keepdims=True)
