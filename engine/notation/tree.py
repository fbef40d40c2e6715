"""Walking over surface trees: what a node consists of, whatever its kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import cache

from engine.notation.syntax import Syntax


def parts(node: Syntax) -> Iterator[Syntax]:
    """The nodes directly below `node`, in the order of its fields."""
    for name in _with_parts(type(node)):
        part = getattr(node, name)
        if not isinstance(part, tuple):
            part = (part,)
        for each in part:
            below = each[-1] if isinstance(each, tuple) else each  # a keyword has a name in front
            if below is not None:
                yield below


@cache
def _with_parts(kind: type) -> tuple[str, ...]:
    """The fields of a kind of node that are declared to hold nodes."""
    return tuple(field.name for field in fields(kind) if "Syntax" in str(field.type))
