"""A short run of the fuzzer of pairs; `python -m tests.fuzz.pairs` is the long one."""

from __future__ import annotations

from tests.fuzz.pairs import run


def test_no_pair_raises_lasts_or_depends_on_the_order() -> None:
    assert run(range(600)) == []
