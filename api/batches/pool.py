"""Work done by several processes and handed over in the order in which it was asked for."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import parent_process
from typing import Any, TypeAlias, TypeVar

from grader.settled import settle

Task = TypeVar("Task")
Result = TypeVar("Result")

AHEAD = 6  # tasks a process has waiting, so that none ever waits for us


def cores() -> int:
    """How many processes are worth having."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


Pool: TypeAlias = ProcessPoolExecutor | None  # none: this process does the work itself


@contextmanager
def processes(jobs: int, prepare: Callable[[], object]) -> Iterator[Pool]:
    """A pool of `jobs` processes; what has not begun when it is left is dropped.

    Each prepares itself first, such as by reading templates; what it has then, it keeps.
    """
    if jobs == 1:
        yield None
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, context, initializer=_begin, initargs=(prepare,))
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(prepare: Callable[[], object]) -> None:
    """Ctrl-C is the parent's: it ends the pool.  No process outlives a parent that is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, args=(parent_process(),), daemon=True).start()
    prepare()
    settle()


def _follow(parent: Any) -> None:
    parent.join()
    os._exit(1)


def in_order(
    pool: Pool, work: Callable[[Task], Result], tasks: Iterable[Task], jobs: int
) -> Iterator[Result]:
    """The results of `work` in the order of `tasks`, of which only a few are taken ahead."""
    if pool is None:
        yield from map(work, tasks)
        return
    waiting: deque[Future[Result]] = deque()
    for task in tasks:
        waiting.append(pool.submit(work, task))
        if len(waiting) >= AHEAD * jobs:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
