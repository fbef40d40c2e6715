"""A settled process: what stays is left alone, what is new is collected between answers."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref

from grader.settled import FEW_OBJECTS, NEW_OBJECTS, rest, settle

SCRIPT = "from tests.grader.test_settled import check; check()"


class Ring:
    """Something that refers to itself."""

    def __init__(self) -> None:
        self.own = self


def check() -> None:
    """Settles this process, and looks at what is collected afterwards."""
    before = len(gc.get_objects())
    settle()
    assert len(gc.get_objects()) < before / 100
    assert gc.isenabled() and gc.get_threshold()[0] == NEW_OBJECTS
    gone = weakref.ref(Ring())
    rest()
    assert gone() is not None  # for so little the collector does not begin
    kept = [Ring() for _ in range(FEW_OBJECTS)]
    rest()
    assert gone() is None
    assert len(kept) == FEW_OBJECTS


def test_only_what_is_new_is_looked_through() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_grading_process_settles_before_its_first_answer() -> None:
    from celery.signals import worker_process_init

    from grader import worker

    assert worker.begin in [receiver for _, receiver in worker_process_init.receivers]
