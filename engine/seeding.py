"""Our own stream of random numbers: the same on every machine and under every Python and NumPy.

A `Stream` is SHA-256 in counter mode under a seed that encodes a key and labels.  Streams with
different labels are independent, so one draw more in one place never moves the draws of another.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Label: TypeAlias = str | int

_BLOCK = 32


def encoded(*parts: bytes | Label) -> bytes:
    """The parts as bytes, with kinds and lengths, so that no two lists look alike."""
    return b"".join(_tagged(part) for part in parts)


def _tagged(part: bytes | Label) -> bytes:
    match part:
        case bytes():
            kind, content = b"b", part
        case str():
            kind, content = b"s", part.encode("utf-8")
        case int():
            kind, content = b"i", str(part).encode("ascii")
    return kind + len(content).to_bytes(4, "big") + content


class Stream:
    """A deterministic stream of random numbers for a key and labels."""

    def __init__(self, key: bytes | Label, *labels: Label) -> None:
        self._seed = hashlib.sha256(b"gradbook.stream/1" + encoded(key, *labels)).digest()
        self._counter = 0
        self._left = b""

    @classmethod
    def keyed(cls, secret: bytes, *labels: bytes | Label) -> Stream:
        """A stream nobody can foretell without `secret` (HMAC-SHA-256 of the labels)."""
        return cls(hmac.new(secret, encoded(*labels), hashlib.sha256).digest())

    def fork(self, *labels: Label) -> Stream:
        """A stream of its own for `labels`; it does not depend on what was drawn here."""
        return Stream(self._seed, *labels)

    def octets(self, count: int) -> bytes:
        """The next `count` bytes."""
        missing = count - len(self._left)
        if missing > 0:
            self._left += self._blocks(-(-missing // _BLOCK))
        drawn, self._left = self._left[:count], self._left[count:]
        return drawn

    def _blocks(self, count: int) -> bytes:
        """The next `count` digests, one after the other."""
        first, self._counter = self._counter + 1, self._counter + count
        begun = hashlib.sha256(self._seed)  # a copy is made faster than a new one
        blocks = []
        for number in range(first, first + count):
            block = begun.copy()
            block.update(number.to_bytes(8, "big"))
            blocks.append(block.digest())
        return b"".join(blocks)

    def below(self, bound: int) -> int:
        """A whole number in 0..bound-1, all equally likely."""
        if bound < 1:
            raise ValueError(f"there is no whole number below {bound} to draw")
        width = (bound.bit_length() + 7) // 8 + 1
        fair = 256**width - 256**width % bound
        while (drawn := int.from_bytes(self.octets(width), "big")) >= fair:
            pass
        return drawn % bound

    def integer(self, low: int, high: int) -> int:
        """A whole number in low..high, both included."""
        return low + self.below(high - low + 1)

    def choice(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[self.below(len(options))]

    def shuffled(self, items: Iterable[T]) -> tuple[T, ...]:
        """The items in a random order."""
        order = list(items)
        for last in range(len(order) - 1, 0, -1):
            other = self.below(last + 1)
            order[last], order[other] = order[other], order[last]
        return tuple(order)

    def chosen(self, items: Sequence[T], count: int) -> tuple[T, ...]:
        """`count` different items, in a random order."""
        return self.shuffled(items)[:count]

    def rational(self, low: Fraction | int, high: Fraction | int, denominator: int) -> Fraction:
        """A multiple of 1/denominator in low..high, both included."""
        first, last = -(-low * denominator // 1), high * denominator // 1
        return Fraction(self.integer(int(first), int(last)), denominator)
