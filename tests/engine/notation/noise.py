"""Texts that no careful person types: random characters, damaged answers, token soup."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from engine.notation import vocabulary
from tests.engine.strategies import SYMBOLS

SIGNS = "()[]{}^_+-*/@.,;:=<>|'\"\\&%$#!?~` \t\n0123456789abcdexyzWXTσŷ²ᵀ⊙·∂Σ‖𝟙ᵢ₁⁻−√∇"
SOUP = (
    *vocabulary.FUNCTIONS,
    *vocabulary.PRODUCTS,
    *SYMBOLS,
    *"()[]{}^_+-*/@.,;:=<>|'",
    "^{", "_{", "1{", "\\frac", "\\sum_{i=1}^{m}", "\\left(", "\\right)", "\\partial", "\\mathbf 1",
    "np.", ".T", "^T", "^{[2]}", "^{(i)}", "sum_j", "axis=", "keepdims=True", "for i in range(",
    "where",
    "einsum('ij,jk->ik',", "let ", " in ", " if z > 0 else ", "_{ij}", "[i]", ".shape[0]",
    ".reshape(-1, 1)", "delta",
    "||", "‖", "e^", "'", "·", "2", "0.5", "1e9", "10", " ",
)  # fmt: skip


def raw(random: Random) -> str:
    """Random characters, most of them from the language, some from anywhere in Unicode."""
    return "".join(_character(random) for _ in range(random.randint(0, 120)))


def _character(random: Random) -> str:
    if random.random() < 0.8:
        return random.choice(SIGNS)
    return chr(
        random.choice((random.randrange(256), random.randrange(0x3000), random.randrange(0x1FFFF)))
    )


def binary(random: Random) -> str:
    """Random bytes, as a careless client would decode them."""
    data = random.randbytes(random.randint(0, 150))
    coding, errors = random.choice(
        (("latin-1", "strict"), ("utf-8", "replace"), ("utf-8", "surrogateescape"))
    )
    return data.decode(coding, errors)


def soup(random: Random) -> str:
    """Valid tokens in no order."""
    gap = random.choice(("", " "))
    return gap.join(random.choice(SOUP) for _ in range(random.randint(1, 60)))


def damaged(random: Random, text: str) -> str:
    """`text` with a few characters lost, doubled, swapped or replaced."""
    marks = list(text)
    for _ in range(random.randint(1, 6)):
        at = random.randrange(len(marks) + 1)
        match random.randrange(4):
            case 0:
                del marks[at : at + random.randint(1, 3)]
            case 1:
                marks[at:at] = marks[max(0, at - 5) : at] * random.randint(1, 3)
            case 2:
                marks.insert(at, random.choice(SIGNS))
            case _:
                marks[at : at + 1] = random.choice(SOUP)
    return "".join(marks)


def texts(count: int, answers: list[str]) -> Iterator[tuple[int, str]]:
    """`count` texts of all kinds, each with its seed."""
    kinds = (raw, binary, soup, lambda random: damaged(random, random.choice(answers)))
    for seed in range(count):
        yield seed, kinds[seed % len(kinds)](Random(seed))


def monsters() -> list[str]:
    """Texts made to exhaust a reader: deep, long, wide, or ambiguous without end."""
    bricks = (
        "(", "((a)", "[", "{", "-", "x^", "x^{", "x_", "x_{", "\\frac{", "\\frac", "‖", "|", "|x",
        "1{", "𝟙(",
        "sum_j ", "\\sum_{i=1}^{", "sigmoid(", "sigmoid ", "log ", "x'", "x^T", "x[", "x[1,",
        "a+", "a*", "a/",
        "a ", "aa", "xy", "xyzw", "a=", "a;", "1/", "2", "9^", "9**", "e^", "e^{", "∂", "∂L/",
        "np.", ".T", ".sum(",
        "x.T", "\\left(", "\\mathbf{", "\\hat{", "where ", ",", "for i in range(",
        "sum(x for i in range(", "σ'",
        "x_1^{[2]}", "W_{11}", "₁", "²", "1_{", "x^{(i)}", "dL/dz", "abcdefghijklmnopq ", "\u0302",
    )  # fmt: skip
    return [brick * (4000 // len(brick)) for brick in bricks] + [
        _closed(brick, close)
        for brick, close in (("(", ")"), ("{", "}"), ("sigmoid(", ")"), ("𝟙(", ")"))
    ]


def _closed(brick: str, close: str, times: int = 39) -> str:
    return brick * times + "x" + close * times
