"""Walking over surface trees: what a node consists of, whatever its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any, TypeAlias, get_args

from engine.notation.syntax import Syntax

Change: TypeAlias = tuple[str, Syntax]
"""What a change is called, and the tree that it makes."""
Changes: TypeAlias = Callable[[Syntax], Iterator[Change]]


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


def with_one_changed(node: Syntax, changes: Changes) -> Iterator[Change]:
    """Every tree that one of the `changes` of one of its nodes makes, outer nodes first."""
    yield from changes(node)
    for name in _WITH_PARTS[type(node)]:
        part: Any = getattr(node, name)
        several = part if isinstance(part, tuple) else (part,)
        for place, each in enumerate(several):
            below = each[-1] if isinstance(each, tuple) else each
            for what, changed in with_one_changed(below, changes) if below is not None else ():
                new = (*each[:-1], changed) if isinstance(each, tuple) else changed
                among = (*several[:place], new, *several[place + 1 :])
                yield what, _with(node, name, among if isinstance(part, tuple) else new)


def _with(node: Any, name: str, part: Any) -> Syntax:
    changed: Syntax = replace(node, **{name: part})
    return changed


_WITH_PARTS: dict[type, tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind) if "Syntax" in str(field.type))
    for kind in get_args(Syntax)
}  # the fields that are declared to hold nodes
