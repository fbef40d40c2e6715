"""Which values of the forward pass to keep: one of each class, nothing superfluous."""

from __future__ import annotations

from engine.question import Cache
from grader.kinds.items import Item, items_of
from grader.scopes import scope_of
from grader.verdict import Exact, Verdict, graded

WHAT = "quantities of the forward pass"
REDUNDANT = "One of the values can be computed from another on your list, so fewer would do."


def grade(question: Cache, text: str) -> Verdict:
    """The verdict on a list of values: the found ones' share of the needed and superfluous."""
    items = items_of(text, scope_of(question.program), WHAT)
    if isinstance(items, Verdict):
        return items
    named = {item.target.variable for item in items}
    classes = [frozenset(each) for each in question.required]
    missing = sum(1 for each in classes if not each & named)
    useful = frozenset().union(*classes)
    known = useful | set(question.free) | question.program.dimensions
    extra = [item for item in items if item.target.variable not in known]
    return _verdict(len(classes), missing, extra, redundant=len(named & useful) > len(classes))


def _verdict(total: int, missing: int, extra: list[Item], redundant: bool) -> Verdict:
    score = (total - missing) / (total + len(extra)) if total else float(not extra)
    sentences = [] if missing or extra else ["Correct."]
    if missing:
        sentences.append(f"{missing} of the {total} values needed are missing.")
    if extra:
        names = ", ".join(dict.fromkeys(item.text for item in extra))
        sentences.append(f"Not needed: {names}.")
    if redundant:
        sentences.append(REDUNDANT)
    evidence = Exact(
        f"{total - missing} of {total} found, {len(extra)} superfluous",
        {"superfluous": [item.text for item in extra]},
    )
    span = extra[0].span if extra else None
    return graded(score, "items", " ".join(sentences), evidence, span=span)
