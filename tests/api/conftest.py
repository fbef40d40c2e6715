"""A migrated database, and the service on it with a queue and a clock that obey the test.

Whatever uses a database is run on SQLite and on PostgreSQL; a test of one of them says so with
`@ON_SQLITE` or `@ON_POSTGRESQL`.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask_openapi3.openapi import OpenAPI
from sqlalchemy import make_url

from api.app import create_app, draw_seed
from api.context import EXTENSION, Context
from api.limiting import Limiter
from api.pressure import Pressure
from api.settings import Settings, sqlite_url
from api.store.database import Database
from api.store.migrate import migrate
from generator.bank import Bank
from tests.api.fakes.queue import FakeQueue
from tests.api.house import Clock, House
from tests.api.postgresql import DIALECTS, Server, server


@pytest.fixture(scope="session")
def bank() -> Bank:
    """The real bank."""
    return Bank.load()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file made by the migrations, to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    migrate(sqlite_url(folder))
    return folder / "gradbook.sqlite3"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A PostgreSQL server, started for the first test that asks for it."""
    with server() as running:
        yield running


@pytest.fixture(scope="session")
def template(postgresql: Server) -> Iterator[str]:
    """The name of a database on it made by the migrations, to be copied."""
    with postgresql.database() as url:
        migrate(url)
        yield str(make_url(url).database)


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    """On what the test is run."""
    return str(request.param)


@pytest.fixture
def database_url(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a fresh, migrated database."""
    if dialect == "sqlite":
        shutil.copy(request.getfixturevalue("migrated"), tmp_path)
        yield sqlite_url(tmp_path)
        return
    postgresql: Server = request.getfixturevalue("postgresql")
    with postgresql.database(request.getfixturevalue("template")) as url:
        yield url


@pytest.fixture
def empty_url(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database without any table."""
    if dialect == "sqlite":
        yield sqlite_url(tmp_path / "empty")
        return
    postgresql: Server = request.getfixturevalue("postgresql")
    with postgresql.database() as url:
        yield url


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Settings of a fresh, migrated database, with no broker."""
    environment = {
        "GRADBOOK_DATA": str(tmp_path),
        "GRADBOOK_DATABASE_URL": database_url,
        "GRADBOOK_BROKER_URL": "redis://127.0.0.1:1/0",
        "GRADBOOK_MAX_WAIT": "0.3",
    }
    return Settings.from_environment(environment)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """The migrated database."""
    database = Database(settings.database_url)
    yield database
    database.close()


@pytest.fixture(scope="session")
def app() -> OpenAPI:
    """The application, which each test gives its own parts."""
    return create_app(Settings.from_environment({}))


@pytest.fixture
def house(settings: Settings, database: Database, bank: Bank, app: OpenAPI) -> House:
    """The service with its people, without a practice set yet."""
    queue, clock = FakeQueue(), Clock()
    app.extensions[EXTENSION] = Context(
        settings=settings,
        database=database,
        bank=bank,
        queue=queue,
        now=clock,
        draw_seed=draw_seed,
        waiting=threading.BoundedSemaphore(settings.waiters),
        limiter=Limiter(settings.rate, None),
        pressure=Pressure(database, settings.most_waiting),
    )
    house = House(app, settings, database, queue, clock)
    house.furnish()
    return house
