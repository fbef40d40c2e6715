"""Numbers as learners write them: fractions, decimals, and matrices of them in several notations.

    3/4   -0.25   [[1, 2], [3, 4]]   [1 2; 3 4]   \\begin{pmatrix} 1 & 2 \\end{pmatrix}

Nothing is computed: an answer that is not yet a number is asked back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction

from grader.verdict import Verdict, invalid

HOW = "Write numbers: 3/4, -0.25, or matrices by rows such as [[1, 2], [3, 4]]."
MOST_ENTRIES, MOST_DIGITS = 400, 40

TOKEN = re.compile(
    r"(?P<skip>\$+|\\left|\\right|\\[,;!\[\]()](?!\d)"
    r"|(?:(?:np|numpy|jnp|torch)\s*\.\s*)?(?:array|matrix|asarray|tensor)(?=\s*\())"
    r"|(?P<open>\\begin\s*\{[pbvB]?(?:matrix|array)\}(?:\{[lcr|]*\})?|[\[({])"
    r"|(?P<close>\\end\s*\{[pbvB]?(?:matrix|array)\}|[\])}])"
    r"|(?P<row>;|\\\\)"
    r"|(?P<comma>,|&)"
    r"|(?P<turn>\^\s*\{?\s*(?:\\top|\\intercal|T|⊤|\\mathsf\s*T)\s*\}?|\.T\b|[ᵀ'])"
    r"|(?P<number>(?:[+-]\s?)?(?:"
    r"\\d?frac\s*\{\s*(?P<above>[+-]?\d+)\s*\}\s*\{\s*(?P<below>\d+)\s*\}"
    r"|(?P<top>\d+)\s*/\s*(?P<bottom>\d+)"
    r"|(?P<whole>\d+\.?\d*|\.\d+)(?:[eE](?P<power>[+-]?\d{1,2}))?))"
    r"|(?P<space>\s+)"
)
LEFT = re.compile(r"^[^=]*[A-Za-z∂∇}][^=]*=")
TOGETHER, SPACED, MARKED = range(3)
DASHES = str.maketrans("−–", "--")


@dataclass(frozen=True)
class Number:
    """A number as it was written; `digits` after the point, None for a fraction."""

    value: Fraction
    digits: int | None


@dataclass(frozen=True)
class Numbers:
    """What was written: rows of numbers; `rank` 0 for one number, 1 for a plain list."""

    rows: tuple[tuple[Number, ...], ...]
    rank: int

    def in_shape(self, shape: tuple[int, int]) -> tuple[tuple[Number, ...], ...] | None:
        """The rows in a shape of two axes; a plain list is a row or a column, as is wanted."""
        entries = tuple(each for row in self.rows for each in row)
        if self.rank == 1 and 1 in shape and len(entries) == shape[0] * shape[1]:
            columns = shape[1]
            return tuple(entries[at : at + columns] for at in range(0, len(entries), columns))
        return self.rows if self.shape == shape else None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.rows), len(self.rows[0])


@dataclass
class _Rows:
    """Rows while they are read."""

    rows: list[list[Number]] = field(default_factory=lambda: [[]])
    depth: int = 0
    deepest: int = 0
    split: bool = False
    turned: bool = False
    apart: int = MARKED  # what stands between the last number and the next

    def new_row(self) -> None:
        if self.rows[-1]:
            self.rows.append([])


def numbers(text: str) -> Numbers | Verdict:
    """The numbers of a text; an invalid verdict where it holds anything else."""
    left = LEFT.match(text)
    place = left.end() if left else 0
    plain = text.translate(DASHES)
    found = _Rows()
    while place < len(text):
        token = TOKEN.match(plain, place)
        if token is None or not _take(found, token):
            return invalid("parse", HOW, (place, _end(text, place)))
        place = token.end()
    return _whole(found, text)


def _end(text: str, start: int) -> int:
    """The end of the piece that cannot be read."""
    word = re.compile(r"\w+|.", re.DOTALL).match(text, start)
    return word.end() if word else start


def _take(found: _Rows, token: re.Match[str]) -> bool:
    """Whether a token fits; it is then part of what was found."""
    if found.turned and token.lastgroup not in ("space", "skip"):
        return False
    match _group(token):
        case "open":
            found.depth += 1
            found.deepest = max(found.deepest, found.depth)
            found.new_row()
            found.apart = MARKED
        case "close":
            found.depth -= 1
            return found.depth >= 0
        case "row":
            found.split = True
            found.new_row()
            found.apart = MARKED
        case "turn":
            found.turned = True
            return found.depth == 0
        case "number":
            return _number(found, token)
        case "comma":
            found.apart = MARKED
        case "space":
            found.apart = max(found.apart, SPACED)
    return True


def _group(token: re.Match[str]) -> str:
    kinds = ("skip", "open", "close", "row", "comma", "turn", "number", "space")
    return next(kind for kind in kinds if token.group(kind) is not None)


def _number(found: _Rows, token: re.Match[str]) -> bool:
    text = token.group()
    loose = text[0] in "+-" and text[1].isspace()  # after a space alone, that is a difference
    fits = found.apart >= (MARKED if loose else SPACED) and len(text) <= MOST_DIGITS
    number = _read(token) if fits else None
    if number is None:
        return False
    found.rows[-1].append(number)
    found.apart = TOGETHER
    return True


def _read(token: re.Match[str]) -> Number | None:
    """The number of a token; None for a fraction over zero."""
    sign = Fraction(-1 if token.group("number").startswith("-") else 1)
    above, below = token.group("above") or token.group("top"), token.group("below")
    below = below or token.group("bottom")
    if above is not None:
        return Number(sign * Fraction(int(above), int(below)), None) if int(below) else None
    whole, power = token.group("whole"), int(token.group("power") or 0)
    digits = len(whole.partition(".")[2]) - power
    value = Fraction(whole if whole[-1] != "." else whole[:-1]) * Fraction(10) ** power
    return Number(sign * value, max(digits, 0))


def _whole(found: _Rows, text: str) -> Numbers | Verdict:
    rows = [tuple(row) for row in found.rows if row]
    even = len({len(row) for row in rows}) == 1
    if not even or found.depth or sum(map(len, rows)) > MOST_ENTRIES:
        message = HOW if even or not rows else "The rows of this matrix have different lengths."
        return invalid("parse", message, (0, len(text)))
    if found.turned:
        rows = [tuple(column) for column in zip(*rows, strict=True)]
    single = len(rows) == 1 and len(rows[0]) == 1
    is_list = len(rows) == 1 and found.deepest < 2 and not found.split and not found.turned
    return Numbers(tuple(rows), 0 if single else 1 if is_list else 2)
