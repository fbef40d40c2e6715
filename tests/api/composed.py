"""docker-compose.yml without containers: its very commands, as processes of this machine.

What a container would provide is put in its place: the values of `${…}`, addresses for host names,
folders for volumes, the programs of the images. Nothing else of the file is changed.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from api.broker import free_port, server_program
from api.process import ROOT, Keeper, Process, Program
from api.settings import Settings
from api.store.postgresql import programs
from tests.api.postgresql import SUPERUSER, started

FILE = ROOT / "docker-compose.yml"
GIVEN = {"GRADBOOK_DB_PASSWORD": "p4ss-word", "GRADBOOK_SAMPLE_KEY": "a secret of some length"}
VARIABLE = re.compile(r"\$(?:\$|\{(\w+):\?[^}]*\})")
SHELLS = {"CMD": (), "CMD-SHELL": ("/bin/sh", "-c")}


@dataclass
class Composed:
    """The services of the file; `places` are what is put in the place of what."""

    folder: Path
    ports: dict[str, int]
    keeper: Keeper
    processes: dict[str, Process] = field(default_factory=dict)

    def __post_init__(self) -> None:
        text = yaml.safe_load(FILE.read_text(encoding="utf-8"))["services"]
        self.services: dict[str, Any] = self._placed(text)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['api']}"

    @property
    def settings(self) -> Settings:
        return Settings.from_environment(self.services["api"]["environment"])

    def environment(self, name: str) -> dict[str, str]:
        """What the process is told, and what every container has."""
        path = [Path(sys.executable).parent, self.folder / "bin", os.environ["PATH"]]
        container = {"PATH": ":".join(map(str, path)), "HOSTNAME": socket.gethostname()}
        return {**container, **self.services[name].get("environment", {})}

    def start(self, name: str, *more: str) -> Process:
        """The service's command, running; `more` says where."""
        command = (*self.services[name]["command"], *more)
        program = Program(name, command, self.environment(name))
        self.processes[name] = Process(program, self.folder / f"{name}.log", self.keeper)
        self.processes[name].start()
        return self.processes[name]

    def run(self, name: str) -> int:
        """The status of a service that ends by itself."""
        program = Program(name, tuple(self.services[name]["command"]), self.environment(name))
        return Process(program, self.folder / f"{name}.log", self.keeper).run(60)

    def call(self, name: str, *command: str) -> subprocess.CompletedProcess[str]:
        """What a command says that is run beside the service, as `docker compose exec` does it."""
        return subprocess.run(
            command,
            env=self.environment(name),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def healthy(self, name: str) -> bool:
        """What the service's own health check says."""
        kind, *words = self.services[name]["healthcheck"]["test"]
        environment = {**self.environment(name), "PGPORT": str(self.ports["postgres"])}
        done = subprocess.run(
            [*SHELLS[kind], *words], env=environment, cwd=ROOT, capture_output=True, timeout=30
        )
        return done.returncode == 0

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def stop(self) -> None:
        for process in self.processes.values():
            process.stop()

    def _placed(self, node: Any) -> Any:
        if isinstance(node, dict):
            return {name: self._placed(value) for name, value in node.items()}
        if isinstance(node, list):
            return [self._placed(value) for value in node]
        return self._text(node) if isinstance(node, str) else node

    def _text(self, text: str) -> str:
        text = VARIABLE.sub(lambda found: GIVEN[found[1]] if found[1] else "$", text)
        for name, place in (
            ("@postgres/", f"@127.0.0.1:{self.ports['postgres']}/"),
            ("//valkey:6379", f"//127.0.0.1:{self.ports['valkey']}"),
            ("0.0.0.0:8000", f"127.0.0.1:{self.ports['api']}"),
            ("127.0.0.1:8000", f"127.0.0.1:{self.ports['api']}"),
            ("/tmp/alive", str(self.folder / "alive")),
        ):
            text = text.replace(name, place)
        return str(self.folder / "data") if text == "/data" else text


@contextmanager
def composed(folder: Path) -> Iterator[Composed]:
    """The file's PostgreSQL and Valkey, running, and its other services, not yet."""
    ports = {name: free_port() for name in ("api", "postgres", "valkey")}
    with ExitStack() as cleanup:
        server = cleanup.enter_context(started(ports["postgres"]))
        server.run(f"ALTER ROLE {SUPERUSER} PASSWORD '{GIVEN['GRADBOOK_DB_PASSWORD']}'")
        server.run("CREATE DATABASE gradbook")
        lay_out(folder)
        keeper = Keeper()
        cleanup.callback(keeper.close)
        everything = Composed(folder, ports, keeper)
        cleanup.callback(everything.stop)
        everything.start(
            "valkey", "--port", str(ports["valkey"]), "--bind", "127.0.0.1", "--dir", str(folder)
        )
        yield everything


def lay_out(folder: Path) -> None:
    """The folder of the volume, and the programs of the images."""
    (folder / "data").mkdir()
    (folder / "bin").mkdir()
    (folder / "bin" / "valkey-server").symlink_to(server_program())
    found = programs("pg_isready")
    assert found is not None, "postgres and initdb were found without pg_isready"
    (folder / "bin" / "pg_isready").symlink_to(found / "pg_isready")
