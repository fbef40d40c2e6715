"""A real broker that tests may kill and start again on the same data and address."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from api.broker import Broker, embedded


@dataclass
class LocalBroker:
    """Valkey or Redis, with its append-only file in a folder of the test."""

    broker: Broker
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def started(cls, folder: Path) -> LocalBroker:
        local = cls(embedded(folder))
        local.start()
        return local

    @property
    def url(self) -> str:
        return self.broker.url

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.broker.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 10
        while not self.broker.answers():
            assert time.monotonic() < deadline, "the broker does not answer"
            time.sleep(0.01)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
