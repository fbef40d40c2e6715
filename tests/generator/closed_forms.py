"""Closed forms worked out by hand, one file per template in closed_forms/, and how they are read.

    catalogue = "LM1"                            # the entry that the forms stand in
    template = "least-squares"
    names = { lam = "lambda" }                   # NumPy names that differ from the template's

    [[variants]]
    slots = {}                                   # what differs from seed 0
    forward = ["r = X@w-y", "J = (r**2).sum()/m"]  # every quantity, in plain NumPy

    [variants.forms.dw]                          # the name of a derivative question
    numpy = "2/m*X.T@(X@w-y)"                    # the closed form in NumPy
    text = "(2/m) X^T (X w - y)"                 # as a learner types it; a list for several ways
    shown = "(2/m) X^T r"                        # as the derived key is printed

Forms and forward passes may use np, sig, relu, step(z) = 1{z > 0}, softmax(z, axis), exp, log,
sqrt, tanh, sin and cos, and all sizes.  A scalar that is given is a float; what a matrix product
leaves as 1 by 1 may stay so.  Nothing of the engine is used, so agreement with it is evidence.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent / "closed_forms"
KEYS = frozenset({"catalogue", "template", "names", "variants"})
VARIANT_KEYS = frozenset({"slots", "forward", "forms"})
FORM_KEYS = frozenset({"numpy", "text", "shown"})

Values = dict[str, Any]


def softmax(z: Any, axis: int | None = None) -> Any:
    """exp(z) normalised along an axis."""
    e = np.exp(z)
    return e / e.sum(axis=axis, keepdims=True)


PLAIN: Mapping[str, Any] = {
    "np": np,
    "sig": lambda z: 1 / (1 + np.exp(-z)),
    "relu": lambda z: np.where(z > 0, z, 0.0),
    "step": lambda z: np.where(z > 0, 1.0, 0.0),
    "softmax": softmax,
    **{name: getattr(np, name) for name in ("exp", "log", "sqrt", "tanh", "sin", "cos")},
}


@dataclass(frozen=True)
class Form:
    """The closed form of one derivative question."""

    question: str
    numpy: str
    texts: tuple[str, ...]
    shown: str


@dataclass(frozen=True, eq=False)
class Variant:
    """A template with some slots changed: its forward pass in NumPy, and closed forms."""

    template: str
    slots: Mapping[str, str | int]
    names: Mapping[str, str]
    forward: tuple[tuple[str, str], ...]
    forms: tuple[Form, ...]

    @property
    def label(self) -> str:
        """The template with the slots that differ from seed 0."""
        changed = ",".join(f"{name}={value}" for name, value in self.slots.items())
        return f"{self.template}[{changed}]"

    def run(self, given: Values) -> Values:
        """All values, by the template's names; what is given already is not computed."""
        values = dict(given)
        for name, formula in self.forward:
            known = self.names.get(name, name)
            if known not in values:
                values[known] = self.value(formula, values)
        return values

    def value(self, formula: str, values: Values) -> Any:
        """The value of a formula in NumPy."""
        renamed = {name: values[known] for name, known in self.names.items() if known in values}
        return eval(_compiled(formula), {**PLAIN, **values, **renamed})

    def central_differences(self, inputs: Values, target: str, loss: str, h: float = 1e-5) -> Any:
        """d loss / d target, entry by entry."""
        centre = np.array(self.run(inputs)[target], dtype=float)
        result = np.zeros_like(centre)
        for place in np.ndindex(centre.shape):
            up, down = (
                self._value(loss, {**inputs, target: _moved(centre, place, by)}) for by in (h, -h)
            )
            result[place] = (up - down) / (2 * h)
        return result

    def _value(self, name: str, given: Values) -> float:
        return float(np.asarray(self.run(given)[name]).item())


@cache
def _compiled(formula: str) -> CodeType:
    """A formula is evaluated for every entry that is moved, and compiled once."""
    return compile(formula, "closed form", "eval")


def _moved(values: Any, place: tuple[int, ...], by: float) -> Any:
    moved = values.copy()
    moved[place] += by
    return moved if moved.shape else moved.item()


def variants(path: Path) -> tuple[Variant, ...]:
    """The variants in one file; raises ValueError for a key that is not known."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    _only(document, KEYS, path)
    if path.stem != document["template"]:
        raise ValueError(f"{path} is about {document['template']}")
    return tuple(_variant(document, each, path) for each in document["variants"])


def _variant(document: Mapping[str, Any], row: Mapping[str, Any], path: Path) -> Variant:
    _only(row, VARIANT_KEYS, path)
    return Variant(
        template=document["template"],
        slots=row.get("slots", {}),
        names=document.get("names", {}),
        forward=tuple(_line(line) for line in row["forward"]),
        forms=tuple(_form(name, form, path) for name, form in row["forms"].items()),
    )


def _line(line: str) -> tuple[str, str]:
    name, _, formula = line.partition("=")
    return name.strip(), formula.strip()


def _form(name: str, row: Mapping[str, Any], path: Path) -> Form:
    _only(row, FORM_KEYS, path)
    texts = row["text"] if isinstance(row["text"], list) else [row["text"]]
    return Form(name, row["numpy"], tuple(texts), row["shown"])


def _only(row: Mapping[str, Any], allowed: frozenset[str], path: Path) -> None:
    if unknown := row.keys() - allowed:
        raise ValueError(f"{path}: {', '.join(sorted(unknown))} is not a key here")


VARIANTS = tuple(each for path in sorted(FOLDER.glob("*.toml")) for each in variants(path))
