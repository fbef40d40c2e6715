"""Convolutions as NumPy spells them mean what NumPy does, and reversals what slices do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.notation import Read, Scope, Unreadable, read
from engine.numeric import Batch, Environment

Array = NDArray[np.float64]

X, W = np.array([2.0, -1.0, 3.0, 5.0, -4.0]), np.array([1.0, 2.0, -3.0])
K = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
SCOPE = Scope({"x": (5, 1), "w": (3, 1), "K": (2, 3)})
CALLS = [
    f"np.{name}({first}, {second}{mode})"
    for name in ("correlate", "convolve")
    for first, second in (("x", "w"), ("w", "x"))
    for mode in ("", ", 'valid'", ", 'full'", ', mode="valid"', ', mode="full"')
]
REVERSALS: list[tuple[str, Callable[[Array], Array]]] = [
    ("np.flip(K)", np.flip),
    ("np.flip(K, 0)", lambda k: np.flip(k, 0)),
    ("np.flip(K, axis=1)", lambda k: np.flip(k, 1)),
    ("np.flip(K, (0, 1))", np.flip),
    ("torch.flip(K, dims=[0, 1])", np.flip),
    ("np.flipud(K)", np.flipud),
    ("np.fliplr(K)", np.fliplr),
    ("np.flipud(np.fliplr(K))", np.flip),
    ("np.rot90(K, 2)", lambda k: np.rot90(k, 2)),
    ("K[::-1]", lambda k: k[::-1]),
    ("K[:, ::-1]", lambda k: k[:, ::-1]),
    ("K[::-1, ::-1]", lambda k: k[::-1, ::-1]),
]


def value(text: str) -> Array:
    """The numbers that `text` stands for."""
    outcome = read(text, SCOPE)
    assert isinstance(outcome, Read), outcome
    columns = {"x": X[:, None], "w": W[:, None], "K": K}
    env = Environment({name: Batch(v[None], v.shape) for name, v in columns.items()}, {})
    return np.asarray(env.evaluate(outcome.expr).data[0])


@pytest.mark.parametrize("call", CALLS)
def test_a_mode_means_what_it_means_in_numpy(call: str) -> None:
    expected = eval(call, {"np": np, "x": X, "w": W})  # a text of this file
    assert np.array_equal(value(call).ravel(), expected)


@pytest.mark.parametrize(("text", "expected"), REVERSALS)
def test_reversals(text: str, expected: Callable[[Array], Array]) -> None:
    assert np.array_equal(value(text), expected(K))


@pytest.mark.parametrize("text", ["np.rot90(K)", "np.rot90(K, 1)", "np.convolve(x, w, 'same')"])
def test_other_turns_and_modes_are_refused(text: str) -> None:
    assert isinstance(read(text, SCOPE), Unreadable)
