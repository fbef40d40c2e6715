"""Walking over surface trees: what a node consists of, whatever its kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import get_args

from engine.notation.syntax import Syntax


def parts(node: Syntax) -> Iterator[Syntax]:
    """The nodes directly below `node`, in the order of its fields."""
    for name in _WITH_PARTS[type(node)]:
        part = getattr(node, name)
        if not isinstance(part, tuple):
            part = (part,)
        for each in part:
            below = each[-1] if isinstance(each, tuple) else each  # a keyword has a name in front
            if below is not None:
                yield below


_WITH_PARTS: dict[type, tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind) if "Syntax" in str(field.type))
    for kind in get_args(Syntax)
}  # the fields that are declared to hold nodes
