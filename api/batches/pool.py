"""Work done by several processes and handed over in the order in which it was asked for.

Each process has a pipe of its own, so that its end is noticed at once, whatever it was doing; a
process whose parent has ended, however it ended, finds the pipe closed and ends as well.  An
executor of the standard library waits for ever for a process that is killed while it hands over.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, TypeAlias, TypeVar

from api.command import CommandFailed
from grader.settled import settle

Task = TypeVar("Task")
Result = TypeVar("Result")

AHEAD = 6  # results for each process that may wait for an earlier one
WAITING = 2  # tasks that a process holds, so that it never waits for us


class ProcessLost(CommandFailed):
    """A process was ended from outside, such as by a system that is out of memory."""

    def __init__(self) -> None:
        super().__init__(
            "one of the processes was ended from outside, perhaps for want of memory; fewer of them"
            " (--jobs) need less."
        )


def cores() -> int:
    """How many processes are worth having."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Worker:
    """A process, our end of its pipe, and the numbers of the tasks that it holds."""

    process: SpawnProcess
    pipe: Connection
    held: deque[int] = field(default_factory=deque)

    def give(self, number: int, work: Callable[[Any], Any], task: Any) -> None:
        """Hands a task over; raises ProcessLost."""
        self.held.append(number)
        try:
            self.pipe.send((work, task))
        except OSError:
            raise ProcessLost from None

    def take(self) -> tuple[int, Any]:
        """The number and the result of the oldest task; raises ProcessLost, and what it raised."""
        try:
            done, result = self.pipe.recv()
        except (EOFError, OSError):
            raise ProcessLost from None
        if not done:
            raise result
        return self.held.popleft(), result

    def drop(self) -> None:
        """Waits for the tasks that it holds, whose results nobody wants any more."""
        with suppress(EOFError, OSError):
            while self.held:
                self.pipe.recv()
                self.held.popleft()


Pool: TypeAlias = tuple[Worker, ...]  # none: this process does the work itself


@contextmanager
def processes(jobs: int, prepare: Callable[[], object]) -> Iterator[Pool]:
    """A pool of `jobs` processes; what they are at when it is left is dropped.

    Each prepares itself first, such as by reading templates; what it has then, it keeps.
    """
    with ExitStack() as stack:
        yield tuple(_started(stack, prepare) for _ in range(jobs if jobs > 1 else 0))


def _started(stack: ExitStack, prepare: Callable[[], object]) -> Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, prepare), daemon=True)
    process.start()
    theirs.close()
    stack.callback(process.join)
    stack.callback(process.terminate)
    stack.callback(ours.close)
    return Worker(process, ours)


def _serve(pipe: Connection, prepare: Callable[[], object]) -> None:
    """Does what comes through the pipe until it is closed.  Ctrl-C is the parent's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prepare()
    settle()
    with suppress(EOFError, OSError):
        while True:
            work, task = pipe.recv()
            pipe.send(_done(work, task))


def _done(work: Callable[[Any], Any], task: Any) -> tuple[bool, Any]:
    """Whether it could be done, and the result or what was raised."""
    try:
        return True, work(task)
    except Exception as problem:
        return False, problem


def in_order(pool: Pool, work: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
    """The results of `work` in the order of `tasks`, of which only a few are taken ahead.

    Raises ProcessLost.
    """
    if not pool:
        yield from map(work, tasks)
        return
    for worker in pool:
        worker.drop()
    numbered, found, shown = enumerate(tasks), dict[int, Result](), 0
    _hand_out(pool, work, numbered, AHEAD * len(pool))
    while busy := {worker.pipe: worker for worker in pool if worker.held}:
        for pipe in wait(list(busy)):
            number, result = busy[pipe].take()  # wait() returns what it was given
            found[number] = result
        while shown in found:
            yield found.pop(shown)
            shown += 1
        _hand_out(pool, work, numbered, AHEAD * len(pool) - len(found))


def _hand_out(
    pool: Pool, work: Callable[[Any], Any], numbered: Iterator[tuple[int, Any]], most: int
) -> None:
    """Gives every process what it has room for; all together hold no more than `most` tasks."""
    free = [worker for _ in range(WAITING) for worker in pool]
    for worker in sorted(free, key=lambda each: len(each.held)):
        if len(worker.held) >= WAITING or sum(len(each.held) for each in pool) >= most:
            continue
        following = next(numbered, None)
        if following is not None:
            worker.give(following[0], work, following[1])
