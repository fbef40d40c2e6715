"""The very commands of docker-compose.yml, on a real PostgreSQL and Valkey: the demonstration."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from api.broker import Broker
from api.demo import demonstrate
from tests.api.composed import GIVEN, Composed, composed

pytestmark = pytest.mark.slow

STAYING = ("api", "grader", "recorder", "scheduler")


def until(done: Callable[[], bool], otherwise: Callable[[], str], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, otherwise()
        time.sleep(0.1)


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    """Everything up, in the order of the file's conditions."""
    with composed(tmp_path_factory.mktemp("composed")) as everything:
        broker = Broker(everything.services["grader"]["environment"]["GRADBOOK_BROKER_URL"])
        until(broker.answers, lambda: everything.log("valkey"))
        until(lambda: everything.healthy("postgres"), lambda: "postgres is not healthy")
        assert everything.run("migrate") == 0, everything.log("migrate")
        for name in STAYING:
            everything.start(name)
        yield everything


@pytest.mark.parametrize("name", STAYING)
def test_each_says_that_it_is_well(production: Composed, name: str) -> None:
    until(lambda: production.healthy(name), lambda: production.log(name))


def test_the_demonstration_meets_every_expectation(production: Composed) -> None:
    results = demonstrate(production)
    assert len(results) > 200
    assert [result for result in results if result.missed] == []
    with psycopg.connect(production.settings.database_url) as connection:
        (stored,) = connection.execute("SELECT count(*) FROM verdict").fetchone() or ()
    assert stored == len(results)


def test_the_database_is_in_order_afterwards(production: Composed) -> None:
    done = production.call("api", "python", "-m", "api.cli", "db", "check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "attempts   0 waiting, none lost" in done.stdout


def test_the_grader_knows_nothing_of_the_database(production: Composed) -> None:
    told = production.processes["grader"].program.environment
    assert not any("DATABASE" in name for name in told)
    secrets = (GIVEN["GRADBOOK_DB_PASSWORD"], str(production.ports["postgres"]))
    assert not any(secret in value for secret in secrets for value in told.values())


def test_one_that_is_stopped_is_not_well(production: Composed) -> None:
    """The last of these tests: also, everything ends in order when asked to."""
    processes = [production.processes[name] for name in STAYING]
    for process in processes:
        process.ask_to_stop()
    until(lambda: not any(process.pid for process in processes), lambda: "not all stop", 30)
    assert not any("Traceback" in production.log(name) for name in STAYING)
    os.utime(production.folder / "alive", (0, 0))  # as it is after a minute
    assert [name for name in STAYING if production.healthy(name)] == []
