"""The known name that an unknown one is probably meant for."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

LIKE = 0.7  # how much of two names agrees, from 0 to 1, where the one is meant for the other
LONGEST = 40  # letters that are looked at


def nearest(name: str, known: Iterable[str]) -> str:
    """The name in `known` most like `name`, or nothing.

    Most names are ruled out by their length, or by how many of their letters occur in `name`.
    """
    sought = name[:LONGEST]
    letters = frozenset(sought)
    matcher: SequenceMatcher[str] = SequenceMatcher(None, "", sought)
    best, found = LIKE, ""
    for each in known:
        enough = best * (len(each) + len(sought)) / 2
        if len(each) < enough or len(sought) < enough:
            continue
        if sum([letter in letters for letter in each]) < enough:
            continue
        matcher.set_seq1(each)
        ratio = matcher.ratio()
        if ratio > best or (ratio == best and each > found):
            best, found = ratio, each
    return found
