"""A settled process: what stays is left alone, what is new is still collected."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref

from grader.settled import NEW_OBJECTS, settle

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
    gc.collect()
    assert gone() is None


def test_only_what_is_new_is_looked_through() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_grading_process_settles_before_its_first_answer() -> None:
    from celery.signals import worker_process_init

    from grader import worker

    assert worker.begin in [receiver for _, receiver in worker_process_init.receivers]
