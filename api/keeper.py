"""The process that outlives a killed supervisor by a moment, to stop what it had started.

Its standard input is a pipe whose other end only the supervisor keeps open. Lines '+1234' and
'-1234' on it say which process groups are the supervisor's. The end of the pipe, however the
supervisor came to it, ends every group still listed: SIGTERM, and SIGKILL after a grace.

It inherits the lock of the data folder, so that nobody else starts on it before all are gone.
Run as a file by a bare Python, so only the standard library may be imported.
"""

import os
import signal
import sys
import time
from collections.abc import Iterable

GRACE_SECONDS = 5.0
DYING_SECONDS = 1.0


def listed(lines: Iterable[str]) -> set[int]:
    """The groups that were begun and not ended when the lines stop."""
    groups: set[int] = set()
    for line in lines:
        change = groups.add if line.startswith("+") else groups.discard
        change(int(line[1:]))
    return groups


def reach(group: int, number: int) -> bool:
    """True when the signal found somebody in the group; signal 0 only asks."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def wait_for(groups: set[int], seconds: float) -> None:
    """Returns once nobody is left in these groups, or after the time given."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(reach(group, 0) for group in groups):
        time.sleep(0.05)


def end(groups: set[int]) -> None:
    """Leaves nobody alive in these groups."""
    for group in groups:
        reach(group, signal.SIGTERM)
    wait_for(groups, GRACE_SECONDS)
    for group in groups:
        reach(group, signal.SIGKILL)
    wait_for(groups, DYING_SECONDS)


if __name__ == "__main__":
    end(listed(sys.stdin))
