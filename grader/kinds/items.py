"""Lists of names, as answers to "which values" and "which derivatives"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from engine.expression import Apply, Const, Expr, Var
from engine.notation import Read, Scope, Unreadable, read
from engine.program import Target
from grader.reading import sentence
from grader.verdict import Verdict, invalid

Span: TypeAlias = tuple[int, int]

NONE = frozenset(("none", "nothing", "-", "–", "∅", r"\emptyset", "{}", "no", "[]"))
SEPARATORS = ",;\n→"
WORDS = re.compile(
    r"\s+(?:and|und|then|&)\s+|\\(?:to|rightarrow|quad|,|;)(?![A-Za-z])", re.IGNORECASE
)
MARKS = " \t\r$.{}•*"


@dataclass(frozen=True)
class Item:
    """One name of a list, with its place in the text; `target` is a variable or one entry of it."""

    target: Target
    text: str
    span: Span


def items_of(text: str, scope: Scope, what: str) -> tuple[Item, ...] | Verdict:
    """The items of a list; an invalid verdict where one of them is not a name of the scope."""
    if not text.strip():
        return invalid("parse", f"List {what}, separated by commas.", (0, len(text)))
    if text.strip(" .").casefold() in NONE:
        return ()
    found: list[Item] = []
    for piece, span in _pieces(text):
        match _item(piece, span, scope, what):
            case Verdict() as verdict:
                return verdict
            case item:
                found.append(item)
    if not found:
        return invalid("parse", f"List {what}, separated by commas.", (0, len(text)))
    return tuple(found)


def _pieces(text: str) -> Iterator[tuple[str, Span]]:
    """The parts between separators outside of brackets, with their places."""
    blanked = WORDS.sub(lambda found: "," + " " * (len(found.group()) - 1), text)
    blanked = _unwrapped(blanked)
    start, depth = 0, 0
    for place, mark in enumerate(blanked + ","):
        depth += (mark in "([{") - (mark in ")]}")
        if mark in SEPARATORS and (depth <= 0 or place == len(blanked)):
            piece = blanked[start:place]
            left = len(piece) - len(piece.lstrip(MARKS))
            inner = _balanced(piece.strip(" \t\r$.•*"))
            if inner:
                yield inner, (start + left, start + left + len(inner))
            start = place + 1


def _unwrapped(text: str) -> str:
    """`{a, b}` with the outer brackets blanked."""
    inner = text.strip(" \t\r\n$")
    if inner[:1] in "{[(" and inner[-1:] in "}])" and len(inner) > 1 and _closes_at_end(inner):
        start = text.index(inner)
        end = start + len(inner)
        return text[:start] + " " + text[start + 1 : end - 1] + " " + text[end:]
    return text


def _closes_at_end(text: str) -> bool:
    depth = 0
    for place, mark in enumerate(text):
        depth += (mark in "([{") - (mark in ")]}")
        if depth == 0:
            return place == len(text) - 1
    return False


def _balanced(piece: str) -> str:
    return piece.strip()


def _item(piece: str, span: Span, scope: Scope, what: str) -> Item | Verdict:
    match read(piece, scope):
        case Read(expr=expr):
            target = target_of(expr)
            if target is not None:
                return Item(target, piece, span)
        case Unreadable(problem=problem) if problem.kind != "shape":
            place = (span[0] + problem.span[0], span[0] + problem.span[1])
            return invalid(problem.kind, sentence(problem), place)
    return invalid("items", f"'{piece}' is not one of {what}.", span)


def target_of(expr: Expr) -> Target | None:
    """The variable, or entry of a variable, that an expression names."""
    match expr:
        case Var(name=name):
            return Target(name)
        case Apply(op="entry", args=(Var(name=name), Const(value=row), Const(value=column))):
            return Target(name, (int(row), int(column)))
        case Apply(op="transpose", args=(Var(name=name),)):
            return Target(name)
    return None
