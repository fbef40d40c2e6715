"""A migrated database, and the service on it with a queue and a clock that obey the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.app import create_app
from api.settings import Settings
from api.store.database import Database
from api.store.migrate import migrate
from generator.bank import Bank
from tests.api.fakes.queue import FakeQueue
from tests.api.house import Clock, House


@pytest.fixture(scope="session")
def bank() -> Bank:
    """The real bank."""
    return Bank.load()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a fresh, migrated SQLite database, with no broker."""
    environment = {
        "GRADBOOK_DATA": str(tmp_path),
        "GRADBOOK_BROKER_URL": "redis://127.0.0.1:1/0",
        "GRADBOOK_MAX_WAIT": "0.3",
    }
    settings = Settings.from_environment(environment)
    migrate(settings.database_url)
    return settings


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """The migrated database."""
    database = Database(settings.database_url)
    yield database
    database.close()


@pytest.fixture
def house(settings: Settings, database: Database, bank: Bank) -> Iterator[House]:
    """The service with its people, without a worksheet yet."""
    queue, clock = FakeQueue(), Clock()
    app = create_app(settings, bank=bank, queue=queue, now=clock)
    house = House(app, settings, database, queue, clock)
    house.furnish()
    yield house
    app.extensions["gradbook"].database.close()
