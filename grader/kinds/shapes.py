"""Shapes of variables: `x: (n, 1)`, `w ∈ R^{n×1}`, `b and z scalar`, in any order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from engine.expression import Var
from engine.notation import Read, Scope, read
from engine.program import Program
from engine.question import Shapes
from engine.shapes import Dim, Shape, canonical
from grader.scopes import scope_of
from grader.verdict import Exact, Verdict, graded, invalid

Span: TypeAlias = tuple[int, int]

WORD = r"(?:[A-Za-z]\w*|\d+)"
TIMES = r"(?:\\times|\\cdot|×|✕|\*|\bx\b|X|\bby\b|,)"
BARE_R = r"\bR(?=\s*\^)|(?<=∈)R\b|(?<=∈ )R\b|(?<=\\in )R\b|(?<=\bin )R\b"
REAL = rf"(?:\\mathbb\s*\{{?\s*R\s*\}}?|\\R\b|ℝ|{BARE_R})"
POWER = rf"\s*\^\s*(?:\{{([^{{}}]*)\}}|\(([^()]*)\)|({WORD}))"
LISTED = rf"[(\[]\s*({WORD})\s*{TIMES}\s*({WORD})?\s*[)\]]|(?<![\w^_{{\[\]])\(\s*({WORD})\s*\)"
SCALAR_WORD = re.compile(r"^(?:scalars?|numbers?|a scalar|a number)$", re.IGNORECASE)
# `a` is an article behind a name, and a name at the beginning: `b is a scalar; a scalar`.
ARTICLE = r"(?<=[^\s,;&][ \t])(?<!\band )\ban?\b"
JOINING = re.compile(
    "|".join(
        (
            r"\b(?:in|is|are|has|have|both|each|of|the)\b",
            r"\b(?:shapes?|dimensions?|matrix|vector|row|column)\b",
            r"\ban?\b(?=\s+(?:matrix|vector|shape))",
            rf"{ARTICLE}(?=\s*$)",
            r"\\in\b|∈|\\text\{[^{}]*\}|\\quad|\\\\|[$:=]",
        )
    )
)
SEPARATOR = re.compile(r",|;|\n|\band\b|&")


@dataclass(frozen=True)
class Claim:
    """A shape that the answer gives to some names; no names in the single-variable form."""

    names: tuple[str, ...]
    shape: Shape
    span: Span


def grade(question: Shapes, text: str) -> Verdict:
    """The verdict on a list of shapes, each variable counting alike."""
    claims = claims_of(text, question)
    if isinstance(claims, Verdict):
        return claims
    said = {name: claim for claim in claims for name in claim.names}
    key = question.key
    right = [name for name in key if name in said and fits(said[name].shape, key[name])]
    wrong = [name for name in key if name in said and name not in right]
    missing = [name for name in key if name not in said]
    sentences = []
    if wrong:
        sentences.append(f"Not right: {', '.join(wrong)}.")
    if missing:
        sentences.append(f"Missing: {', '.join(missing)}.")
    evidence = Exact(f"{len(right)} of {len(key)} right", {"wrong": wrong, "missing": missing})
    span = said[wrong[0]].span if wrong else None
    message = " ".join(sentences) or "Correct."
    return graded(len(right) / max(len(key), 1), "items", message, evidence, span=span)


def fits(said: Shape, right: Shape) -> bool:
    """Whether a shape is right; a rank-1 shape stands for the row or column of its length."""
    if len(said) == 1 and len(right) == 2:
        return 1 in right and said[0] in right
    return canonical(said) == canonical(right)


def claims_of(text: str, question: Shapes) -> tuple[Claim, ...] | Verdict:
    """What the text claims, in order; an invalid verdict where it cannot be read."""
    scope, found, last = scope_of(question.program), [], 0
    for span, sizes in _shapes_in(text, question.program):
        shape = _shape(sizes, question.program)
        if isinstance(shape, str):
            return invalid("unknown-symbol", f"'{shape}' is no size of this exercise.", span)
        names = _names(text, (last, span[0]), scope, question)
        if isinstance(names, Verdict):
            return names
        found.append(Claim(names, shape, span))
        last = span[1]
    rest = SEPARATOR.sub("", JOINING.sub("", text[last:])).strip(" .()")
    if not found or rest:
        message = "Write one shape for each variable, such as x: (n, 1)."
        return invalid("parse", message, (last, len(text)))
    return tuple(found)


def _shapes_in(text: str, program: Program) -> Iterator[tuple[Span, tuple[str, ...]]]:
    """Everything in the text that is a shape, with its place and its sizes."""
    for found in _pattern(program).finditer(text):
        yield found.span(), _sizes(found)


def _pattern(program: Program) -> re.Pattern[str]:
    sizes = "|".join([*(re.escape(name) for name in sorted(program.dimensions)), r"\d+"])
    times = r"(?:\\times|×|✕|\*|x|by)"
    bare = rf"(?<![\w^_])({sizes})\s*{times}\s*({sizes})(?!\w)"
    scalar = rf"(?<!\w)((?:{ARTICLE}[ \t]+)?(?:scalars?|numbers?))(?!\w)"
    real = rf"{REAL}(?:{POWER})?"
    one = rf"(?<=[:=∈])\s*(1)(?![\w.]|[ \t]*{times}[ \t]*(?:{sizes})(?!\w))"
    return re.compile(rf"{real}|{LISTED}|{bare}|{scalar}|{one}", re.IGNORECASE)


def _sizes(found: re.Match[str]) -> tuple[str, ...]:
    parts = [part for part in found.groups() if part]
    if not parts or SCALAR_WORD.match(parts[0].strip()):
        return ()
    if len(parts) == 1:
        pieces = re.split(
            r"\\times|\\cdot|×|✕|\*|,|\s+x\s+|\s+by\s+|(?<=\w)x(?=\d)", parts[0].strip()
        )
        return tuple(piece.strip() for piece in pieces if piece.strip())
    return tuple(part.strip() for part in parts)


def _shape(sizes: tuple[str, ...], program: Program) -> Shape | str:
    """The shape that sizes make; the size that the exercise does not have."""
    dims: list[Dim] = []
    for size in sizes:
        dim = _dim(size, program)
        if dim is None:
            return size
        dims.append(dim)
    return canonical(tuple(dims))


def _dim(size: str, program: Program) -> Dim | None:
    if size.isdecimal():
        return int(size)
    if size in program.dimensions:
        return size
    folded = [name for name in program.dimensions if name.casefold() == size.casefold()]
    return folded[0] if len(folded) == 1 else None


def _names(text: str, span: Span, scope: Scope, question: Shapes) -> tuple[str, ...] | Verdict:
    """The names before a shape; the asked variable where there are none and only one is asked."""
    pieces = SEPARATOR.split(JOINING.sub(" ", text[span[0] : span[1]]))
    names: list[str] = []
    for piece in pieces:
        bare = piece.strip(" \t\r\n.-•*{}") if "{" not in piece.strip("{} ") else piece.strip()
        if not bare:
            continue
        name = _name(bare, scope)
        if name is None:
            return invalid("unknown-symbol", f"'{bare}' is not a quantity of this exercise.", span)
        names.append(name)
    if not names and len(question.variables) == 1:
        return question.variables
    if not names:
        return invalid("parse", "Say which variable this is the shape of.", (span[0], span[1] + 1))
    return tuple(names)


def _name(text: str, scope: Scope) -> str | None:
    match read(text, scope):
        case Read(expr=Var(name=name)):
            return name
    return None
