"""Runs batch jobs, one after the other: `python -m api.jobs.runner`.

A job is the command `generate` in a folder of its own, so that it is resumed where it stopped when
this process is killed, and its memory is given back when it is over. What it made is packed into
one archive, which gets its name when it is whole.
"""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
import threading
import uuid
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from api.batches.folder import JOURNAL, MANIFEST
from api.errors import StoreUnavailable
from api.jobs.service import archive
from api.scheduler import Chore, run, serve, utc_now
from api.settings import Settings
from api.store.database import Database
from api.store.models import Job, JobState

LOOK_SECONDS = 0.5
SILENT = timedelta(seconds=60)  # after which a job is taken over


@dataclass(frozen=True)
class Order:
    """A job that was claimed: what is to be made, and where."""

    id: uuid.UUID
    wanted: dict[str, Any]
    sources: tuple[str, ...]  # of the course's own templates

    def words(self, folder: Path) -> list[str]:
        """What is said to `generate`."""
        wanted = self.wanted
        words = [*wanted["templates"], "--count", str(wanted["count"]), "--jobs", "1"]
        words += ["--seed", str(wanted["seed"]), "--format", wanted["output"]]
        words += ["--out", str(folder / "batch"), "--title", wanted["title"]]
        if wanted["difficulty"]:
            words += ["--difficulty", "-".join(map(str, wanted["difficulty"]))]
        if wanted.get("learners"):
            words += ["--roster", str(folder / "roster.csv")]
        if self.sources:
            words += ["--templates", str(folder / "templates")]
        return words


@dataclass(frozen=True)
class Runner:
    """Takes the next job and runs it to its end."""

    database: Database
    settings: Settings
    now: Callable[[], datetime]
    stopped: threading.Event
    alive: Callable[[], None] = lambda: None

    def work(self) -> int:
        """How many jobs were run: one, or none; StoreUnavailable when nobody knows."""
        order = self._claim()
        if order is None:
            return 0
        folder = self.settings.data / "jobs" / str(order.id)
        prepare(order, folder)
        state, fault = self._run(order, folder)
        if state is JobState.DONE:
            pack(folder / "batch", archive(self.settings, order.id))
        if state is not JobState.RUNNING:  # otherwise it is resumed there
            shutil.rmtree(folder)
            self._finish(order.id, state, fault)
        return 1

    def _claim(self) -> Order | None:
        with self.database.write() as unit:
            job = unit.jobs.claim(self.now() - SILENT, self.now())
            if job is None:
                return None
            own = unit.exercises.own(job.course_id)
            return Order(job.id, job.order, tuple(named(each.source, each.slug) for each in own))

    def _run(self, order: Order, folder: Path) -> tuple[JobState, str | None]:
        """How the command ended; RUNNING where we were asked to stop before it did."""
        command = [sys.executable, "-m", "api.cli", "generate", *order.words(folder)]
        with (folder / "said.txt").open("w+", encoding="utf-8") as said:
            process = subprocess.Popen(command, stdout=said, stderr=said)
            try:
                while process.poll() is None:
                    if self.stopped.wait(LOOK_SECONDS):
                        return JobState.RUNNING, None
                    if not self._alive(order.id, made_so_far(folder / "batch")):
                        return JobState.STOPPED, None
            finally:
                process.terminate()
                process.wait()
            said.seek(0)
            words = said.read().strip().splitlines()
        if process.returncode == 0 or (folder / "batch" / MANIFEST).exists():
            return JobState.DONE, None if process.returncode == 0 else "\n".join(words[:20])
        return JobState.FAILED, "\n".join(words[-5:]) or f"status {process.returncode}"

    def _alive(self, job_id: uuid.UUID, done: int) -> bool:
        """Gives a sign of life; whether the job is still wanted."""
        self.alive()
        with suppress(StoreUnavailable), self.database.write() as unit:
            job = unit.jobs.known(job_id)
            job.seen_at, job.done = self.now(), min(done, job.total)
            return job.state is JobState.RUNNING
        return True

    def _finish(self, job_id: uuid.UUID, state: JobState, fault: str | None) -> None:
        with self.database.write() as unit:
            job: Job = unit.jobs.known(job_id)
            if job.state is JobState.RUNNING:
                job.state, job.fault, job.finished_at = state, fault, self.now()
                job.done = job.total if state is JobState.DONE and not fault else job.done


def named(source: str, slug: str) -> str:
    """A template's file under its name in the course."""
    lines = source.splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if line.split("=")[0].strip() == "slug")
    return "".join([*lines[:at], f'slug = "{slug}"\n', *lines[at + 1 :]])


def prepare(order: Order, folder: Path) -> None:
    """The folder with what the command reads; what is there already stays."""
    (folder / "templates").mkdir(parents=True, exist_ok=True)
    for number, source in enumerate(order.sources):
        (folder / "templates" / f"{number}.toml").write_text(source, encoding="utf-8")
    with (folder / "roster.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["name"])
        rows.writerows([name] for name in order.wanted.get("learners", []))


def made_so_far(batch: Path) -> int:
    """How many exercises the batch in that folder holds by now."""
    journal = batch / JOURNAL
    return max(0, journal.read_bytes().count(b"\n") - 1) if journal.exists() else 0


def pack(batch: Path, file: Path) -> None:
    """The folder as one archive, under its name once it is whole."""
    fresh = file.with_suffix(".new")
    with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(batch.iterdir()):
            packed.write(path, path.name)
    fresh.replace(file)


def work(settings: Settings, stopped: threading.Event, alive: Callable[[], None]) -> None:
    """Runs jobs until told to stop."""
    runner = Runner(Database(settings.database_url), settings, utc_now, stopped, alive)
    run(Chore("jobs", settings.sweep_every, runner.work, alive), stopped)


def main(words: Sequence[str] | None = None) -> int:
    """Works until SIGTERM or SIGINT."""
    return serve("jobs", words, __doc__, work)


if __name__ == "__main__":
    sys.exit(main())
