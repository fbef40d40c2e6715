"""A real PostgreSQL that tests may kill and start again on the same data and address.

It comes from a wheel, or from the PATH, unless GRADBOOK_TEST_POSTGRESQL_URL names a server that
runs already. PostgreSQL refuses to run as root; for root the server is a process of `nobody`, in a
folder of the temporary directory that is made for it: no user is added, and no permission of
anything else is touched. It listens on a socket in that folder and nowhere else.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psycopg
import pytest
from sqlalchemy import URL, make_url

from api.process import Keeper, Process, Program
from api.store.postgresql import PACKAGE, programs

DIALECTS = ("sqlite", "postgresql")
ON_SQLITE, ON_POSTGRESQL = (
    pytest.mark.parametrize("dialect", [name], indirect=True) for name in DIALECTS
)

GIVEN = "GRADBOOK_TEST_POSTGRESQL_URL"
NONE = "none"
NOWHERE = (
    "These tests need PostgreSQL: no wheel of it fits this machine, and initdb and postgres are "
    f"not on the PATH. Install it, name a server in {GIVEN} (whose user may create databases), "
    f"or leave these tests out with {GIVEN}={NONE}."
)

PREFIX = "gradbook-postgresql-"
UNPRIVILEGED = "nobody"
SUPERUSER = "gradbook"
START_SECONDS = 30.0

INITDB = (
    *("--no-sync", "--no-instructions", f"--username={SUPERUSER}"),
    *("--auth-local=trust", "--auth-host=scram-sha-256"),
    *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
)
# What is written need not survive a power cut; it survives a kill of the server.
SERVER = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "32MB",
    "max_wal_size": "128MB",
    "max_connections": "100",
}

# Becomes another user for good, then the program.
BECOME = (
    "import os, sys; user, group = map(int, sys.argv[1:3]); os.setgroups([]); os.setgid(group); "
    "os.setuid(user); os.execv(sys.argv[3], sys.argv[3:])"
)


@dataclass(frozen=True)
class Server:
    """A server on which databases can be made; url: of the one to do that from."""

    url: URL

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The URL of a database of its own, a copy of the template, gone afterwards."""
        name = f"gradbook_test_{uuid.uuid4().hex}"
        self.run(f'CREATE DATABASE {name} TEMPLATE "{template}"')
        try:
            yield self.url.set(database=name).render_as_string(hide_password=False)
        finally:
            self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def run(self, statement: str) -> None:
        with self.connected() as connection:
            connection.execute(statement.encode())

    def connected(self) -> psycopg.Connection:
        return psycopg.connect(libpq(self.url), autocommit=True, connect_timeout=5)


def libpq(url: URL) -> str:
    """The URL as PostgreSQL's own programs read it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@dataclass(frozen=True)
class LocalServer(Server):
    """A server of our own; should the tests be killed, the keeper stops it."""

    process: Process

    def start(self) -> None:
        """Leaves it answering; what a killed one left in memory may delay that for a moment."""
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            assert time.monotonic() < deadline, f"no server; {self.process.last_words()}"
            self.process.start()
            time.sleep(0.01)

    def answers(self) -> bool:
        try:
            with self.connected():
                return True
        except psycopg.OperationalError:
            return False

    def kill(self) -> None:
        """Ends it at once, like a fault of the machine."""
        self.process.kill()
        self.process.stop()

    def stop(self) -> None:
        """Ends it in order, whoever is connected."""
        self.process.kill(signal.SIGINT)
        self.process.stop()


@contextmanager
def started(port: int | None = None) -> Iterator[LocalServer]:
    """A server of our own, gone afterwards with everything it kept.

    port: of 127.0.0.1, on which it listens too, to those who know a password.
    """
    found = programs("initdb", "postgres")
    if found is None:
        pytest.fail(NOWHERE)
    tidy()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    lock = locked(folder)
    try:
        prefix = unprivileged(folder)
        binaries = reachable(found, folder) if prefix else found
        initialise((*prefix, str(binaries / "initdb")), folder)
        tcp = {"listen_addresses": "127.0.0.1", "port": str(port)} if port else {}
        settings = [f"--{name}={value}" for name, value in {**SERVER, **tcp}.items()]
        command = (str(binaries / "postgres"), "-D", str(folder / "data"), "-k", str(folder))
        keeper = Keeper(inherited=(lock.fileno(),))
        program = Program("postgresql", (*prefix, *command, *settings), {"LC_ALL": "C"})
        address = URL.create(
            "postgresql", SUPERUSER, port=port, database="postgres", query={"host": str(folder)}
        )
        server = LocalServer(address, Process(program, folder / "log", keeper))
        try:
            server.start()
            yield server
        finally:
            server.stop()
            keeper.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.close()


def locked(folder: Path) -> IO[str]:
    """The folder's lock, held while these tests or their keeper live; there once it is held."""
    lock = (folder / "lock.new").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    (folder / "lock.new").rename(folder / "lock")
    return lock


def tidy() -> None:
    """Removes what tests that were killed have left."""
    for lock in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/lock"):
        with suppress(OSError), lock.open() as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.parent)


def unprivileged(folder: Path) -> tuple[str, ...]:
    """The beginning of a command that runs as somebody unprivileged, whom the folder belongs to."""
    if os.geteuid() != 0:
        return ()
    user = pwd.getpwnam(UNPRIVILEGED)
    os.chown(folder, user.pw_uid, user.pw_gid)
    return (sys.executable, "-I", "-S", "-c", BECOME, str(user.pw_uid), str(user.pw_gid))


def reachable(binaries: Path, folder: Path) -> Path:
    """A copy of the wheel's programs: where it lies, nobody but its owner may be let in."""
    package = binaries.parents[1]
    if package.name != PACKAGE:  # installed for everybody
        return binaries
    ignored = shutil.ignore_patterns("*.a", "include", "__pycache__")
    for part in package.parent.glob(f"{PACKAGE}*"):  # the package, and the libraries beside it
        shutil.copytree(part, folder / part.name, symlinks=True, ignore=ignored)
    return folder / binaries.relative_to(package.parent)


def initialise(initdb: tuple[str, ...], folder: Path) -> None:
    done = subprocess.run(
        [*initdb, *INITDB, "-D", str(folder / "data")], cwd="/", env={"LC_ALL": "C"},
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        pytest.fail(f"initdb could not make {folder / 'data'}: {done.stderr.strip()}")


@contextmanager
def server() -> Iterator[Server]:
    """The server that was given, or one of our own."""
    given = os.environ.get(GIVEN)
    if given == NONE:
        pytest.skip(f"left out, for {GIVEN}={NONE}")
    if given:
        yield Server(make_url(given))
    else:
        with started() as local:
            yield local
