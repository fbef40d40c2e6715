"""Which derivatives must be known first: a set, whatever its order."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from engine.notation import Scope
from engine.program import Program, Target
from engine.question import Prerequisites
from engine.shapes import Shape
from grader.explain import entry_name
from grader.kinds.items import Item, items_of
from grader.scopes import derivative_names
from grader.verdict import Exact, Verdict, graded

WHAT = "derivatives such as dL/dz"


def grade(question: Prerequisites, text: str) -> Verdict:
    """The verdict on a list: the found ones' share of the needed and superfluous."""
    items = items_of(text, _scope(question.program), WHAT)
    if isinstance(items, Verdict):
        return items
    shapes = question.program.shapes
    named = {entry for item in items for entry in _entries(item.target, shapes)}
    wanted = [set(_entries(target, shapes)) for target in question.required]
    missing = [each for each in wanted if not each <= named]
    fine = set().union(*wanted, *(set(_entries(t, shapes)) for t in question.also_fine))
    extra = [item for item in items if not fine & set(_entries(item.target, shapes))]
    return _verdict(question, len(missing), extra)


def _verdict(question: Prerequisites, missing: int, extra: list[Item]) -> Verdict:
    total = len(question.required)
    score = (total - missing) / (total + len(extra)) if total else float(not extra)
    sentences = []
    if missing:
        sentences.append(f"{missing} of the {total} derivatives needed are missing.")
    if extra:
        names = ", ".join(dict.fromkeys(item.text for item in extra))
        sentences.append(f"Not needed before {_asked(question)}: {names}.")
    evidence = Exact(
        f"{total - missing} of {total} found, {len(extra)} superfluous",
        {"superfluous": [item.text for item in extra]},
    )
    span = extra[0].span if extra else None
    return graded(score, "items", " ".join(sentences) or "Correct.", evidence, span=span)


def _asked(question: Prerequisites) -> str:
    return f"d{question.program.loss}/d{entry_name(question.target)}"


def _entries(target: Target, shapes: dict[str, Shape]) -> Iterator[Target]:
    """A whole variable as all of its entries, where their number is fixed."""
    shape = shapes.get(target.variable, ())  # a dimension can be named too, and is superfluous
    if target.entry is None and len(shape) == 2 and all(isinstance(dim, int) for dim in shape):
        rows, columns = (int(dim) for dim in shape)
        for row in range(1, rows + 1):
            yield from (Target(target.variable, (row, c)) for c in range(1, columns + 1))
    else:
        yield target


@lru_cache(maxsize=256)
def _scope(program: Program) -> Scope:
    """The derivative of the loss for every quantity, as a name."""
    names = [name for name in program.shapes]
    aliases = {
        spelling: name
        for name in names
        for spelling in (*derivative_names(program, name), *_other_losses(name))
        if spelling not in program.shapes
    }
    return Scope(dict(program.shapes), aliases, program.dimensions)


def _other_losses(name: str) -> tuple[str, ...]:
    """The derivative with the loss called by another usual name."""
    return tuple(f"d{loss}/d{name}" for loss in ("L", "J", "C", "E"))
