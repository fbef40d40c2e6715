from __future__ import annotations

import pytest

from generator.bank import Bank


@pytest.fixture(scope="session")
def bank() -> Bank:
    return Bank.load()
