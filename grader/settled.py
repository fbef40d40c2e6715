"""The memory of a process that grades, once it is set up: what stays is not looked through again.

Python's collector of reference cycles walks over everything that is alive: with the grader and its
tables loaded that takes tens of milliseconds, in the middle of somebody's verdict.  What is there
when work begins stays until the end, so the collector is told to leave it alone.  What comes later
is looked through between two answers (`rest`); by itself the collector begins only where a process
does not rest, or one answer leaves very much.
"""

from __future__ import annotations

import gc

NEW_OBJECTS = 100_000  # more than were given back, before the collector begins by itself
FEW_OBJECTS = 5_000  # before it begins between two answers
YOUNG, OLD = 20, 20  # how often it looks at what is new before it looks further back


def settle() -> None:
    """Leaves all that is alive now out of collections to come."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, YOUNG, OLD)


def rest() -> None:
    """Looks through what is new, once there is enough of it: while nobody waits for a verdict."""
    new, young, old = gc.get_count()
    if new > FEW_OBJECTS:
        gc.collect(0 if young <= YOUNG else 1 if old <= OLD else 2)
