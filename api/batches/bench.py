"""What batches cost: wall time, processor time of all processes together, and memory.

Both are measured as a user would have them made, by `./gradbook generate` on all cores: exercises
over all templates as data, and a sheet with figures for every name of a roster, with its solutions.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from api.batches.pool import cores
from api.command import CommandFailed
from api.process import ROOT

HEAD = ("batch", "wall s", "processor s", "largest MB", "all at most MB")
KILOBYTES = 1024 if sys.platform != "darwin" else 1024**2  # units of a resident size in a megabyte


@dataclass(frozen=True)
class Cost:
    """What one batch cost; `largest` is the resident size of the largest process, in megabytes."""

    batch: str
    wall: float
    processor: float
    largest: float

    @property
    def row(self) -> tuple[str, ...]:
        """The line of the table; all processes together hold no more than each the largest size."""
        together = self.largest * (1 + (cores() if cores() > 1 else 0))
        numbers = (f"{self.wall:.1f}", f"{self.processor:.1f}", f"{self.largest:.0f}")
        return (self.batch, *numbers, f"{together:.0f}")


def run(exercises: int, learners: int) -> int:
    """Prints the table of so many exercises and of sheets for so many learners; 0."""
    rows = [HEAD, *(cost.row for cost in costs(exercises, learners))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *figures in rows:
        cells = (cell.rjust(width) for cell, width in zip(figures, widths[1:], strict=True))
        print("  ".join([name.ljust(widths[0]), *cells]))
    return 0


def costs(exercises: int, learners: int) -> Iterator[Cost]:
    """The costs of both batches."""
    with TemporaryDirectory() as folder:
        roster = Path(folder, "roster.csv")
        names = (f"Learner {number}" for number in range(1, learners + 1))
        roster.write_text("\n".join(("name", *names)), encoding="utf-8")
        data, sheets = str(Path(folder, "data")), str(Path(folder, "sheets"))
        yield measured(f"{exercises} exercises as data", ("--count", str(exercises), "--out", data))
        printed = ("--format", "pdf", "--roster", str(roster), "--count", "1", "--out", sheets)
        yield measured(f"{learners} sheets as PDF, with their solutions", printed)


def measured(name: str, words: Sequence[str]) -> Cost:
    """What `./gradbook generate all` costs with these words; raises CommandFailed."""
    command = [sys.executable, "-P", "-m", "api.cli", "generate", "all", "--seed", "1", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    start = perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)  # of its own processes as well, which it waits for
    wall = perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise CommandFailed(f"{name}: generate ended with status {process.returncode}.")
    return Cost(name, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / KILOBYTES)
