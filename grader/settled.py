"""The memory of a process that grades, once it is set up: what stays is not looked through again.

Python's collector of reference cycles walks over everything that is alive: with the grader and its
tables loaded that takes tens of milliseconds, in the middle of somebody's verdict.  What is there
when work begins stays until the end, so the collector is told to leave it alone; answers make next
to no cycles, so it need not look often for new ones.
"""

from __future__ import annotations

import gc

NEW_OBJECTS = 20_000  # more than were given back, before the collector looks; some megabytes
YOUNG, OLD = 20, 20  # how often it looks at what is new before it looks further back


def settle() -> None:
    """Leaves all that is alive now out of collections to come."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, YOUNG, OLD)
