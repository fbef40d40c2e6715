"""Which of several readings is taken, and what one elaboration says."""

from __future__ import annotations

from dataclasses import dataclass

from engine.expression import Expr


@dataclass(frozen=True)
class Elaborated:
    """A typed answer: the value of each link of its chain (the last counts), and remarks."""

    links: tuple[Expr | None, ...]
    notes: tuple[str, ...] = ()
    forked: bool = False
    swept: bool = False
    entry: Expr | None = None


@dataclass(frozen=True)
class Options:
    """Which of several readings is taken.

    A strict reading never takes factors side by side for an element-wise product.  `entrywise`
    chooses the other reading of K (1 - K) for a square K, where both conform.  With `matlab`, `*`
    is a matrix product and sums go down the columns; with `columns`, an example of a batch in rows
    is a column; with `lengths`, |r| is the length of a vector; with `outer`, ⊗ is the outer product
    where factors have one shape; with `dots`, · between vectors of one shape is the dot product;
    with `crosses`, × is a matrix product; with `tight`, ⊙ binds as tightly as factors side by
    side; with `batch`, Σ without an index runs over the examples; with `entries`, · between what
    cannot be multiplied as matrices is entry by entry, but for those at the places `inner`, which
    are dot products; with `fractions`, A B/C is A (B/C).  `free` are the indices of a component
    form, `ordered` where a left-hand side says which of them counts rows, `from_zero` where they
    stand in square brackets; `fixed` are their numbers, where one entry is asked for.
    """

    strict: bool = False
    entrywise: bool = False
    matlab: bool = False
    columns: bool = False
    lengths: bool = False
    outer: bool = False
    dots: bool = False
    crosses: bool = False
    tight: bool = False
    batch: bool = False
    entries: bool = False
    fractions: bool = False
    inner: frozenset[int] = frozenset()
    free: tuple[str, ...] = ()
    ordered: bool = False
    from_zero: bool = False
    fixed: tuple[int, ...] = ()


PLAIN = Options()
