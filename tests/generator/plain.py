"""The worksheet's forward passes again, by hand in plain NumPy, and central differences of them.

Nothing of the engine is used here, so agreement with it is evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Values = dict[str, Any]
Step = tuple[str, Callable[[Values], Any]]
Slots = Mapping[str, Any]

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "sigmoid": lambda u: 1 / (1 + np.exp(-u)),
    "tanh": np.tanh,
    "relu": lambda u: np.where(u > 0, u, 0.0),
    "leaky-relu": lambda u: np.where(u > 0, u, 0.1 * u),
    "softplus": lambda u: np.log(1 + np.exp(u)),
    "sin": np.sin,
    "exp": np.exp,
}


def cost(kind: str, p: Any, y: Any) -> Any:
    """The loss of predictions, entry by entry."""
    if kind == "bce":
        return -(y * np.log(p) + (1 - y) * np.log(1 - p))
    return (p - y) ** 2 / (2 if kind == "half-se" else 1)


def logistic_single(s: Slots) -> list[Step]:
    out = s["output"]

    def z(v: Values) -> Any:
        weights = v["w"] if s["w"] == "row" else v["w"].T
        return (weights @ v["x"]).item() + v.get("b", 0.0)

    return [
        ("z", z),
        (out, lambda v: ACTIVATIONS[s["activation"]](v["z"])),
        ("L", lambda v: cost(s["loss"], v[out], v["y"])),
    ]


def logistic_batch(s: Slots) -> list[Step]:
    def z(v: Values) -> Any:
        row = v["w"] if s["w"] == "row" else v["w"].T
        scores = row @ v["X"] if s["batch"] == "columns" else v["X"] @ row.T
        return scores + v.get("b", 0.0)

    def total(v: Values) -> Any:
        factor = {"mean": 1 / v["L"].size, "half-mean": 0.5 / v["L"].size, "sum": 1.0}
        return factor[s["reduction"]] * v["L"].sum()

    return [
        ("z", z),
        ("a", lambda v: ACTIVATIONS[s["activation"]](v["z"])),
        ("L", lambda v: cost(s["loss"], v["a"], v["y"])),
        ("J", total),
    ]


def shallow_network(s: Slots) -> list[Step]:
    depth = s["depth"]
    steps: list[Step] = []
    for layer in range(1, depth + 1):
        steps += _layer(layer, "sigmoid" if layer == depth else s[f"activation{layer}"], depth)
    return [*steps, ("L", lambda v: cost(s["loss"], v[f"a{depth}"], v["y"]))]


def _layer(number: int, activation: str, depth: int) -> list[Step]:
    below = f"a{number - 1}" if number > 1 else "x"

    def z(v: Values) -> Any:
        result = v[f"W{number}"] @ v[below] + v[f"b{number}"]
        return result.item() if number == depth else result

    return [(f"z{number}", z), (f"a{number}", lambda v: ACTIVATIONS[activation](v[f"z{number}"]))]


def univariate_chain(s: Slots) -> list[Step]:
    return [
        ("z", lambda v: v["w"] * v["x"] ** s["power"] + v["b"]),
        ("s", lambda v: ACTIVATIONS[s["inner"]](v["z"])),
        ("yhat", lambda v: ACTIVATIONS[s["outer"]](v["s"])),
        ("L", lambda v: cost(s["loss"], v["yhat"], v["y"])),
    ]


def multivariate_scalar(s: Slots) -> list[Step]:
    def z(v: Values) -> Any:
        weights = v["w"] if s["w"] == "row" else v["w"].T
        return (weights @ v["x"]).item() + v["b"]

    return [
        ("z", z),
        ("yhat", lambda v: ACTIVATIONS[s["activation"]](v["z"])),
        ("L", lambda v: -v["y"] * np.log(v["yhat"])),
    ]


def scalar_matrix(s: Slots) -> list[Step]:
    many = s["batch"] == "on"
    x, y, hidden, out = ("X", "Y", "S", "Yhat") if many else ("x", "y", "s", "yhat")
    factors = {"squared-norm": lambda n: 1.0, "half-squared-norm": lambda n: 0.5}

    def prediction(v: Values) -> Any:
        product = v[hidden] @ v["W"] if s["layout"] == "row" else v["W"] @ v[hidden]
        return product + v.get("b", 0.0)

    def loss(v: Values) -> Any:
        squares = (v[out] - v[y]) ** 2
        return factors.get(s["loss"], lambda n: 1 / n)(squares.size) * squares.sum()

    return [
        (hidden, lambda v: ACTIVATIONS[s["activation"]](v[x])),
        (out, prediction),
        ("L", loss),
    ]


STEPS: dict[str, Callable[[Slots], list[Step]]] = {
    "logistic-single": logistic_single,
    "logistic-batch": logistic_batch,
    "shallow-network": shallow_network,
    "univariate-chain": univariate_chain,
    "multivariate-scalar": multivariate_scalar,
    "scalar-matrix": scalar_matrix,
}


def run(steps: list[Step], given: Values) -> Values:
    """All values of the forward pass; a step whose value is given is not computed."""
    values = dict(given)
    for name, step in steps:
        if name not in values:
            values[name] = step(values)
    return values


def central_differences(steps: list[Step], inputs: Values, target: str, h: float = 1e-5) -> Any:
    """d loss / d target, entry by entry; the loss is the last step."""
    loss = steps[-1][0]
    centre = np.array(run(steps, inputs)[target], dtype=float)
    result = np.zeros_like(centre)
    for place in np.ndindex(centre.shape):
        ends = [_moved(centre, place, h), _moved(centre, place, -h)]
        up, down = (run(steps, {**inputs, target: end})[loss] for end in ends)
        result[place] = (up - down) / (2 * h)
    return result


def _moved(values: Any, place: tuple[int, ...], by: float) -> Any:
    moved = values.copy()
    moved[place] += by
    return moved if moved.shape else moved.item()
