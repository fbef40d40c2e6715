"""The PostgreSQL that the tests bring along, and what is said where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from api.process import ROOT
from api.store import postgresql
from tests.api.postgresql import GIVEN, NONE, Server, libpq, server, started, tidy


def test_it_survives_kills_and_stops_with_its_data() -> None:
    with started() as local:
        local.run("CREATE TABLE kept (number integer)")
        for end in (local.kill, local.stop):
            local.run("INSERT INTO kept VALUES (1)")
            end()
            assert not local.answers()
            local.start()
        with local.connected() as connection:
            assert connection.execute("SELECT sum(number) FROM kept").fetchone() == (2,)
        folder = Path(str(local.url.query["host"]))
        process = local.process.pid
        assert process is not None
        assert os.stat(folder).st_mode & 0o077 == 0
        if Path("/proc/self").exists():
            assert Path(f"/proc/{process}").stat().st_uid == folder.stat().st_uid != 0
    assert not folder.exists()


def test_what_killed_tests_leave_is_removed_by_the_next() -> None:
    program = (
        "import os\nfrom tests.api.postgresql import started\n"
        "with started() as local:\n    print(local.url.query['host'], flush=True)\n    os._exit(9)"
    )
    killed = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    left = Path(killed.stdout.strip())
    assert killed.returncode == 9, killed.stderr
    assert left.is_absolute()
    deadline = time.monotonic() + 120
    while left.exists():  # its keeper stops the server first
        assert time.monotonic() < deadline
        time.sleep(0.1)
        tidy()


def test_a_database_is_gone_afterwards(postgresql: Server) -> None:
    with postgresql.database() as url, psycopg.connect(url) as connection:
        connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


def test_where_there_is_none_the_tests_fail_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(GIVEN, raising=False)
    monkeypatch.setattr(postgresql, "SOURCES", ())
    with pytest.raises(pytest.fail.Exception, match="no wheel of it fits"), server():
        pass


def test_only_who_says_so_leaves_them_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(GIVEN, NONE)
    with pytest.raises(pytest.skip.Exception), server():
        pass


def test_a_server_that_runs_already_is_used(
    postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(GIVEN, libpq(postgresql.url))
    with server() as given, given.database() as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_programs_come_from_the_wheel_or_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("pg_dump", "pg_restore"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(postgresql, "SOURCES", postgresql.SOURCES[1:])
    assert postgresql.programs("pg_dump", "pg_restore") == tmp_path
    assert postgresql.programs("pg_dump", "postgres") is None
