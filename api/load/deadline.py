"""`./gradbook deadline`: how long answers wait on deadline day, by the number of workers.

A simulation of what happens, event by event: answers come in at random, ever more of them towards
the deadline; whoever comes first is graded first, by the first worker that is free (M(t)/G/c).
Service times are the benchmark's processor times, spread as verdicts are: most quick, some slow.
Where it is random, it is so by a seed.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from api.bench import quantile
from api.command import Arguments, whole_number

HOURS = 24.0
SECONDS = 3600.0

# Of all answers of the day: the share that comes in, hour by hour, in the hours before the
# deadline; what is left comes evenly before that. The last ten minutes take half of the last
# hour's.
LAST_HOURS = (0.30, 0.14, 0.09, 0.06, 0.05, 0.04)  # the last first
LAST_MINUTES, OF_LAST_HOUR = 10.0, 0.5

SPREAD = 1.0  # sigma of the logarithm of a service time: the slowest hundredth takes ten medians


@dataclass(frozen=True)
class Stretch:
    """Seconds from `begin` to `end` of the day, in which answers come in at an even rate."""

    begin: float
    end: float
    share: float


@dataclass(frozen=True)
class Wait:
    """What a day was like with so many workers; seconds, and answers."""

    workers: int
    busiest: float  # answers in a second, in the last minutes
    load: float  # of the workers, in those minutes; above 1 the queue grows
    longest_queue: int
    median: float
    slowest_hundredth: float
    longest: float
    idle_again: float  # seconds after the deadline

    def row(self) -> str:
        return (
            f"| {self.workers} | {self.load:.0%} | {self.longest_queue:,} | {told(self.median)} "
            f"| {told(self.slowest_hundredth)} | {told(self.longest)} | {told(self.idle_again)} |"
        )


def stretches() -> Iterator[Stretch]:
    """The day, from its first second to the deadline."""
    early = HOURS - len(LAST_HOURS)
    yield Stretch(0.0, early * SECONDS, 1 - sum(LAST_HOURS))
    for place, share in enumerate(reversed(LAST_HOURS[1:])):
        begin = (early + place) * SECONDS
        yield Stretch(begin, begin + SECONDS, share)
    rush, deadline = HOURS * SECONDS - LAST_MINUTES * 60, HOURS * SECONDS
    yield Stretch((HOURS - 1) * SECONDS, rush, LAST_HOURS[0] * (1 - OF_LAST_HOUR))
    yield Stretch(rush, deadline, LAST_HOURS[0] * OF_LAST_HOUR)


def arrivals(answers: int, dice: random.Random) -> list[float]:
    """The moments at which the answers come in, in order."""
    parts = list(stretches())
    chosen = dice.choices(parts, [part.share for part in parts], k=answers)
    return sorted(dice.uniform(part.begin, part.end) for part in chosen)


def day(moments: Sequence[float], mean: float, workers: int, dice: random.Random) -> Wait:
    """The day of these arrivals; mean: seconds that grading one answer takes."""
    free = [0.0] * workers  # when each worker is free
    begun: list[float] = []
    for moment in moments:
        begin = max(moment, free[0])
        begun.append(begin)
        taken = dice.lognormvariate(0.0, SPREAD) * mean / mean_of_spread()
        heapq.heapreplace(free, begin + taken)
    waits = sorted(begin - moment for begin, moment in zip(begun, moments, strict=True))
    rush = list(stretches())[-1]
    busiest = len(moments) * rush.share / (rush.end - rush.begin)
    return Wait(
        workers, busiest, busiest * mean / workers, longest_queue(moments, begun),
        quantile(waits, 0.5), quantile(waits, 0.99), waits[-1], max(0.0, max(free) - rush.end),
    )  # fmt: skip


def longest_queue(moments: Sequence[float], begun: Sequence[float]) -> int:
    """The largest number of answers that had come in and not been begun at one time."""
    longest, served = 0, 0
    for place, moment in enumerate(moments):
        while served <= place and begun[served] <= moment:  # first come, first served
            served += 1
        longest = max(longest, place + 1 - served)
    return longest


def mean_of_spread() -> float:
    """The mean of a service time whose median is one."""
    return float(2.718281828459045 ** (SPREAD**2 / 2))


def told(seconds: float) -> str:
    """A time as one would say it."""
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def main(words: Sequence[str]) -> int:
    """Prints a row for each number of workers; 0."""
    count = partial(whole_number, 1, 10_000_000)
    options = Arguments("deadline", "Simulate deadline day: how long answers wait, by workers.")
    options.add_argument("--students", type=count, default=50_000, help="who submit (50000)")
    options.add_argument("--answers", type=count, default=20, help="of each of them (20)")
    options.add_argument(
        "--milliseconds", type=float, default=2.0, help="that a worker takes for an answer (2)"
    )
    options.add_argument("--workers", type=count, nargs="+", default=[1, 2, 3, 4, 6, 8])
    options.add_argument("--seed", type=int, default=1)
    given = options.read(words)
    moments = arrivals(given.students * given.answers, random.Random(given.seed))
    print(
        "| workers | load at the end | longest queue | median wait | 99 % | longest | idle again |"
    )
    print("|---|---|---|---|---|---|---|")
    for workers in given.workers:
        dice = random.Random(given.seed)
        print(day(moments, given.milliseconds / 1000, workers, dice).row())
    return 0
