"""The random stream: golden digests, because exercises are named by what it draws."""

from __future__ import annotations

from fractions import Fraction

import pytest

from engine.seeding import Stream

GOLDEN = {
    "octets": lambda stream: stream.octets(8).hex(),
    "integers": lambda stream: [stream.integer(-3, 3) for _ in range(8)],
    "below": lambda stream: stream.below(10**20),
    "shuffled": lambda stream: stream.shuffled(range(8)),
    "chosen": lambda stream: stream.chosen("abcdef", 3),
    "rational": lambda stream: stream.rational(-2, 2, 64),
    "fork": lambda stream: stream.fork("child", 1).below(1000),
}
DRAWN = {
    "octets": "c18c82af6f4c51f8",
    "integers": [-1, -1, -1, 2, -2, 0, -1, -1],
    "below": 8692231880301903578,
    "shuffled": (1, 3, 0, 6, 5, 7, 2, 4),
    "chosen": ("b", "d", "c"),
    "rational": Fraction(55, 64),
    "fork": 450,
}


@pytest.mark.parametrize("name", GOLDEN)
def test_the_stream_draws_the_same_for_ever(name: str) -> None:
    assert GOLDEN[name](Stream("gradbook", "golden", 1)) == DRAWN[name]


def test_labels_are_not_confused() -> None:
    streams = [
        Stream("a", "b"),
        Stream("ab"),
        Stream("a", "b", ""),
        Stream(b"a", "b"),
        Stream("a", 1),
        Stream("a", "1"),
        Stream.keyed(b"a", "b"),
        Stream.keyed(b"b", "b"),
    ]
    assert len({stream.octets(16) for stream in streams}) == len(streams)


def test_a_fork_does_not_depend_on_what_was_drawn() -> None:
    stream = Stream("key")
    before = stream.fork("x").octets(8)
    stream.octets(100)
    assert stream.fork("x").octets(8) == before


def test_bytes_do_not_depend_on_how_they_are_asked_for() -> None:
    whole, parts = Stream("key"), Stream("key")
    assert whole.octets(100) == b"".join(parts.octets(n) for n in (1, 31, 33, 35))


def test_draws_stay_within_their_bounds_and_reach_them() -> None:
    stream = Stream("bounds")
    assert {stream.integer(2, 5) for _ in range(200)} == {2, 3, 4, 5}
    halves = {stream.rational(Fraction(-1, 3), Fraction(2, 3), 4) for _ in range(200)}
    assert halves == {Fraction(-1, 4), Fraction(0), Fraction(1, 4), Fraction(1, 2)}
    assert sorted(stream.shuffled(range(20))) == list(range(20))


def test_nothing_can_be_drawn_from_nothing() -> None:
    with pytest.raises(ValueError, match="below 0"):
        Stream("empty").choice([])
