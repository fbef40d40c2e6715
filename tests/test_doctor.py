"""The doctor and the operator's token, as whoever sets up Gradbook meets them."""

from __future__ import annotations

from pathlib import Path

import pytest

from api import doctor, operator
from api.app import utc_now
from api.cli import main
from api.doctor import Grade
from api.identity import identify
from api.serve import settings_for
from api.store.database import Database
from api.store.migrate import migrate


def findings(data: Path) -> dict[str, doctor.Finding]:
    return {each.what: each for each in doctor.examined(settings_for(data, {}))}


def test_a_machine_that_lacks_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = settings_for(tmp_path, {})
    migrate(settings.database_url)
    assert doctor.main(["--data", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert said.endswith("doctor: nothing is wrong\n")
    assert "gradbook.sqlite3, revision" in said


def test_a_database_that_is_not_there_yet_is_no_fault(tmp_path: Path) -> None:
    found = findings(tmp_path / "new")
    assert found["database"].grade is Grade.NOTE
    assert found["disk"].grade is Grade.GOOD


def test_a_database_behind_its_revision_is_named(tmp_path: Path) -> None:
    (tmp_path / "gradbook.sqlite3").touch()
    found = findings(tmp_path)["database"]
    assert found.grade is Grade.WRONG
    assert "db upgrade" in found.says


def test_a_broker_that_does_not_answer_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADBOOK_BROKER_URL", "redis://:secret@127.0.0.1:1/0")
    found = findings(tmp_path)["broker"]
    assert found.grade is Grade.WRONG
    assert "127.0.0.1:1/0 does not answer" in found.says
    assert "secret" not in found.says


def test_a_setting_that_makes_no_sense_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GRADBOOK_WAITERS", "none")
    assert main(["doctor"]) == 1
    assert "GRADBOOK_WAITERS must be" in capsys.readouterr().err


def test_an_operator_s_token_makes_courses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_for(tmp_path, {})
    migrate(settings.database_url)
    assert operator.main(["Ada", "--data", str(tmp_path)]) == 0
    secret = capsys.readouterr().out.strip()
    database = Database(settings.database_url)
    assert identify(database, f"Bearer {secret}", utc_now()).course_id is None
    database.close()


def test_no_token_without_a_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["operator", "Ada", "--data", str(tmp_path / "new")]) == 1
    assert "db upgrade" in capsys.readouterr().err
