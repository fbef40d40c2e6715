"""The untyped surface tree: what was written, with the place of every part.

A tree can be elaborated in any scope that has the same names; brackets are kept, because `1/2m` and
`1/2 m` or `1^T` and `(1)^T` differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from engine.notation.errors import Span


@dataclass(frozen=True, slots=True)
class Number:
    """A decimal or an integer, exact."""

    span: Span
    value: Fraction
    depth: int = 1


@dataclass(frozen=True, slots=True)
class One:
    """A one that may be a vector of ones: bold, or a 1 that is transposed."""

    span: Span
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it stands; `spelling` is the scope's own where the scope knows it."""

    span: Span
    spelling: str
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Group:
    """Something in brackets."""

    span: Span
    inner: Syntax
    depth: int


@dataclass(frozen=True, slots=True)
class Tuple:
    """Several things in brackets: a shape."""

    span: Span
    items: tuple[Syntax, ...]
    depth: int


@dataclass(frozen=True, slots=True)
class Chain:
    """Factors written side by side, or with a dot between them."""

    span: Span
    items: tuple[Syntax, ...]
    depth: int


@dataclass(frozen=True, slots=True)
class Infix:
    """`left op right`, where `op` is a row of the operator table; `sign` is what was written."""

    span: Span
    op: str
    left: Syntax
    right: Syntax
    depth: int
    sign: str = ""


@dataclass(frozen=True, slots=True)
class Unary:
    """A prefix or postfix operator, or a fence."""

    span: Span
    op: str
    arg: Syntax
    depth: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function applied; `rows` has that spelling, `primes` counts derivatives.

    `qualified` tells `np.max(x, 0)`, whose 0 is an axis, from `max(x, 0)`.
    """

    span: Span
    spelling: str
    rows: tuple[str, ...]
    args: tuple[Syntax, ...]
    keywords: tuple[tuple[str, Syntax], ...]
    primes: int
    qualified: bool
    depth: int


@dataclass(frozen=True, slots=True)
class Index:
    """Entries or slices: `W_{1j}`, counted from 1, or `W[0, j]`, counted from the scope's base.

    An item `None` is a colon.
    """

    span: Span
    base: Syntax
    items: tuple[Syntax | None, ...]
    bracket: bool
    depth: int


@dataclass(frozen=True, slots=True)
class Example:
    """`x^{(i)}`: one example of a batch."""

    span: Span
    base: Syntax
    index: Syntax
    depth: int


@dataclass(frozen=True, slots=True)
class Binder:
    """`op over index from low to high of body`; the bounds may be left out, or all of it: `Σ y`."""

    span: Span
    op: str
    index: str
    low: Syntax | None
    high: Syntax | None
    body: Syntax
    depth: int


LAST = -2  # stands for the last axis
WHOLE = -3  # stands for all axes
LENGTH = -1  # stands for the axis that a vector runs along; the rows of a matrix


@dataclass(frozen=True, slots=True)
class Size:
    """`X.shape[axis]` or `len(X)`; the number of entries where there is no axis."""

    span: Span
    base: Syntax
    axis: int | None
    depth: int


@dataclass(frozen=True, slots=True)
class Einsum:
    """`einsum('ij,jk->ik', X, Y)`."""

    span: Span
    spec: str
    args: tuple[Syntax, ...]
    depth: int


@dataclass(frozen=True, slots=True)
class Derivative:
    """`∂of/∂wrt`, a symbol like any other: it means something only where it is defined."""

    span: Span
    of: Syntax
    wrt: Syntax
    depth: int


Syntax: TypeAlias = (
    Number
    | One
    | Name
    | Group
    | Tuple
    | Chain
    | Infix
    | Unary
    | Call
    | Index
    | Example
    | Binder
    | Size
    | Einsum
    | Derivative
)


@dataclass(frozen=True, slots=True)
class Clause:
    """One statement: links of an equality chain; `side` marks what follows `where`."""

    links: tuple[Syntax, ...]
    side: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole text: its clauses in the order written; `matlab` where it has MATLAB's signs."""

    text: str
    clauses: tuple[Clause, ...]
    matlab: bool = False
