"""The settings: documented, read once, refused in one sentence."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from api.errors import SettingsError
from api.settings import VARIABLES, Settings, described


def test_every_setting_has_its_variable_and_its_meaning() -> None:
    assert [row.field for row in VARIABLES] == [field.name for field in fields(Settings)]
    assert all(row.name.startswith("GRADBOOK_") and row.meaning for row in VARIABLES)


def test_the_documentation_has_the_table(checkout: Path) -> None:
    documentation = (checkout / "docs" / "settings.md").read_text(encoding="utf-8")
    assert described() in documentation


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.from_environment({})
    assert settings.database_url == f"sqlite:///{Path('data/gradbook.sqlite3').absolute()}"
    assert settings.max_wait == 30


def test_an_empty_variable_counts_as_absent() -> None:
    assert Settings.from_environment({"GRADBOOK_MAX_WAIT": ""}).max_wait == 30


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GRADBOOK_MAX_BODY", "much"),
        ("GRADBOOK_MAX_BODY", "0"),
        ("GRADBOOK_MAX_WAIT", "-1"),
        ("GRADBOOK_MAX_WAIT", "inf"),
        ("GRADBOOK_MAX_WAIT", "nan"),
        ("GRADBOOK_WAITERS", "1.5"),
        ("GRADBOOK_DATABASE_CONNECTIONS", "0"),
        ("GRADBOOK_STALE_AFTER", "0"),
        ("GRADBOOK_SWEEP_EVERY", "soon"),
    ],
)
def test_nonsense_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} must be .*{value}"):
        Settings.from_environment({name: value})


@pytest.mark.parametrize("url", ["postgres://u:secret@host/x", "mysql://u:secret@host/x"])
def test_a_database_nobody_knows_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(SettingsError, match="GRADBOOK_DATABASE_URL must be") as refused:
        Settings.from_environment({"GRADBOOK_DATABASE_URL": url})
    assert "secret" not in str(refused.value)


def test_settings_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings.from_environment({}).waiters = 2  # type: ignore[misc]  # that is the point
