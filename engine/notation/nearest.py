"""The known name that an unknown one is probably meant for."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

LIKE = 0.7  # how much of two names agrees, from 0 to 1, where the one is meant for the other
LONGEST = 40  # letters that are looked at


def nearest(name: str, known: Iterable[str]) -> str:
    """The name in `known` most like `name`, or nothing.

    Most names are ruled out by how many of their letters occur in `name` at all.
    """
    sought = name[:LONGEST]
    letters = frozenset(sought)
    matcher: SequenceMatcher[str] = SequenceMatcher(None, "", sought)
    best, found = LIKE, ""
    for each in known:
        common = min(len(sought), sum([letter in letters for letter in each]))
        if 2 * common < best * (len(each) + len(sought)):
            continue
        matcher.set_seq1(each)
        ratio = matcher.ratio()
        if ratio > best or (ratio == best and each > found):
            best, found = ratio, each
    return found
