"""The folder of a batch: nothing stands there under its final name before it is whole.

While a batch is made, a journal beside it holds the order and a line for every exercise taken; the
same order on the same folder goes on from there.  Data grow in files that end in `.part`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.command import CommandFailed

JOURNAL = ".batch.jsonl"
MANIFEST = "batch.json"
FORMAT = "gradbook.batch/1"


@dataclass(frozen=True)
class Taken:
    """A line of the journal: an exercise that was taken, and the number of its candidate."""

    place: int
    id: str
    likeness: str


@dataclass(frozen=True)
class Folder:
    """A batch's folder; `head` is what a batch must have in common to be resumed."""

    path: Path
    head: Mapping[str, Any]

    def open(self, force: bool) -> tuple[Taken, ...]:
        """What was taken before; CommandFailed for a folder that holds something else."""
        if self.path.exists() and not self.path.is_dir():
            raise CommandFailed(f"{self.path} is a file; name a folder.")
        self.path.mkdir(parents=True, exist_ok=True)
        before = self._whole_lines(self._journal) if self._journal.exists() else []
        if before:
            return self._resumed(*before)
        if any(each != self._journal for each in self.path.iterdir()) and not force:
            raise CommandFailed(
                f"{self.path} is not empty; name another folder, or say --force to write into it."
            )
        self._append(self._journal, json.dumps({"format": FORMAT, **self.head}))
        return ()

    def _resumed(self, first: str, *lines: str) -> tuple[Taken, ...]:
        if json.loads(first) != json.loads(json.dumps({"format": FORMAT, **self.head})):
            raise CommandFailed(
                f"{self.path} holds an unfinished batch of another order; finish that one with its"
                " own command, or name another folder."
            )
        return tuple(Taken(**json.loads(line)) for line in lines)

    def _whole_lines(self, path: Path) -> list[str]:
        """The lines of a file; a last one that was cut off is dropped from it."""
        data = path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            os.truncate(path, len(whole))
        return whole.decode().splitlines()

    def take(self, taken: Taken, lines: Mapping[str, str]) -> None:
        """Adds an exercise: its data first, a line for each file, then its line of the journal."""
        for name, line in lines.items():
            self._append(self.path / f"{name}.part", line)
        self._append(self._journal, json.dumps(taken.__dict__))

    def cut(self, names: tuple[str, ...], count: int) -> None:
        """Brings files that grow line by line to the `count` lines that the journal knows."""
        for name in names:
            part = self.path / f"{name}.part"
            if part.exists():
                kept = self._whole_lines(part)[:count]
                part.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")

    def write(self, name: str, data: bytes) -> None:
        """A file, whole or not at all."""
        part = self.path / f"{name}.part"
        try:
            part.write_bytes(data)
            os.replace(part, self.path / name)
        finally:
            part.unlink(missing_ok=True)

    def has(self, name: str) -> bool:
        """Whether a file is there, whole."""
        return (self.path / name).exists()

    def finish(self, names: tuple[str, ...], manifest: Mapping[str, Any]) -> None:
        """Gives the files their final names, the manifest last; the journal goes."""
        for name in names:
            part = self.path / f"{name}.part"
            if part.exists():
                os.replace(part, self.path / name)
        whole = {"format": FORMAT, **self.head, **manifest}
        self.write(MANIFEST, (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode())
        self._journal.unlink(missing_ok=True)

    def discard(self) -> None:
        """Leaves no trace of a batch of which nothing was taken."""
        self._journal.unlink()
        if not any(self.path.iterdir()):
            self.path.rmdir()

    @property
    def _journal(self) -> Path:
        return self.path / JOURNAL

    @staticmethod
    def _append(path: Path, line: str) -> None:
        """A line at the end of a file, handed to the system before we go on."""
        before = path.stat().st_size if path.exists() else 0
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError:
            os.truncate(path, before)
            raise
