"""Shared by all tests: how random examples are drawn, and where the checkout is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# A slow machine is no failure, and a failure is printed ready to be pasted back.
settings.register_profile("gradbook", deadline=None, print_blob=True)
settings.load_profile("gradbook")


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The folder that holds the script, the packages and the lock files."""
    return Path(__file__).resolve().parent.parent
